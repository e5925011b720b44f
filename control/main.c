/* vigild: arguments, signals, one loop. Everything else is daemon.c's. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vigil/log.h>
#include <vigil/sandbox.h>

#include "control/daemon.h"
#include "control/lists/builder.h"
#include "control/lists/lists.h"
#include "control/notify.h"
#include "control/preflight.h"

enum { OPT_SUPERVISE = 256, OPT_DUMP, OPT_RUN, OPT_HELP, OPT_VERSION };

struct arguments {
	const char *config_path, *spec_path;
	int test_only, supervise, dump;
};

static const char help[] =
	"usage: vigild -c FILE [--supervise] | -T -c FILE | --dump-config [-c FILE] | -c FILE --run SPEC.json\n"
	"  -c FILE         configuration (YAML); every key: vigild --dump-config\n"
	"  -T              check the configuration and the files it names, then exit\n"
	"  --supervise     start the other programs, keep them running, end them with vigild\n"
	"  --dump-config   print the configuration in effect (without -c: every key with its meaning)\n"
	"  --run SPEC      one foreground run (written by vigilctl replay, scan, hash)\n"
	"  --help, --version\n"
	"TERM or INT ends in order, USR2 reads the list files again. VIGIL_LOG=error|warn|info|debug.\n";

/* -1 = go on, otherwise the exit code. */
static int parse(int argc, char **argv, struct arguments *a)
{
	static const struct option options[] = {
		{ "supervise", no_argument, NULL, OPT_SUPERVISE }, { "dump-config", no_argument, NULL, OPT_DUMP },
		{ "run", required_argument, NULL, OPT_RUN },       { "help", no_argument, NULL, OPT_HELP },
		{ "version", no_argument, NULL, OPT_VERSION },     { NULL, 0, NULL, 0 }
	};
	memset(a, 0, sizeof(*a));
	for (int c; (c = getopt_long(argc, argv, "c:Th", options, NULL)) != -1;) {
		if (c == 'c')
			a->config_path = optarg;
		else if (c == 'T')
			a->test_only = 1;
		else if (c == OPT_SUPERVISE)
			a->supervise = 1;
		else if (c == OPT_DUMP)
			a->dump = 1;
		else if (c == OPT_RUN)
			a->spec_path = optarg;
		else if (c == OPT_VERSION)
			return printf("vigild %s (%s)\n", VG_VERSION, VG_BUILD_ID) < 0;
		else if (c == OPT_HELP || c == 'h')
			return fputs(help, stdout) < 0;
		else
			return fputs(help, stderr), 2;
	}
	if (optind < argc || (!a->config_path && !a->dump))
		return fputs(help, stderr), 2;
	return -1;
}

/* Builds the lists into a folder that is thrown away: what -T says is what a start would say. */
static int check_lists(const struct vg_config *config)
{
	char dir[] = "/tmp/vigil-check-XXXXXX", why[VG_LISTS_WHY], command_path[64];
	char suppress[VG_CONFIG_PATH + 16];
	if (!mkdtemp(dir)) {
		perror("vigild: /tmp");
		return 1;
	}
	struct vg_lists *lists = vg_lists_create(dir, why, sizeof(why));
	if (lists)
		vg_lists_declare(lists, &config->hashing);
	int bad = !lists || vg_lists_reload(lists, config->lists, config->n_lists,
					    vg_config_suppress_path(config, suppress, 0), why, sizeof(why));
	vg_lists_destroy(lists);
	snprintf(command_path, sizeof(command_path), "%s/%020u.idx", dir, 1u);
	(void)unlink(command_path);
	(void)rmdir(dir);
	if (bad)
		fprintf(stderr, "vigild: %s\n", why);
	return bad;
}

static void on_term(void *ctx, int signal_no)
{
	(void)signal_no;
	vg_notify("STOPPING=1");
	vg_daemon_stop(ctx);
}

static void on_usr2(void *ctx, int signal_no)
{
	char why[VG_DAEMON_WHY];
	(void)signal_no;
	if (vg_daemon_reload_lists(ctx, why, sizeof(why)))
		vg_log(VG_LOG_ERROR, "control/main", "lists not reloaded: %s", why);
}

static void on_hup(void *ctx, int signal_no)
{
	(void)ctx;
	(void)signal_no; /* the log is stderr: there is nothing to reopen */
}

static void on_watchdog(void *ctx)
{
	(void)ctx;
	vg_notify("WATCHDOG=1");
}

static int serve(const struct vg_daemon_conf *conf)
{
	char why[VG_DAEMON_WHY];
	int code = 1;
	struct vg_loop *loop = vg_loop_create();
	struct vg_daemon *daemon = loop ? vg_daemon_create(loop, conf, why, sizeof(why)) : NULL;
	if (!daemon) {
		fprintf(stderr, "vigild: %s\n", loop ? why : "no event loop can be had");
		goto out;
	}
	(void)signal(SIGPIPE, SIG_IGN);
	if (vg_loop_signal(loop, SIGTERM, on_term, daemon) || vg_loop_signal(loop, SIGINT, on_term, daemon) ||
	    vg_loop_signal(loop, SIGUSR2, on_usr2, daemon) || vg_loop_signal(loop, SIGHUP, on_hup, daemon))
		goto out;
	unsigned watchdog_ms = vg_notify_watchdog_ms();
	if (watchdog_ms)
		(void)vg_loop_every(loop, watchdog_ms, on_watchdog, NULL);
	vg_notify("READY=1");
	code = vg_loop_run(loop) ? 1 : vg_daemon_exit_code(daemon);
out:
	vg_daemon_destroy(daemon);
	vg_loop_destroy(loop);
	return code;
}

static int run(const struct arguments *a, struct vg_config *config)
{
	char why[VG_DAEMON_WHY];
	struct vg_run_spec spec;
	struct vg_daemon_conf conf = { .config = config, .supervise = a->supervise };
	vg_config_defaults(config);
	if (a->config_path && vg_config_load(config, a->config_path, why, sizeof(why))) {
		fprintf(stderr, "vigild: %s\n", why);
		return a->test_only ? 6 : 1;
	}
	if (a->dump) {
		vg_config_dump(config, stdout, !a->config_path);
		return fflush(stdout) != 0;
	}
	if (a->test_only) {
		if (check_lists(config) + vg_preflight(config, stderr))
			return 6;
		printf("%s: ok\n", a->config_path);
		return 0;
	}
	if (!a->spec_path)
		return serve(&conf);
	if (vg_run_spec_read(a->spec_path, &spec, why, sizeof(why))) {
		fprintf(stderr, "vigild: %s\n", why);
		vg_run_spec_free(&spec);
		return 2;
	}
	conf.spec = &spec;
	int code = serve(&conf);
	vg_run_spec_free(&spec);
	return code;
}

int main(int argc, char **argv)
{
	struct arguments a;
	if (argc == 3 && !strcmp(argv[1], VG_BUILDER_OPTION)) /* not for people: builder_link.c */
		return vg_builder_run(VG_BUILDER_FD, strtoull(argv[2], NULL, 10));
	int code = parse(argc, argv, &a);
	if (code >= 0)
		return code;
	(void)umask(0027);
	if (vg_sandbox_quiet()) {
		fputs("vigild: core dumps cannot be switched off\n", stderr);
		return 1;
	}
	struct vg_config *config = malloc(sizeof(*config));
	if (!config)
		return 1;
	code = run(&a, config);
	free(config);
	return code;
}
