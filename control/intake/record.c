/* One OBJECT or MATCH record: from foreign bytes to a verified match, or to a counted refusal. */
#include <string.h>
#include <unistd.h>

#include <vigil/clock.h>
#include <vigil/log.h>
#include <vigil/memfd.h>

#include "control/intake/again.h"
#include "control/intake/intake_priv.h"

#define LOG_PER_MINUTE 10
#define HOLD_NAP_US    1000
#define HOLD_NAPS      50u
#define HOLD_MAX_NS    5000000000u /* a dataplane that died says nothing more */

/* At most LOG_PER_MINUTE lines about one link: what is not said is still counted. */
static int may_log(struct vg_intake_link *link)
{
	uint64_t now_ns = vg_mono_now().ns;
	if (!link->log_begin_ns || now_ns - link->log_begin_ns > 60000000000u) {
		link->log_begin_ns = now_ns;
		link->n_logged = 0;
	}
	return link->n_logged++ < LOG_PER_MINUTE;
}

/* A lie puts the brake on; the others can happen to an honest hasher (restarts, removed list entries). */
static int is_lie(enum vg_refusal refusal)
{
	return refusal != VG_REFUSE_NONE && refusal != VG_REFUSE_BOOT && refusal != VG_REFUSE_GENERATION &&
	       refusal != VG_REFUSE_SUPPRESSED && refusal != VG_REFUSE_URL && refusal != VG_REFUSE_URL_RATE;
}

static void refuse(struct vg_intake_link *link, enum vg_refusal refusal)
{
	struct vg_intake *intake = link->intake;
	intake->counts.n_refused[refusal]++;
	if (is_lie(refusal))
		vg_brake_lie(&link->brake);
	if (may_log(link))
		vg_log(is_lie(refusal) ? VG_LOG_ERROR : VG_LOG_WARN, "control/intake", "hasher %u: claim refused: %s%s",
		       link->hasher_idx, vg_refusal_str(refusal),
		       is_lie(refusal) ? "; its matches are held from now on" : "");
	if (intake->hooks.refused)
		intake->hooks.refused(intake->hooks.ctx, link->hasher_idx, refusal);
}

static int suppressed(void *ctx, enum vg_algo algo, const uint8_t *value, const char *list, const char *entry_id)
{
	return vg_lists_suppressed(ctx, algo, value, list, entry_id);
}

static int declared(void *ctx, const char algo[VG_PLUGIN_ALGO_BYTES], uint32_t version)
{
	return vg_lists_declared(ctx, algo, version);
}

static enum vg_refusal find_attribution(struct vg_intake_link *link, const struct vg_msg_record *r,
					struct vg_attribution *copy)
{
	if (!vg_boots_knows(link->intake->boots, r->boot_id))
		return VG_REFUSE_BOOT;
	if (vg_boots_read(link->intake->boots, r->boot_id, r->core_idx, link->hasher_idx, r->object_id, copy))
		return VG_REFUSE_ATTRIBUTION;
	/* Files of a scan came by no network: nobody but a run that asked for its objects may take them. */
	if (copy->proto == VG_PROTO_FILE && !link->intake->hooks.object)
		return VG_REFUSE_ATTRIBUTION;
	/* The dataplane's own memory of that lane: anything else would be a bug over there. */
	return copy->core_idx == r->core_idx && copy->hasher_idx == link->hasher_idx ? VG_REFUSE_NONE
										     : VG_REFUSE_ATTRIBUTION;
}

/* The dataplane that saw a body and the vigild that held its record are both gone: what is left is the file itself,
 * which is real and known where its digest holds. It is laid to nobody and held for a person. */
static const char lost_text[] = "the record of who sent it is lost: dataplane and vigild ended together; the times are "
				"those of its arrival here";

/* Where the wire could be read in two ways, a person reads the case before it goes out. NULL: it could not. */
static const char *doubt_about(const struct vg_attribution *a)
{
	if (a->flags & VG_ATTR_CONFLICT)
		return "segments of its transfer overlapped with different bytes: another receiver may have read "
		       "others";
	if (a->flags & VG_ATTR_AMBIGUOUS)
		return "a message head of its connection could be read in two ways: it may belong to another request";
	return NULL;
}

