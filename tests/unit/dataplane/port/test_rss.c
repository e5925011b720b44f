/* rss: our hash is the cards' hash, the same in both directions; a card that does not do as agreed is found out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include <rte_ethdev.h>
#include <rte_thash.h>

#include <vigil/bytes.h>

#include "dataplane/port/port.h"
#include "tests/lib/capture_make.h"

static const struct rte_eth_dev_info card = { .max_rx_queues = 16,
					      .flow_type_rss_offloads = RTE_ETH_RSS_IPV4 | RTE_ETH_RSS_IPV6 |
									RTE_ETH_RSS_NONFRAG_IPV4_TCP |
									RTE_ETH_RSS_NONFRAG_IPV6_TCP |
									RTE_ETH_RSS_VXLAN,
					      .hash_key_size = 52,
					      .reta_size = 512 };

static void the_hash_is_that_of_the_cards_in_both_directions(void **state)
{
	unsigned seed = (unsigned)time(NULL);
	uint8_t key[VG_RSS_MAX_KEY];
	struct rte_eth_rss_conf conf;
	struct vg_rss rss = { 0 };

	(void)state;
	print_message("seed %u\n", seed);
	assert_null(vg_rss_agree(&rss, &card, 2));
	vg_rss_ask(&rss, &card, key, &conf);
	for (int round = 0; round < 2000; round++) {
		uint32_t n_words = round & 1 ? 3 : 9, words[9]; /* IPv4, IPv6: addresses and ports */
		uint8_t wire[36];
		uint32_t n_addr = (n_words - 1) * 2;

		for (uint32_t i = 0; i < n_words; i++)
			words[i] = (uint32_t)rand_r(&seed) << 16 ^ (uint32_t)rand_r(&seed);
		for (uint32_t i = 0; i < n_words; i++)
			vg_put_be32(wire + 4 * i, words[i]);
		assert_int_equal(vg_rss_hash(vg_rss_fold(wire, 4 * n_words)), rte_softrss(words, n_words, key));
		for (uint32_t i = 0; i < n_addr; i++) { /* the other direction */
			uint8_t byte = wire[i];
			wire[i] = wire[n_addr + i];
			wire[n_addr + i] = byte;
		}
		uint16_t port = vg_be16(wire + 2 * n_addr);
		memcpy(wire + 2 * n_addr, wire + 2 * n_addr + 2, 2);
		wire[2 * n_addr + 2] = (uint8_t)(port >> 8);
		wire[2 * n_addr + 3] = (uint8_t)port;
		assert_int_equal(vg_rss_hash(vg_rss_fold(wire, 4 * n_words)), rte_softrss(words, n_words, key));
	}
}

static void cards_agree_on_the_least_of_them(void **state)
{
	struct rte_eth_dev_info small = card, plain = card;
	struct rte_eth_rss_conf conf;
	struct vg_rss rss = { 0 };
	uint8_t key[VG_RSS_MAX_KEY];

	(void)state;
	small.reta_size = 64;
	plain.flow_type_rss_offloads = RTE_ETH_RSS_IPV4 | RTE_ETH_RSS_IPV6;
	plain.hash_key_size = 0;
	assert_null(vg_rss_agree(&rss, &card, 3));
	assert_int_equal(rss.n_map, VG_RSS_MAX_MAP);
	assert_true(rss.has_ports);
	vg_rss_ask(&rss, &card, key, &conf);
	assert_int_equal(conf.rss_hf, card.flow_type_rss_offloads & ~RTE_ETH_RSS_VXLAN);
	assert_int_equal(conf.rss_key_len, 52);
	assert_null(vg_rss_agree(&rss, &small, 3));
	assert_null(vg_rss_agree(&rss, &plain, 3));
	assert_int_equal(rss.n_map, 64);
	assert_false(rss.has_ports);
	vg_rss_ask(&rss, &card, key, &conf);
	assert_int_equal(conf.rss_hf, plain.flow_type_rss_offloads);
	vg_rss_ask(&rss, &plain, key, &conf);
	assert_int_equal(conf.rss_key_len, 40);
	for (uint32_t i = 0; i < 512; i++)
		assert_int_equal(vg_rss_queue(&rss, i), i % 64 % 3);
}

static void a_card_that_cannot_is_told_why(void **state)
{
	struct rte_eth_dev_info bad[6] = { card, card, card, card, card, card };
	struct vg_rss rss = { 0 };

	(void)state;
	bad[0].max_rx_queues = 1;
	bad[1].flow_type_rss_offloads = 0;
	bad[2].flow_type_rss_offloads = RTE_ETH_RSS_IPV4;
	bad[3].hash_key_size = 200;
	bad[4].reta_size = 0;
	bad[5].reta_size = 100;
	for (unsigned i = 0; i < 6; i++)
		assert_non_null(vg_rss_agree(&rss, &bad[i], 2));
	assert_int_equal(rss.n_queues, 0);
}

/* net_null has a table, a key and types of packets, as a card; net_ring has none. */
static void a_card_that_shares_out_has_a_queue_for_each_worker(void **state)
{
	static struct vg_dataplane_conf conf;
	const char *paths[] = { "net_null0", "net_ring_r" };
	struct rte_eth_rss_reta_entry64 map[2] = { { .mask = UINT64_MAX }, { .mask = UINT64_MAX } };
	struct rte_eth_dev_info info;
	struct vg_ports *ports;

	(void)state;
	cm_conf(&conf, 0, 1, paths, 2);
	conf.flags = VG_CONF_NO_HUGE;
	conf.n_cores = 3;
	ports = vg_ports_create(&conf, 3);
	assert_non_null(ports);
	assert_int_equal(ports->ports[0].n_queues, 3);
	assert_int_equal(ports->ports[1].n_queues, 1);
	assert_int_equal(ports->rss.n_queues, 3);
	assert_int_equal(rte_eth_dev_rss_reta_query(ports->ports[0].eth_id, map, 128), 0);
	for (uint32_t i = 0; i < 128; i++)
		assert_int_equal(map[i / 64].reta[i % 64], i % 3);
	/* a driver that lost the table is not trusted */
	map[0].reta[5] = 0;
	assert_int_equal(rte_eth_dev_rss_reta_update(ports->ports[0].eth_id, map, 128), 0);
	assert_int_equal(rte_eth_dev_info_get(ports->ports[0].eth_id, &info), 0);
	assert_null(vg_rss_confirm(&ports->rss, ports->ports[0].eth_id, &info)); /* it is written anew */
	assert_non_null(vg_rss_confirm(&ports->rss, ports->ports[1].eth_id, &info));
	vg_ports_destroy(ports);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_hash_is_that_of_the_cards_in_both_directions),
		cmocka_unit_test(cards_agree_on_the_least_of_them),
		cmocka_unit_test(a_card_that_cannot_is_told_why),
		cmocka_unit_test(a_card_that_shares_out_has_a_queue_for_each_worker),
	};

	setenv("VIGIL_LOG", "error", 1);
	static struct vg_dataplane_conf conf;
	cm_conf(&conf, 0, 1, NULL, 0);
	conf.eal_mem_mb = 256;
	if (vg_eal_start(&conf, "/tmp", 1))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
