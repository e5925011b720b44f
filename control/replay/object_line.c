#include "control/replay/object_line.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <vigil/bytes.h>

#include "control/cases/codings.h"
#include "control/replay/json_text.h"

#define MAX_LIST_TEXT 512u

static size_t bounded(const char *text, size_t cap)
{
	return strnlen(text, cap);
}

static void put_address(struct vg_json_text *text, const char *key, unsigned ip_version, const uint8_t *ip)
{
	char digits[INET6_ADDRSTRLEN];
	int family = ip_version == 4 ? AF_INET : ip_version == 6 ? AF_INET6 : AF_UNSPEC;
	if (family == AF_UNSPEC || !inet_ntop(family, ip, digits, sizeof(digits)))
		vg_json_text_null(text, key);
	else
		vg_json_text_str(text, key, digits);
}

static void put_port(struct vg_json_text *text, const char *key, unsigned ip_version, unsigned port)
{
	if (ip_version)
		vg_json_text_u64(text, key, port);
	else
		vg_json_text_null(text, key);
}

/* The client is whom a trusted proxy names; else the client's end of the connection, and whom anybody's header names
 * stands beside it. */
static void put_client(struct vg_json_text *text, const struct vg_attribution *a)
{
	char named[VG_ATTR_FORWARDED + 1], digits[INET6_ADDRSTRLEN];
	uint8_t ip[16];
	bool is_client, is_address;
	memcpy(named, a->forwarded, a->n_forwarded);
	named[a->n_forwarded] = 0;
	is_address = (inet_pton(AF_INET, named, ip) == 1 && inet_ntop(AF_INET, ip, digits, sizeof(digits))) ||
		     (inet_pton(AF_INET6, named, ip) == 1 && inet_ntop(AF_INET6, ip, digits, sizeof(digits)));
	is_client = is_address && a->flags & VG_ATTR_CLIENT;
	if (is_client)
		vg_json_text_str(text, "client_ip", digits);
	else
		put_address(text, "client_ip", a->ip_version, a->direction == VG_UPLOAD ? a->src_ip : a->dst_ip);
	if (is_address && !is_client)
		vg_json_text_str(text, "claimed_ip", digits);
}

/* A member's file name is the last part of its path, whichever slash its sender used. */
static void put_filename(struct vg_json_text *text, const struct vg_attribution *a, const char *member, size_t n_member)
{
	size_t begin = n_member;
	if (!member) {
		vg_json_text_bytes(text, "filename", a->filename, a->n_filename);
		return;
	}
	while (begin && member[begin - 1] != '/' && member[begin - 1] != '\\')
		begin--;
	vg_json_text_bytes(text, "filename", member + begin, n_member - begin);
}

static void put_digests(struct vg_json_text *text, const struct vg_msg_record *r)
{
	int has_digests = r->flags & VG_RECORD_HAS_DIGESTS && r->state != VG_STATE_GAP;
	if (has_digests) {
		vg_json_text_hex(text, "md5", r->md5, sizeof(r->md5));
		vg_json_text_hex(text, "sha1", r->sha1, sizeof(r->sha1));
		vg_json_text_hex(text, "sha256", r->sha256, sizeof(r->sha256));
	} else {
		vg_json_text_null(text, "md5");
		vg_json_text_null(text, "sha1");
		vg_json_text_null(text, "sha256");
	}
	if (has_digests && (r->flags & VG_RECORD_CODED))
		vg_json_text_hex(text, "raw_md5", r->raw_md5, sizeof(r->raw_md5));
	else
		vg_json_text_null(text, "raw_md5");
	if (r->flags & VG_RECORD_HAS_PDQ) {
		vg_json_text_hex(text, "pdq", r->pdq, sizeof(r->pdq));
		vg_json_text_u64(text, "pdq_quality", r->pdq_quality);
	} else {
		vg_json_text_null(text, "pdq");
		vg_json_text_null(text, "pdq_quality");
	}
}

