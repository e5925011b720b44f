#pragma once
/* rss: how cards share frames out over their queues, so that both directions of a flow meet: one key that is symmetric
 * in source and destination (0x6d5a again and again: Woo and Park, 2012), one table from hash to queue for all cards,
 * the same types of packets. The same hash in software says whose a frame is that a card could not hash. Pure, but for
 * vg_rss_confirm(). */
#include <stdint.h>

#include <vigil/base.h>

#define VG_RSS_MAX_KEY 64u
#define VG_RSS_MAX_MAP 128u /* entries of the table that differ: larger ones repeat them */

struct rte_eth_dev_info;
struct rte_eth_rss_conf;

/* What is agreed for all cards of a dataplane; n_queues 0: nothing yet. */
struct vg_rss {
	uint32_t n_queues;
	uint32_t n_map;    /* a power of two <= VG_RSS_MAX_MAP */
	uint8_t has_ports; /* 0: some card hashes TCP by addresses only */
};

/* Takes a card into account. NULL: it will do; else why it cannot share out over n_queues. Cold. */
const char *vg_rss_agree(struct vg_rss *rss, const struct rte_eth_dev_info *info, uint32_t n_queues);
/* What the card is to be asked for; key (VG_RSS_MAX_KEY bytes) must live as long as *conf. Cold. */
void vg_rss_ask(const struct vg_rss *rss, const struct rte_eth_dev_info *info, uint8_t *key,
		struct rte_eth_rss_conf *conf);
/* After the card was started: writes its table and reads back what it does. NULL: as agreed; else what is not. Cold. */
const char *vg_rss_confirm(const struct vg_rss *rss, uint16_t eth_id, const struct rte_eth_dev_info *info);

/* The exclusive or of n_bytes (even) as words of 16 bits, all that counts of a tuple with this key. */
uint16_t vg_rss_fold(const uint8_t *bytes, uint32_t n_bytes);
/* The hash that cards make of a tuple (Microsoft's Toeplitz, "RSS hash types") with this key. */
uint32_t vg_rss_hash(uint16_t fold);
uint32_t vg_rss_queue(const struct vg_rss *rss, uint32_t hash);