static void lose_record(const struct vg_intake_link *link, const struct vg_msg_record *r, struct vg_attribution *a)
{
	memset(a, 0, sizeof(*a));
	a->boot_id = r->boot_id;
	a->core_idx = (uint16_t)r->core_idx;
	a->hasher_idx = (uint16_t)link->hasher_idx;
	a->body_bytes = r->n_bytes;
	a->kind = r->kind;
	a->codings = r->flags & VG_RECORD_CODED ? VG_CODING_UNKNOWN : VG_CODING_NONE;
	a->n_boundary = r->flags & VG_RECORD_MEMBER_OF ? 1 : 0;
	a->resource = r->flags & VG_RECORD_RESOURCE ? 1 : 0;
	a->range_off = a->range_total = UINT64_MAX;
	a->vlan[0] = a->vlan[1] = 0xffff;
	a->first_byte_ns = a->last_byte_ns = vg_wall_now().ns;
	atomic_store_explicit(&a->state, r->state, memory_order_relaxed);
}

/* Where a list asks to stop the transfer, its verdict has left for the dataplane just before this record for us: what
 * became of it stands in the attribution a moment later. Where it takes longer (a machine without free cores) the
 * record comes again, for a while. VG_OK, or VG_EAGAIN: not yet. */
static enum vg_err await_hold(struct vg_intake_link *link, const struct vg_msg_record *r,
			      const struct vg_verified *verified, struct vg_attribution *attribution)
{
	uint64_t now_ns = vg_mono_now().ns;
	int blocks = 0;
	for (unsigned i = 0; i < verified->n_hits; i++)
		blocks |= vg_action_blocks(verified->hit_action[i]);
	for (unsigned i = 0; blocks && i < HOLD_NAPS && atomic_load(&attribution->hold) == VG_HOLD_PENDING; i++) {
		struct vg_attribution now;
		usleep(HOLD_NAP_US);
		if (vg_boots_read(link->intake->boots, r->boot_id, r->core_idx, link->hasher_idx, r->object_id, &now))
			return VG_OK;
		*attribution = now;
	}
	if (!blocks || atomic_load(&attribution->hold) != VG_HOLD_PENDING)
		return VG_OK;
	if (link->awaited_seq != r->seq) {
		link->awaited_seq = r->seq;
		link->await_ns = now_ns;
	}
	return now_ns - link->await_ns < HOLD_MAX_NS ? VG_EAGAIN : VG_OK;
}

/* The bits of vg_index_list.not_profiles that keep a list from a flow of that profile. One that is not known (the
 * configuration changed) has only the lists that all have. */
static uint8_t not_profiles(const struct vg_intake_conf *conf, uint32_t profile_id)
{
	for (uint32_t i = 0; i < conf->n_profiles; i++)
		if (conf->profile_ids[i] == profile_id)
			return (uint8_t)(2u << i);
	return profile_id ? 0xff : 1;
}

/* Those behind the sample: the memfd's size was checked to be what holds both. */
static const struct vg_frame_hash *frames_of(const struct vg_msg_record *r, const uint8_t *bytes)
{
	return r->n_frames ? (const void *)(bytes + vg_record_frames_off(r->n_sample_bytes)) : NULL;
}

