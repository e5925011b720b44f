/* begin -> batch -> drained -> stop -> (next batch | filing) -> end. Every step is taken from the loop; a failure stops
 * what runs and ends with 1. */
#include "control/replay/run.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vigil/clock.h>
#include <vigil/plugin_spec.h>

#include "control/replay/case_line.h"
#include "control/replay/lines.h"
#include "control/replay/object_line.h"
#include "control/replay/progress.h"
#include "control/replay/scan.h"
#include "control/replay/seen.h"
#include "control/replay/summary.h"

#define TICK_MS       50
/* DRAINED may still lie in the socket when the exit of its sender is heard. */
#define GRACE_NS      2000000000ull
/* A report that makes no step for that long fails the run: the endpoint is not there. */
#define COUNT_NS      1000000000ull
#define FILING_NS     120000000000ull
/* Nothing read, nothing recorded for that long (not with --pace, which may sleep): something hangs. */
#define STALL_NS      120000000000ull
/* Hashers that died since the last record came: they cannot work here at all. */
#define MAX_DEATHS    16
#define SAVE_NS       2000000000ull /* what an interrupted scan may do again */
#define PROGRESS_NS   200000000ull
#define PROGRESS_FROM 1.0

enum phase { PHASE_BEGIN, PHASE_RUNNING, PHASE_STOPPING, PHASE_FILING, PHASE_ENDED };
/* When the last byte of a case's first file came, until its receipt is there. */
struct waiting {
	int64_t case_id;
	uint64_t closed_ns;
};
struct vg_run {
	const struct vg_run_spec *spec;
	struct vg_run_rooms rooms;
	struct vg_run_ops ops;
	enum phase phase;
	struct vg_run_batch batch;
	size_t next_path;
	int failed, some_failed, is_terminal, progress_shown, dataplane_gone;
	uint64_t timer, begun_ns, started_ns, batch_ns, gone_ns, shown_ns, filing_ns, n_bytes_all;
	uint64_t moved_ns, n_moved;   /* when packets + records last were more than before */
	uint64_t counted_ns, n_steps; /* of the reports, together */
	unsigned n_deaths;
	double seconds;
	uint64_t n_filed, n_hasher_restarts;
	uint64_t n_bodies; /* objects whose own record came: every one handed over must be among them */
	struct vg_lines objects, cases;
	struct vg_scan scan; /* state NULL: it begins anew each time */
	uint64_t saved_ns;
	struct vg_seen seen;
	struct vg_tally tally;
	struct waiting *waiting;
	size_t n_waiting, n_waiting_room;
	char line[VG_OBJECT_LINE_MAX];
};
_Static_assert(VG_OBJECT_LINE_MAX >= VG_CASE_LINE_MAX, "one buffer for both");

static void clear_progress(struct vg_run *run)
{
	if (run->progress_shown)
		fputs("\r\033[K", stderr);
	run->progress_shown = 0;
}

/* What went wrong, to the person who started the run; the first word counts. */
__attribute__((format(printf, 2, 3))) static void fail(struct vg_run *run, const char *format, ...)
{
	va_list args;
	clear_progress(run);
	if (!run->failed) {
		va_start(args, format);
		fputs("vigil: ", stderr);
		vfprintf(stderr, format, args);
		fputc('\n', stderr);
		va_end(args);
	}
	run->failed = 1;
	if (run->phase == PHASE_RUNNING) {
		run->phase = PHASE_STOPPING;
		run->ops.stop_batch(run->ops.arg);
	}
}

static const char *batch_word(const struct vg_run *run)
{
	return run->spec->mode == VG_RUN_SCAN ? "vigil-feed" : "vigil-dataplane";
}

static void begin_batch(struct vg_run *run)
{
	size_t left = run->spec->n_paths - run->next_path;
	run->batch.n_paths = (uint32_t)(left < VG_RUN_BATCH ? left : VG_RUN_BATCH);
	run->batch.paths = run->spec->paths + run->next_path;
	run->next_path += run->batch.n_paths;
	run->started_ns = run->moved_ns = vg_mono_now().ns;
	run->batch_ns = 0;
	run->n_deaths = 0;
	run->dataplane_gone = 0;
	vg_seen_fini(&run->seen);
	run->phase = PHASE_RUNNING;
	if (run->ops.start_batch(run->ops.arg, &run->batch))
		fail(run, "%s and hashers could not be started", batch_word(run));
	run->batch.batch_idx++;
}

