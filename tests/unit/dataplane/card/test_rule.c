/* rule: against a card that reads items as DPDK describes them: only the frame that was asked for is dropped. */
#include "tests/lib/fake_card.h"

#include "dataplane/card/card_priv.h"
#include "tests/lib/pktbuild.h"

struct fake_card fake_cards[FAKE_CARDS];

static void ask_of(struct vg_offload_ask *ask, unsigned ip_version, unsigned n_tags)
{
	vg_card_sample(ask, ip_version, n_tags);
	ask->port[0] = 443;
	ask->port[1] = 50000;
}

/* The frame that was asked for, but for one thing. */
static void frame_of(struct pb_frame *f, const struct vg_offload_ask *ask, unsigned changed, uint8_t flags)
{
	struct pb_tcp t = {
		.sport = ask->port[0], .dport = ask->port[1], .flags = flags, .payload = "x", .n_payload = 1
	};
	uint32_t n_ip = ask->ip_version == 6 ? 16 : 4, off;

	pb_ether(f);
	for (unsigned i = 0; i < ask->n_tags; i++) /* priorities are nothing to it */
		pb_tag(f, i ? 0x8100 : 0x88a8, (uint16_t)((ask->tags[i] ^ (changed == 5 + i)) | 0xa000));
	if (changed == 7)
		pb_tag(f, 0x8100, 1);
	pb_be16(f, ask->ip_version == 6 ? 0x86dd : 0x0800);
	t.sport = (uint16_t)(t.sport ^ (changed == 3));
	t.dport = (uint16_t)(t.dport ^ (changed == 4));
	if (ask->ip_version == 6)
		pb_ipv6_tcp(f, &t, 6, NULL, 0);
	else
		pb_ipv4_tcp(f, &t, 0);
	off = f->ip_off + (ask->ip_version == 6 ? 8 : 12);
	for (unsigned i = 0; i < 2; i++) {
		memcpy(f->bytes + off + i * n_ip, ask->ip[i], n_ip);
		f->bytes[off + i * n_ip] ^= changed == 1 + i;
	}
}

static void a_rule_drops_what_was_asked_for_and_nothing_else(void **state)
{
	struct rte_flow_error error;
	struct vg_offload_ask ask;
	struct vg_rule rule;
	struct pb_frame f;

	(void)state;
	for (unsigned shape = 0; shape < VG_OFFLOAD_N_SHAPES; shape++) {
		fake_reset();
		ask_of(&ask, shape < 3 ? 4 : 6, shape % 3);
		vg_rule_write(&rule, &ask, 1);
		assert_non_null(fake_create(0, &rule.attr, rule.items, rule.actions, &error));
		memset(&rule, 0xee, sizeof(rule));
		for (unsigned changed = 0; changed < 8; changed++) {
			if ((changed == 5 && ask.n_tags < 1) || (changed == 6 && ask.n_tags < 2))
				continue;
			frame_of(&f, &ask, changed, 16);
			assert_int_equal(fake_drops(0, f.bytes), !changed);
		}
	}
}

static void the_signals_of_a_connection_are_never_dropped(void **state)
{
	struct rte_flow_error error;
	struct vg_offload_ask ask;
	struct vg_rule rule;
	struct pb_frame f;

	(void)state;
	fake_reset();
	ask_of(&ask, 4, 0);
	vg_rule_write(&rule, &ask, 0);
	assert_non_null(fake_create(0, &rule.attr, rule.items, rule.actions, &error));
	for (unsigned flags = 0; flags < 256; flags++) {
		frame_of(&f, &ask, 0, (uint8_t)flags);
		assert_int_equal(fake_drops(0, f.bytes), !(flags & (VG_TCP_SYN | VG_TCP_FIN | VG_TCP_RST)));
	}
}

static void a_rule_says_how_many_tags_there_are(void **state)
{
	struct vg_offload_ask ask;
	struct vg_rule rule;

	(void)state;
	for (unsigned n_tags = 0; n_tags <= VG_OFFLOAD_TAGS; n_tags++) {
		ask_of(&ask, 4, n_tags);
		vg_rule_write(&rule, &ask, 0);
		assert_true(rule.eth_mask.has_vlan && rule.eth.has_vlan == (n_tags != 0));
		for (unsigned i = 0; i < n_tags; i++)
			assert_true(rule.tag_masks[i].has_more_vlan && rule.tags[i].has_more_vlan == (i + 1 < n_tags));
		assert_int_equal(rule.items[n_tags + 3].type, RTE_FLOW_ITEM_TYPE_END);
		assert_int_equal(rule.actions[0].type, RTE_FLOW_ACTION_TYPE_DROP);
		assert_int_equal(rule.actions[1].type, RTE_FLOW_ACTION_TYPE_END);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rule_drops_what_was_asked_for_and_nothing_else),
		cmocka_unit_test(the_signals_of_a_connection_are_never_dropped),
		cmocka_unit_test(a_rule_says_how_many_tags_there_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
