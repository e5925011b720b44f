/* machine: the rules, in one place without any machinery around them.
 *
 * The guard against doubled reports: an open report's id is committed before anything is put into it; "finish sent"
 * is committed before /finish. While finish was never sent, an unfinished report is worthless to the receiver and
 * vanishes by itself, so whenever the effect of a call is unknown it is retracted and begun again. Once finish was
 * sent, only /finish is asked again, and its answer (0, 5102, 5101, 5001) says what had happened. */
#include <stdio.h>
#include <string.h>

#include "control/outbox/machine_priv.h"

/* Classes of section 3; unknown codes by their thousand. */
enum kind { K_OK, K_RETRY, K_CLOSED, K_INVALID, K_NO_REPORT, K_NO_FILE, K_RETRACTED, K_FINISHED, K_ODD };
static enum kind kind_of(int code)
{
	switch (code) {
	case 0:
		return K_OK;
	case 1210:
	case 2000:
	case 3000:
	case 3100:
	case 3300:
		return K_CLOSED;
	case 5001:
		return K_NO_REPORT;
	case 5002:
		return K_NO_FILE;
	case 5101:
		return K_RETRACTED;
	case 5102:
		return K_FINISHED;
	default:
		break;
	}
	switch (code / 1000) {
	case 1:
		return K_RETRY;
	case 2:
	case 3:
		return K_CLOSED;
	case 4:
		return K_INVALID;
	default:
		return K_ODD;
	}
}

static void begin_again(struct vg_row *row)
{
	row->pub.state = VG_OUTBOX_OPENING;
	row->pub.report_id = row->pub.opened_ns = row->pub.changed_ns = 0;
	row->pub.finish_sent = 0;
	row->after = VG_AFTER_BEGIN_AGAIN;
	memset(row->files, 0, row->n_files * sizeof(*row->files));
	row->files_dirty = 1;
}
void vg_machine_hold(struct vg_row *row, enum vg_outbox_state state, const char *reason, int64_t now_ns)
{
	row->pub.state = state;
	row->pub.done_ns = now_ns;
	if (reason)
		snprintf(row->pub.reason, sizeof(row->pub.reason), "%s", reason);
}
void vg_machine_retract(struct vg_row *row, enum vg_after_retract after, const char *reason)
{
	row->after = after;
	if (reason)
		snprintf(row->pub.reason, sizeof(row->pub.reason), "%s", reason);
	row->pub.state = VG_OUTBOX_RETRACTING;
}
/* Holds, retracting first what is open; where the retraction itself is what failed, a person has to look. */
static void give_up(struct vg_row *row, enum vg_outbox_state state, const char *reason, int64_t now_ns)
{
	if (row->pub.report_id && !row->pub.finish_sent && row->pub.state != VG_OUTBOX_RETRACTING)
		vg_machine_retract(row, state == VG_OUTBOX_FAILED ? VG_AFTER_FAIL : VG_AFTER_HOLD, reason);
	else
		vg_machine_hold(row, state, reason, now_ns);
}

static int is_uploadable(const struct vg_case *c, unsigned i)
{
	return i < c->n_files && c->files[i].evidence_id[0];
}
void vg_machine_next(struct vg_row *row, const struct vg_case *c, struct vg_machine_next *next)
{
	unsigned n = row->n_files < c->n_files ? row->n_files : c->n_files;

	next->file_idx = 0;
	switch (row->pub.state) {
	case VG_OUTBOX_RETRACTING:
		next->call = VG_CALL_RETRACT;
		return;
	case VG_OUTBOX_FINISHING:
		next->call = VG_CALL_FINISH;
		return;
	case VG_OUTBOX_UPLOADING:
	case VG_OUTBOX_DESCRIBING:
		break;
	default:
		row->pub.state = VG_OUTBOX_OPENING;
		next->call = VG_CALL_SUBMIT;
		return;
	}
	for (unsigned i = 0; i < n; i++)
		if (is_uploadable(c, i) && !row->files[i].file_id[0]) {
			row->pub.state = VG_OUTBOX_UPLOADING;
			*next = (struct vg_machine_next){ VG_CALL_UPLOAD, i };
			return;
		}
	for (unsigned i = 0; i < n; i++)
		if (row->files[i].file_id[0] && !row->files[i].described) {
			row->pub.state = VG_OUTBOX_DESCRIBING;
			*next = (struct vg_machine_next){ VG_CALL_FILEINFO, i };
			return;
		}
	row->pub.state = VG_OUTBOX_FINISHING;
	next->call = VG_CALL_FINISH;
}

/* The effect of the call is not known. */
static void unknown_effect(struct vg_row *row, unsigned call)
{
	if (call == VG_CALL_UPLOAD || call == VG_CALL_FILEINFO)
		vg_machine_retract(row, VG_AFTER_BEGIN_AGAIN, NULL);
	/* SUBMIT: an orphan at most, which its deadline removes. FINISH and RETRACT: asked again. */
}

