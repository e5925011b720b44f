/* card: which cards are used, what their rules live through, and that workers hear of the end of each, once. */
#include "tests/lib/fake_card.h"

#include <rte_ring_elem.h>
#include <stdlib.h>

#include "dataplane/card/card_priv.h"

#define S UINT64_C(1000000000)

struct fake_card fake_cards[FAKE_CARDS];

struct desk {
	struct vg_dataplane_conf conf;
	struct vg_ports *ports;
	struct vg_stats_page *stats[2];
	struct vg_cards *cards;
	uint64_t now_ns;
};

static void desk_make(struct desk *d, uint32_t max_rules)
{
	memset(d, 0, sizeof(*d));
	d->conf = (struct vg_dataplane_conf){ .offload_rules = max_rules,
					      .offload_ms = 30000,
					      .idle_timeout_ms = 120000 };
	d->ports = calloc(1, sizeof(*d->ports));
	d->ports->n_ports = FAKE_CARDS;
	for (uint16_t i = 0; i < FAKE_CARDS; i++) {
		d->ports->ports[i].said = "card";
		d->ports->ports[i].eth_id = i;
		d->conf.rules[i].offload = VG_OFFLOAD_RTE_FLOW;
	}
	d->stats[0] = calloc(1, sizeof(*d->stats[0]));
	d->stats[1] = calloc(1, sizeof(*d->stats[1]));
	d->now_ns = 1000 * S;
}

static void desk_open(struct desk *d)
{
	d->cards = vg_cards_create(&d->conf, d->ports, &fake_ops, d->stats, 2);
}

static void desk_end(struct desk *d)
{
	vg_cards_destroy(d->cards);
	free(d->stats[0]);
	free(d->stats[1]);
	free(d->ports);
}

static uint64_t counted(const struct desk *d, unsigned counter)
{
	return d->stats[0]->counters[counter];
}

static unsigned shapes(const struct desk *d, unsigned port_idx)
{
	return d->cards->shapes.shapes[port_idx];
}

static void put(struct desk *d, unsigned end, uint32_t slot, enum vg_offload_word word, uint8_t port_idx)
{
	struct vg_offload_ask ask;

	vg_card_sample(&ask, 4, 0);
	ask.word = (uint8_t)word;
	ask.slot = slot;
	ask.port_idx = port_idx;
	ask.port[0] = (uint16_t)(1000 + slot);
	ask.port[1] = (uint16_t)(1000 + end);
	assert_int_equal(rte_ring_sp_enqueue_elem(d->cards->ends[end]->asks, &ask, sizeof(ask)), 0);
}

/* The answer that waits for a worker: slot, or -1: none; *is_refused as it says. */
static int heard(struct desk *d, unsigned end, int *is_refused)
{
	struct vg_offload_answer answer;

	if (rte_ring_sc_dequeue_elem(d->cards->ends[end]->answers, &answer, sizeof(answer)))
		return -1;
	*is_refused = (int)answer.is_refused;
	return (int)answer.slot;
}

static void poll_all(struct desk *d)
{
	for (unsigned i = 0; i < 8; i++)
		vg_cards_poll(d->cards, d->now_ns);
}

static void cards_that_cannot_do_it_exactly_are_not_used(void **state)
{
	struct desk d;

	(void)state;
	for (unsigned why = 0; why < 5; why++) {
		fake_reset();
		desk_make(&d, 8);
		d.ports->n_ports = 1;
		fake_cards[0].has_no_rules = why == 0;
		fake_cards[0].has_no_flags = why == 1;
		fake_cards[0].makes_none = why == 2;
		fake_cards[0].keeps_all = why == 3;
		d.conf.rules[0].offload = why == 4 ? VG_OFFLOAD_NO : VG_OFFLOAD_RTE_FLOW;
		desk_open(&d);
		assert_null(d.cards);
		assert_int_equal(counted(&d, VG_C_OFFLOAD_PORTS), 0);
		desk_end(&d);
	}
}

