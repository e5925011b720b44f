/* The checks in the order of their refusals. Nothing here trusts a length, an index or a digest of the record before
 * it has been compared with something that the hasher cannot write. */
#include "control/intake/verify.h"

#include <string.h>

#include <openssl/evp.h>

#include <vigil/base.h>

#include "control/lists/list_url.h"

#define MAX_SAME    256 /* entries of one digest that are looked through */
#define KNOWN_FLAGS (2u * VG_RECORD_LISTED - 1)

const char *vg_refusal_str(unsigned refusal)
{
	static const char *const names[] = {
#define X(sym, label, help) label,
		VG_REFUSAL_TABLE(X)
#undef X
	};
	return refusal < VG_REFUSAL_N ? names[refusal] : "unknown";
}

static int hit_is_sane(const struct vg_hit *hit, uint32_t flags)
{
	if (hit->algo == VG_ALGO_VPDQ)
		return (flags & VG_RECORD_HAS_FRAMES) && !hit->distance && !hit->variant && hit->query_percent <= 100 &&
		       hit->compared_percent <= 100;
	if (hit->query_percent || hit->compared_percent)
		return 0;
	if (hit->algo == VG_ALGO_PLUGIN)
		return (flags & VG_RECORD_HAS_PDQ) && !hit->variant && !hit->frame_idx &&
		       hit->distance <= vg_plugin_max_distance(VG_PLUGIN_VALUE_BYTES);
	if (hit->algo == VG_ALGO_PDQ)
		return (flags & VG_RECORD_HAS_PDQ) && hit->distance <= VG_PDQ_WIDE_DISTANCE &&
		       hit->variant < VG_VERIFY_VARIANTS;
	return vg_algo_is_exact(hit->algo) && (flags & VG_RECORD_HAS_DIGESTS) && !hit->distance && !hit->variant;
}

enum vg_refusal vg_verify_fields(const struct vg_msg_record *r, int is_match)
{
	if (!r->seq || !r->object_id || !(r->object_id >> 32) || r->core_idx >= VG_LANE_MAX_CORES ||
	    r->flags > KNOWN_FLAGS || r->state >= VG_STATE_N || r->n_hits > VG_RECORD_MAX_HITS ||
	    r->n_member > VG_RECORD_MEMBER || r->n_field > VG_RECORD_FIELD || r->transfer >= VG_TRANSFER_N ||
	    r->pdq_quality > 100 || r->n_frames > VG_FRAMES_MAX ||
	    !!(r->flags & VG_RECORD_HAS_FRAMES) != !!r->n_frames || !vg_plugin_values_ok(&r->plugins))
		return VG_REFUSE_FIELDS;
	if (r->flags & VG_RECORD_RESOURCE) {
		if (r->member_no != UINT32_MAX || r->state != VG_STATE_COMPLETE ||
		    r->flags & (VG_RECORD_MEMBER_OF | VG_RECORD_CODED))
			return VG_REFUSE_FIELDS;
	} else if (!!(r->flags & VG_RECORD_MEMBER_OF) != !!r->member_no) {
		return VG_REFUSE_FIELDS;
	}
	for (unsigned i = 0; i < r->n_hits; i++)
		if (!hit_is_sane(&r->hits[i], r->flags))
			return VG_REFUSE_FIELDS;
	if (!is_match)
		return r->n_hits && !r->generation ? VG_REFUSE_FIELDS : VG_REFUSE_NONE;
	if (r->flags & VG_RECORD_LISTED && (r->flags & (VG_RECORD_MEMBER_OF | VG_RECORD_RESOURCE) || !r->generation))
		return VG_REFUSE_FIELDS;
	if (!(r->flags & VG_RECORD_LISTED) && (!r->n_hits || !r->generation || !r->n_sample_bytes))
		return VG_REFUSE_FIELDS;
	/* What has a hole has no digests, only its bytes. */
	if ((r->flags & VG_RECORD_PARTIAL) && !(r->flags & (VG_RECORD_HAS_DIGESTS | VG_RECORD_LISTED)))
		return VG_REFUSE_FIELDS;
	if (r->flags & VG_RECORD_PARTIAL ? r->n_sample_bytes > r->n_bytes : r->n_sample_bytes != r->n_bytes)
		return VG_REFUSE_FIELDS;
	return VG_REFUSE_NONE;
}

