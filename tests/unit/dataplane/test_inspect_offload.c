/* inspect, with a card before it that drops what it is asked to: what comes out is what comes out without one. */
#include "tests/lib/fake_card.h"
#include "tests/lib/packet_story.h"

#include <stdio.h>
#include <time.h>

#define HELLO  "\x16\x03\x01\x02\x10\x01\x01\x01\x01\x01"
#define CIPHER "\x17\x03\x03\x01\x01 what nobody here can read"
#define RULES  64u

struct fake_card fake_cards[FAKE_CARDS];

struct road {
	struct story s;
	struct vg_ports *ports;
	struct vg_stats_page *stats[1];
	struct vg_cards *cards; /* NULL: the software alone */
	unsigned lag, n_late;   /* the main thread comes once in so many frames */
	unsigned n_dropped;     /* before us */
};

static void road_make(struct road *r, unsigned rules)
{
	memset(r, 0, sizeof(*r));
	set_up(&r->s);
	r->s.conf.flags = VG_CONF_ALL_FILES;
	r->s.conf.offload_rules = rules;
	r->s.conf.offload_ms = 4000;
	r->s.conf.rules[0].offload = rules ? VG_OFFLOAD_RTE_FLOW : VG_OFFLOAD_NO;
	r->ports = calloc(1, sizeof(*r->ports));
	r->ports->n_ports = 1;
	r->ports->ports[0].said = "a card";
	r->stats[0] = r->s.stats;
	r->lag = 1;
	r->cards = vg_cards_create(&r->s.conf, r->ports, &fake_ops, r->stats, 1);
	if (r->cards)
		vg_inspect_offload(r->s.inspect, r->cards->ends[0]);
}

static void road_end(struct road *r)
{
	tear_down(&r->s);
	vg_cards_destroy(r->cards);
	free(r->ports);
}

static uint64_t counted(const struct road *r, unsigned counter)
{
	return r->s.stats->counters[counter];
}

static void turn(struct road *r)
{
	if (!r->cards)
		return;
	if (++r->n_late >= r->lag) {
		r->n_late = 0;
		vg_cards_poll(r->cards, r->s.clock_ns);
	}
	vg_offload_poll(r->cards->ends[0], r->s.clock_ns);
}

static void drive(struct road *r, unsigned side, uint8_t flags, uint32_t off, const char *text)
{
	struct pb_tcp t = tcp_of(&r->s, side, flags, off, text);
	struct pb_frame f;

	pb_ether(&f);
	if (r->s.vlan)
		pb_tag(&f, 0x8100, r->s.vlan);
	pb_be16(&f, 0x0800);
	pb_ipv4_tcp(&f, &t, 0);
	if (fake_drops(0, f.bytes)) {
		r->n_dropped++;
		r->s.clock_ns += MS;
	} else {
		send_frame(&r->s, &f, NULL, f.n_bytes);
	}
	turn(r);
}

static void greet(struct road *r)
{
	drive(r, CLIENT, SYN, 0, "");
	drive(r, SERVER, SYN | ACK, 0, "");
	drive(r, CLIENT, ACK, 0, "");
}

/* A TLS connection that goes on for n segments of each side. */
static void whisper(struct road *r, uint32_t n)
{
	greet(r);
	drive(r, CLIENT, ACK, 0, HELLO);
	for (uint32_t i = 0; i < n; i++) {
		drive(r, SERVER, ACK, i * len(CIPHER), CIPHER);
		drive(r, CLIENT, ACK, len(HELLO) + i * len(CIPHER), CIPHER);
	}
}

static void fetch(struct road *r, const char *line)
{
	greet(r);
	drive(r, CLIENT, ACK, 0, REQUEST);
	drive(r, SERVER, ACK, 0, HEAD(7) "picture");
	drive(r, CLIENT, FIN | ACK, len(REQUEST), "");
	drive(r, SERVER, FIN | ACK, len(HEAD(7) "picture"), "");
	expect(&r->s, line);
}
#define PICTURE LINE ": picture = complete\n"

static void a_card_drops_what_is_opaque_and_its_end_is_seen(void **state)
{
	struct road r;

	(void)state;
	fake_reset();
	road_make(&r, RULES);
	assert_int_equal(counted(&r, VG_C_OFFLOAD_PORTS), 1);
	whisper(&r, 100);
	assert_int_equal(fake_cards[0].n_rules, 2);
	assert_int_equal(counted(&r, VG_C_OFFLOAD_RULES), 2);
	assert_in_range(r.n_dropped, 2 * (100 - VG_OFFLOAD_AFTER) - 2, 2 * (100 - VG_OFFLOAD_AFTER) + 2);
	drive(&r, CLIENT, FIN | ACK, len(HELLO) + 100 * len(CIPHER), "");
	assert_int_equal(fake_cards[0].n_rules, 0);
	drive(&r, SERVER, FIN | ACK, 100 * len(CIPHER), "");
	assert_int_equal(counted(&r, VG_C_FLOWS_CLOSED), 1);
	assert_int_equal(counted(&r, VG_C_OFFLOAD_ENDED), 2);
	assert_int_equal(counted(&r, VG_C_OFFLOAD_DROPPED), r.n_dropped);
	for (unsigned i = 0; i < 100; i++) /* what comes late is not worth a rule */
		drive(&r, SERVER, ACK, i * len(CIPHER), CIPHER);
	assert_int_equal(counted(&r, VG_C_OFFLOAD_MADE), 2);
	road_end(&r);
}