static enum vg_err give_match(struct vg_intake_link *link, const struct vg_msg_record *r, int memfd,
			      const uint8_t *bytes, struct vg_attribution *attribution,
			      const struct vg_index_view *view)
{
	struct vg_intake *intake = link->intake;
	struct vg_verified verified;
	struct vg_msg_record believed = *r;
	struct vg_verify_args args = { .record = r,
				       .view = view,
				       .attribution = attribution,
				       .bytes = bytes,
				       .frames = frames_of(r, bytes),
				       .suppressed = suppressed,
				       .declared = declared,
				       .ctx = intake->lists };
	args.not_profiles = not_profiles(&intake->conf, attribution->profile);
	int is_lost = !vg_boots_knows(intake->boots, r->boot_id);
	enum vg_refusal refusal = vg_verify_match(&args, &verified);
	if (!refusal && is_lost && (!verified.exact || verified.partial))
		refusal = VG_REFUSE_BOOT;
	if (!refusal && verified.url_only && vg_brake_match(&link->url_brake, vg_mono_now().ns))
		refusal = VG_REFUSE_URL_RATE;
	if (refusal) {
		refuse(link, refusal);
		return VG_OK;
	}
	if (await_hold(link, r, &verified, attribution))
		return VG_EAGAIN;
	memcpy(believed.md5, verified.md5, sizeof(believed.md5));
	memcpy(believed.sha1, verified.sha1, sizeof(believed.sha1));
	memcpy(believed.sha256, verified.sha256, sizeof(believed.sha256));
	memset(believed.hits, 0, sizeof(believed.hits));
	memcpy(believed.hits, verified.hits, sizeof(verified.hits[0]) * verified.n_hits);
	believed.n_hits = (uint8_t)verified.n_hits;
	struct vg_intake_match match = { .record = &believed,
					 .hasher_idx = link->hasher_idx,
					 .attribution = attribution,
					 .view = view,
					 .verified = &verified,
					 .memfd = memfd,
					 .bytes = bytes,
					 .frames = args.frames };
	const char *why = verified.url_only ? NULL : vg_brake_match(&link->brake, vg_mono_now().ns);
	why = is_lost ? lost_text : why ? why : doubt_about(attribution);
	if (why) {
		match.held = 1;
		snprintf(match.reason, sizeof(match.reason), "%s", why);
		intake->counts.n_held++;
		if (may_log(link))
			vg_log(VG_LOG_ERROR, "control/intake", "hasher %u: a match is held: %s", link->hasher_idx, why);
	}
	enum vg_err err = intake->hooks.match(intake->hooks.ctx, &match);
	if (!err)
		intake->counts.n_matches++;
	return err ? VG_EAGAIN : VG_OK;
}

/* Whether r's generation is here, or r may be looked up in the present one: lists that change while a match waits must
 * not lose it. A hasher that lied gets no such search. */
static int may_look_up(const struct vg_intake_link *link, const struct vg_msg_record *r)
{
	struct vg_lists_info info;
	vg_lists_info(link->intake->lists, &info);
	return vg_lists_view(link->intake->lists, r->generation) ||
	       (info.generation && r->generation <= info.generation && !vg_brake_is_on(&link->brake, vg_mono_now().ns));
}

/* The index that r is looked up in. One of a generation that is gone is looked up again in the present one (*again,
 * which r then points to). */
static const struct vg_index_view *find_view(struct vg_intake_link *link, const struct vg_msg_record **r,
					     const uint8_t *bytes, struct vg_msg_record *again)
{
	struct vg_lists_info info;
	const struct vg_index_view *now, *view = vg_lists_view(link->intake->lists, (*r)->generation);
	if (view)
		return view;
	vg_lists_info(link->intake->lists, &info);
	now = vg_lists_view(link->intake->lists, info.generation);
	if (!now || !vg_again_look_up(*r, frames_of(*r, bytes), now, again))
		return NULL;
	*r = again;
	return now;
}

/* A claim that names no file of a list is of the URL only: what the lists in use say of it counts. */
static int is_of_url(const struct vg_msg_record *r)
{
	return r->flags & VG_RECORD_LISTED && !r->n_hits;
}

static const struct vg_index_view *view_for(struct vg_intake_link *link, const struct vg_msg_record **r,
					    const uint8_t *bytes, struct vg_msg_record *again)
{
	struct vg_lists_info info;
	vg_lists_info(link->intake->lists, &info);
	if (!is_of_url(*r) || (*r)->generation == info.generation)
		return find_view(link, r, bytes, again);
	*again = **r;
	again->generation = info.generation;
	*r = again;
	return vg_lists_view(link->intake->lists, info.generation);
}