unsigned vg_verify_distance(const uint8_t a[32], const uint8_t b[32])
{
	unsigned n = 0;
	for (unsigned i = 0; i < 32; i += 8) {
		uint64_t left, right;
		memcpy(&left, a + i, sizeof(left));
		memcpy(&right, b + i, sizeof(right));
		n += (unsigned)__builtin_popcountll(left ^ right);
	}
	return n;
}

/* Bit of row and column of the 16 x 16 block: printed last row first, the highest column first. */
static unsigned bit_at(unsigned row, unsigned col, unsigned *mask)
{
	*mask = 1u << (col & 7);
	return 30 - 2 * row + (col < 8);
}

void vg_verify_variant(const uint8_t pdq[32], unsigned variant, uint8_t turned[32])
{
	/* Which values change sign: those of odd column (1), odd row (2), odd sum (3); then all (negate); then rows
	 * and columns change places (turn). specs: the eight hashes of one DCT. */
	static const struct {
		uint8_t sign, negate, turn;
	} rules[VG_VERIFY_VARIANTS] = { { 0, 0, 0 }, { 1, 1, 1 }, { 3, 0, 0 }, { 2, 1, 1 },
					{ 2, 1, 0 }, { 1, 1, 0 }, { 0, 0, 1 }, { 3, 0, 1 } };
	memset(turned, 0, 32);
	for (unsigned row = 0; row < 16; row++)
		for (unsigned col = 0; col < 16; col++) {
			unsigned mask, sign = rules[variant].sign;
			unsigned byte = bit_at(row, col, &mask);
			unsigned bit = !!(pdq[byte] & mask) ^ rules[variant].negate;
			bit ^= ((sign & 1 ? col : 0) + (sign & 2 ? row : 0)) & 1;
			byte = rules[variant].turn ? bit_at(col, row, &mask) : bit_at(row, col, &mask);
			turned[byte] = (uint8_t)(turned[byte] | (bit ? mask : 0));
		}
}

/* A dataplane that died never closes its records: what its hasher had of them by then counts as cut off. Without the
 * record's size no exact claim stands on that. */
static int is_left_open(const struct vg_msg_record *r, uint32_t state)
{
	return state == VG_STATE_OPEN && r->state == VG_STATE_TRUNCATED && !(r->flags & VG_RECORD_HAS_DIGESTS);
}

static enum vg_refusal check_attribution(const struct vg_msg_record *r, const struct vg_attribution *a)
{
	uint32_t state = atomic_load_explicit(&a->state, memory_order_relaxed);
	if (a->boot_id != r->boot_id)
		return VG_REFUSE_BOOT;
	if (a->core_idx != r->core_idx)
		return VG_REFUSE_ATTRIBUTION;
	/* A part has an end of its own: it may be whole in a body that is not, and the other way round. */
	if (r->flags & (VG_RECORD_MEMBER_OF | VG_RECORD_RESOURCE) || r->state == VG_STATE_OPEN || r->state == state)
		return VG_REFUSE_NONE;
	return is_left_open(r, state) ? VG_REFUSE_NONE : VG_REFUSE_ATTRIBUTION;
}

/* Where in its resource a body lies; UINT64_MAX: only the hasher knows. */
static uint64_t place_of(const struct vg_attribution *a, uint64_t n_bytes)
{
	if (a->codings || a->part_no)
		return UINT64_MAX;
	if (!(a->flags & VG_ATTR_PIECE))
		return a->flags & VG_ATTR_GROWS ? 0 : UINT64_MAX;
	if (a->range_off == UINT64_MAX && a->flags & VG_ATTR_APPENDED && a->body_bytes <= n_bytes)
		return n_bytes - a->body_bytes;
	return a->range_off;
}