static void captures_and_forwarded_pairs_are_never_asked(void **state)
{
	struct vg_frames frames = { 0 };
	struct desk d;

	(void)state;
	fake_reset();
	desk_make(&d, 8);
	d.ports->ports[0].is_capture = 1;
	d.ports->ports[1].frames = &frames;
	d.conf.rules[2].offload = VG_OFFLOAD_NO;
	desk_open(&d);
	assert_null(d.cards);
	for (unsigned i = 0; i < FAKE_CARDS; i++)
		assert_int_equal(fake_cards[i].n_created + fake_cards[i].n_flushed, 0);
	desk_end(&d);
}

static void each_card_is_used_for_what_it_can_match(void **state)
{
	struct desk d;

	(void)state;
	fake_reset();
	desk_make(&d, 8);
	fake_cards[0].max_tags = 1;
	fake_cards[1].no_ip6 = 1;
	fake_cards[1].has_no_count = 1;
	fake_cards[2].has_no_flags = 1;
	desk_open(&d);
	assert_non_null(d.cards);
	assert_int_equal(counted(&d, VG_C_OFFLOAD_PORTS), 2);
	assert_int_equal(shapes(&d, 0), vg_offload_shape(4, 0) | vg_offload_shape(4, 1) | vg_offload_shape(6, 0) |
						vg_offload_shape(6, 1));
	assert_int_equal(shapes(&d, 1), vg_offload_shape(4, 0) | vg_offload_shape(4, 1) | vg_offload_shape(4, 2));
	assert_int_equal(shapes(&d, 2), 0);
	assert_true(d.cards->ports[0].counts && !d.cards->ports[1].counts);
	vg_cards_rehearse(d.cards);
	for (unsigned i = 0; i < FAKE_CARDS; i++) {
		assert_int_equal(fake_cards[i].n_rules, 0);
		assert_int_equal(fake_cards[i].n_created, fake_cards[i].n_destroyed);
	}
	desk_end(&d);
}

static void a_rule_lives_until_its_flow_ends_or_its_time_is_over(void **state)
{
	struct desk d;
	int is_refused;

	(void)state;
	fake_reset();
	desk_make(&d, 8);
	fake_cards[0].has_no_count = 1;
	desk_open(&d);
	put(&d, 0, 3, VG_OFFLOAD_MAKE, 0);
	put(&d, 1, 3, VG_OFFLOAD_MAKE, 0);
	poll_all(&d);
	assert_int_equal(fake_cards[0].n_rules, 2);
	assert_int_equal(counted(&d, VG_C_OFFLOAD_RULES), 2);
	assert_int_equal(heard(&d, 0, &is_refused), -1);
	put(&d, 0, 3, VG_OFFLOAD_UNMAKE, 0);
	poll_all(&d);
	assert_int_equal(heard(&d, 0, &is_refused), 3);
	assert_int_equal(is_refused, 0);
	put(&d, 0, 3, VG_OFFLOAD_UNMAKE, 0); /* of one that is gone already: nothing */
	d.now_ns += 30 * S - 1;
	poll_all(&d);
	assert_int_equal(fake_cards[0].n_rules, 1);
	d.now_ns++;
	poll_all(&d);
	assert_int_equal(fake_cards[0].n_rules, 0);
	assert_int_equal(heard(&d, 0, &is_refused), -1);
	assert_int_equal(heard(&d, 1, &is_refused), 3);
	assert_int_equal(counted(&d, VG_C_OFFLOAD_ENDED), 1);
	assert_int_equal(counted(&d, VG_C_OFFLOAD_AGED), 1);
	assert_int_equal(counted(&d, VG_C_OFFLOAD_RULES), 0);
	desk_end(&d);
}