/* Whatever ended the first one, and also where its rules are still there when the second begins. */
static void a_connection_in_clear_on_the_ports_of_an_opaque_one_is_scanned(void **state)
{
	static const uint8_t ends[] = { 0, RST | ACK, FIN | ACK };
	struct road r;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		fake_reset();
		road_make(&r, RULES);
		whisper(&r, 60);
		assert_int_equal(fake_cards[0].n_rules, 2);
		if (ends[i])
			drive(&r, CLIENT, ends[i], len(HELLO) + 60 * len(CIPHER), "");
		assert_int_equal(fake_cards[0].n_rules, ends[i] ? 0 : 2);
		r.s.isn[CLIENT] += 1000000;
		r.s.isn[SERVER] += 2000000;
		fetch(&r, PICTURE);
		assert_int_equal(counted(&r, VG_C_OFFLOAD_REUSED), !ends[i]);
		assert_int_equal(fake_cards[0].n_rules, 0);
		road_end(&r);
	}
}

/* Both speak before the main thread had its turn: what the card still dropped is a gap, counted as any other. */
static void what_a_late_rule_took_of_a_new_connection_is_counted(void **state)
{
	struct road r;

	(void)state;
	fake_reset();
	road_make(&r, RULES);
	whisper(&r, 60);
	r.lag = 1000;
	r.s.isn[CLIENT] += 1000000;
	r.s.isn[SERVER] += 2000000;
	greet(&r);
	drive(&r, CLIENT, ACK, 0, REQUEST);
	drive(&r, SERVER, ACK, 0, HEAD(7) "pic");
	vg_cards_poll(r.cards, r.s.clock_ns);
	assert_int_equal(fake_cards[0].n_rules, 0);
	drive(&r, SERVER, ACK, len(HEAD(7) "pic"), "ture");
	assert_int_equal(counted(&r, VG_C_OFFLOAD_REUSED), 1);
	vg_inspect_flush(r.s.inspect);
	assert_true(counted(&r, VG_C_STREAM_GAP_BYTES) > 0);
	road_end(&r);
}

static void another_tenants_connection_with_the_same_addresses_is_scanned(void **state)
{
	struct road r;

	(void)state;
	fake_reset();
	road_make(&r, RULES);
	r.s.vlan = 5;
	whisper(&r, 60);
	assert_int_equal(fake_cards[0].n_rules, 2);
	for (unsigned i = 0; i < 2; i++) {
		r.s.vlan = i ? 0 : 6;
		fetch(&r, PICTURE);
	}
	r.s.vlan = 5;
	assert_int_equal(fake_cards[0].n_rules, 2);
	road_end(&r);
}

static void a_rule_is_out_after_its_time_and_asked_for_again(void **state)
{
	struct road r;
	unsigned n_dropped, n = 60;

	(void)state;
	fake_reset();
	road_make(&r, RULES);
	whisper(&r, n);
	assert_int_equal(fake_cards[0].n_rules, 2);
	for (unsigned i = 0; i < 12000; i++, n++)
		drive(&r, SERVER, ACK, n * len(CIPHER), CIPHER);
	assert_true(counted(&r, VG_C_OFFLOAD_AGED) >= 2);
	assert_in_range(counted(&r, VG_C_OFFLOAD_MADE), 4, 5);
	assert_int_equal(counted(&r, VG_C_FLOWS), 1); /* it was always known */
	n_dropped = r.n_dropped;
	assert_true(n_dropped > 11000 && n_dropped < 12000 + 60);
	r.s.clock_ns += 20000 * MS; /* silence: flow and rule end by themselves */
	vg_inspect_tick(r.s.inspect, r.s.clock_ns);
	for (unsigned i = 0; i < 200; i++)
		turn(&r);
	assert_int_equal(fake_cards[0].n_rules, 0);
	assert_int_equal(counted(&r, VG_C_OFFLOAD_RULES), 0);
	assert_int_equal(counted(&r, VG_C_OFFLOAD_DROPPED), n_dropped);
	road_end(&r);
}

/* ---- the same talks, with cards that can more or less ---- */

#define TALKS 9u

