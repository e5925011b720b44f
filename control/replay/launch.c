/* vigilctl only prepares and waits: the run itself is vigild's, with the same programs as production. */
#include "control/replay/launch.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <openssl/evp.h>

#include <vigil/bytes.h>
#include <vigil/config_snapshot.h>

#include "control/replay/borrow.h"
#include "control/replay/digest_table.h"
#include "control/replay/endpoint.h"
#include "control/replay/private.h"

#define DONE           0
#define FAILED         1
#define USAGE          2
#define WHY            1024
/* Orphans get TERM for two seconds, then KILL. */
#define ORPHAN_TURNS   40u
#define ORPHAN_TURN_NS 100000000l

struct launch {
	const struct vg_run_args *args;
	const char *bin_dir;
	struct vg_config *config;
	struct vg_config_endpoint endpoint;
	struct vg_private private;
	struct vg_run_spec spec;
	int some_missing; /* scan, hash: a path was left out, said so */
	char why[WHY];
};

static int complain(const struct launch *l, int code)
{
	fprintf(stderr, "vigilctl %s: %s\n", vg_run_command_str(l->args->command), l->why);
	return code;
}

/* replay: all captures must be there before any is read. scan, hash: what is not there is said and left out. */
static int check_paths(struct launch *l)
{
	const struct vg_run_args *args = l->args;
	struct stat st;
	l->spec.paths = calloc(args->n_paths, sizeof(*l->spec.paths));
	if (!l->spec.paths)
		return FAILED;
	for (size_t i = 0; i < args->n_paths; i++) {
		const char *path = args->paths[i];
		int bad;
		if (strlen(path) >= VG_SNAPSHOT_PORT) {
			snprintf(l->why, sizeof(l->why), "%.60s...: a path of more than %d bytes", path,
				 VG_SNAPSHOT_PORT - 1);
			return complain(l, FAILED);
		}
		if (args->command == VG_RUN_CMD_REPLAY) {
			if (vg_capture_check(path, l->why, sizeof(l->why)))
				return complain(l, FAILED);
		} else {
			bad = stat(path, &st) || access(path, R_OK);
			if (!bad && !S_ISREG(st.st_mode) &&
			    !(S_ISDIR(st.st_mode) && args->command == VG_RUN_CMD_SCAN)) {
				bad = 1;
				errno = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
			}
			if (bad) {
				snprintf(l->why, sizeof(l->why), "%s: %s", path, strerror(errno));
				l->some_missing = 1;
				complain(l, FAILED);
				continue;
			}
		}
		l->spec.paths[l->spec.n_paths] = strdup(path);
		if (!l->spec.paths[l->spec.n_paths++])
			return FAILED;
	}
	return l->spec.n_paths ? DONE : FAILED;
}

/* What a state file is the state of: paths, lists as they are now, and where the lines go. */
static char *resume_key(const struct launch *l)
{
	const struct vg_run_args *args = l->args;
	EVP_MD_CTX *digest = EVP_MD_CTX_new();
	uint8_t value[EVP_MAX_MD_SIZE];
	char *key = malloc(65);
	struct stat st;
	int bad = !digest || !key || !EVP_DigestInit_ex(digest, EVP_sha256(), NULL);
	for (size_t i = 0; !bad && i < l->spec.n_paths; i++)
		bad = !EVP_DigestUpdate(digest, l->spec.paths[i], strlen(l->spec.paths[i]) + 1);
	if (!bad && args->objects)
		bad = !EVP_DigestUpdate(digest, args->objects, strlen(args->objects) + 1);
	for (unsigned i = 0; !bad && i < args->n_lists; i++) {
		uint64_t words[3] = { 0 };
		if (!stat(args->lists[i], &st)) {
			words[0] = (uint64_t)st.st_size;
			words[1] = (uint64_t)st.st_mtim.tv_sec;
			words[2] = (uint64_t)st.st_mtim.tv_nsec;
		}
		bad = !EVP_DigestUpdate(digest, args->lists[i], strlen(args->lists[i]) + 1) ||
		      !EVP_DigestUpdate(digest, words, sizeof(words));
	}
	bad = bad || !EVP_DigestFinal_ex(digest, value, NULL);
	EVP_MD_CTX_free(digest);
	if (bad) {
		free(key);
		return NULL;
	}
	vg_hex(value, 32, key);
	return key;
}

static int fill_spec(struct launch *l)
{
	const struct vg_run_args *args = l->args;
	struct vg_run_spec *spec = &l->spec;
	int is_hash = args->command == VG_RUN_CMD_HASH;
	spec->mode = args->command == VG_RUN_CMD_REPLAY ? VG_RUN_REPLAY : VG_RUN_SCAN;
	spec->n_cores = args->n_cores ? args->n_cores : l->config->dataplane.n_cores;
	spec->n_hashers = args->n_hashers ? args->n_hashers : l->config->hashing.n_hashers;
	spec->loop = args->loop;
	spec->pace = args->pace;
	spec->json = args->json;
	spec->all_files = args->all_files || args->command != VG_RUN_CMD_REPLAY;
	spec->exact_pdq = is_hash;
	spec->files_reports = l->endpoint.url[0] != 0;
	spec->keep_state = l->private.keep;
	spec->objects_path = is_hash ? strdup(l->private.objects_path) : args->objects ? strdup(args->objects) : NULL;
	spec->cases_path = args->cases ? strdup(args->cases) : NULL;
	spec->summary_path = is_hash ? strdup("/dev/null") : NULL;
	if (spec->mode == VG_RUN_SCAN)
		spec->n_cores = 1;
	if (args->resume) {
		spec->resume_path = strdup(args->resume);
		spec->resume_key = resume_key(l);
		if (!spec->resume_path || !spec->resume_key)
			return FAILED;
	}
	return (is_hash && (!spec->objects_path || !spec->summary_path)) || (args->objects && !spec->objects_path) ||
			       (args->cases && !spec->cases_path)
		       ? FAILED
		       : DONE;
}