static int write_case(void *arg, const struct vg_case *c)
{
	struct vg_run *run = arg;
	struct vg_outbox_row row = { 0 };
	size_t n;
	if (run->rooms.outbox && vg_outbox_find(run->rooms.outbox, c->id, &row))
		row.report_id = 0;
	n = vg_case_line(c, row.report_id, run->line, sizeof(run->line));
	return !n || vg_lines_add(&run->cases, run->line, n) ? -1 : 0;
}

static int print_summary(struct vg_run *run)
{
	const char *path = run->spec->summary_path;
	struct vg_intake_counts counts;
	struct vg_summary *summary = calloc(1, sizeof(*summary));
	FILE *out = path ? fopen(path, "we") : stdout;
	int bad = !summary || !out;
	if (!bad) {
		summary->tally = &run->tally;
		vg_intake_dataplane_sum(run->rooms.intake, -1, summary->dataplane);
		vg_intake_hashing_sum(run->rooms.intake, -1, summary->hashing);
		vg_intake_counts(run->rooms.intake, &counts);
		for (unsigned i = 0; i < VG_REFUSAL_N; i++)
			summary->n_refused += counts.n_refused[i];
		(void)vg_cases_count(run->rooms.cases, summary->n_cases, (int64_t[VG_CASE_STATE_N]){ 0 });
		summary->n_paths = run->spec->n_paths;
		summary->n_reports_filed = run->n_filed;
		summary->n_hasher_restarts = run->n_hasher_restarts;
		summary->seconds = run->seconds;
		summary->is_scan = run->spec->mode == VG_RUN_SCAN;
		(run->spec->json ? vg_summary_print_json : vg_summary_print_text)(summary, out);
		bad = fflush(out) || ferror(out);
	}
	if (path && out)
		bad |= fclose(out) != 0;
	free(summary);
	return bad;
}

/* What is in the objects file from now on is not done again. */
static void save(struct vg_run *run)
{
	if (!run->scan.state)
		return;
	run->saved_ns = vg_mono_now().ns;
	if (vg_scan_save(&run->scan))
		fail(run, "%s: the state cannot be kept: %s", run->spec->resume_path, strerror(errno));
}

static void end(struct vg_run *run)
{
	static const struct vg_cases_filter all = { .state = -1, .max_rows = UINT32_MAX };
	if (run->phase == PHASE_ENDED)
		return;
	run->phase = PHASE_ENDED;
	vg_loop_cancel(run->rooms.loop, run->timer);
	run->timer = 0;
	clear_progress(run);
	if (run->cases.buffer && vg_cases_list(run->rooms.cases, &all, write_case, run))
		fail(run, "the cases could not be read");
	if (run->failed)
		save(run);
	if (vg_lines_close(&run->objects))
		fail(run, "%s: writing failed: %s", run->spec->objects_path, strerror(errno));
	if (vg_lines_close(&run->cases))
		fail(run, "%s: writing failed: %s", run->spec->cases_path, strerror(errno));
	if (!run->failed && print_summary(run))
		fail(run, "the summary could not be written");
	if (run->scan.state && !run->failed)
		vg_scan_state_remove(run->scan.state);
	run->ops.done(run->ops.arg, run->failed || run->some_failed ? 1 : 0);
}

static void show_progress(struct vg_run *run, uint64_t now_ns)
{
	struct vg_intake_progress at;
	struct vg_progress progress = { .seconds = (double)(now_ns - run->begun_ns) / 1e9 };
	char line[160];
	if (!run->is_terminal || now_ns - run->shown_ns < PROGRESS_NS || progress.seconds < PROGRESS_FROM)
		return;
	run->shown_ns = now_ns;
	vg_intake_progress(run->rooms.intake, &at);
	progress.n_bytes_done = at.input_done && run->next_path == run->spec->n_paths ? run->n_bytes_all : at.n_bytes;
	progress.n_bytes_all = run->n_bytes_all;
	progress.n_packets = at.n_packets;
	progress.n_objects = run->tally.n_records;
	progress.n_matches = run->tally.n_matches;
	vg_progress_line(&progress, line, sizeof(line));
	fprintf(stderr, "\r%s\033[K", line);
	run->progress_shown = 1;
}