/* A resource must be one that its piece is of, as large as the piece says, and hold the piece's first bytes where the
 * piece says. Where in an upload its parts lie only the hasher knows. */
static enum vg_refusal check_resource(const struct vg_verify_args *args)
{
	const struct vg_msg_record *r = args->record;
	const struct vg_attribution *a = args->attribution;
	uint64_t n, off = place_of(a, r->n_bytes);
	if (!a->resource || (a->range_total != UINT64_MAX && r->n_bytes != a->range_total))
		return VG_REFUSE_HEAD;
	if (off >= r->n_sample_bytes)
		return VG_REFUSE_NONE;
	n = r->n_sample_bytes - off < a->n_head ? r->n_sample_bytes - off : a->n_head;
	return memcmp(a->head, args->bytes + off, n) ? VG_REFUSE_HEAD : VG_REFUSE_NONE;
}

/* Ties the bytes to the record that the dataplane wrote, as far as that can be done without undoing a coding. */
static enum vg_refusal check_head(const struct vg_verify_args *args)
{
	const struct vg_msg_record *r = args->record;
	const struct vg_attribution *a = args->attribution;
	uint32_t state = atomic_load_explicit(&a->state, memory_order_relaxed);
	int is_coded = !!(r->flags & VG_RECORD_CODED);
	if (r->flags & VG_RECORD_RESOURCE)
		return check_resource(args);
	if (is_coded && !a->codings)
		return VG_REFUSE_HEAD;
	if (r->flags & VG_RECORD_MEMBER_OF) {
		/* Of a kind that the dataplane could not tell come only bodies of replays and scans (all files). */
		int is_container = VG_KIND_IS_CONTAINER(a->kind) || a->kind == VG_KIND_UNKNOWN;
		int can_hold = is_coded || a->codings || a->n_boundary || a->kind == VG_KIND_MULTIPART ||
			       a->kind == VG_KIND_TEXT || is_container;
		/* A part of an uncoded form is no larger than the form, unless it lies packed in one of its parts. */
		int is_larger = !a->codings && !is_container && !(r->flags & VG_RECORD_NESTED) &&
				state != VG_STATE_OPEN && r->n_bytes > a->body_bytes;
		return can_hold && !is_larger ? VG_REFUSE_NONE : VG_REFUSE_HEAD;
	}
	if (is_coded)
		return VG_REFUSE_NONE;
	if (!is_left_open(r, state) && (state == VG_STATE_OPEN || r->n_bytes != a->body_bytes))
		return VG_REFUSE_HEAD;
	uint64_t n = a->n_head < r->n_sample_bytes ? a->n_head : r->n_sample_bytes;
	return memcmp(a->head, args->bytes, n) ? VG_REFUSE_HEAD : VG_REFUSE_NONE;
}

/* A hasher makes MD5 and SHA-1 only where a list needs them: what it did not make is all zero. */
static int is_other(const uint8_t *made, const uint8_t *claimed, size_t n)
{
	static const uint8_t none[20];
	return memcmp(claimed, none, n) && memcmp(claimed, made, n);
}

static enum vg_refusal check_digests(const struct vg_verify_args *args, struct vg_verified *v)
{
	const struct vg_msg_record *r = args->record;
	memcpy(v->md5, r->md5, sizeof(v->md5));
	memcpy(v->sha1, r->sha1, sizeof(v->sha1));
	memcpy(v->sha256, r->sha256, sizeof(v->sha256));
	v->partial = !!(r->flags & VG_RECORD_PARTIAL);
	if (v->partial)
		return VG_REFUSE_NONE;
	size_t n = (size_t)r->n_sample_bytes;
	if (!EVP_Digest(args->bytes, n, v->md5, NULL, EVP_md5(), NULL) ||
	    !EVP_Digest(args->bytes, n, v->sha1, NULL, EVP_sha1(), NULL) ||
	    !EVP_Digest(args->bytes, n, v->sha256, NULL, EVP_sha256(), NULL))
		return VG_REFUSE_DIGEST;
	v->digests_recomputed = 1;
	if (!(r->flags & VG_RECORD_HAS_DIGESTS))
		return VG_REFUSE_NONE;
	return is_other(v->md5, r->md5, sizeof(v->md5)) || is_other(v->sha1, r->sha1, sizeof(v->sha1)) ||
			       memcmp(v->sha256, r->sha256, sizeof(v->sha256))
		       ? VG_REFUSE_DIGEST
		       : VG_REFUSE_NONE;
}

