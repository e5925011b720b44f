#pragma once
/* url_table: listed URLs as the dataplane looks them up at each request: a sealed memfd with a hash table, made by
 * vigild of the `urls` of one list generation (index_format.h), taken by VG_MSG_URLS. It names no URL: a slot is a
 * hash of 64 bits and what to do. What it finds vigild looks for once more, by the attribution record, in the list
 * itself.
 *
 *   header (64 bytes) | n_slots (power of two) of 16 bytes
 *
 * A slot lies at its hash modulo n_slots or, where that is taken, at the next free one; hash 0 = free. At most half are
 * taken, and a search ends at VG_URL_MAX_PROBES. */
#include <stdint.h>
#include <string.h>

#include <vigil/err.h>
#include <vigil/msg.h>
#include <vigil/url.h>

#define VG_URL_TABLE_MAGIC   0x31534c5552474956ull /* "VIGRULS1" */
#define VG_URL_TABLE_VERSION 2u
#define VG_URL_MAX_ENTRIES   (1u << 20) /* of all lists */
#define VG_URL_MAX_SLOTS     (1u << 23)
#define VG_URL_MAX_PROBES    64u

/* VG_MSG_URLS on the hand-over link, + 1 descriptor, VG_SEALS_FINAL. Takes the place of the table before it. */
struct vg_msg_urls {
	struct vg_msg_head head;
	uint64_t generation; /* counts the tables that this vigild made */
	uint64_t profiles;   /* profiles_id (scope.h) of those that slots speak of: with others it is refused */
};

/* What a key is of: a cut of a URL, a name with all that lies under it, a host that has entries. */
enum vg_url_key { VG_URL_KEY_PREFIX, VG_URL_KEY_DOMAIN, VG_URL_KEY_HOST };
#define VG_URL_LISTED 1u /* PREFIX, DOMAIN */
#define VG_URL_BLOCK  2u /* and a list of it says block */
#define VG_URL_UNDER  4u /* HOST: look at its paths */

struct vg_url_slot {
	uint64_t hash;
	uint32_t flags;
	uint8_t not_listed, not_blocked; /* bit per profile (scope.h) for which LISTED or BLOCK does not hold */
	uint8_t reserved[2];
};
struct vg_url_table_header {
	uint64_t magic;
	uint32_t version, n_slots;
	uint64_t generation; /* of the lists */
	uint32_t n_urls, n_domains;
	uint8_t sha256[32]; /* of the slots */
};
_Static_assert(sizeof(struct vg_url_table_header) == 64, "slots are aligned");

static inline uint64_t vg_url_turn(uint64_t x, unsigned n)
{
	return x << n | x >> (64 - n);
}
static inline void vg_url_round(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = vg_url_turn(v[1], 13) ^ v[0];
	v[3] = vg_url_turn(v[3], 16) ^ v[2];
	v[0] = vg_url_turn(v[0], 32);
	v[2] += v[1];
	v[0] += v[3];
	v[1] = vg_url_turn(v[1], 17) ^ v[2];
	v[3] = vg_url_turn(v[3], 21) ^ v[0];
	v[2] = vg_url_turn(v[2], 32);
}
/* SipHash-1-3 (Aumasson, Bernstein 2012) with the kind as its key; never 0. */
static inline uint64_t vg_url_hash(enum vg_url_key kind, const char *text, size_t n)
{
	uint64_t v[4] = { 0x736f6d6570736575ull ^ 0x6c69676976ull, 0x646f72616e646f6dull ^ kind,
			  0x6c7967656e657261ull ^ 0x6c69676976ull, 0x7465646279746573ull ^ kind };
	uint64_t word, last = (uint64_t)n << 56;
	size_t n_tail = n & 7;

	for (const char *end = text + n - n_tail; text < end; text += 8) {
		memcpy(&word, text, 8);
		v[3] ^= word;
		vg_url_round(v);
		v[0] ^= word;
	}
	for (size_t i = 0; i < n_tail; i++)
		last |= (uint64_t)(uint8_t)text[i] << 8 * i;
	v[3] ^= last;
	vg_url_round(v);
	v[0] ^= last;
	v[2] ^= 0xff;
	vg_url_round(v);
	vg_url_round(v);
	vg_url_round(v);
	word = v[0] ^ v[1] ^ v[2] ^ v[3];
	return word ? word : 1;
}

/* The table of n_bytes at base; the checksum is the caller's to compare. VG_OK, VG_ECORRUPT, VG_EVERSION. */
static inline enum vg_err vg_url_table_check(const void *base, size_t n_bytes)
{
	const struct vg_url_table_header *h = base;

	if (n_bytes < sizeof(*h) || h->magic != VG_URL_TABLE_MAGIC)
		return VG_ECORRUPT;
	if (h->version != VG_URL_TABLE_VERSION)
		return VG_EVERSION;
	if (!h->n_slots || h->n_slots > VG_URL_MAX_SLOTS || (h->n_slots & (h->n_slots - 1)) ||
	    n_bytes != sizeof(*h) + (size_t)h->n_slots * sizeof(struct vg_url_slot))
		return VG_ECORRUPT;
	return VG_OK;
}

static inline uint32_t vg_url_flags_for(const struct vg_url_slot *s, unsigned profile)
{
	return s->flags &
	       ~((s->not_listed >> profile & 1u) * VG_URL_LISTED | (s->not_blocked >> profile & 1u) * VG_URL_BLOCK);
}

/* Where n_slots were checked (they are in shared, but sealed memory). The flags of a hash for a profile; 0: it is not
 * there. */
static inline uint32_t vg_url_slot_flags(const struct vg_url_slot *slots, uint32_t n_slots, unsigned profile,
					 uint64_t hash)
{
	for (uint32_t i = 0; i < VG_URL_MAX_PROBES; i++) {
		const struct vg_url_slot *s = &slots[(hash + i) & (n_slots - 1)];
		if (s->hash == hash)
			return vg_url_flags_for(s, profile);
		if (!s->hash)
			return 0;
	}
	return 0;
}

/* Whether a host, and what of its paths, is listed: VG_URL_LISTED and VG_URL_BLOCK of all that fits; 0: nothing does. A
 * host without entries costs one look-up, and one for each of its names where domains are listed. u->n_text may still
 * be 0: then `target` is made its path once that is needed. */
static inline uint32_t vg_url_find(const struct vg_url_slot *slots, uint32_t n_slots, uint32_t n_domains,
				   unsigned profile, struct vg_url *u, const uint8_t *target, size_t n_target)
{
	uint32_t found = 0;

	for (size_t i = 0; n_domains && i < u->n_host; i++)
		if (!i || u->text[i - 1] == '.')
			found |= vg_url_slot_flags(slots, n_slots, profile,
						   vg_url_hash(VG_URL_KEY_DOMAIN, u->text + i, u->n_host - i));
	if (!vg_url_slot_flags(slots, n_slots, profile, vg_url_hash(VG_URL_KEY_HOST, u->text, u->n_host)))
		return found;
	if (!u->n_text)
		vg_url_target(u, target, n_target);
	for (uint32_t i = 0; i < u->n_cuts; i++)
		found |= vg_url_slot_flags(slots, n_slots, profile,
					   vg_url_hash(VG_URL_KEY_PREFIX, u->text, u->cuts[i]));
	return found;
}
