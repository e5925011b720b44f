/* All pins lie in one table of announced endpoints: what is no endpoint (a flow, a pair of hosts) is a hash of itself
 * and the number of its kind. Two that are taken for one are steered alike, nothing more. */
#include "dataplane/pins.h"

#include "dataplane/proto/ftp/ftp.h"
#include "dataplane/proto/tftp/tftp.h"

enum kind { FLOW = 1, HOSTS, END };

static uint64_t mix(uint64_t h, uint64_t word)
{
	h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return h ^ h >> 32;
}

/* Whose network it is does not matter here, but for the capture. */
static struct vg_endpoint pin_of(const struct vg_flow_key *key, enum kind kind, const uint8_t ip[16], uint16_t port)
{
	struct vg_endpoint at = { .port = (uint16_t)kind, .network = { key->capture_idx } };
	uint64_t words[4], ends[2];

	memcpy(words, key->ip, sizeof(words));
	if (kind == END) {
		memcpy(at.ip, ip, sizeof(at.ip));
		memcpy(at.network + 1, &port, sizeof(port));
		return at;
	}
	ends[0] = mix(mix(mix(1, words[0]), words[1]), kind == FLOW ? key->port[0] : 0);
	ends[1] = mix(mix(mix(2, words[2]), words[3]), kind == FLOW ? key->port[1] : 0);
	memcpy(at.ip, ends, sizeof(ends));
	return at;
}

static const struct vg_expected *find(struct vg_pins *pins, const struct vg_endpoint *at, const struct vg_packet *pkt)
{
	return vg_expect_find(&pins->table, at, (int64_t)pkt->clock_ns);
}

static void put(struct vg_pins *pins, const struct vg_endpoint *at, uint32_t worker, const struct vg_packet *pkt)
{
	vg_expect_put(&pins->table, at, VG_APP_NONE, worker, (int64_t)pkt->clock_ns);
}

static uint32_t steer(struct vg_pins *pins, const struct vg_packet *pkt, uint32_t by_hash)
{
	struct vg_endpoint flow = pin_of(&pkt->key, FLOW, NULL, 0), at = pin_of(&pkt->key, HOSTS, NULL, 0);
	const struct vg_expected *hosts, *end = NULL, *met = find(pins, &flow, pkt);
	int is_first = (pkt->tcp_flags & VG_TCP_SYN) != 0;
	uint32_t worker = by_hash;

	if (met && !(is_first && !(pkt->tcp_flags & VG_TCP_ACK)))
		return (uint32_t)met->value;
	hosts = find(pins, &at, pkt);
	if (!hosts && !is_first)
		return by_hash;
	for (unsigned side = 0; side < 2 && !end; side++) {
		at = pin_of(&pkt->key, END, pkt->key.ip[side], pkt->key.port[side]);
		end = find(pins, &at, pkt);
	}
	if (!hosts && !end)
		return by_hash;
	if (end)
		worker = (uint32_t)end->value;
	else if (is_first)
		worker = (uint32_t)hosts->value;
	put(pins, &flow, worker, pkt);
	return worker;
}

uint32_t vg_pins_worker(struct vg_pins *pins, const struct vg_packet *pkt, uint32_t by_hash)
{
	uint32_t worker = pins->table.n_used ? steer(pins, pkt, by_hash) : by_hash, n, n_ends;
	struct vg_endpoint ends[2], at;
	int is_control = 0;

	n = pkt->n_first_bytes - pkt->payload_off;
	n = n < pkt->n_payload_bytes ? n : pkt->n_payload_bytes;
	if (!n)
		return worker;
	n_ends = vg_ftp_endpoints(&pkt->key, pkt->dir, pkt->frame + pkt->payload_off, n, ends, &is_control);
	for (uint32_t i = 0; i < n_ends; i++) {
		at = pin_of(&pkt->key, END, ends[i].ip, ends[i].port);
		put(pins, &at, worker, pkt);
	}
	if (is_control) {
		at = pin_of(&pkt->key, HOSTS, NULL, 0);
		put(pins, &at, worker, pkt);
	}
	return worker;
}

uint32_t vg_pins_datagram(struct vg_pins *pins, const struct vg_packet *pkt, uint32_t by_hash)
{
	uint32_t n = pkt->n_first_bytes - pkt->payload_off;
	const struct vg_expected *met = NULL;
	struct vg_endpoint at;

	n = n < pkt->n_payload_bytes ? n : pkt->n_payload_bytes;
	if (vg_tftp_opens(pkt->frame + pkt->payload_off, n)) {
		at = pin_of(&pkt->key, END, pkt->key.ip[pkt->dir], pkt->key.port[pkt->dir]);
		at.network[3] = 1; /* of UDP */
		put(pins, &at, by_hash, pkt);
		return by_hash;
	}
	for (unsigned side = 0; side < 2 && pins->table.n_used && !met; side++) {
		at = pin_of(&pkt->key, END, pkt->key.ip[side], pkt->key.port[side]);
		at.network[3] = 1;
		met = find(pins, &at, pkt);
	}
	return met ? (uint32_t)met->value : VG_PINS_NOBODY;
}

enum vg_err vg_pins_create(struct vg_pins *pins, int64_t idle_ns, struct vg_stats_page *stats)
{
	enum vg_err err = vg_expect_create(&pins->table, VG_PINS_ENTRIES, stats);

	pins->table.life_ns = idle_ns > VG_EXPECT_NS ? idle_ns : VG_EXPECT_NS;
	return err;
}

void vg_pins_destroy(struct vg_pins *pins)
{
	vg_expect_destroy(&pins->table);
}

void vg_pins_flush(struct vg_pins *pins)
{
	vg_expect_reset(&pins->table);
}