static int add_steps(void *ctx, const struct vg_outbox_row *row)
{
	uint64_t *n_steps = ctx;
	*n_steps += (uint64_t)row->state * 16 + row->n_uploaded + row->n_described + row->n_opened;
	return 0;
}

/* Any step of any report counts as movement; tries that fail do not. */
static void watch_filing(struct vg_run *run, uint64_t now_ns)
{
	uint64_t n_steps = 0;
	if (now_ns - run->counted_ns < COUNT_NS)
		return;
	run->counted_ns = now_ns;
	(void)vg_outbox_list(run->rooms.outbox, add_steps, &n_steps);
	if (n_steps != run->n_steps)
		run->filing_ns = now_ns;
	run->n_steps = n_steps;
}

static void wait_for_filing(struct vg_run *run, uint64_t now_ns)
{
	struct vg_outbox_counts counts;
	if (!run->spec->files_reports || !run->rooms.outbox || vg_outbox_settled(run->rooms.outbox)) {
		end(run);
		return;
	}
	watch_filing(run, now_ns);
	if (now_ns - run->filing_ns < FILING_NS)
		return;
	vg_outbox_counts(run->rooms.outbox, &counts);
	fail(run, "reports are still waiting and no report made a step for %llu s: %s", FILING_NS / 1000000000ull,
	     counts.reporter_connected ? "the reporting endpoint does not answer" : "vigil-reporter is not connected");
	end(run);
}

static void watch_batch(struct vg_run *run, uint64_t now_ns)
{
	struct vg_intake_progress at;
	if (!run->batch_ns && vg_intake_dataplane(run->rooms.intake, NULL))
		run->batch_ns = now_ns;
	vg_intake_progress(run->rooms.intake, &at);
	if (at.n_packets + run->tally.n_records != run->n_moved || run->spec->pace)
		run->moved_ns = now_ns;
	run->n_moved = at.n_packets + run->tally.n_records;
	if (run->dataplane_gone && now_ns - run->gone_ns > GRACE_NS)
		fail(run, "%s ended before its input was used up", batch_word(run));
	else if (now_ns - run->moved_ns > STALL_NS)
		fail(run, "nothing moved for %llu s: %llu objects are still with the hashers", STALL_NS / 1000000000ull,
		     (unsigned long long)at.n_objects_out);
}

static void tick(void *ctx)
{
	struct vg_run *run = ctx;
	uint64_t now_ns = vg_mono_now().ns;
	if (run->phase == PHASE_BEGIN) {
		begin_batch(run);
	} else if (run->phase == PHASE_RUNNING) {
		watch_batch(run, now_ns);
	} else if (run->phase == PHASE_FILING) {
		wait_for_filing(run, now_ns);
	}
	if (run->phase == PHASE_ENDED)
		return;
	if (vg_lines_flush(&run->objects))
		fail(run, "%s: writing failed: %s", run->spec->objects_path, strerror(errno));
	if (run->phase == PHASE_RUNNING && now_ns - run->saved_ns > SAVE_NS)
		save(run);
	show_progress(run, now_ns);
}

static int open_output(struct vg_lines *lines, const char *path)
{
	if (!path || !vg_lines_open(lines, path))
		return 0;
	fprintf(stderr, "vigil: %s: cannot be written: %s\n", path, strerror(errno));
	return -1;
}

static int open_objects(struct vg_run *run)
{
	if (!run->spec->resume_path)
		return open_output(&run->objects, run->spec->objects_path);
	if (vg_scan_open(&run->scan, run->spec, &run->objects))
		return -1;
	run->batch.scan = run->scan.state;
	run->next_path = vg_scan_state_path_idx(run->scan.state);
	return 0;
}

static void release(struct vg_run *run)
{
	vg_loop_cancel(run->rooms.loop, run->timer);
	(void)vg_lines_close(&run->objects);
	(void)vg_lines_close(&run->cases);
	vg_seen_fini(&run->seen);
	vg_scan_fini(&run->scan);
	free(run->waiting);
	free(run);
}

