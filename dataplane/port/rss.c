/* With a key that repeats every 16 bits, Toeplitz sees each word of 16 bits of the tuple through the same window: the
 * hash is one of their exclusive or, and that is the same in both directions. */
#include <string.h>

#include <rte_ethdev.h>

#include <vigil/bytes.h>

#include "dataplane/port/rss.h"

#define KEY_WORD   0x6d5a6d5au
#define KEY_BYTES  40u /* where a card does not say */
#define ADDRESSES  (RTE_ETH_RSS_IPV4 | RTE_ETH_RSS_IPV6)
#define WITH_PORTS (RTE_ETH_RSS_NONFRAG_IPV4_TCP | RTE_ETH_RSS_NONFRAG_IPV6_TCP)
#define FRAGMENTS  (RTE_ETH_RSS_FRAG_IPV4 | RTE_ETH_RSS_FRAG_IPV6)

static uint32_t key_bytes(const struct rte_eth_dev_info *info)
{
	return info->hash_key_size ? info->hash_key_size : KEY_BYTES;
}

static int is_power_of_two(uint32_t n)
{
	return n && !(n & (n - 1));
}

const char *vg_rss_agree(struct vg_rss *rss, const struct rte_eth_dev_info *info, uint32_t n_queues)
{
	uint64_t can = info->flow_type_rss_offloads;
	uint32_t n_map = info->reta_size < VG_RSS_MAX_MAP ? info->reta_size : VG_RSS_MAX_MAP;

	if (info->max_rx_queues < n_queues)
		return "it has fewer queues than there are workers";
	if (!can)
		return "it has no hash";
	if ((can & ADDRESSES) != ADDRESSES)
		return "its hash does not cover both IPv4 and IPv6";
	if (key_bytes(info) > VG_RSS_MAX_KEY)
		return "its key is larger than known";
	if (!is_power_of_two(info->reta_size) || n_map < n_queues)
		return "its table from hash to queue has an unfit size";
	if (!rss->n_queues)
		*rss = (struct vg_rss){ n_queues, n_map, 1 };
	rss->n_map = n_map < rss->n_map ? n_map : rss->n_map;
	rss->has_ports = rss->has_ports && (can & WITH_PORTS) == WITH_PORTS;
	return NULL;
}

void vg_rss_ask(const struct vg_rss *rss, const struct rte_eth_dev_info *info, uint8_t *key,
		struct rte_eth_rss_conf *conf)
{
	for (uint32_t i = 0; i < VG_RSS_MAX_KEY; i++)
		key[i] = i & 1 ? (uint8_t)KEY_WORD : (uint8_t)(KEY_WORD >> 8);
	conf->rss_key = key;
	conf->rss_key_len = (uint8_t)key_bytes(info);
	conf->rss_hf = info->flow_type_rss_offloads & (ADDRESSES | FRAGMENTS | (rss->has_ports ? WITH_PORTS : 0));
}

static int write_map(const struct vg_rss *rss, uint16_t eth_id, uint16_t n_entries)
{
	struct rte_eth_rss_reta_entry64 map[RTE_ETH_RSS_RETA_SIZE_512 / RTE_ETH_RETA_GROUP_SIZE];

	if (n_entries > RTE_ETH_RSS_RETA_SIZE_512)
		return -1;
	memset(map, 0, sizeof(map));
	for (uint32_t i = 0; i < n_entries; i++) {
		map[i / RTE_ETH_RETA_GROUP_SIZE].mask |= UINT64_C(1) << i % RTE_ETH_RETA_GROUP_SIZE;
		map[i / RTE_ETH_RETA_GROUP_SIZE].reta[i % RTE_ETH_RETA_GROUP_SIZE] = (uint16_t)vg_rss_queue(rss, i);
	}
	return rte_eth_dev_rss_reta_update(eth_id, map, n_entries);
}

static int map_is_ours(const struct vg_rss *rss, uint16_t eth_id, uint16_t n_entries)
{
	struct rte_eth_rss_reta_entry64 map[RTE_ETH_RSS_RETA_SIZE_512 / RTE_ETH_RETA_GROUP_SIZE];

	if (n_entries > RTE_ETH_RSS_RETA_SIZE_512)
		return 0;
	memset(map, 0, sizeof(map));
	for (uint32_t i = 0; i < n_entries; i++)
		map[i / RTE_ETH_RETA_GROUP_SIZE].mask |= UINT64_C(1) << i % RTE_ETH_RETA_GROUP_SIZE;
	if (rte_eth_dev_rss_reta_query(eth_id, map, n_entries))
		return 0;
	for (uint32_t i = 0; i < n_entries; i++)
		if (map[i / RTE_ETH_RETA_GROUP_SIZE].reta[i % RTE_ETH_RETA_GROUP_SIZE] != vg_rss_queue(rss, i))
			return 0;
	return 1;
}

/* NULL, or how what the card does differs from `want`. */
static const char *read_back(uint16_t eth_id, const struct rte_eth_rss_conf *want)
{
	uint8_t key[VG_RSS_MAX_KEY] = { 0 };
	struct rte_eth_rss_conf got = { .rss_key = key, .rss_key_len = want->rss_key_len };

	if (rte_eth_dev_rss_hash_conf_get(eth_id, &got))
		return "what it hashes cannot be read back";
	if (got.rss_key_len < want->rss_key_len || memcmp(key, want->rss_key, want->rss_key_len))
		return "it did not take the symmetric key";
	if ((got.rss_hf & (ADDRESSES | WITH_PORTS)) != (want->rss_hf & (ADDRESSES | WITH_PORTS)))
		return "it hashes other packets than it was asked for";
	return NULL;
}

const char *vg_rss_confirm(const struct vg_rss *rss, uint16_t eth_id, const struct rte_eth_dev_info *info)
{
	uint8_t key[VG_RSS_MAX_KEY];
	struct rte_eth_rss_conf want;
	const char *why;

	vg_rss_ask(rss, info, key, &want);
	(void)write_map(rss, eth_id, info->reta_size);
	if (!map_is_ours(rss, eth_id, info->reta_size))
		return "its table from hash to queue cannot be set";
	why = read_back(eth_id, &want);
	/* some take it only once they run */
	return why && !rte_eth_dev_rss_hash_update(eth_id, &want) ? read_back(eth_id, &want) : why;
}

uint16_t vg_rss_fold(const uint8_t *bytes, uint32_t n_bytes)
{
	uint16_t fold = 0;

	for (uint32_t i = 0; i + 1 < n_bytes; i += 2)
		fold ^= vg_be16(bytes + i);
	return fold;
}

uint32_t vg_rss_hash(uint16_t fold)
{
	uint32_t hash = 0;

	for (uint32_t bit = 0; bit < 16; bit++) {
		uint32_t window = bit ? KEY_WORD << bit | KEY_WORD >> (32 - bit) : KEY_WORD;
		hash ^= fold & (0x8000u >> bit) ? window : 0;
	}
	return hash;
}

uint32_t vg_rss_queue(const struct vg_rss *rss, uint32_t hash)
{
	return (hash & (rss->n_map - 1)) % rss->n_queues;
}
