#include "control/replay/summary.h"

#include <string.h>

#include <vigil/base.h>

#include "control/replay/json_text.h"
#include "control/stats/names.h"

#define SUMMARY_MAX 65536u

static const uint8_t kinds[] = {
#define X(sym, val, txt) val,
	VG_KIND_TABLE(X)
#undef X
};

void vg_tally_add(struct vg_tally *tally, const struct vg_msg_record *record)
{
	unsigned kind = record->kind < VG_SUMMARY_KINDS ? record->kind : VG_KIND_UNKNOWN;
	unsigned state = record->state < VG_STATE_N ? record->state : VG_STATE_OPEN;
	tally->n_objects[kind][state]++;
	tally->n_state[state]++;
	tally->n_records++;
	tally->n_matches += record->n_hits != 0;
	if (record->enqueued_ns && record->verdict_ns >= record->enqueued_ns)
		vg_latency_add(&tally->verdict, record->verdict_ns - record->enqueued_ns);
}

static double gbit_per_s(const struct vg_summary *s)
{
	return s->seconds > 0 ? (double)s->dataplane[VG_C_RX_BYTES] * 8 / s->seconds / 1e9 : 0;
}

static uint64_t n_of_kind(const struct vg_tally *tally, unsigned kind)
{
	uint64_t n = 0;
	for (unsigned state = 0; state < VG_STATE_N; state++)
		n += tally->n_objects[kind][state];
	return n;
}

/* "objects_shed_total:reason=arena" is read as objects_shed.arena. */
static void shed_key(const char *name, char *key, size_t cap)
{
	struct vg_stats_name parts;
	size_t n;
	vg_stats_name_split(name, &parts);
	n = strlen(parts.base);
	if (n > 6 && !strcmp(parts.base + n - 6, "_total"))
		parts.base[n - 6] = 0;
	snprintf(key, cap, "%s%s%s%s%s", parts.base, parts.value[0] ? "." : "", parts.value, parts.value2[0] ? "." : "",
		 parts.value2);
}

static void states_json(struct vg_json_text *text, const char *key, const uint64_t *n_state)
{
	vg_json_text_open(text, key, '{');
	for (unsigned state = VG_STATE_COMPLETE; state < VG_STATE_N; state++)
		vg_json_text_u64(text, vg_state_str(state), n_state[state]);
	vg_json_text_close(text, '}');
}

static void objects_json(struct vg_json_text *text, const struct vg_tally *tally)
{
	vg_json_text_open(text, "objects", '{');
	vg_json_text_u64(text, "total", tally->n_records);
	states_json(text, "by_state", tally->n_state);
	vg_json_text_open(text, "by_type", '{');
	for (unsigned i = 0; i < VG_ARRAY_LEN(kinds); i++)
		if (n_of_kind(tally, kinds[i]))
			states_json(text, vg_kind_str(kinds[i]), tally->n_objects[kinds[i]]);
	vg_json_text_close(text, '}');
	vg_json_text_close(text, '}');
}

static void shed_json(struct vg_json_text *text, const struct vg_summary *s)
{
	char key[4 * VG_STATS_NAME];
	vg_json_text_open(text, "shed", '{');
	for (unsigned is_hasher = 0; is_hasher < 2; is_hasher++)
		for (unsigned i = 0; i < (is_hasher ? VG_H_N : VG_C_N); i++) {
			const char *name = vg_stats_text((int)is_hasher, i)->name;
			if (!vg_stats_is_shed(name))
				continue;
			shed_key(name, key, sizeof(key));
			vg_json_text_u64(text, key, is_hasher ? s->hashing[i] : s->dataplane[i]);
		}
	vg_json_text_close(text, '}');
}

static void latency_json(struct vg_json_text *text, const char *key, const struct vg_latency *latency)
{
	if (!latency->n) {
		vg_json_text_null(text, key);
		return;
	}
	vg_json_text_open(text, key, '{');
	vg_json_text_real(text, "p50_ms", (double)vg_latency_at(latency, 500) / 1e6, 3);
	vg_json_text_real(text, "p99_ms", (double)vg_latency_at(latency, 990) / 1e6, 3);
	vg_json_text_real(text, "max_ms", (double)latency->max_ns / 1e6, 3);
	vg_json_text_close(text, '}');
}