void vg_run_destroy(struct vg_run *run)
{
	if (run)
		release(run);
}

struct vg_run *vg_run_create(const struct vg_run_spec *spec, const struct vg_run_rooms *rooms,
			     const struct vg_run_ops *ops)
{
	struct vg_run *run = calloc(1, sizeof(*run));
	struct stat st;
	if (!run)
		return NULL;
	run->spec = spec;
	run->rooms = *rooms;
	run->ops = *ops;
	run->batch.spec = spec;
	run->is_terminal = isatty(STDERR_FILENO);
	run->begun_ns = vg_mono_now().ns;
	vg_seen_init(&run->seen);
	for (size_t i = 0; i < spec->n_paths; i++)
		if (!stat(spec->paths[i], &st) && S_ISREG(st.st_mode))
			run->n_bytes_all += (uint64_t)st.st_size * spec->loop;
	if (!open_objects(run) && !open_output(&run->cases, spec->cases_path))
		run->timer = vg_loop_every(rooms->loop, TICK_MS, tick, run);
	if (run->timer)
		return run;
	release(run);
	return NULL;
}

/* A case's clock begins with its first file's last byte. */
static void wait_for_receipt(struct vg_run *run, int64_t case_id, uint64_t closed_ns)
{
	for (size_t i = 0; i < run->n_waiting; i++)
		if (run->waiting[i].case_id == case_id)
			return;
	if (run->n_waiting == run->n_waiting_room) {
		size_t n = run->n_waiting_room ? 2 * run->n_waiting_room : 64;
		struct waiting *more = realloc(run->waiting, n * sizeof(*more));
		if (!more)
			return;
		run->waiting = more;
		run->n_waiting_room = n;
	}
	run->waiting[run->n_waiting++] = (struct waiting){ case_id, closed_ns };
}

void vg_run_on_record(struct vg_run *run, const struct vg_msg_record *record, const struct vg_attribution *attr,
		      const struct vg_index_view *index, const struct vg_frame_hash *frames, int64_t case_id)
{
	static const struct vg_attribution unknown = { .capture_idx = UINT32_MAX };
	struct vg_object_facts facts = { .record = record, .attr = attr ? attr : &unknown, .index = index };
	size_t n;
	int is_new = vg_seen_add(&run->seen, vg_seen_key(record->boot_id, record->core_idx, facts.attr->hasher_idx,
							 record->object_id, record->member_no));
	if (!is_new || run->phase == PHASE_ENDED)
		return;
	facts.frames = run->spec->exact_pdq ? frames : NULL; /* `vigilctl hash` */
	if (facts.attr->capture_idx < run->batch.n_paths)
		facts.capture = run->batch.paths[facts.attr->capture_idx];
	run->n_bodies += record->member_no == 0;
	vg_tally_add(&run->tally, record);
	run->n_deaths = 0;
	if (case_id > 0 && run->spec->files_reports)
		wait_for_receipt(run, case_id, record->enqueued_ns);
	if (run->scan.state) {
		if (vg_scan_record(&run->scan, &facts, run->line))
			fail(run, "%s: a file's lines could not be kept", run->spec->resume_path);
		return;
	}
	if (!run->objects.buffer)
		return;
	n = vg_object_line(&facts, run->line, sizeof(run->line));
	if (!n || vg_lines_add(&run->objects, run->line, n))
		fail(run, "%s: writing failed: %s", run->spec->objects_path, strerror(errno));
}

void vg_run_on_filed(struct vg_run *run, int64_t case_id)
{
	uint64_t now_ns = vg_mono_now().ns;
	run->n_filed++;
	run->filing_ns = now_ns;
	for (size_t i = 0; i < run->n_waiting; i++)
		if (run->waiting[i].case_id == case_id) {
			if (now_ns > run->waiting[i].closed_ns)
				vg_latency_add(&run->tally.filed, now_ns - run->waiting[i].closed_ns);
			run->waiting[i] = run->waiting[--run->n_waiting];
			return;
		}
}