static enum vg_err work_match(struct vg_intake_link *link, const struct vg_msg_record *r, const int *fds, size_t n_fds)
{
	struct vg_msg_record again;
	struct vg_intake *intake = link->intake;
	struct vg_attribution attribution;
	const struct vg_index_view *view;
	size_t n_bytes, n_wanted = vg_record_memfd_bytes(r->n_sample_bytes, r->n_frames);
	enum vg_refusal refusal = vg_verify_fields(r, 1);
	if (!refusal && r->boot_id != link->boot_id) /* a hasher serves one dataplane in its life */
		refusal = VG_REFUSE_BOOT;
	if (!refusal && !is_of_url(r) && !may_look_up(link, r))
		refusal = VG_REFUSE_GENERATION;
	if (!refusal && (n_fds != 1 || r->n_sample_bytes > intake->conf.max_sample_bytes ||
			 vg_memfd_check(fds[0], VG_SEALS_FINAL, n_wanted, n_wanted, &n_bytes)))
		refusal = VG_REFUSE_MEMFD;
	if (!refusal && !vg_boots_knows(intake->boots, r->boot_id))
		lose_record(link, r, &attribution);
	else if (!refusal)
		refusal = find_attribution(link, r, &attribution);
	if (refusal) {
		refuse(link, refusal);
		return VG_OK;
	}
	static const uint8_t nothing[1];
	const uint8_t *bytes = n_bytes ? vg_memfd_map(fds[0], n_bytes, PROT_READ) : nothing;
	if (!bytes)
		return VG_EAGAIN;
	view = view_for(link, &r, bytes, &again);
	if (!view)
		refuse(link, VG_REFUSE_GENERATION);
	enum vg_err err = view ? give_match(link, r, fds[0], bytes, &attribution, view) : VG_OK;
	if (n_bytes)
		munmap((void *)(uintptr_t)bytes, n_bytes);
	return err;
}

/* The frames of an object lie alone in a memfd. */
static enum vg_refusal map_frames(const struct vg_msg_record *r, const int *fds, size_t n_fds, void **at,
				  size_t *n_bytes)
{
	size_t n_wanted = vg_record_memfd_bytes(0, r->n_frames);
	if (!r->n_frames)
		return n_fds ? VG_REFUSE_MEMFD : VG_REFUSE_NONE;
	if (n_fds != 1 || r->n_sample_bytes || vg_memfd_check(fds[0], VG_SEALS_FINAL, n_wanted, n_wanted, n_bytes))
		return VG_REFUSE_MEMFD;
	*at = vg_memfd_map(fds[0], *n_bytes, PROT_READ);
	return *at ? VG_REFUSE_NONE : VG_REFUSE_MEMFD;
}

static enum vg_err work_object(struct vg_intake_link *link, const struct vg_msg_record *r, const int *fds, size_t n_fds)
{
	struct vg_intake *intake = link->intake;
	struct vg_attribution attribution;
	const struct vg_index_view *view = r->generation ? vg_lists_view(intake->lists, r->generation) : NULL;
	enum vg_refusal refusal = intake->hooks.object ? vg_verify_fields(r, 0) : VG_REFUSE_FIELDS;
	void *frames = NULL;
	size_t n_bytes = 0;
	enum vg_err err = VG_OK;
	for (unsigned i = 0; i < r->n_hits && !refusal; i++)
		if (view && r->hits[i].entry_idx >= view->n_entries)
			refusal = VG_REFUSE_ENTRY;
	if (!refusal)
		refusal = find_attribution(link, r, &attribution);
	if (!refusal)
		refusal = map_frames(r, fds, n_fds, &frames, &n_bytes);
	if (refusal) {
		refuse(link, refusal);
		return VG_OK;
	}
	struct vg_intake_object object = {
		.record = r, .hasher_idx = link->hasher_idx, .attribution = &attribution, .view = view, .frames = frames
	};
	if (intake->hooks.object(intake->hooks.ctx, &object))
		err = VG_EAGAIN;
	else
		intake->counts.n_objects++;
	if (frames)
		munmap(frames, n_bytes);
	return err;
}

enum vg_err vg_intake_record(struct vg_intake_link *link, const void *message, size_t n_bytes, int *fds, size_t n_fds)
{
	const struct vg_msg_head *head = message;
	struct vg_msg_record r;
	int is_match = vg_msg_is(head, n_bytes, VG_MSG_MATCH, sizeof(r));
	enum vg_err err = VG_EPROTO;
	if (is_match || vg_msg_is(head, n_bytes, VG_MSG_OBJECT, sizeof(r))) {
		memcpy(&r, message, sizeof(r));
		if (!vg_boots_ready(link->intake->boots, NULL)) { /* a dataplane is handing its memory over just now */
			err = VG_EAGAIN;
		} else if (r.seq > link->seq) {
			err = is_match ? work_match(link, &r, fds, n_fds) : work_object(link, &r, fds, n_fds);
			if (!err)
				link->seq = r.seq;
		}
	}
	if (err == VG_EPROTO)
		refuse(link, VG_REFUSE_MESSAGE);
	for (size_t i = 0; i < n_fds; i++)
		close(fds[i]);
	return err;
}
