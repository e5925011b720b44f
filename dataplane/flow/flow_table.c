/* Chained hashing over indices; the chains live beside the flows. The wheel is armed once per flow and again only when
 * it fires too early, so a packet costs no more than two stores into the line it has touched anyway. */
#include <string.h>

#include "dataplane/flow/flow_table.h"

#define EVICT_TRIES 64u /* entries looked at for one that is really old */

/* Two 64x64 -> 128 bit multiplications over the key with secret words mixed in. */
static inline uint64_t fold(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;
	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Word i of a key; the last one overlaps the one before. Loaded from where the key lies: a copy on the stack
 * would stall on its own stores. */
static inline uint64_t word(const struct vg_flow_key *key, unsigned i)
{
	const uint8_t *at = (const uint8_t *)key + (i < 5 ? 8 * i : sizeof(*key) - 8);
	uint64_t w;

	memcpy(&w, at, sizeof(w));
	return w;
}

static inline uint32_t hash_key(const struct vg_flow_table *table, const struct vg_flow_key *key)
{
	uint64_t h = fold(word(key, 0) ^ table->seed[0], word(key, 1) ^ table->seed[1]);

	h = fold(word(key, 2) ^ h ^ table->seed[2], word(key, 3) ^ table->seed[0]);
	h = fold(word(key, 4) ^ h ^ table->seed[1], word(key, 5) ^ table->seed[2]);
	return (uint32_t)(h ^ h >> 32);
}

static inline int same_key(const struct vg_flow_key *a, const struct vg_flow_key *b)
{
	uint64_t differ = 0;

	for (unsigned i = 0; i < 6; i++)
		differ |= word(a, i) ^ word(b, i);
	return !differ;
}

/* A word of a chain: flow + 1 (0: the chain ends), above it the upper bits of the flow's hash; its lower ones name the
 * chain. */
static inline uint32_t idx_1_of(uint32_t word)
{
	return word & VG_WHEEL_MAX_NODES;
}
static inline uint32_t word_of(uint32_t idx, uint32_t hash)
{
	return (idx + 1) | (hash & ~VG_WHEEL_MAX_NODES);
}
static inline int may_be(uint32_t word, uint32_t hash)
{
	return !((word ^ hash) & ~VG_WHEEL_MAX_NODES);
}

void vg_flow_table_prefetch_burst(const struct vg_flow_table *table, struct vg_packet *pkts, uint32_t n_pkts)
{
	for (uint32_t i = 0; i < n_pkts; i++) {
		pkts[i].hash = hash_key(table, &pkts[i].key);
		__builtin_prefetch(&table->heads[pkts[i].hash & table->head_mask]);
	}
	for (uint32_t i = 0; i < n_pkts; i++) {
		uint32_t at = table->heads[pkts[i].hash & table->head_mask];

		while (at && !may_be(at, pkts[i].hash))
			at = table->links[idx_1_of(at) - 1];
		if (at)
			__builtin_prefetch(&table->flows[idx_1_of(at) - 1]);
	}
}

static void unlink_flow(struct vg_flow_table *table, struct vg_flow *flow)
{
	uint32_t idx = (uint32_t)(flow - table->flows);
	uint32_t *at = &table->heads[hash_key(table, &flow->key) & table->head_mask];

	while (idx_1_of(*at) != idx + 1) {
		VG_INVARIANT_HOT(*at);
		at = &table->links[idx_1_of(*at) - 1];
	}
	*at = table->links[idx];
}

static void end_flow(struct vg_flow_table *table, struct vg_flow *flow, enum vg_flow_end why)
{
	uint32_t idx = (uint32_t)(flow - table->flows);

	if (!(flow->flags & VG_FLOW_CLOSED))
		vg_count(table->stats,
			 why == VG_FLOW_IDLE      ? VG_C_FLOWS_AGED
			 : why == VG_FLOW_EVICTED ? VG_C_FLOWS_EVICTED
						  : VG_C_FLOWS_CLOSED,
			 1);
	table->on_end(table->owner, flow, why);
	vg_wheel_disarm(table->wheel, idx);
	unlink_flow(table, flow);
	table->links[idx] = table->free_idx;
	table->free_idx = idx + 1;
	table->n_used--;
}

/* When the flow is over, unless it has another packet. */
static uint64_t deadline_of(const struct vg_flow_table *table, const struct vg_flow *flow)
{
	return flow->last_ns + (flow->flags & VG_FLOW_CLOSED ? table->closed_ns : table->idle_ns);
}

static void arm_flow(struct vg_flow_table *table, struct vg_flow *flow)
{
	flow->flags &= (uint8_t)~VG_FLOW_SPOKE;
	vg_wheel_arm(table->wheel, (uint32_t)(flow - table->flows), deadline_of(table, flow));
}

/* A flow whose timer is due, idle or not, off the wheel; NULL: there is none. */
static struct vg_flow *fire(struct vg_flow_table *table, uint64_t clock_ns)
{
	uint32_t idx = vg_wheel_fire(table->wheel, clock_ns);

	return idx == VG_WHEEL_NONE ? NULL : &table->flows[idx];
}

/* Puts out a flow whose timer is due, else the one that is silent for longest; those that spoke since their timer was
 * set go to the end of the queue. */
static void evict(struct vg_flow_table *table, uint64_t clock_ns)
{
	struct vg_flow *flow, *oldest = NULL;

	for (uint32_t i = 0; i < EVICT_TRIES && (flow = fire(table, clock_ns)); i++) {
		if (clock_ns >= deadline_of(table, flow)) {
			end_flow(table, flow, VG_FLOW_IDLE);
			return;
		}
		arm_flow(table, flow);
	}
	for (uint32_t i = 0; i < EVICT_TRIES; i++) {
		flow = &table->flows[vg_wheel_first(table->wheel)];
		if (!oldest || flow->last_ns < oldest->last_ns)
			oldest = flow;
		if (!(flow->flags & VG_FLOW_SPOKE))
			break;
		arm_flow(table, flow);
	}
	end_flow(table, oldest, VG_FLOW_EVICTED);
}

static void begin_flow(struct vg_flow_table *table, struct vg_flow *flow)
{
	flow->flags &= VG_FLOW_SPOKE;
	flow->state = VG_FLOW_NEW;
	memset(vg_flow_rare(table, flow)->syn, 0, 2);
	memset(vg_flow_rare(table, flow)->ttl, 0, 2);
	memset(vg_flow_rare(table, flow)->n_bad_sums, 0, 2);
	memset(vg_flow_rare(table, flow)->n_good_sums, 0, 2);
	vg_count(table->stats, VG_C_FLOWS, 1);
}

static struct vg_flow *add_flow(struct vg_flow_table *table, const struct vg_packet *pkt)
{
	uint32_t *head = &table->heads[pkt->hash & table->head_mask];
	uint32_t idx;
	struct vg_flow *flow;

	if (table->n_used == table->n_flows)
		evict(table, pkt->clock_ns);
	if (table->free_idx) {
		idx = table->free_idx - 1;
		table->free_idx = table->links[idx];
	} else {
		idx = table->n_fresh++;
	}
	table->n_used++;
	flow = &table->flows[idx];
	flow->key = pkt->key;
	table->links[idx] = *head;
	*head = word_of(idx, pkt->hash);
	flow->last_ns = pkt->clock_ns;
	if (table->n_used == 1)
		vg_wheel_reset(table->wheel, pkt->clock_ns);
	arm_flow(table, flow);
	begin_flow(table, flow);
	return flow;
}

struct vg_flow *vg_flow_table_find(struct vg_flow_table *table, const struct vg_packet *pkt)
{
	uint32_t at = table->heads[pkt->hash & table->head_mask];

	while (at) {
		struct vg_flow *flow = &table->flows[idx_1_of(at) - 1];
		if (may_be(at, pkt->hash) && same_key(&flow->key, &pkt->key)) {
			if (pkt->clock_ns >= deadline_of(table, flow)) {
				end_flow(table, flow, VG_FLOW_IDLE);
				break;
			}
			flow->last_ns = pkt->clock_ns;
			flow->flags |= VG_FLOW_SPOKE;
			return flow;
		}
		at = table->links[idx_1_of(at) - 1];
	}
	return add_flow(table, pkt);
}

void vg_flow_table_restart(struct vg_flow_table *table, struct vg_flow *flow)
{
	if (!(flow->flags & VG_FLOW_CLOSED))
		vg_count(table->stats, VG_C_FLOWS_CLOSED, 1);
	begin_flow(table, flow);
}

void vg_flow_table_close(struct vg_flow_table *table, struct vg_flow *flow)
{
	if (flow->flags & VG_FLOW_CLOSED)
		return;
	flow->flags |= VG_FLOW_CLOSED;
	vg_count(table->stats, VG_C_FLOWS_CLOSED, 1);
	arm_flow(table, flow);
}

uint32_t vg_flow_table_age(struct vg_flow_table *table, uint64_t clock_ns, uint32_t max_flows)
{
	struct vg_flow *flow;
	uint32_t n_ended = 0;

	while (n_ended < max_flows && (flow = fire(table, clock_ns))) {
		if (clock_ns >= deadline_of(table, flow)) {
			end_flow(table, flow, VG_FLOW_IDLE);
			n_ended++;
		} else {
			arm_flow(table, flow);
		}
	}
	return n_ended;
}

void vg_flow_table_flush(struct vg_flow_table *table)
{
	uint32_t idx;

	while ((idx = vg_wheel_first(table->wheel)) != VG_WHEEL_NONE)
		end_flow(table, &table->flows[idx], VG_FLOW_FLUSHED);
}