void vg_summary_print_json(const struct vg_summary *s, FILE *out)
{
	char buffer[SUMMARY_MAX];
	struct vg_json_text text;
	size_t n;
	vg_json_text_init(&text, buffer, sizeof(buffer));
	vg_json_text_open(&text, NULL, '{');
	vg_json_text_u64(&text, s->is_scan ? "paths" : "captures", s->n_paths);
	vg_json_text_u64(&text, "packets", s->dataplane[VG_C_RX_PACKETS]);
	vg_json_text_u64(&text, "bytes", s->dataplane[VG_C_RX_BYTES]);
	vg_json_text_real(&text, "seconds", s->seconds, 6);
	vg_json_text_real(&text, "gbit_per_s", gbit_per_s(s), 6);
	vg_json_text_u64(&text, "flows", s->dataplane[VG_C_FLOWS]);
	vg_json_text_u64(&text, "media_bytes", s->dataplane[VG_C_MEDIA_BYTES]);
	objects_json(&text, s->tally);
	shed_json(&text, s);
	vg_json_text_u64(&text, "matches", s->tally->n_matches);
	vg_json_text_u64(&text, "matches_refused", s->n_refused);
	vg_json_text_open(&text, "cases", '{');
	for (unsigned state = 0; state < VG_CASE_STATE_N; state++)
		vg_json_text_u64(&text, vg_case_state_str(state), (uint64_t)s->n_cases[state]);
	vg_json_text_close(&text, '}');
	vg_json_text_u64(&text, "reports_filed", s->n_reports_filed);
	vg_json_text_open(&text, "latency", '{');
	latency_json(&text, "verdict", &s->tally->verdict);
	latency_json(&text, "filed", &s->tally->filed);
	vg_json_text_close(&text, '}');
	vg_json_text_u64(&text, "hasher_restarts", s->n_hasher_restarts);
	vg_json_text_close(&text, '}');
	n = vg_json_text_end(&text);
	VG_INVARIANT(n); /* the number of members is fixed and fits */
	fwrite(buffer, 1, n, out);
}

static void print_states(const uint64_t *n_state, FILE *out)
{
	const char *between = "";
	for (unsigned state = VG_STATE_COMPLETE; state < VG_STATE_N; state++)
		if (n_state[state]) {
			fprintf(out, "%s%llu %s", between, (unsigned long long)n_state[state], vg_state_str(state));
			between = ", ";
		}
	fprintf(out, "%s\n", *between ? "" : "none");
}

static void print_shed(const struct vg_summary *s, FILE *out)
{
	char key[4 * VG_STATS_NAME];
	const char *head = "not scanned";
	for (unsigned is_hasher = 0; is_hasher < 2; is_hasher++)
		for (unsigned i = 0; i < (is_hasher ? VG_H_N : VG_C_N); i++) {
			const struct vg_counter_text *about = vg_stats_text((int)is_hasher, i);
			uint64_t n = is_hasher ? s->hashing[i] : s->dataplane[i];
			if (!n || !vg_stats_is_shed(about->name))
				continue;
			shed_key(about->name, key, sizeof(key));
			fprintf(out, "%-13s %s %llu  (%s)\n", head, key, (unsigned long long)n, about->help);
			head = "";
		}
	if (*head)
		fprintf(out, "%-13s nothing left out\n", head);
}

static void print_latency(const char *what, const struct vg_latency *latency, FILE *out)
{
	if (latency->n)
		fprintf(out, "%-13s p50 %.3f ms, p99 %.3f ms, max %.3f ms\n", what,
			(double)vg_latency_at(latency, 500) / 1e6, (double)vg_latency_at(latency, 990) / 1e6,
			(double)latency->max_ns / 1e6);
}

void vg_summary_print_text(const struct vg_summary *s, FILE *out)
{
	const struct vg_tally *tally = s->tally;
	const char *between = "";
	if (s->is_scan)
		fprintf(out, "%-13s %llu in %.3f s\n", "paths", (unsigned long long)s->n_paths, s->seconds);
	else
		fprintf(out, "%-13s %llu from %llu captures, %llu bytes in %.3f s, %.3f Gbit/s, %llu flows\n",
			"packets", (unsigned long long)s->dataplane[VG_C_RX_PACKETS], (unsigned long long)s->n_paths,
			(unsigned long long)s->dataplane[VG_C_RX_BYTES], s->seconds, gbit_per_s(s),
			(unsigned long long)s->dataplane[VG_C_FLOWS]);
	fprintf(out, "%-13s %llu: ", "objects", (unsigned long long)tally->n_records);
	print_states(tally->n_state, out);
	for (unsigned i = 0; i < VG_ARRAY_LEN(kinds); i++)
		if (n_of_kind(tally, kinds[i])) {
			fprintf(out, "%-13s %-26s ", "", vg_kind_str(kinds[i]));
			print_states(tally->n_objects[kinds[i]], out);
		}
	print_shed(s, out);
	fprintf(out, "%-13s %llu", "matches", (unsigned long long)tally->n_matches);
	for (unsigned state = 0; state < VG_CASE_STATE_N; state++)
		if (s->n_cases[state]) {
			fprintf(out, "%s%lld case%s %s", *between ? between : "; ", (long long)s->n_cases[state],
				s->n_cases[state] == 1 ? "" : "s", vg_case_state_str(state));
			between = ", ";
		}
	if (s->n_refused)
		fprintf(out, "; %llu refused", (unsigned long long)s->n_refused);
	fprintf(out, "\n%-13s %llu filed\n", "reports", (unsigned long long)s->n_reports_filed);
	print_latency("to verdict", &tally->verdict, out);
	print_latency("to receipt", &tally->filed, out);
	if (s->n_hasher_restarts)
		fprintf(out, "%-13s %llu restarts of hashers\n", "programs", (unsigned long long)s->n_hasher_restarts);
}
