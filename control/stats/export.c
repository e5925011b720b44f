#include "control/stats/export.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vigil/clock.h>
#include <vigil/stats_page.h>

#include "control/stats/export_priv.h"
#include "control/stats/names.h"

#define NS_PER_S 1000000000.0

void vg_stats_head(FILE *out, const char *name, const char *type, const char *help)
{
	fprintf(out, "# HELP vigil_%s %s\n# TYPE vigil_%s %s\n", name, help, name, type);
}

static void gauge(FILE *out, const char *name, const char *help, double value)
{
	vg_stats_head(out, name, "gauge", help);
	fprintf(out, "vigil_%s %.17g\n", name, value);
}

static int ends_in_total(const char *name)
{
	size_t n = strlen(name);
	return n > 6 && !strcmp(name + n - 6, "_total");
}

/* All rows of one base name stand together, with the help of the first. */
static void counters(FILE *out, int is_hasher, const uint64_t *values, unsigned n_values)
{
	struct vg_stats_name first, row;
	for (unsigned i = 0; i < n_values; i++) {
		int is_known = 0;
		vg_stats_name_split(vg_stats_text(is_hasher, i)->name, &first);
		for (unsigned k = 0; k < i && !is_known; k++) {
			vg_stats_name_split(vg_stats_text(is_hasher, k)->name, &row);
			is_known = !strcmp(row.base, first.base);
		}
		if (is_known)
			continue;
		vg_stats_head(out, first.base, ends_in_total(first.base) ? "counter" : "gauge",
			      vg_stats_text(is_hasher, i)->help);
		for (unsigned k = i; k < n_values; k++) {
			vg_stats_name_split(vg_stats_text(is_hasher, k)->name, &row);
			if (strcmp(row.base, first.base))
				continue;
			if (row.label2[0])
				fprintf(out, "vigil_%s{%s=\"%s\",%s=\"%s\"} %llu\n", row.base, row.label, row.value,
					row.label2, row.value2, (unsigned long long)values[k]);
			else if (row.label[0])
				fprintf(out, "vigil_%s{%s=\"%s\"} %llu\n", row.base, row.label, row.value,
					(unsigned long long)values[k]);
			else
				fprintf(out, "vigil_%s %llu\n", row.base, (unsigned long long)values[k]);
		}
	}
}

static void verdicts(FILE *out, const uint64_t *us_log2)
{
	uint64_t n = 0;
	vg_stats_head(out, "verdict_duration_seconds", "histogram", "from an object's last byte to its verdict");
	for (unsigned i = 0; i < VG_STATS_BUCKETS; i++) {
		n += us_log2[i];
		fprintf(out, "vigil_verdict_duration_seconds_bucket{le=\"%.9g\"} %llu\n", (double)(1ull << i) / 1e6,
			(unsigned long long)n);
	}
	fprintf(out,
		"vigil_verdict_duration_seconds_bucket{le=\"+Inf\"} %llu\nvigil_verdict_duration_seconds_count %llu\n",
		(unsigned long long)n, (unsigned long long)n);
}

