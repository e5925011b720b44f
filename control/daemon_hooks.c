/* What the rooms tell vigild: a verified match becomes durable here, an object record goes to the run's lines. */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include <vigil/clock.h>
#include <vigil/log.h>
#include <vigil/plugin_spec.h>

#include "control/clock_state.h"
#include "control/config/profile.h"
#include "control/daemon_priv.h"
#include "control/match_case.h"

#define LOG_EVERY_NS        60000000000u
#define MAX_REFUSED_AUDITED 60 /* a minute: a liar must not fill the disk */

static void log_not_durable(struct vg_daemon *d, enum vg_err err)
{
	uint64_t now_ns = vg_mono_now().ns;
	if (err == VG_EAGAIN || (d->full_logged_ns && now_ns - d->full_logged_ns < LOG_EVERY_NS))
		return;
	d->full_logged_ns = now_ns;
	vg_log(VG_LOG_ERROR, "control/daemon", "%s",
	       err == VG_EFULL
		       ? "evidence.max_bytes is used up: matches wait at the hashers; make room"
		       : "a match could not be made durable: it waits at its hasher; look at disk and database");
}

/* What is to be stopped is known from now on by its first bytes. The match is durable: a failure here only means that
 * the next transfer of it is judged again. */
static void learn(struct vg_daemon *d, const struct vg_intake_match *match)
{
	struct vg_intake_known table;
	int is_new = 0;
	if (!d->knowns)
		return;
	if (vg_knowns_add(d->knowns, match, &is_new))
		vg_log(VG_LOG_ERROR, "control/daemon",
		       "a known object cannot be remembered: look at disk and database");
	table = vg_knowns_table(d->knowns);
	if (is_new)
		vg_intake_know(d->intake, &table);
}

/* The profile that the flow had, by its name; what it says of filing. */
static void profile_take(const struct vg_daemon *d, uint32_t id, struct vg_case_match *facts)
{
	const struct vg_config_profile *profile = NULL;
	const char *why = NULL;
	int is_report = 0;
	for (uint32_t i = 0; i < facts->file.n_hits; i++)
		is_report |= vg_action_case(facts->hit_actions[i]) == VG_ACTION_REPORT;
	for (uint32_t i = 0; id && i < d->config->n_profiles; i++)
		if (vg_config_profile_id(d->config->profiles[i].name) == id)
			profile = &d->config->profiles[i];
	if (profile)
		memcpy(facts->origin.profile, profile->name, sizeof(facts->origin.profile));
	if (profile && profile->review_only)
		why = "its profile is review_only";
	else if (id && !profile)
		why = "its profile is not in the configuration any more";
	if (!why || !is_report || facts->held)
		return;
	facts->held = 1;
	snprintf(facts->reason, sizeof(facts->reason), "%s", why);
}

static enum vg_err on_match(void *ctx, const struct vg_intake_match *match)
{
	struct vg_daemon *d = ctx;
	struct vg_case_match facts;
	struct vg_case_added added;
	vg_match_case(match, &facts);
	profile_take(d, match->attribution->profile, &facts);
	vg_clock_state_take(d->spec && d->spec->mode == VG_RUN_REPLAY, &facts.origin);
	enum vg_err err = vg_commit_match(&d->commit, &facts, match->memfd, &added);
	if (err) {
		log_not_durable(d, err);
		return err;
	}
	learn(d, match);
	if (added.is_new)
		vg_log(VG_LOG_INFO, "control/daemon", "case %lld: %s%s", (long long)added.case_id,
		       vg_case_state_str(added.state), match->verified->exact ? "" : ", perceptual");
	if (d->run)
		vg_run_on_record(d->run, match->record, match->attribution, match->view, NULL, added.case_id);
	return VG_OK;
}

static enum vg_err on_object(void *ctx, const struct vg_intake_object *object)
{
	struct vg_daemon *d = ctx;
	vg_run_on_record(d->run, object->record, object->attribution, object->view, object->frames, 0);
	return VG_OK;
}

static void on_refused(void *ctx, uint32_t hasher_idx, unsigned refusal)
{
	struct vg_daemon *d = ctx;
	uint64_t now_ns = vg_mono_now().ns;
	char details[96];
	if (!d->refused_begin_ns || now_ns - d->refused_begin_ns > LOG_EVERY_NS) {
		d->refused_begin_ns = now_ns;
		d->n_refused_audited = 0;
	}
	if (d->n_refused_audited++ >= MAX_REFUSED_AUDITED) /* counted by reason all the same */
		return;
	snprintf(details, sizeof(details), "{\"hasher\":%u,\"reason\":\"%s\"}", hasher_idx, vg_refusal_str(refusal));
	(void)vg_audit_append(d->audit, "vigild", "match.refused", "hasher", details);
}

static void on_drained(void *ctx, uint64_t boot_id)
{
	struct vg_daemon *d = ctx;
	(void)boot_id;
	if (d->run)
		vg_run_on_drained(d->run);
}

struct vg_intake_hooks vg_daemon_intake_hooks(struct vg_daemon *d)
{
	return (struct vg_intake_hooks){ .ctx = d,
					 .match = on_match,
					 .object = d->spec ? on_object : NULL,
					 .refused = on_refused,
					 .drained = on_drained };
}

void vg_daemon_on_outbox(void *ctx, const struct vg_outbox_event *event)
{
	struct vg_daemon *d = ctx;
	if (event->kind == VG_OUTBOX_EV_FILED) {
		vg_log(VG_LOG_INFO, "control/daemon", "case %lld: filed as report %lld", (long long)event->case_id,
		       (long long)event->report_id);
		if (d->run)
			vg_run_on_filed(d->run, event->case_id);
	} else if (event->kind == VG_OUTBOX_EV_ALARM && !event->case_id) {
		vg_log(VG_LOG_WARN, "control/daemon", "reporting: %s", event->text);
	} else if (event->kind == VG_OUTBOX_EV_HELD || event->kind == VG_OUTBOX_EV_ALARM) {
		vg_log(event->kind == VG_OUTBOX_EV_HELD ? VG_LOG_ERROR : VG_LOG_WARN, "control/daemon", "case %lld: %s",
		       (long long)event->case_id, event->text ? event->text : "look at vigilctl reports list");
	}
}

void vg_daemon_on_died(void *ctx, unsigned role, uint32_t hasher_idx, int wait_status, int will_restart)
{
	struct vg_daemon *d = ctx;
	int plugin = role == VG_PROGRAM_HASHING && WIFEXITED(wait_status) ? vg_plugin_refused(WEXITSTATUS(wait_status))
									  : -1;
	if (plugin >= (int)d->config->hashing.n_plugins)
		plugin = -1;
	if (role == VG_PROGRAM_HASHING && hasher_idx < VG_LANE_MAX_HASHERS)
		d->refused_plugins[hasher_idx] = (uint8_t)(plugin + 1);
	if (plugin >= 0)
		vg_log(VG_LOG_ERROR, "control/daemon",
		       "hasher %u does not start: plug-in %s does not load, its line above says why; nothing is looked "
		       "at there until the configuration or the plug-in is mended",
		       hasher_idx, d->config->hashing.plugins[plugin]);
	if (d->run && role != VG_PROGRAM_REPORTER)
		vg_run_on_exit(d->run, vg_role(role)->program, wait_status, will_restart);
}
