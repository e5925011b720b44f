/* The packed record in shared memory: what goes in comes out, and who has no room is cut and counted. */
#include <time.h>

#include "tests/lib/attr_put.h"
#include "tests/lib/handoff_bench.h"

#define N_ATTR 32u
static const struct vg_lane_geometry geometry = {
	.n_slots = 64, .n_returns = 256, .n_small = 64, .n_large = 8, .n_attr = N_ATTR
};

static int bench_open(void **state)
{
	struct vg_handoff_bench *b = vg_bench_make(1, geometry, 0, 0);
	vg_sim_attach(&b->sims[0], b->handoff, 0);
	*state = b;
	return 0;
}

static int bench_close(void **state)
{
	vg_bench_free(*state);
	return 0;
}

static void text_set(struct vg_attribution *card, enum vg_attr_text which, uint32_t n_bytes)
{
	struct vg_attr_place place = vg_attr_place_of(which);
	uint16_t *count = (void *)((uint8_t *)card + place.n_off);
	uint8_t *text = (uint8_t *)card + place.off;

	n_bytes -= n_bytes % place.unit_bytes;
	*count = (uint16_t)(n_bytes / place.unit_bytes);
	memset(text, 0, place.max_bytes);
	for (uint32_t i = 0; i < n_bytes; i++)
		text[i] = (uint8_t)random();
}

static void card_random(struct vg_attribution *card)
{
	memset((void *)card, 0, sizeof(*card));
	for (uint32_t i = 0; i < VG_TEXT_N; i++) {
		uint32_t max = vg_attr_place_of((enum vg_attr_text)i).max_bytes;
		text_set(card, (enum vg_attr_text)i,
			 random() % 4 ? (uint32_t)random() % (max / 3) : (uint32_t)random() % (max + 1));
	}
	card->flags = VG_ATTR_MIDSTREAM;
	card->size_hint = UINT64_MAX;
	card->flow_id = (uint64_t)random();
	card->path_key = (uint64_t)random();
	card->range_total = (uint64_t)random();
}

static void assert_same_texts(const struct vg_attribution *a, const struct vg_attribution *b)
{
	for (uint32_t i = 0; i < VG_TEXT_N; i++) { /* between them lies padding */
		struct vg_attr_place place = vg_attr_place_of((enum vg_attr_text)i);
		assert_memory_equal((const uint8_t *)a + place.n_off, (const uint8_t *)b + place.n_off, 2);
		assert_memory_equal((const uint8_t *)a + place.off, (const uint8_t *)b + place.off,
				    vg_attr_text_bytes(a, place));
	}
}

static enum vg_err read_back(const struct vg_object *o, struct vg_attribution *copy)
{
	memset((void *)copy, 0xa5, sizeof(*copy));
	return vg_attribution_read(o->lane->records, N_ATTR, vg_object_id(o), copy);
}

/* A model beside it: the cards themselves. */
static void what_a_card_says_is_what_is_read(void **state)
{
	struct vg_handoff_bench *b = *state;
	struct vg_attribution cards[16], copy, late;
	struct vg_object *objects[16] = { NULL };
	unsigned seed = (unsigned)time(NULL);
	print_message("seed %u\n", seed);
	srandom(seed);
	for (int round = 0; round < 3000; round++) {
		unsigned i = (unsigned)random() % 6;
		if (objects[i]) {
			if (random() % 2) {
				card_random(&late);
				b->sink.amend(b->sink.ctx, objects[i], &late);
				vg_card_amend(&cards[i], &late);
			}
			assert_int_equal(read_back(objects[i], &copy), VG_OK);
			assert_int_equal(copy.flags, cards[i].flags);
			assert_same_texts(&copy, &cards[i]);
			b->sink.close(b->sink.ctx, objects[i], VG_STATE_TRUNCATED, 1);
			vg_sim_settle(&b->sims[0]);
			objects[i] = NULL;
			continue;
		}
		card_random(&cards[i]);
		if (random() % 2)
			text_set(&cards[i], VG_TEXT_METHOD, 0);
		objects[i] = b->sink.open(b->sink.ctx, &cards[i], 0);
		assert_non_null(objects[i]);
		assert_int_equal(read_back(objects[i], &copy), VG_OK);
		assert_int_equal(copy.flow_id, cards[i].flow_id);
		assert_int_equal(copy.path_key, cards[i].path_key);
		assert_int_equal(copy.range_total, cards[i].range_total);
		assert_same_texts(&copy, &cards[i]);
	}
	for (unsigned i = 0; i < 6; i++)
		if (objects[i])
			b->sink.close(b->sink.ctx, objects[i], VG_STATE_TRUNCATED, 1);
	vg_sim_settle(&b->sims[0]);
	assert_int_equal(b->handoff->lanes[0].n_blocks, vg_attr_n_blocks(N_ATTR));
	assert_int_equal(b->stats.counters[VG_C_RECORD_TEXTS_CUT], 0);
}