struct talk {
	struct story at; /* port, beginnings, tag */
	uint32_t step, n_cipher, off[2];
	int is_opaque;
};

static void talk_begin(struct talk *t, const struct story *s, unsigned i, unsigned *seed)
{
	*t = (struct talk){ .at = *s };
	t->at.client_port = (uint16_t)(40000 + i / 3); /* three on the same addresses, in three networks */
	t->at.vlan = (uint16_t)(i % 3);
	t->at.isn[CLIENT] = (uint32_t)rand_r(seed) * 7;
	t->at.isn[SERVER] = (uint32_t)rand_r(seed) * 7;
	t->is_opaque = rand_r(seed) % 3 != 0;
	t->n_cipher = 20 + (uint32_t)rand_r(seed) % 100;
}

/* Its next frame; 0: it is over. */
static int talk_on(struct road *r, struct talk *t)
{
	uint32_t step = t->step++, side = step & 1;
	const char *text = t->is_opaque ? CIPHER : side == SERVER ? HEAD(7) "picture" : REQUEST;

	r->s.client_port = t->at.client_port;
	r->s.vlan = t->at.vlan;
	memcpy(r->s.isn, t->at.isn, sizeof(r->s.isn));
	if (step < 2) {
		drive(r, side, side ? SYN | ACK : SYN, 0, "");
		return 1;
	}
	if (step < 3 && t->is_opaque)
		text = HELLO;
	if (step - 2 < (t->is_opaque ? t->n_cipher : 6)) {
		drive(r, side, ACK, t->off[side], text);
		t->off[side] += len(text);
		return 1;
	}
	if (t->is_opaque && t->n_cipher % 3 == 0) /* no end is seen of it */
		return 0;
	drive(r, side, FIN | ACK, t->off[side], "");
	return step - 2 < (t->is_opaque ? t->n_cipher : 6) + 1;
}

static void talk_all(struct road *r, unsigned seed)
{
	struct talk talks[TALKS];

	for (unsigned i = 0; i < TALKS; i++)
		talk_begin(&talks[i], &r->s, i, &seed);
	for (unsigned n_over = 0; n_over < 60;) {
		unsigned i = (unsigned)rand_r(&seed) % TALKS;
		if (talk_on(r, &talks[i]))
			continue;
		talk_begin(&talks[i], &r->s, i, &seed);
		n_over++;
	}
	vg_inspect_flush(r->s.inspect);
}

static void with_any_card_the_same_bodies_come_out_as_without(void **state)
{
	static char plain[sizeof(((struct vg_body_log *)0)->text)];
	unsigned seed = (unsigned)time(NULL), n_tried;
	struct road r;

	(void)state;
	printf("seed %u\n", seed);
	for (unsigned kind = 0; kind < 6; kind++) {
		fake_reset();
		fake_cards[0].max_tags = kind == 2 ? 0 : 2;
		fake_cards[0].has_no_count = kind == 3;
		road_make(&r, kind == 0 ? 0 : kind == 4 ? 2 : RULES);
		fake_cards[0].makes_none = kind == 5; /* it could, at first */
		talk_all(&r, seed);
		assert_int_equal(r.n_dropped != 0, kind != 0 && kind != 5);
		assert_int_equal(kind == 5, counted(&r, VG_C_OFFLOAD_CARD) != 0);
		n_tried = kind == 0 ? 0 : kind == 2 ? 2 : 6; /* shapes, at the start */
		assert_int_equal(counted(&r, VG_C_OFFLOAD_MADE), fake_cards[0].n_created - n_tried);
		if (kind == 2)
			assert_true(counted(&r, VG_C_OFFLOAD_SHAPE) != 0);
		if (kind == 4)
			assert_true(counted(&r, VG_C_OFFLOAD_FULL) + counted(&r, VG_C_OFFLOAD_LIMIT) != 0);
		printf("card %u: %u frames never came\n", kind, r.n_dropped);
		if (!kind) {
			strcpy(plain, r.s.log->text);
			assert_true(strstr(plain, "picture = complete") != NULL);
		}
		assert_string_equal(r.s.log->text, plain);
		for (unsigned i = 0; i < 200; i++)
			turn(&r);
		assert_int_equal(fake_cards[0].n_rules, 0);
		road_end(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_card_drops_what_is_opaque_and_its_end_is_seen),
		cmocka_unit_test(a_connection_in_clear_on_the_ports_of_an_opaque_one_is_scanned),
		cmocka_unit_test(what_a_late_rule_took_of_a_new_connection_is_counted),
		cmocka_unit_test(another_tenants_connection_with_the_same_addresses_is_scanned),
		cmocka_unit_test(a_rule_is_out_after_its_time_and_asked_for_again),
		cmocka_unit_test(with_any_card_the_same_bodies_come_out_as_without),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