/* What plug-ins say, by the names of their algorithms. */
static void put_plugins(struct vg_json_text *text, const struct vg_plugin_values *v)
{
	char digits[2 * VG_PLUGIN_VALUE_BYTES + 1];
	size_t off = 0;
	if (!v->n || !vg_plugin_values_ok(v))
		return;
	vg_json_text_open(text, "plugins", '{');
	for (unsigned i = 0; i < v->n; i++) {
		vg_json_text_open(text, v->at[i].algo, '{');
		vg_hex(v->bytes + off, v->at[i].n_bytes, digits);
		vg_json_text_str(text, "value", digits);
		vg_json_text_u64(text, "quality", v->at[i].quality);
		if (v->at[i].version)
			vg_json_text_u64(text, "version", v->at[i].version);
		vg_json_text_close(text, '}');
		off += v->at[i].n_bytes;
	}
	vg_json_text_close(text, '}');
}

/* What was undone, in the order in which it was applied; and of a part, where it was sent and how. */
static void put_codings(struct vg_json_text *text, const struct vg_msg_record *r, const struct vg_attribution *a)
{
	char said[VG_CODINGS_TEXT];
	if (a->codings || a->flags & VG_ATTR_CHUNKED)
		vg_json_text_str(text, "codings",
				 vg_codings_say(a->codings, !!(a->flags & VG_ATTR_CHUNKED), said, sizeof(said)));
	if (r->flags & VG_RECORD_MEMBER_OF && r->transfer)
		vg_json_text_str(text, "transfer", vg_transfer_str(r->transfer));
	if (r->flags & VG_RECORD_MEMBER_OF && r->n_field)
		vg_json_text_bytes(text, "field", r->field,
				   r->n_field > VG_RECORD_FIELD ? VG_RECORD_FIELD : r->n_field);
}

static void put_parent(struct vg_json_text *text, const struct vg_msg_record *r, const char *member, size_t n_member)
{
	static const uint8_t none[sizeof(r->parent_sha256)];
	if (member && memcmp(r->parent_sha256, none, sizeof(none)))
		vg_json_text_hex(text, "parent", r->parent_sha256, sizeof(r->parent_sha256));
	else
		vg_json_text_null(text, "parent");
	vg_json_text_bytes(text, "member", member, member ? n_member : 0);
}

/* The hits that name an entry, in an order that does not depend on how the hasher searched. */
static unsigned sorted_hits(const struct vg_msg_record *r, const struct vg_index_view *index, struct vg_hit *hits)
{
	unsigned n_hits = 0, n_said = r->n_hits > VG_RECORD_MAX_HITS ? VG_RECORD_MAX_HITS : r->n_hits;
	for (unsigned i = 0; i < n_said; i++) {
		struct vg_hit hit = r->hits[i];
		unsigned at = n_hits;
		if (hit.entry_idx >= index->n_entries)
			continue;
		for (; at && (hits[at - 1].entry_idx > hit.entry_idx ||
			      (hits[at - 1].entry_idx == hit.entry_idx && hits[at - 1].algo > hit.algo));
		     at--)
			hits[at] = hits[at - 1];
		hits[at] = hit;
		n_hits++;
	}
	return n_hits;
}

static void put_algo(struct vg_json_text *text, const struct vg_index_view *index, const struct vg_hit *hit)
{
	for (uint64_t i = 0; hit->algo == VG_ALGO_PLUGIN && i < index->n_plugins; i++)
		if (index->plugins[i].entry_idx == hit->entry_idx) {
			const struct vg_index_group *group = vg_index_group_of(index->groups, index->n_groups, i);
			vg_json_text_str(text, "algo", group->algo);
			vg_json_text_u64(text, "version", group->version);
			return;
		}
	vg_json_text_str(text, "algo", vg_algo_str(hit->algo));
}

static void put_matches(struct vg_json_text *text, const struct vg_msg_record *r, const struct vg_index_view *index)
{
	struct vg_hit hits[VG_RECORD_MAX_HITS];
	unsigned n_hits = index ? sorted_hits(r, index, hits) : 0;
	vg_json_text_open(text, "matches", '[');
	for (unsigned i = 0; i < n_hits; i++) {
		const struct vg_hit *hit = &hits[i];
		const struct vg_index_entry *entry = &index->entries[hit->entry_idx];
		const char *list = index->strings + index->lists[entry->list_idx].name_off;
		const char *id = index->strings + entry->id_off;
		vg_json_text_open(text, NULL, '{');
		vg_json_text_bytes(text, "list", list, bounded(list, MAX_LIST_TEXT));
		vg_json_text_bytes(text, "entry", id, bounded(id, MAX_LIST_TEXT));
		put_algo(text, index, hit);
		vg_json_text_u64(text, "distance", hit->distance);
		if (hit->algo == VG_ALGO_VPDQ) {
			vg_json_text_u64(text, "query_percent", hit->query_percent);
			vg_json_text_u64(text, "compared_percent", hit->compared_percent);
		}
		if (hit->frame_idx)
			vg_json_text_u64(text, "frame", hit->frame_idx);
		vg_json_text_close(text, '}');
	}
	vg_json_text_close(text, ']');
}