static void all_texts_at_their_longest_have_room(void **state)
{
	struct vg_handoff_bench *b = *state;
	struct vg_attribution card, late, copy;
	card_random(&card);
	for (uint32_t i = 0; i < VG_TEXT_N; i++)
		text_set(&card, (enum vg_attr_text)i, vg_attr_place_of((enum vg_attr_text)i).max_bytes);
	late = card;
	text_set(&card, VG_TEXT_METHOD, 0);
	text_set(&card, VG_TEXT_URL, 0);
	text_set(&card, VG_TEXT_FILENAME, 0);
	text_set(&card, VG_TEXT_AGENT, 0);
	struct vg_object *o = b->sink.open(b->sink.ctx, &card, 0);
	b->sink.amend(b->sink.ctx, o, &late);
	vg_card_amend(&card, &late);
	assert_int_equal(read_back(o, &copy), VG_OK);
	assert_same_texts(&copy, &card);
	assert_int_equal(copy.flags, card.flags);
	b->sink.close(b->sink.ctx, o, VG_STATE_TRUNCATED, 1);
	vg_sim_settle(&b->sims[0]);
}

/* Everybody with the longest target: nobody is refused, the first texts are whole, and a listed URL has its blocks. */
static void without_blocks_texts_are_cut_and_the_object_is_not(void **state)
{
	struct vg_handoff_bench *b = *state;
	struct vg_attribution card, copy;
	struct vg_object *objects[N_ATTR], *listed;
	unsigned n_cut = 0;
	card_random(&card);
	for (uint32_t i = 0; i < VG_TEXT_N; i++)
		text_set(&card, (enum vg_attr_text)i, i == VG_TEXT_URL ? VG_ATTR_URL : 14);
	for (unsigned i = 0; i < N_ATTR - 1; i++) {
		objects[i] = b->sink.open(b->sink.ctx, &card, 0);
		assert_non_null(objects[i]);
		assert_int_equal(read_back(objects[i], &copy), VG_OK);
		assert_memory_equal(copy.host, card.host, card.n_host);
		assert_int_equal(copy.n_host, card.n_host);
		assert_true(copy.n_url <= card.n_url);
		assert_memory_equal(copy.url, card.url, copy.n_url);
		assert_int_equal(!!(copy.flags & VG_ATTR_HEAD_CUT), copy.n_url < card.n_url || !copy.n_agent);
		n_cut += !!(copy.flags & VG_ATTR_HEAD_CUT);
	}
	assert_true(n_cut > N_ATTR / 4 && n_cut < N_ATTR - 8);
	assert_int_equal(b->stats.counters[VG_C_RECORD_TEXTS_CUT], n_cut);
	card.flags |= VG_ATTR_LISTED;
	listed = b->sink.open(b->sink.ctx, &card, 0);
	assert_int_equal(read_back(listed, &copy), VG_OK);
	assert_same_texts(&copy, &card);
	b->sink.close(b->sink.ctx, listed, VG_STATE_TRUNCATED, 1);
	for (unsigned i = 0; i < N_ATTR - 1; i++)
		b->sink.close(b->sink.ctx, objects[i], VG_STATE_TRUNCATED, 1);
	vg_sim_settle(&b->sims[0]);
	assert_int_equal(b->handoff->lanes[0].n_blocks, vg_attr_n_blocks(N_ATTR));
}