static void on_submitted(struct vg_row *row, const struct vg_link_result *r, int64_t now_ns,
			 struct vg_machine_verdict *v)
{
	if (r->report_id <= 0) {
		v->wait = 1;
		v->health = VG_HEALTH_BAD;
		snprintf(row->pub.last_text, sizeof(row->pub.last_text), "success without a report id");
		return;
	}
	row->pub.report_id = r->report_id;
	row->pub.opened_ns = row->pub.changed_ns = now_ns;
	row->pub.n_opened++;
	row->pub.state = VG_OUTBOX_UPLOADING;
}
static void on_uploaded(struct vg_row *row, const struct vg_case *c, const struct vg_link_result *r, unsigned file_idx,
			int64_t now_ns)
{
	const struct vg_case_file *f = &c->files[file_idx];
	int is_whole = !f->partial && f->n_sample_bytes == f->n_bytes;

	row->pub.changed_ns = now_ns;
	if (!r->file_id[0] || !r->has_md5_got || memcmp(r->md5_got, r->md5_sent, 16) ||
	    r->n_sent_bytes != f->n_sample_bytes) {
		give_up(row, VG_OUTBOX_HELD, "the endpoint received other bytes than were sent (MD5 differs)", now_ns);
		return;
	}
	if (is_whole && memcmp(r->md5_sent, f->md5, 16)) {
		give_up(row, VG_OUTBOX_HELD, "the sealed bytes are not those of the match (MD5 differs)", now_ns);
		return;
	}
	snprintf(row->files[file_idx].file_id, sizeof(row->files[file_idx].file_id), "%s", r->file_id);
	memcpy(row->files[file_idx].md5, r->md5_got, 16);
	row->files_dirty = 1;
}
static void on_retracted(struct vg_row *row, int64_t now_ns)
{
	enum vg_after_retract after = row->after;

	begin_again(row);
	if (after != VG_AFTER_BEGIN_AGAIN)
		vg_machine_hold(row, after == VG_AFTER_FAIL ? VG_OUTBOX_FAILED : VG_OUTBOX_HELD, NULL, now_ns);
}
static void on_success(struct vg_row *row, const struct vg_case *c, const struct vg_link_result *r, unsigned file_idx,
		       int64_t now_ns, struct vg_machine_verdict *v)
{
	v->health = VG_HEALTH_GOOD;
	if (r->call != VG_CALL_SUBMIT && r->report_id && r->report_id != row->pub.report_id) {
		vg_machine_hold(row, VG_OUTBOX_HELD, "the endpoint answered for another report", now_ns);
		return;
	}
	switch (r->call) {
	case VG_CALL_SUBMIT:
		on_submitted(row, r, now_ns, v);
		break;
	case VG_CALL_UPLOAD:
		on_uploaded(row, c, r, file_idx, now_ns);
		break;
	case VG_CALL_FILEINFO:
		row->pub.changed_ns = now_ns;
		row->files[file_idx].described = 1;
		row->files_dirty = 1;
		break;
	case VG_CALL_FINISH:
		row->pub.state = VG_OUTBOX_FILED;
		row->pub.done_ns = now_ns;
		v->receipt = 1;
		break;
	case VG_CALL_RETRACT:
		on_retracted(row, now_ns);
		break;
	default:
		break;
	}
}

/* 4xxx, or our own schema: the full document never goes out unchanged again; a minimal one is tried once. */
static void on_invalid(struct vg_row *row, unsigned call, unsigned file_idx, int64_t now_ns,
		       struct vg_machine_verdict *v)
{
	char why[200];
	snprintf(why, sizeof(why), "%s refused: %d %.120s", vg_call_str(call), row->pub.last_code, row->pub.last_text);
	if ((call == VG_CALL_SUBMIT || call == VG_CALL_FILEINFO) && !row->pub.minimal) {
		row->pub.minimal = 1;
		snprintf(v->alarm, sizeof(v->alarm), "%s; trying once with a minimal document", why);
	} else if (call == VG_CALL_FILEINFO) {
		/* Describing a file is optional; the report must not fail for it. */
		row->files[file_idx].described = 2;
		row->files_dirty = 1;
		snprintf(v->alarm, sizeof(v->alarm), "%s; filing without that description", why);
	} else {
		give_up(row, VG_OUTBOX_FAILED, why, now_ns);
	}
}
/* 5001: gone by its deadline, or never there. */
static void on_no_report(struct vg_row *row, unsigned call, int64_t now_ns, const struct vg_machine_limits *limits,
			 struct vg_machine_verdict *v)
{
	int64_t by_open = row->pub.opened_ns + (int64_t)limits->expiry_open_ns;
	int64_t by_change = row->pub.changed_ns + (int64_t)limits->expiry_change_ns;