static void exec_vigild(const struct launch *l, pid_t parent)
{
	char path[VG_CONFIG_PATH * 2];
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* A group of its own: Ctrl-C reaches vigilctl alone, and vigild ends its programs in order. */
	(void)setpgid(0, 0);
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(FAILED);
	setenv("VIGIL_LOG", "warn", 0);
	snprintf(path, sizeof(path), "%s/vigild", l->bin_dir);
	execl(path, "vigild", "-c", l->private.config_path, "--run", l->private.spec_path, (char *)NULL);
	fprintf(stderr, "vigilctl: %s: %s\n", path, strerror(errno));
	_exit(FAILED);
}

/* Sends signal_no to each of our children; /proc names them. */
static void signal_children(int signal_no)
{
	FILE *in = fopen("/proc/thread-self/children", "re");
	long pid;
	while (in && fscanf(in, "%ld", &pid) == 1)
		(void)kill((pid_t)pid, signal_no);
	if (in)
		fclose(in);
}

/* A vigild that was killed leaves its programs to us (PR_SET_CHILD_SUBREAPER): nothing of a run outlives vigilctl. */
static void reap_orphans(void)
{
	for (unsigned n = 0; n < ORPHAN_TURNS; n++) {
		const struct timespec turn = { 0, ORPHAN_TURN_NS };
		pid_t pid;
		while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
			;
		if (pid < 0)
			return;
		signal_children(n < ORPHAN_TURNS / 2 ? SIGTERM : SIGKILL);
		(void)nanosleep(&turn, NULL);
	}
}

/* Waits for vigild; INT, TERM and HUP are passed on to it as TERM, once, and it ends everything. */
static int run_vigild(struct launch *l)
{
	sigset_t wanted;
	pid_t parent = getpid(), pid;
	int status, interrupted = 0;
	sigemptyset(&wanted);
	sigaddset(&wanted, SIGINT);
	sigaddset(&wanted, SIGTERM);
	sigaddset(&wanted, SIGHUP);
	sigaddset(&wanted, SIGCHLD);
	sigprocmask(SIG_BLOCK, &wanted, NULL);
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	pid = fork();
	if (!pid)
		exec_vigild(l, parent);
	if (pid < 0) {
		snprintf(l->why, sizeof(l->why), "vigild cannot be started: %s", strerror(errno));
		return complain(l, FAILED);
	}
	while (waitpid(pid, &status, WNOHANG) == 0) {
		int signal_no = sigwaitinfo(&wanted, NULL);
		if (signal_no > 0 && signal_no != SIGCHLD && !interrupted) {
			interrupted = 1;
			(void)kill(pid, SIGTERM);
		}
	}
	reap_orphans();
	if (WIFEXITED(status))
		return WEXITSTATUS(status) == 0 && !interrupted ? DONE : WEXITSTATUS(status) == USAGE ? USAGE : FAILED;
	snprintf(l->why, sizeof(l->why), "vigild was ended by signal %d (%s)", WTERMSIG(status),
		 strsignal(WTERMSIG(status)));
	return complain(l, FAILED);
}

static int print_hashes(struct launch *l)
{
	size_t n_missing = 0;
	enum vg_err err = vg_digest_table(l->private.objects_path, (const char *const *)l->spec.paths, l->spec.n_paths,
					  l->args->json, stdout, &n_missing);
	if (!err && !n_missing)
		return DONE;
	if (err)
		snprintf(l->why, sizeof(l->why), "digests cannot be printed: %s", vg_err_str(err));
	else
		snprintf(l->why, sizeof(l->why), "%zu files gave no digests (empty, or they could not be read)",
			 n_missing);
	return complain(l, FAILED);
}

static int launch(struct launch *l)
{
	const struct vg_run_args *args = l->args;
	enum vg_err err = vg_run_borrow(args->config, l->config, l->why, sizeof(l->why));
	int code;
	if (err)
		return complain(l, FAILED);
	if (args->report_to) {
		err = vg_run_endpoint(args->report_to, &l->config->test_endpoint, &l->endpoint, l->why, sizeof(l->why));
		if (err)
			return complain(l, USAGE);
	}
	code = check_paths(l);
	if (code)
		return code;
	if (vg_private_make(&l->private, args->state, l->why, sizeof(l->why)))
		return complain(l, FAILED);
	if (fill_spec(l)) {
		snprintf(l->why, sizeof(l->why), "out of memory");
		return complain(l, FAILED);
	}
	if (vg_private_fill(&l->private, l->config, args, &l->endpoint, &l->spec, l->why, sizeof(l->why)))
		return complain(l, FAILED);
	code = run_vigild(l);
	if (code == DONE && args->command == VG_RUN_CMD_HASH)
		code = print_hashes(l);
	return code == DONE && l->some_missing ? FAILED : code;
}

int vg_run_launch(const struct vg_run_args *args, const char *bin_dir)
{
	struct launch *l = calloc(1, sizeof(*l));
	int code = FAILED;
	if (!l)
		return FAILED;
	l->args = args;
	l->bin_dir = bin_dir;
	l->config = calloc(1, sizeof(*l->config));
	if (l->config)
		code = launch(l);
	vg_private_remove(&l->private);
	vg_run_spec_free(&l->spec);
	free(l->config);
	free(l);
	return code;
}