void vg_run_on_drained(struct vg_run *run)
{
	uint64_t now_ns = vg_mono_now().ns;
	if (run->phase != PHASE_RUNNING)
		return;
	run->seconds += (double)(now_ns - (run->batch_ns ? run->batch_ns : run->started_ns)) / 1e9;
	run->phase = PHASE_STOPPING;
	run->ops.stop_batch(run->ops.arg);
}

/* vigil-feed says 1 where a file could not be read: the others are done, the run has failed at its end. */
static void feeder_ended(struct vg_run *run, const char *program, int wait_status)
{
	int code = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : -1;
	if (code == 0 || (code == 1 && run->spec->mode == VG_RUN_SCAN)) {
		run->some_failed |= code;
		run->dataplane_gone = 1;
		run->gone_ns = vg_mono_now().ns;
	} else if (code > 0) {
		fail(run, "%s failed (exit code %d), see its message above", program, code);
	} else if (run->phase == PHASE_RUNNING || WTERMSIG(wait_status) != SIGKILL) {
		fail(run, "%s was ended by signal %d (%s)", program, WTERMSIG(wait_status),
		     strsignal(WTERMSIG(wait_status)));
	}
}

void vg_run_on_exit(struct vg_run *run, const char *program, int wait_status, int will_restart)
{
	int is_feeder = !strcmp(program, "vigil-dataplane") || !strcmp(program, "vigil-feed");
	if (is_feeder && (run->phase == PHASE_RUNNING || run->phase == PHASE_STOPPING)) {
		feeder_ended(run, program, wait_status);
	} else if (run->phase == PHASE_RUNNING && !strcmp(program, "vigil-hashing")) {
		run->n_hasher_restarts += will_restart != 0;
		if (WIFEXITED(wait_status) && vg_plugin_refused(WEXITSTATUS(wait_status)) >= 0)
			fail(run, "a plug-in of hashing.plugins does not load, see the message above");
		else if (++run->n_deaths > MAX_DEATHS)
			fail(run, "hashers end again and again, see their messages above");
	}
}

/* A replay without --pace is lossless: a lost buffer is a failure, not a figure. */
static void check_loss(struct vg_run *run)
{
	uint64_t n[VG_C_N], n_lost;
	vg_intake_dataplane_sum(run->rooms.intake, -1, n);
	n_lost = n[VG_C_RX_NOMBUF] + n[VG_C_RX_MISSED];
	if (n_lost && !run->spec->pace)
		fail(run, "%llu packets were lost for want of buffers", (unsigned long long)n_lost);
}

/* What the hashers were given they must have answered for: an object without a believed record was not looked at. The
 * summary is still printed, the exit code says that it is not the whole truth. */
static void check_answers(struct vg_run *run)
{
	uint64_t n[VG_C_N], hashing[VG_H_N], n_given, n_left;
	vg_intake_dataplane_sum(run->rooms.intake, -1, n);
	vg_intake_hashing_sum(run->rooms.intake, -1, hashing);
	n_left = n[VG_C_OBJECT_LOST] + hashing[VG_H_TEXTS]; /* texts are looked through and have no record */
	n_given = n[VG_C_OBJECTS] > n_left ? n[VG_C_OBJECTS] - n_left : 0;
	if (n_given <= run->n_bodies || run->some_failed)
		return;
	clear_progress(run);
	fprintf(stderr, "vigil: %llu of %llu objects were handed to hashers and no believable word came back\n",
		(unsigned long long)(n_given - run->n_bodies), (unsigned long long)n_given);
	run->some_failed = 1;
}

void vg_run_on_stopped(struct vg_run *run)
{
	if (run->phase != PHASE_STOPPING)
		return;
	check_loss(run);
	check_answers(run);
	if (run->failed) {
		end(run);
	} else if (run->next_path < run->spec->n_paths) {
		if (run->scan.state)
			vg_scan_state_batch_done(run->scan.state, run->next_path);
		begin_batch(run);
	} else {
		run->phase = PHASE_FILING;
		run->filing_ns = vg_mono_now().ns;
	}
}

void vg_run_on_interrupt(struct vg_run *run)
{
	enum phase phase = run->phase;
	if (phase == PHASE_ENDED)
		return;
	fail(run, "interrupted");
	if (phase == PHASE_BEGIN || phase == PHASE_FILING)
		end(run);
}