static void a_done_record_is_readable_but_never_with_anothers_texts(void **state)
{
	struct vg_handoff_bench *b = *state;
	struct vg_lane *lane = &b->handoff->lanes[0];
	struct vg_attribution first, second, copy;
	uint64_t id;
	uint32_t slot;
	card_random(&first);
	for (uint32_t i = 0; i < VG_TEXT_N; i++)
		text_set(&first, (enum vg_attr_text)i, 16);
	text_set(&first, VG_TEXT_TUNNELS, 80);
	text_set(&first, VG_TEXT_URL, VG_ATTR_URL);
	second = first;
	text_set(&second, VG_TEXT_URL, VG_ATTR_URL);
	struct vg_object *o = b->sink.open(b->sink.ctx, &first, 0);
	id = vg_object_id(o);
	b->sink.close(b->sink.ctx, o, VG_STATE_TRUNCATED, 1);
	vg_sim_settle(&b->sims[0]);
	assert_int_equal(vg_attribution_read(lane->records, N_ATTR, id, &copy), VG_OK);
	assert_same_texts(&copy, &first);
	slot = lane->free_slots[lane->n_slots - 1]; /* the other one gets another slot, but the same blocks */
	lane->free_slots[lane->n_slots - 1] = lane->free_slots[0];
	lane->free_slots[0] = slot;
	o = b->sink.open(b->sink.ctx, &second, 0);
	assert_int_equal(vg_attribution_read(lane->records, N_ATTR, id, &copy), VG_OK);
	assert_true(copy.flags & VG_ATTR_HEAD_CUT);
	assert_memory_equal(copy.host, first.host, first.n_host);
	assert_true(copy.n_url < first.n_url);
	assert_memory_equal(copy.url, first.url, copy.n_url);
	b->sink.close(b->sink.ctx, o, VG_STATE_TRUNCATED, 1);
	vg_sim_settle(&b->sims[0]);
}

/* Readers bound everything: records of random bytes, memory that ends at its last block. */
static void a_reader_believes_no_number(void **state)
{
	size_t n_bytes = vg_attr_bytes(4);
	uint8_t *memory = malloc(n_bytes);
	struct vg_attribution copy;
	(void)state;
	assert_non_null(memory);
	srandom(7);
	for (int round = 0; round < 20000; round++) {
		struct vg_attr_slot *slots = (void *)memory;
		for (size_t i = 0; i < n_bytes; i += 4)
			*(uint32_t *)(memory + i) = (uint32_t)random() << 1;
		atomic_store(&slots[1].generation, 3);
		for (uint32_t i = 0; i < VG_ATTR_SLOT_BLOCKS && round % 2; i++) {
			slots[1].blocks[i] = (uint32_t)random() % (vg_attr_n_blocks(4) + 1);
			vg_attr_blocks(slots, 4)[i % 8].owner = random() % 8 ? 3ull << 32 | 1 : 0;
		}
		assert_int_equal(vg_attribution_read(slots, 4, 3ull << 32 | 1, &copy), VG_OK);
		assert_true(copy.n_head <= VG_ATTR_HEAD_BYTES && copy.n_tunnels <= VG_ATTR_TUNNELS);
		for (uint32_t i = 0; i < VG_TEXT_N; i++) {
			struct vg_attr_place place = vg_attr_place_of((enum vg_attr_text)i);
			const uint16_t *count = (const void *)((const uint8_t *)&copy + place.n_off);
			assert_true((uint32_t)*count * place.unit_bytes <= place.max_bytes);
		}
	}
	free(memory);
}

static void the_tests_own_writer_says_the_same(void **state)
{
	struct vg_attr_slot *slots = calloc(1, vg_attr_bytes(8));
	struct vg_attribution card, copy;
	(void)state;
	srandom(11);
	for (uint32_t i = 0; i < 200; i++) {
		card_random(&card);
		atomic_store(&card.generation, i + 1);
		attr_put(slots, 8, i % 8, &card);
		assert_int_equal(vg_attribution_read(slots, 8, (uint64_t)(i + 1) << 32 | i % 8, &copy), VG_OK);
		assert_memory_equal(&copy, &card, offsetof(struct vg_attribution, n_method));
		assert_same_texts(&copy, &card);
	}
	free(slots);
}

#define T(name) cmocka_unit_test_setup_teardown(name, bench_open, bench_close)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(what_a_card_says_is_what_is_read),
		T(all_texts_at_their_longest_have_room),
		T(without_blocks_texts_are_cut_and_the_object_is_not),
		T(a_done_record_is_readable_but_never_with_anothers_texts),
		cmocka_unit_test(a_reader_believes_no_number),
		cmocka_unit_test(the_tests_own_writer_says_the_same),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
