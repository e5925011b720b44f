/* Each byte goes to its place: a datagram owns the blocks its bytes fall into, and a short list of the ranges that are
 * there. Whole means one range from 0 to the end, and a first fragment. */
#include <string.h>

#include <rte_mbuf.h>

#include <vigil/bytes.h>
#include <vigil/err.h>

#include "dataplane/decode/defrag_priv.h"

static uint64_t fold(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;
	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint16_t bucket_of(const struct vg_defrag *defrag, const struct vg_defrag_key *key)
{
	uint64_t w[6], h;

	memcpy(w, key, sizeof(w));
	h = fold(w[0] ^ defrag->seed[0], w[1] ^ defrag->seed[1]);
	h = fold(w[2] ^ h ^ defrag->seed[2], w[3] ^ defrag->seed[0]);
	h = fold(w[4] ^ h ^ defrag->seed[1], w[5] ^ defrag->seed[2]);
	return (uint16_t)((h ^ h >> 32) % VG_DEFRAG_SLOTS);
}

static void make_key(const struct vg_packet *pkt, struct vg_defrag_key *key)
{
	const uint8_t *ip = pkt->frame + pkt->ip_off;
	uint32_t n_ip_bytes = ip[0] >> 4 == 4 ? 4 : 16;

	memset(key, 0, sizeof(*key));
	memcpy(key->ip[0], ip + (n_ip_bytes == 4 ? 12 : 8), n_ip_bytes);
	memcpy(key->ip[1], ip + (n_ip_bytes == 4 ? 16 : 24), n_ip_bytes);
	key->ident = pkt->seq;
	memcpy(key->vlan, pkt->key.vlan, sizeof(key->vlan));
	memcpy(key->tenant, pkt->key.tenant, sizeof(key->tenant));
	key->net = pkt->key.net;
	key->capture_idx = pkt->key.capture_idx;
	/* RFC 8200 4.5: a datagram of IPv6 is known by addresses and identification only. */
	key->proto = n_ip_bytes == 4 ? pkt->frag_proto : 0;
	key->version = ip[0] >> 4;
}

static uint16_t index_of(const struct vg_defrag *defrag, const struct vg_defrag_slot *slot)
{
	return (uint16_t)(slot - defrag->slots);
}

static void give_blocks(struct vg_defrag *defrag, struct vg_defrag_slot *slot)
{
	for (uint32_t i = 0; i < VG_DEFRAG_N_BLOCKS; i++) {
		if (slot->blocks[i] != VG_DEFRAG_NONE)
			defrag->free_blocks[defrag->n_free_blocks++] = slot->blocks[i];
		slot->blocks[i] = VG_DEFRAG_NONE;
	}
}

/* Out of its queue. */
static void unqueue(struct vg_defrag *defrag, struct vg_defrag_slot *slot)
{
	struct vg_defrag_queue *q = &defrag->queues[slot->is_echo];

	*(slot->older == VG_DEFRAG_NONE ? &q->oldest : &defrag->slots[slot->older].newer) = slot->newer;
	*(slot->newer == VG_DEFRAG_NONE ? &q->newest : &defrag->slots[slot->newer].older) = slot->older;
}

static void enqueue(struct vg_defrag *defrag, struct vg_defrag_slot *slot, uint64_t clock_ns)
{
	struct vg_defrag_queue *q = &defrag->queues[slot->is_echo];

	slot->begun_ns = clock_ns;
	slot->newer = VG_DEFRAG_NONE;
	slot->older = q->newest;
	*(slot->older == VG_DEFRAG_NONE ? &q->oldest : &defrag->slots[slot->older].newer) = index_of(defrag, slot);
	q->newest = index_of(defrag, slot);
}

static void end_slot(struct vg_defrag *defrag, struct vg_defrag_slot *slot)
{
	uint16_t *at = &defrag->heads[slot->bucket];

	while (*at != index_of(defrag, slot))
		at = &defrag->slots[*at].next;
	*at = slot->next;
	unqueue(defrag, slot);
	give_blocks(defrag, slot);
	slot->next = defrag->free_slot;
	defrag->free_slot = index_of(defrag, slot);
}

/* Ends the oldest of a queue; only those that were not whole are counted. */
static void evict(struct vg_defrag *defrag, unsigned is_echo, enum vg_dataplane_counter why)
{
	if (!is_echo)
		vg_count(defrag->stats, why, 1);
	end_slot(defrag, &defrag->slots[defrag->queues[is_echo].oldest]);
}

static void age(struct vg_defrag *defrag, uint64_t clock_ns)
{
	static const uint64_t lives_ns[2] = { VG_DEFRAG_TIMEOUT_NS, VG_DEFRAG_ECHO_NS };

	for (unsigned i = 0; i < 2; i++)
		while (defrag->queues[i].oldest != VG_DEFRAG_NONE &&
		       clock_ns - defrag->slots[defrag->queues[i].oldest].begun_ns >= lives_ns[i])
			evict(defrag, i, VG_C_FRAGMENTS_TIMEOUT);
}

static struct vg_defrag_slot *find(struct vg_defrag *defrag, const struct vg_packet *pkt)
{
	struct vg_defrag_key key;
	struct vg_defrag_slot *slot;
	uint16_t bucket, idx;

	make_key(pkt, &key);
	bucket = bucket_of(defrag, &key);
	for (idx = defrag->heads[bucket]; idx != VG_DEFRAG_NONE; idx = slot->next) {
		slot = &defrag->slots[idx];
		if (!memcmp(&slot->key, &key, sizeof(key)))
			return slot;
	}
	if (defrag->free_slot == VG_DEFRAG_NONE)
		evict(defrag, defrag->queues[1].oldest != VG_DEFRAG_NONE, VG_C_FRAGMENTS_FULL);
	slot = &defrag->slots[defrag->free_slot];
	idx = defrag->free_slot;
	defrag->free_slot = slot->next;
	slot->key = key;
	slot->bucket = bucket;
	slot->next = defrag->heads[bucket];
	defrag->heads[bucket] = idx;
	slot->has_end = slot->is_echo = slot->n_ranges = 0;
	slot->n_head = 0;
	memset(slot->blocks, 0xff, sizeof(slot->blocks));
	enqueue(defrag, slot, pkt->clock_ns);
	return slot;
}

/* n_bytes of the datagram at off: copied to (is_write) or compared with what bytes says. 0: they differ, or no block
 * was free. */
static int touch(struct vg_defrag *defrag, struct vg_defrag_slot *slot, uint32_t off, const uint8_t *bytes,
		 uint32_t n_bytes, int is_write)
{
	while (n_bytes) {
		uint16_t *block = &slot->blocks[off / VG_DEFRAG_BLOCK_BYTES];
		uint32_t in = off % VG_DEFRAG_BLOCK_BYTES, n = VG_DEFRAG_BLOCK_BYTES - in;
		uint8_t *at;

		n = n < n_bytes ? n : n_bytes;
		if (*block == VG_DEFRAG_NONE) {
			/* others go first, then this one */
			while (!defrag->n_free_blocks && defrag->queues[0].oldest != index_of(defrag, slot))
				evict(defrag, 0, VG_C_FRAGMENTS_FULL);
			if (!defrag->n_free_blocks)
				return 0;
			*block = defrag->free_blocks[--defrag->n_free_blocks];
		}
		at = defrag->blocks + (size_t)*block * VG_DEFRAG_BLOCK_BYTES + in;
		if (is_write)
			memcpy(at, bytes, n);
		else if (memcmp(at, bytes, n))
			return 0;
		off += n;
		bytes += n;
		n_bytes -= n;
	}
	return 1;
}

/* The fragment's bytes, which may lie in several segments. */
static int touch_payload(struct vg_defrag *defrag, struct vg_defrag_slot *slot, const struct vg_packet *pkt,
			 int is_write)
{
	const struct rte_mbuf *segment = pkt->segment;
	const uint8_t *at = pkt->frame + pkt->payload_off;
	uint32_t n = pkt->n_first_bytes - pkt->payload_off, n_left = pkt->n_payload_bytes, off = pkt->frag_off;

	for (;;) {
		n = n < n_left ? n : n_left;
		if (!touch(defrag, slot, off, at, n, is_write))
			return 0;
		off += n;
		n_left -= n;
		if (!n_left)
			return 1;
		segment = segment ? segment->next : NULL;
		if (!segment)
			return 0;
		at = rte_pktmbuf_mtod(segment, const uint8_t *);
		n = segment->data_len;
	}
}

/* Where [begin, end) belongs among the ranges: NEW bytes (*at = the place before which it goes), all of it KNOWN, or
 * OVERLAP. */
enum place { NEW, KNOWN, OVERLAP };
static enum place place_of(const struct vg_defrag_slot *slot, uint32_t begin, uint32_t end, uint32_t *at)
{
	uint32_t i = 0;

	while (i < slot->n_ranges && slot->ranges[i].end <= begin)
		i++;
	*at = i;
	if (i == slot->n_ranges || slot->ranges[i].begin >= end)
		return NEW;
	return slot->ranges[i].begin <= begin && end <= slot->ranges[i].end ? KNOWN : OVERLAP;
}

/* 0: too many holes. */
static int add_range(struct vg_defrag_slot *slot, uint32_t at, uint32_t begin, uint32_t end)
{
	struct vg_defrag_range *r = slot->ranges;
	int joins_left = at && r[at - 1].end == begin, joins_right = at < slot->n_ranges && r[at].begin == end;

	if (joins_left && joins_right) {
		r[at - 1].end = r[at].end;
		slot->n_ranges--;
		memmove(r + at, r + at + 1, (slot->n_ranges - at) * sizeof(*r));
	} else if (joins_left) {
		r[at - 1].end = (uint16_t)end;
	} else if (joins_right) {
		r[at].begin = (uint16_t)begin;
	} else {
		if (slot->n_ranges == VG_DEFRAG_RANGES)
			return 0;
		memmove(r + at + 1, r + at, (slot->n_ranges - at) * sizeof(*r));
		r[at] = (struct vg_defrag_range){ (uint16_t)begin, (uint16_t)end };
		slot->n_ranges++;
	}
	return 1;
}

/* Takes the fragment into its datagram. The counter of what became of it, or -1: it is there, or was. */
static int take(struct vg_defrag *defrag, struct vg_defrag_slot *slot, const struct vg_packet *pkt)
{
	uint32_t begin = pkt->frag_off, end = begin + pkt->n_payload_bytes, at;
	enum place place = place_of(slot, begin, end, &at);

	if (slot->has_end && (end > slot->end || (!pkt->frag_more && end != slot->end)))
		return VG_C_FRAGMENTS_OVERLAP;
	if (!pkt->frag_more && slot->n_ranges && slot->ranges[slot->n_ranges - 1].end > end)
		return VG_C_FRAGMENTS_OVERLAP;
	if (place == OVERLAP || (place == KNOWN && !touch_payload(defrag, slot, pkt, 0)))
		return VG_C_FRAGMENTS_OVERLAP;
	if (place == NEW && (!touch_payload(defrag, slot, pkt, 1) || !add_range(slot, at, begin, end)))
		return VG_C_FRAGMENTS_FULL;
	if (!begin && !slot->n_head) {
		slot->n_head = pkt->payload_off;
		memcpy(slot->head, pkt->frame, pkt->payload_off);
	}
	if (!pkt->frag_more) {
		slot->has_end = 1;
		slot->end = end;
	}
	return -1;
}

/* The header says what the datagram is now: whole, and so long. 0: longer than IP can be. */
static int mend_head(uint8_t *frame, const struct vg_packet *pkt, uint32_t n_head, uint32_t n_bytes)
{
	uint8_t *ip = frame + pkt->ip_off;
	uint32_t n_all = n_head - pkt->ip_off + n_bytes;

	if (ip[0] >> 4 == 4) {
		ip[6] &= 0x40;
		ip[7] = 0;
	} else {
		/* the fragment header stands last, and becomes that of a whole packet */
		frame[n_head - 6] = 0;
		frame[n_head - 5] = 0;
		n_all -= 40;
	}
	if (n_all > UINT16_MAX)
		return 0;
	ip[ip[0] >> 4 == 4 ? 2 : 4] = (uint8_t)(n_all >> 8);
	ip[ip[0] >> 4 == 4 ? 3 : 5] = (uint8_t)n_all;
	return 1;
}

/* pkt becomes the whole datagram. */
static int finish(struct vg_defrag *defrag, struct vg_defrag_slot *slot, struct vg_packet *pkt, unsigned place)
{
	uint8_t *frame = defrag->frames + (size_t)place * VG_DEFRAG_FRAME_BYTES;
	struct vg_packet first = { .frame = slot->head,
				   .n_first_bytes = slot->n_head,
				   .n_frame_bytes = VG_DEFRAG_FRAME_BYTES + UINT16_MAX,
				   .link = pkt->link };
	uint32_t n_head = slot->n_head;

	/* where its IP header is may differ from the present fragment's */
	if (vg_decode_frame(&first) != VG_DECODE_WORD_FRAGMENT)
		return 0;
	memcpy(frame, slot->head, n_head);
	for (uint32_t off = 0; off < slot->end; off += VG_DEFRAG_BLOCK_BYTES) {
		uint32_t n = slot->end - off < VG_DEFRAG_BLOCK_BYTES ? slot->end - off : VG_DEFRAG_BLOCK_BYTES;
		memcpy(frame + n_head + off,
		       defrag->blocks + (size_t)slot->blocks[off / VG_DEFRAG_BLOCK_BYTES] * VG_DEFRAG_BLOCK_BYTES, n);
	}
	if (!mend_head(frame, &first, n_head, slot->end))
		return 0;
	pkt->frame = frame;
	pkt->n_first_bytes = pkt->n_frame_bytes = n_head + slot->end;
	pkt->segment = NULL;
	return 1;
}

/* DONE: pkt is the whole datagram now. MORE: not yet. BAD: the fragment was refused. */
static enum vg_step join(struct vg_defrag *defrag, struct vg_packet *pkt, unsigned place)
{
	struct vg_defrag_slot *slot;
	int why;

	age(defrag, pkt->clock_ns);
	/* RFC 791 3.2, 8200 4.5: all but the last are multiples of 8 bytes */
	if (!pkt->n_payload_bytes || (pkt->frag_more && pkt->n_payload_bytes % 8) ||
	    pkt->frag_off + pkt->n_payload_bytes > VG_DEFRAG_MAX_BYTES || pkt->payload_off > pkt->n_first_bytes ||
	    (!pkt->frag_off && pkt->payload_off > VG_DEFRAG_HEAD_BYTES)) {
		vg_count(defrag->stats, VG_C_FRAGMENTS_BAD, 1);
		return VG_BAD;
	}
	slot = find(defrag, pkt);
	if (slot->is_echo)
		return VG_MORE;
	why = take(defrag, slot, pkt);
	if (why >= 0) {
		vg_count(defrag->stats, (unsigned)why, 1);
		end_slot(defrag, slot);
		return VG_BAD;
	}
	if (!slot->has_end || !slot->n_head || slot->n_ranges != 1 || slot->ranges[0].begin ||
	    slot->ranges[0].end != slot->end)
		return VG_MORE;
	if (!finish(defrag, slot, pkt, place)) {
		vg_count(defrag->stats, VG_C_FRAGMENTS_BAD, 1);
		end_slot(defrag, slot);
		return VG_BAD;
	}
	vg_count(defrag->stats, VG_C_FRAGMENTS_WHOLE, 1);
	give_blocks(defrag, slot);
	unqueue(defrag, slot);
	slot->is_echo = 1;
	enqueue(defrag, slot, pkt->clock_ns);
	return VG_DONE;
}

enum vg_decode_word vg_defrag_frame(struct vg_defrag *defrag, struct vg_packet *pkt, unsigned place)
{
	enum vg_decode_word word = vg_decode_frame(pkt);
	enum vg_step step;

	for (uint32_t i = 0; word == VG_DECODE_WORD_FRAGMENT; i++) {
		if (i == VG_DEFRAG_MAX_DEPTH) {
			vg_count(defrag->stats, VG_C_FRAGMENTS_BAD, 1);
			return word;
		}
		step = join(defrag, pkt, place);
		if (step != VG_DONE)
			return step == VG_MORE ? VG_DEFRAG_KEPT : word;
		word = vg_decode_frame(pkt);
	}
	return word;
}

uint32_t vg_defrag_burst(struct vg_defrag *defrag, struct vg_packet *pkts, uint32_t n_pkts, struct vg_stats_page *stats)
{
	uint32_t n_tcp = 0;

	for (uint32_t i = 0; i < n_pkts; i++) {
		enum vg_decode_word word = vg_defrag_frame(defrag, &pkts[i], i);
		if (word != VG_DECODE_TCP && word != VG_DECODE_UDP) {
			if (word != VG_DEFRAG_KEPT)
				vg_count(stats, (unsigned)word, 1);
			continue;
		}
		if (n_tcp != i)
			pkts[n_tcp] = pkts[i];
		n_tcp++;
	}
	return n_tcp;
}

void vg_defrag_flush(struct vg_defrag *defrag)
{
	for (unsigned i = 0; i < 2; i++)
		while (defrag->queues[i].oldest != VG_DEFRAG_NONE)
			evict(defrag, i, VG_C_FRAGMENTS_TIMEOUT);
}