static void intake(FILE *out, const struct vg_stats_env *env)
{
	struct vg_intake_counts counts;
	uint64_t n_linked = 0, n_braked = 0, n_refused = 0;
	char trouble[VG_CONFIG_PATH + 64];
	vg_intake_counts(env->intake, &counts);
	vg_stats_head(out, "control_matches_total", "counter", "matches that vigild took in");
	fprintf(out, "vigil_control_matches_total %llu\n", (unsigned long long)counts.n_matches);
	vg_stats_head(out, "match_held_total", "counter", "matches held for a person by a hasher's brake");
	fprintf(out, "vigil_match_held_total %llu\n", (unsigned long long)counts.n_held);
	vg_stats_head(out, "match_refused_total", "counter", "matches that vigild did not believe");
	for (unsigned i = 1; i < VG_REFUSAL_N; i++)
		fprintf(out, "vigil_match_refused_total{reason=\"%s\"} %llu\n", vg_refusal_str(i),
			(unsigned long long)counts.n_refused[i]);
	vg_stats_head(out, "hasher_links_lost_total", "counter", "links to hashers that ended");
	fprintf(out, "vigil_hasher_links_lost_total %llu\n", (unsigned long long)counts.n_links_lost);
	vg_stats_head(out, "index_refused_total", "counter", "list generations that a hasher did not take");
	fprintf(out, "vigil_index_refused_total %llu\n", (unsigned long long)counts.n_index_refused);
	for (uint32_t i = 0; i < env->n_hashers; i++) {
		struct vg_intake_hasher h = { 0 };
		vg_intake_hasher(env->intake, i, &h);
		n_linked += h.connected != 0;
		n_braked += h.braked != 0;
		trouble[0] = 0;
		if (env->hasher_trouble)
			env->hasher_trouble(env->arg, i, trouble, sizeof(trouble));
		n_refused += trouble[0] != 0;
	}
	gauge(out, "dataplane_linked", "1 while vigild is linked to a dataplane",
	      vg_intake_dataplane(env->intake, NULL));
	gauge(out, "hashers_linked", "hashers that vigild is linked to", (double)n_linked);
	gauge(out, "hashers_plugin_refused", "hashers that do not start because a plug-in does not load",
	      (double)n_refused);
	gauge(out, "hashers_braked", "hashers whose matches are held", (double)n_braked);
}

static void lists(FILE *out, const struct vg_stats_env *env)
{
	struct vg_lists_info info;
	struct vg_rebuild_state reading = { 0 };
	vg_lists_info(env->lists, &info);
	if (env->rebuild)
		vg_rebuild_state(env->rebuild, &reading);
	gauge(out, "list_generation", "number of the list generation in use", (double)info.generation);
	gauge(out, "list_generation_timestamp_seconds", "when it was built", (double)info.built_ns / NS_PER_S);
	vg_stats_head(out, "list_entries", "gauge", "entries of the generation in use");
	fprintf(out, "vigil_list_entries{algo=\"md5\"} %llu\nvigil_list_entries{algo=\"sha1\"} %llu\n",
		(unsigned long long)info.n_md5, (unsigned long long)info.n_sha1);
	fprintf(out, "vigil_list_entries{algo=\"sha256\"} %llu\nvigil_list_entries{algo=\"pdq\"} %llu\n",
		(unsigned long long)info.n_sha256, (unsigned long long)info.n_pdq);
	fprintf(out, "vigil_list_entries{algo=\"vpdq\"} %llu\n", (unsigned long long)info.n_videos);
	fprintf(out, "vigil_list_entries{algo=\"url\"} %llu\n", (unsigned long long)info.n_urls);
	fprintf(out, "vigil_list_entries{algo=\"plugin\"} %llu\n", (unsigned long long)info.n_plugins);
	gauge(out, "list_plugin_values_left_out", "listed values that no plug-in is declared to make",
	      (double)info.n_unserved);
	gauge(out, "list_video_frames", "distinct frames of the listed videos", (double)info.n_frames);
	gauge(out, "list_videos_left_out", "listed videos without a frame good enough to match",
	      (double)info.n_blank_videos);
	gauge(out, "list_tables_bytes", "search tables that all hashers share, 0 = none", (double)info.n_tables_bytes);
	gauge(out, "list_tables_build_seconds", "what making them took", (double)info.tables_ms / 1e3);
	gauge(out, "list_suppressed", "rows of the suppress list", (double)info.n_suppressed);
	gauge(out, "list_reading", "1 while list files are read beside vigild", (double)reading.is_running);
	vg_stats_head(out, "list_readings_failed_total", "counter",
		      "readings beside vigild that came to nothing: the lists in use stayed");
	fprintf(out, "vigil_list_readings_failed_total %llu\n", (unsigned long long)reading.n_failed);
}

