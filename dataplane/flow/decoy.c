/* Where wrong checksums prevail, they are left behind by offload. One that is right by chance among them (1 of 65,536)
 * decides nothing: packets of a host that has its card fill them in must not be lost. */
#include "dataplane/flow/decoy.h"
#include "dataplane/decode/checksum.h"

#define WIRE_BYTES    1480u /* more payload than any frame of a network without jumbo frames has */
#define DOUBT_PACKETS 4u    /* what a right SYN is worth in wrong checksums */
#define FIRM_PACKETS  8u    /* right checksums of payload before a direction is known to send right ones */

/* Counts a checksum of a direction that is not decided yet; both counts keep their proportion. */
static void count_sum(struct vg_flow_rare *rare, unsigned dir, uint8_t counts[2])
{
	if (counts[dir] == UINT8_MAX) {
		rare->n_good_sums[dir] /= 2;
		rare->n_bad_sums[dir] /= 2;
	}
	counts[dir]++;
}

static void take_right_sum(struct vg_flow_table *table, struct vg_flow *flow, const struct vg_packet *pkt)
{
	struct vg_flow_rare *rare;
	unsigned dir = pkt->dir;

	if (flow->flags & VG_FLOW_SUMS(dir))
		return;
	rare = vg_flow_rare(table, flow);
	if (pkt->n_payload_bytes)
		count_sum(rare, dir, rare->n_good_sums);
	else if (pkt->tcp_flags & VG_TCP_SYN)
		rare->syn[dir] |= VG_SYN_GOOD;
	if (rare->n_good_sums[dir] >= FIRM_PACKETS && 2u * rare->n_good_sums[dir] > rare->n_bad_sums[dir])
		flow->flags |= (uint8_t)VG_FLOW_SUMS(dir);
}

enum vg_decoy vg_decoy_judge(struct vg_flow_table *table, struct vg_flow *flow, const struct vg_packet *pkt,
			     unsigned policy)
{
	struct vg_flow_rare *rare;
	enum vg_checksum word;
	unsigned dir = pkt->dir, worth;

	if (policy == VG_CHECKSUMS_IGNORE || flow->state == VG_FLOW_LET_GO || flow->state == VG_FLOW_OPAQUE ||
	    (!pkt->n_payload_bytes && !(pkt->tcp_flags & (VG_TCP_SYN | VG_TCP_FIN | VG_TCP_RST))))
		return VG_DECOY_NONE;
	word = vg_checksum_tcp(pkt);
	if (word == VG_CHECKSUM_UNKNOWN)
		return VG_DECOY_NONE;
	if (word == VG_CHECKSUM_RIGHT) {
		take_right_sum(table, flow, pkt);
		return VG_DECOY_NONE;
	}
	/* unfinished, or, where the card has merged it, that of its first part (policy verify only) */
	if (pkt->n_payload_bytes > WIRE_BYTES && (word == VG_CHECKSUM_PARTIAL || policy != VG_CHECKSUMS_DROP))
		return VG_DECOY_NONE;
	if (policy != VG_CHECKSUMS_DROP && !(flow->flags & VG_FLOW_SUMS(dir))) {
		/* Some hosts leave only payload to the card: there a right SYN says nothing. */
		rare = vg_flow_rare(table, flow);
		worth = 2u * (rare->n_good_sums[dir] >= 2 ? rare->n_good_sums[dir] : 0);
		if (word != VG_CHECKSUM_PARTIAL && (rare->syn[dir] & VG_SYN_GOOD))
			worth = 2u * rare->n_good_sums[dir] + DOUBT_PACKETS;
		int known = worth > rare->n_bad_sums[dir];
		count_sum(rare, dir, rare->n_bad_sums);
		if (!known)
			return VG_DECOY_NONE;
	}
	vg_count(table->stats, VG_C_DECODE_CHECKSUM, 1);
	return policy != VG_CHECKSUMS_DROP && pkt->n_payload_bytes ? VG_DECOY_BROKEN : VG_DECOY_DROPPED;
}