static void no_rule_outlives_half_the_idle_time_of_its_flow(void **state)
{
	struct desk d;

	(void)state;
	fake_reset();
	desk_make(&d, 8);
	d.conf.idle_timeout_ms = 10000;
	desk_open(&d);
	assert_int_equal(d.cards->life_ns, 5 * S);
	desk_end(&d);
}

static void a_rule_that_drops_nothing_any_more_goes(void **state)
{
	struct desk d;
	int is_refused;

	(void)state;
	fake_reset();
	desk_make(&d, 8);
	desk_open(&d);
	put(&d, 0, 0, VG_OFFLOAD_MAKE, 0);
	put(&d, 0, 1, VG_OFFLOAD_MAKE, 0);
	poll_all(&d);
	for (unsigned i = 0; i < 10; i++) {
		d.now_ns += S;
		fake_cards[0].rules[1].n_hits += 10;
		poll_all(&d);
	}
	assert_int_equal(fake_cards[0].n_rules, 1);
	assert_int_equal(heard(&d, 0, &is_refused), 0);
	assert_int_equal(counted(&d, VG_C_OFFLOAD_IDLE), 1);
	assert_int_equal(counted(&d, VG_C_OFFLOAD_DROPPED), 100);
	fake_cards[0].rules[1].n_hits += 7; /* the last are counted as it goes */
	put(&d, 0, 1, VG_OFFLOAD_UNMAKE, 0);
	poll_all(&d);
	assert_int_equal(counted(&d, VG_C_OFFLOAD_DROPPED), 107);
	desk_end(&d);
}

static void a_port_has_no_more_rules_than_it_may(void **state)
{
	struct desk d;
	int is_refused;

	(void)state;
	fake_reset();
	desk_make(&d, 4);
	desk_open(&d);
	for (uint32_t i = 0; i < 6; i++)
		put(&d, i & 1, i, VG_OFFLOAD_MAKE, 0);
	put(&d, 0, 7, VG_OFFLOAD_MAKE, 1); /* another's are its own */
	poll_all(&d);
	assert_int_equal(fake_cards[0].n_rules, 4);
	assert_int_equal(fake_cards[1].n_rules, 1);
	assert_int_equal(counted(&d, VG_C_OFFLOAD_LIMIT), 2);
	assert_int_equal(heard(&d, 0, &is_refused), 4);
	assert_int_equal(is_refused, 1);
	assert_int_equal(heard(&d, 1, &is_refused), 5);
	vg_cards_clear(d.cards);
	assert_int_equal(fake_cards[0].n_rules + fake_cards[1].n_rules, 0);
	desk_end(&d);
}

static void a_link_that_goes_down_takes_its_rules_with_it(void **state)
{
	struct desk d;
	int is_refused;

	(void)state;
	fake_reset();
	desk_make(&d, 8);
	desk_open(&d);
	put(&d, 0, 0, VG_OFFLOAD_MAKE, 0);
	put(&d, 0, 1, VG_OFFLOAD_MAKE, 1);
	poll_all(&d);
	d.stats[0]->ports[0].link = VG_PORT_LINK_DOWN;
	put(&d, 1, 2, VG_OFFLOAD_MAKE, 0);
	poll_all(&d);
	assert_int_equal(fake_cards[0].n_rules, 0);
	assert_int_equal(fake_cards[1].n_rules, 1);
	assert_int_equal(counted(&d, VG_C_OFFLOAD_DOWN), 1);
	assert_int_equal(counted(&d, VG_C_OFFLOAD_CARD), 1);
	assert_int_equal(heard(&d, 0, &is_refused), 0);
	assert_int_equal(heard(&d, 1, &is_refused), 2);
	d.stats[0]->ports[0].link = VG_PORT_LINK_UP;
	put(&d, 0, 0, VG_OFFLOAD_MAKE, 0);
	poll_all(&d);
	assert_int_equal(fake_cards[0].n_rules, 1);
	desk_end(&d);
}