static const uint8_t *digest_of(const struct vg_verified *v, unsigned algo)
{
	return algo == VG_ALGO_MD5 ? v->md5 : algo == VG_ALGO_SHA1 ? v->sha1 : v->sha256;
}

static enum vg_refusal check_exact(const struct vg_index_view *view, const struct vg_hit *hit, const uint8_t *digest)
{
	uint32_t found[MAX_SAME];
	uint32_t n = vg_index_find(view, (enum vg_algo)hit->algo, digest, found, MAX_SAME);
	for (uint32_t i = 0; i < n; i++)
		if (found[i] == hit->entry_idx)
			return VG_REFUSE_NONE;
	return VG_REFUSE_LOOKUP;
}

/* The nearest of the entry's values; an entry has one, but nothing in the format says so. */
static enum vg_refusal check_pdq(const struct vg_msg_record *r, const struct vg_index_view *view,
				 const struct vg_hit *hit, unsigned *distance)
{
	uint8_t turned[32];
	unsigned nearest = 257, limit = view->lists[view->entries[hit->entry_idx].list_idx].match_distance;
	vg_verify_variant(r->pdq, hit->variant, turned);
	for (uint64_t i = 0; i < view->n_pdq; i++)
		if (view->pdq[i].entry_idx == hit->entry_idx) {
			unsigned d = vg_verify_distance(turned, view->pdq[i].value);
			nearest = d < nearest ? d : nearest;
		}
	if (nearest == 257)
		return VG_REFUSE_ENTRY;
	*distance = hit->distance;
	if (hit->distance > limit || r->pdq_quality < VG_PDQ_MIN_QUALITY)
		return VG_REFUSE_DISTANCE;
	if (!hit->variant)
		return nearest == hit->distance ? VG_REFUSE_NONE : VG_REFUSE_DISTANCE;
	unsigned off = nearest > hit->distance ? nearest - hit->distance : hit->distance - nearest;
	return off <= VG_VERIFY_SLACK ? VG_REFUSE_NONE : VG_REFUSE_DISTANCE;
}

static uint8_t action_of(const struct vg_index_list *list, const struct vg_hit *hit, int is_exact, int is_whole)
{
	if (is_exact)
		return list->action;
	if (hit->algo == VG_ALGO_PDQ && is_whole && !hit->variant && list->file_distance != 0xff &&
	    hit->distance <= list->file_distance)
		return (uint8_t)vg_action_case(list->action);
	return list->perceptual_action > VG_ACTION_REVIEW ? VG_ACTION_REVIEW : list->perceptual_action;
}

static enum vg_refusal check_hit(const struct vg_verify_args *args, struct vg_verified *v, const struct vg_hit *hit)
{
	const struct vg_index_view *view = args->view;
	int is_exact = vg_algo_is_exact(hit->algo);
	int is_whole = args->record->flags & VG_RECORD_HAS_DIGESTS && args->record->state == VG_STATE_COMPLETE;
	unsigned distance = 0;
	if (hit->entry_idx >= view->n_entries)
		return VG_REFUSE_ENTRY;
	const uint8_t *value = is_exact ? digest_of(v, hit->algo) : args->record->pdq;
	enum vg_refusal refusal = is_exact                      ? check_exact(view, hit, value)
				  : hit->algo == VG_ALGO_PLUGIN ? vg_verify_plugin(args, hit)
				  : hit->algo == VG_ALGO_VPDQ   ? vg_verify_video(args->record, args->frames, view, hit)
								: check_pdq(args->record, view, hit, &distance);
	if (refusal)
		return refusal;
	const struct vg_index_entry *entry = &view->entries[hit->entry_idx];
	const struct vg_index_list *list = &view->lists[entry->list_idx];
	if (args->suppressed && args->suppressed(args->ctx, (enum vg_algo)hit->algo, value,
						 view->strings + list->name_off, view->strings + entry->id_off)) {
		v->n_suppressed++;
		return VG_REFUSE_NONE;
	}
	v->hit_exact[v->n_hits] = is_exact;
	v->hit_action[v->n_hits] = action_of(list, hit, is_exact, is_whole);
	v->exact |= is_exact;
	v->hits[v->n_hits++] = *hit;
	return VG_REFUSE_NONE;
}

