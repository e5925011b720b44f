#pragma once
/* filing: a state folder, the control rooms that file reports, the real vigil-reporter and the real vigil-endpoint,
 * for tests that let them die. Include once, in a test program of control. */
#include <curl/curl.h>
#include <fcntl.h>
#include <jansson.h>
#include <openssl/evp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vigil/bytes.h>
#include <vigil/clock.h>
#include <vigil/memfd.h>

#include "control/evidence/keys.h"
#include "control/outbox/outbox_priv.h"

struct filing {
	char dir[128], bin[512], url[128], password[128];
	pid_t endpoint, reporter;
	struct vg_store *store;
	struct vg_loop *loop;
	struct vg_audit *audit;
	struct vg_cases *cases;
	struct vg_evidence *evidence;
	struct vg_outbox *outbox;
	unsigned n_steps, n_filed, n_held, n_alarms;
	unsigned stop_at_step; /* 0 = never; else hook is called at this step */
	void (*hook)(struct filing *);
	char held_text[256];
};

static inline void filing_must(int ok, const char *what)
{
	if (!ok) {
		fprintf(stderr, "filing: %s failed\n", what);
		abort();
	}
}
static inline char *filing_path(struct filing *f, const char *name)
{
	static char paths[4][700];
	static unsigned at;
	char *path = paths[at++ % 4];
	snprintf(path, 700, "%s/%s", f->dir, name);
	return path;
}
/* build/MODE/bin of the program that runs. */
static inline void filing_find_bin(struct filing *f)
{
	ssize_t n = readlink("/proc/self/exe", f->bin, sizeof(f->bin) - 1);
	char *unit;
	filing_must(n > 0, "readlink");
	f->bin[n] = 0;
	unit = strstr(f->bin, "/unit/");
	filing_must(unit != NULL, "finding the build folder");
	memcpy(unit, "/bin", 5);
}
static inline pid_t filing_spawn(struct filing *f, const char *program, const char *a, const char *b, const char *c,
				 const char *d)
{
	char path[600];
	snprintf(path, sizeof(path), "%s/%s", f->bin, program);
	pid_t pid = fork();
	if (pid == 0) {
		sigset_t none;
		sigemptyset(&none);
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails must not leave anybody behind */
		sigprocmask(SIG_SETMASK, &none, NULL);
		execl(path, program, a, b, c, d, (char *)NULL);
		_exit(127);
	}
	return pid;
}
static inline void filing_kill(pid_t *pid, int signal_no)
{
	if (*pid > 0) {
		kill(*pid, signal_no);
		waitpid(*pid, NULL, 0);
	}
	*pid = 0;
}
static inline void filing_reporter(struct filing *f)
{
	f->reporter = filing_spawn(f, "vigil-reporter", "--run-dir", f->dir, "--state-dir", filing_path(f, "reporter"));
}
static inline void filing_on_event(void *user, const struct vg_outbox_event *e)
{
	struct filing *f = user;
	f->n_filed += e->kind == VG_OUTBOX_EV_FILED;
	f->n_held += e->kind == VG_OUTBOX_EV_HELD;
	f->n_alarms += e->kind == VG_OUTBOX_EV_ALARM;
	if (e->kind == VG_OUTBOX_EV_HELD)
		snprintf(f->held_text, sizeof(f->held_text), "%s", e->text);
	if (e->kind == VG_OUTBOX_EV_STEP && ++f->n_steps == f->stop_at_step && f->hook)
		f->hook(f);
}
static inline void filing_read_endpoint(struct filing *f)
{
	json_t *json = NULL;
	for (int i = 0; i < 500 && !json; i++, usleep(20000))
		json = json_load_file(filing_path(f, "endpoint/endpoint.json"), 0, NULL);
	filing_must(json != NULL, "starting vigil-endpoint");
	snprintf(f->url, sizeof(f->url), "%s", json_string_value(json_object_get(json, "url")));
	json_decref(json);
}
/* Opens the rooms on what the folder holds. */
static inline void filing_open(struct filing *f)
{
	struct vg_evidence_conf evc = { .dir = NULL, .n_custodians = 2 };
	struct vg_outbox_conf obc = { .retry_first_ms = 20,
				      .retry_max_ms = 100,
				      .n_breaker = 1000,
				      .breaker_ms = 30,
				      .seed = 7,
				      .on_event = filing_on_event,
				      .user = f };
	char why[256], pub[2][700], evidence_dir[700];
	enum vg_err err;

	snprintf(evidence_dir, sizeof(evidence_dir), "%s/evidence", f->dir);
	evc.dir = evidence_dir;
	for (int i = 0; i < 2; i++) {
		snprintf(pub[i], sizeof(pub[i]), "%s/custodians/custodian-%d.pub", f->dir, i + 1);
		evc.custodian_paths[i] = pub[i];
	}
	snprintf(obc.link.url, sizeof(obc.link.url), "%s", f->url);
	snprintf(obc.link.user, sizeof(obc.link.user), "vigil");
	snprintf(obc.link.password_path, sizeof(obc.link.password_path), "%s/endpoint/password", f->dir);
	snprintf(obc.link.ca_path, sizeof(obc.link.ca_path), "%s/endpoint/ca.pem", f->dir);
	snprintf(obc.link.card.email, sizeof(obc.link.card.email), "abuse@hoster.example");
	obc.link.demo = 1;
	filing_must((f->store = vg_store_open(filing_path(f, "vigil.db"), why, sizeof(why))) != NULL, why);
	/* programs are killed here, the power is not cut: no need to wait for the disk */
	filing_must(!vg_store_exec(f->store, "PRAGMA synchronous=OFF", ""), "pragma");
	filing_must((f->loop = vg_loop_create()) != NULL, "loop");
	filing_must((f->audit = vg_audit_create(f->store)) != NULL, "audit");
	filing_must((f->cases = vg_cases_create(f->store, f->audit, 3600000000000ll)) != NULL, "cases");
	filing_must((f->evidence = vg_evidence_create(f->store, &evc, &err)) != NULL, "evidence");
	f->outbox = vg_outbox_create(f->store, f->loop, f->cases, f->audit, f->evidence, &obc, &err);
	filing_must(f->outbox && !vg_outbox_listen(f->outbox, f->dir), "outbox");
}
static inline void filing_close(struct filing *f)
{
	vg_outbox_destroy(f->outbox);
	vg_evidence_destroy(f->evidence);
	vg_cases_destroy(f->cases);
	vg_audit_destroy(f->audit);
	vg_loop_destroy(f->loop);
	vg_store_close(f->store);
}
static inline void filing_start(struct filing *f)
{
	memset(f, 0, sizeof(*f));
	snprintf(f->dir, sizeof(f->dir), "/tmp/vigil-filing-XXXXXX");
	filing_must(mkdtemp(f->dir) != NULL, "mkdtemp");
	filing_find_bin(f);
	filing_must(!vg_custodian_keygen(filing_path(f, "custodians")), "keygen");
	f->endpoint = filing_spawn(f, "vigil-endpoint", "--state", filing_path(f, "endpoint"), NULL, NULL);
	filing_read_endpoint(f);
	filing_reporter(f);
	filing_open(f);
	for (int i = 0; i < 500 && !vg_evidence_epoch(f->evidence); i++)
		vg_loop_step(f->loop, 20);
	filing_must(vg_evidence_epoch(f->evidence) != 0, "the reporter's key");
}
/* TERM is an orderly stop: exit 0, in sanitizer builds also without a leak. */
static inline void filing_stop(pid_t *pid, const char *what)
{
	int status = 0;
	if (*pid > 0) {
		kill(*pid, SIGTERM);
		waitpid(*pid, &status, 0);
		/* by the signal itself: it came before there was a handler */
		filing_must((WIFEXITED(status) && WEXITSTATUS(status) == 0) ||
				    (WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM),
			    what);
	}
	*pid = 0;
}
static inline void filing_end(struct filing *f)
{
	char command[200];
	filing_close(f);
	filing_stop(&f->reporter, "the reporter's orderly stop");
	filing_stop(&f->endpoint, "the endpoint's orderly stop");
	snprintf(command, sizeof(command), "rm -rf %s", f->dir);
	filing_must(system(command) == 0, command);
}