static void a_card_that_keeps_a_rule_is_emptied_and_not_used_again(void **state)
{
	struct desk d;
	int is_refused;

	(void)state;
	for (int keeps_even_flushed = 0; keeps_even_flushed < 2; keeps_even_flushed++) {
		fake_reset();
		desk_make(&d, 8);
		desk_open(&d);
		for (uint32_t i = 0; i < 3; i++)
			put(&d, 0, i, VG_OFFLOAD_MAKE, 0);
		put(&d, 0, 3, VG_OFFLOAD_MAKE, 1);
		poll_all(&d);
		fake_cards[0].keeps_all = 1;
		fake_cards[0].keeps_even_flushed = keeps_even_flushed;
		put(&d, 0, 1, VG_OFFLOAD_UNMAKE, 0);
		poll_all(&d);
		assert_int_equal(fake_cards[0].n_rules, keeps_even_flushed ? 3 : 0);
		assert_int_equal(fake_cards[1].n_rules, 1);
		assert_int_equal(counted(&d, VG_C_OFFLOAD_BROKEN), 3);
		assert_int_equal(shapes(&d, 0), 0);
		for (int i = 0; i < 3; i++)
			assert_int_equal(heard(&d, 0, &is_refused), i);
		put(&d, 0, 0, VG_OFFLOAD_MAKE, 0);
		poll_all(&d);
		assert_int_equal(heard(&d, 0, &is_refused), 0);
		assert_int_equal(is_refused, 1);
		desk_end(&d);
	}
}

/* The worker's next rule may come with the old one's end. */
static void words_that_cross_each_other_are_understood(void **state)
{
	struct desk d;
	int is_refused;

	(void)state;
	fake_reset();
	desk_make(&d, 8);
	desk_open(&d);
	put(&d, 0, 5, VG_OFFLOAD_MAKE, 0);
	poll_all(&d);
	d.now_ns += 31 * S;
	poll_all(&d);
	put(&d, 0, 5, VG_OFFLOAD_UNMAKE, 0);
	assert_int_equal(heard(&d, 0, &is_refused), 5);
	put(&d, 0, 5, VG_OFFLOAD_MAKE, 0);
	put(&d, 0, 5, VG_OFFLOAD_UNMAKE, 0);
	poll_all(&d);
	assert_int_equal(heard(&d, 0, &is_refused), 5);
	assert_int_equal(heard(&d, 0, &is_refused), -1);
	assert_int_equal(fake_cards[0].n_rules, 0);
	desk_end(&d);
}

static void a_poll_calls_the_driver_a_bounded_number_of_times(void **state)
{
	struct desk d;

	(void)state;
	fake_reset();
	desk_make(&d, 200);
	desk_open(&d);
	for (uint32_t i = 0; i < 200; i++)
		put(&d, i & 1, i, VG_OFFLOAD_MAKE, (uint8_t)(i % FAKE_CARDS));
	vg_cards_poll(d.cards, d.now_ns);
	assert_in_range(counted(&d, VG_C_OFFLOAD_MADE), VG_CARD_CALLS - 3, VG_CARD_CALLS);
	desk_end(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cards_that_cannot_do_it_exactly_are_not_used),
		cmocka_unit_test(captures_and_forwarded_pairs_are_never_asked),
		cmocka_unit_test(each_card_is_used_for_what_it_can_match),
		cmocka_unit_test(a_rule_lives_until_its_flow_ends_or_its_time_is_over),
		cmocka_unit_test(no_rule_outlives_half_the_idle_time_of_its_flow),
		cmocka_unit_test(a_rule_that_drops_nothing_any_more_goes),
		cmocka_unit_test(a_port_has_no_more_rules_than_it_may),
		cmocka_unit_test(a_link_that_goes_down_takes_its_rules_with_it),
		cmocka_unit_test(a_card_that_keeps_a_rule_is_emptied_and_not_used_again),
		cmocka_unit_test(words_that_cross_each_other_are_understood),
		cmocka_unit_test(a_poll_calls_the_driver_a_bounded_number_of_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