/* What a URL alone asks for at most: a person's look. */
static uint8_t url_action(unsigned action)
{
	return action == VG_ACTION_REPORT         ? VG_ACTION_REVIEW
	       : action == VG_ACTION_REPORT_BLOCK ? VG_ACTION_BLOCK
						  : (uint8_t)action;
}

/* The request's URL, by the record that the dataplane wrote, in the lists of `view`. */
static enum vg_refusal check_url(const struct vg_verify_args *args, struct vg_verified *v)
{
	const struct vg_index_view *view = args->view;
	const struct vg_attribution *a = args->attribution;
	uint32_t entries[VG_RECORD_MAX_HITS], n;
	unsigned n_before = v->n_hits;
	struct vg_url url;
	if (!(a->flags & VG_ATTR_LISTED))
		return VG_REFUSE_NOT_LISTED;
	if (vg_url_normal(&url, (const uint8_t *)a->host, a->n_host, (const uint8_t *)a->url, a->n_url))
		return v->n_hits ? VG_REFUSE_NONE : VG_REFUSE_URL;
	n = vg_list_url_find(view, &url, entries, VG_RECORD_MAX_HITS, v->url_value);
	for (uint32_t i = 0; i < n && v->n_hits < VG_RECORD_MAX_HITS; i++) {
		const struct vg_index_entry *entry = &view->entries[entries[i]];
		const struct vg_index_list *list = &view->lists[entry->list_idx];
		if (list->not_profiles & args->not_profiles)
			continue;
		if (args->suppressed &&
		    args->suppressed(args->ctx, VG_ALGO_URL, v->url_value, view->strings + list->name_off,
				     view->strings + entry->id_off)) {
			v->n_suppressed++;
			continue;
		}
		v->hit_action[v->n_hits] = url_action(list->action);
		v->hits[v->n_hits++] = (struct vg_hit){ .entry_idx = entries[i], .algo = VG_ALGO_URL };
	}
	v->url_only = !n_before && v->n_hits;
	return v->n_hits || v->n_suppressed ? VG_REFUSE_NONE : VG_REFUSE_URL;
}

enum vg_refusal vg_verify_match(const struct vg_verify_args *args, struct vg_verified *verified)
{
	memset(verified, 0, sizeof(*verified));
	enum vg_refusal refusal = vg_verify_fields(args->record, 1);
	if (!refusal)
		refusal = args->record->generation != args->view->header->generation ? VG_REFUSE_GENERATION
										     : VG_REFUSE_NONE;
	for (unsigned i = 0; i < args->record->n_hits && !refusal; i++)
		if (args->record->hits[i].entry_idx >= args->view->n_entries)
			refusal = VG_REFUSE_ENTRY;
	if (!refusal)
		refusal = check_attribution(args->record, args->attribution);
	if (!refusal)
		refusal = check_head(args);
	if (!refusal)
		refusal = check_digests(args, verified);
	if (!refusal)
		refusal = vg_verify_frames(args->record, args->frames);
	for (unsigned i = 0; i < args->record->n_hits && !refusal; i++)
		refusal = check_hit(args, verified, &args->record->hits[i]);
	if (!refusal && args->record->flags & VG_RECORD_LISTED)
		refusal = check_url(args, verified);
	if (!refusal && !verified->n_hits)
		refusal = VG_REFUSE_SUPPRESSED;
	return refusal;
}