/* The frames as the lines of a vPDQ file: frame,quality,hash,timestamp. */
static void put_frames(struct vg_json_text *text, const struct vg_object_facts *facts)
{
	const struct vg_msg_record *r = facts->record;
	unsigned n = r->n_frames < VG_FRAMES_MAX ? r->n_frames : VG_FRAMES_MAX;
	vg_json_text_u64(text, "frames", r->n_frames);
	if (r->flags & VG_RECORD_PART_FILM) /* cut, damaged or over a budget */
		vg_json_text_str(text, "film", "part");
	if (!facts->frames)
		return;
	vg_json_text_open(text, "vpdq", '[');
	for (unsigned i = 0; i < n; i++) {
		const struct vg_frame_hash *f = &facts->frames[i];
		char hash[65], row[112];
		vg_hex(f->pdq, sizeof(f->pdq), hash);
		snprintf(row, sizeof(row), "%u,%u,%s,%u.%03u", f->frame_no, f->quality, hash, f->timestamp_ms / 1000,
			 f->timestamp_ms % 1000);
		vg_json_text_str(text, NULL, row);
	}
	vg_json_text_close(text, ']');
}

size_t vg_object_line(const struct vg_object_facts *facts, char *line, size_t cap)
{
	const struct vg_msg_record *r = facts->record;
	const struct vg_attribution *a = facts->attr;
	const char *member = r->flags & VG_RECORD_MEMBER_OF ? r->member : NULL;
	size_t n_member = r->n_member > VG_RECORD_MEMBER ? VG_RECORD_MEMBER : r->n_member;
	struct vg_json_text text;
	vg_json_text_init(&text, line, cap);
	vg_json_text_open(&text, NULL, '{');
	vg_json_text_str(&text, "capture", facts->capture);
	vg_json_text_str(&text, "proto", vg_proto_str(a->proto));
	if (a->ip_version)
		vg_json_text_str(&text, "direction", vg_direction_str(a->direction));
	else
		vg_json_text_null(&text, "direction");
	put_address(&text, "src_ip", a->ip_version, a->src_ip);
	put_port(&text, "src_port", a->ip_version, a->src_port);
	put_address(&text, "dst_ip", a->ip_version, a->dst_ip);
	put_port(&text, "dst_port", a->ip_version, a->dst_port);
	put_client(&text, a);
	vg_json_text_bytes(&text, "host", a->host, a->n_host);
	vg_json_text_bytes(&text, "url", a->url, a->n_url);
	put_filename(&text, a, member, n_member);
	vg_json_text_str(&text, "type", vg_kind_str(r->kind));
	vg_json_text_u64(&text, "size", r->n_bytes);
	vg_json_text_str(&text, "state", vg_state_str(r->state));
	put_codings(&text, r, a);
	put_digests(&text, r);
	put_plugins(&text, &r->plugins);
	put_parent(&text, r, member, n_member);
	/* Only where not all that lies in it was looked at, and why. */
	if (r->flags & (VG_RECORD_OVER_BUDGET | VG_RECORD_ENCRYPTED | VG_RECORD_BAD_ARCHIVE))
		vg_json_text_str(&text, "unpack",
				 r->flags & VG_RECORD_OVER_BUDGET ? "budget"
				 : r->flags & VG_RECORD_ENCRYPTED ? "encrypted"
								  : "broken");
	if (r->flags & VG_RECORD_HAS_FRAMES)
		put_frames(&text, facts);
	put_matches(&text, r, facts->index);
	vg_json_text_close(&text, '}');
	return vg_json_text_end(&text);
}