static void cases(FILE *out, const struct vg_stats_env *env, int64_t now_ns)
{
	int64_t n_cases[VG_CASE_STATE_N] = { 0 }, oldest_ns[VG_CASE_STATE_N] = { 0 };
	if (vg_cases_count(env->cases, n_cases, oldest_ns))
		return;
	vg_stats_head(out, "cases", "gauge", "cases by state");
	for (unsigned state = 0; state < VG_CASE_STATE_N; state++)
		fprintf(out, "vigil_cases{state=\"%s\"} %lld\n", vg_case_state_str(state), (long long)n_cases[state]);
	gauge(out, "case_oldest_review_seconds", "age of the oldest case that waits for a person, 0 = none",
	      oldest_ns[VG_CASE_REVIEW] ? (double)(now_ns - oldest_ns[VG_CASE_REVIEW]) / NS_PER_S : 0);
}

static void reports(FILE *out, const struct vg_stats_env *env, int64_t now_ns)
{
	struct vg_outbox_counts counts;
	if (!env->outbox)
		return;
	vg_outbox_counts(env->outbox, &counts);
	vg_stats_head(out, "reports", "gauge", "reports by state");
	for (unsigned state = 0; state < VG_OUTBOX_STATE_N; state++)
		fprintf(out, "vigil_reports{state=\"%s\"} %llu\n", vg_outbox_state_str(state),
			(unsigned long long)counts.n_state[state]);
	gauge(out, "report_oldest_pending_seconds", "age of the oldest report not yet filed, 0 = none",
	      counts.oldest_pending_ns ? (double)(now_ns - counts.oldest_pending_ns) / NS_PER_S : 0);
	gauge(out, "reporter_linked", "1 while vigil-reporter is linked", counts.reporter_connected);
	gauge(out, "report_breaker_open", "1 while the endpoint fails and nothing is tried", counts.breaker_open);
}

char *vg_stats_export(const struct vg_stats_env *env, size_t *n_bytes)
{
	uint64_t dataplane[VG_C_N], hashing[VG_H_N];
	struct vg_intake_progress progress;
	int64_t now_ns = vg_wall_now().ns;
	char *text = NULL;
	FILE *out = open_memstream(&text, n_bytes);
	int bad;
	if (!out)
		return NULL;
	vg_intake_dataplane_sum(env->intake, -1, dataplane);
	vg_intake_hashing_sum(env->intake, -1, hashing);
	vg_intake_progress(env->intake, &progress);
	counters(out, 0, dataplane, VG_C_N);
	counters(out, 1, hashing, VG_H_N);
	if (env->ports)
		vg_stats_export_ports(out, env->ports);
	verdicts(out, progress.verdict_us_log2);
	gauge(out, "objects_in_flight", "objects that hashers have and have not finished",
	      (double)progress.n_objects_out);
	intake(out, env);
	lists(out, env);
	cases(out, env, now_ns);
	reports(out, env, now_ns);
	gauge(out, "start_time_seconds", "when vigild started", (double)env->started_ns / NS_PER_S);
	vg_stats_head(out, "build_info", "gauge", "what runs here");
	fprintf(out, "vigil_build_info{version=\"%s\",build=\"%s\"} 1\n", VG_VERSION, VG_BUILD_ID);
	bad = ferror(out);
	if (!fclose(out) && !bad)
		return text;
	free(text);
	return NULL;
}

int vg_stats_is_ready(const struct vg_stats_env *env, char *why, size_t n_why)
{
	struct vg_lists_info info;
	int n_linked = 0;
	vg_lists_info(env->lists, &info);
	for (uint32_t i = 0; i < env->n_hashers; i++) {
		struct vg_intake_hasher h = { 0 };
		vg_intake_hasher(env->intake, i, &h);
		n_linked += h.connected && h.generation;
	}
	snprintf(why, n_why, "%s%s%s", info.generation ? "" : "no list generation\n",
		 n_linked ? "" : "no hasher with a list generation\n",
		 vg_intake_dataplane(env->intake, NULL) ? "" : "no dataplane\n");
	return !why[0];
}