	v->wait = 1;
	if (call == VG_CALL_RETRACT)
		on_retracted(row, now_ns);
	else if (!row->pub.finish_sent || (now_ns > by_open && now_ns > by_change))
		begin_again(row);
	else
		vg_machine_hold(row, VG_OUTBOX_HELD,
				"finish was sent, and the endpoint says that the report does not exist", now_ns);
}
static void on_finished(struct vg_row *row, unsigned call, int64_t now_ns)
{
	if (call == VG_CALL_FINISH && row->pub.finish_sent)
		vg_machine_hold(row, VG_OUTBOX_DONE_WITHOUT_RECEIPT, "", now_ns);
	else
		vg_machine_hold(row, VG_OUTBOX_HELD, "the endpoint says it is finished, but finish was never sent",
				now_ns);
}
static void on_answer(struct vg_row *row, const struct vg_case *c, const struct vg_link_result *r, unsigned file_idx,
		      int64_t now_ns, const struct vg_machine_limits *limits, struct vg_machine_verdict *v)
{
	v->health = VG_HEALTH_GOOD;
	switch (kind_of(r->code)) {
	case K_OK:
		on_success(row, c, r, file_idx, now_ns, v);
		break;
	case K_RETRY:
		v->wait = 1;
		v->health = VG_HEALTH_BAD;
		unknown_effect(row, r->call);
		break;
	case K_CLOSED:
		v->wait = 1;
		v->health = VG_HEALTH_CLOSED_TO_US;
		break;
	case K_INVALID:
		on_invalid(row, r->call, file_idx, now_ns, v);
		break;
	case K_NO_REPORT:
		on_no_report(row, r->call, now_ns, limits, v);
		break;
	case K_NO_FILE:
		v->wait = 1;
		unknown_effect(row, r->call);
		break;
	case K_RETRACTED:
		v->wait = 1;
		if (r->call == VG_CALL_RETRACT)
			on_retracted(row, now_ns);
		else
			begin_again(row);
		break;
	case K_FINISHED:
		on_finished(row, r->call, now_ns);
		break;
	default:
		give_up(row, VG_OUTBOX_HELD, "the endpoint answered with a code that is not known", now_ns);
	}
}

void vg_machine_apply(struct vg_row *row, const struct vg_case *c, const struct vg_link_result *result,
		      unsigned file_idx, int64_t now_ns, const struct vg_machine_limits *limits,
		      struct vg_machine_verdict *v)
{
	memset(v, 0, sizeof(*v));
	row->in_flight = VG_NO_CALL;
	row->pub.last_code = result->outcome == VG_OUTCOME_ANSWERED ? result->code : -1;
	row->pub.last_http = (int)result->http_status;
	snprintf(row->pub.last_text, sizeof(row->pub.last_text), "%s", result->description);
	snprintf(row->pub.request_id, sizeof(row->pub.request_id), "%s", result->request_id);
	switch (result->outcome) {
	case VG_OUTCOME_ANSWERED:
		on_answer(row, c, result, file_idx, now_ns, limits, v);
		break;
	case VG_OUTCOME_INVALID:
		on_invalid(row, result->call, file_idx, now_ns, v);
		break;
	case VG_OUTCOME_EVIDENCE:
		give_up(row, VG_OUTBOX_HELD, result->description, now_ns);
		break;
	case VG_OUTCOME_REFUSED:
		v->wait = 1;
		v->health = VG_HEALTH_CLOSED_TO_US;
		break;
	case VG_OUTCOME_NOT_SENT:
		v->wait = 1;
		v->health = VG_HEALTH_BAD;
		break;
	case VG_OUTCOME_BAD_ANSWER:
		v->wait = 1;
		if (result->http_status == 401 || result->http_status == 403) {
			v->health = VG_HEALTH_CLOSED_TO_US; /* turned away at the door: no effect */
			break;
		}
		__attribute__((fallthrough));
	default:
		v->wait = 1;
		v->health = VG_HEALTH_BAD;
		unknown_effect(row, result->call);
	}
	if (v->wait)
		row->pub.n_attempts++;
}
void vg_machine_lost(struct vg_row *row, const struct vg_case *c, int64_t now_ns,
		     const struct vg_machine_limits *limits, struct vg_machine_verdict *v)
{
	struct vg_link_result lost = { .call = (uint32_t)row->in_flight,
				       .outcome = VG_OUTCOME_NO_ANSWER,
				       .description = "the reporter or vigild ended during the call" };
	vg_machine_apply(row, c, &lost, row->in_flight_file, now_ns, limits, v);
	v->health = VG_HEALTH_NONE; /* the endpoint is not to blame */
}
void vg_machine_revive(struct vg_row *row, int64_t now_ns)
{
	row->pub.state = row->pub.finish_sent ? VG_OUTBOX_FINISHING
			 : row->pub.report_id ? VG_OUTBOX_RETRACTING
					      : VG_OUTBOX_QUEUED;
	row->pub.minimal = 0;
	row->pub.done_ns = 0;
	row->pub.next_try_ns = now_ns;
	row->pub.reason[0] = 0;
	row->after = VG_AFTER_BEGIN_AGAIN;
}

uint64_t vg_machine_wait_ms(unsigned n_attempts, int late, uint32_t first_ms, uint32_t max_ms, uint32_t late_ms,
			    uint64_t random)
{
	uint64_t base = first_ms;
	if (late)
		return late_ms;
	for (unsigned i = 1; i < n_attempts && base < max_ms; i++)
		base *= 2;
	base = base < max_ms ? base : max_ms;
	return base - base / 2 + random % (base / 2 + 1);
}
