/* Which bodies are handed over, and that they come through unchanged however they arrive. */
#include "tests/lib/body_log.h"

#include <stdlib.h>
#include <time.h>

#include <vigil/lane.h>

#include "dataplane/media/media_priv.h"

/* The sink of objects writes into a body log: same calls, one argument more. */
struct bench {
	struct vg_stats_page stats;
	struct vg_body_log log;
	struct vg_dataplane_conf conf;
	struct vg_media *media;
	struct vg_body_sink sink;
	uint32_t flags;
};

static struct vg_object *object_open(void *ctx, const struct vg_attribution *card, uint32_t flags)
{
	struct bench *b = ctx;
	b->flags = flags;
	return (struct vg_object *)(void *)vg_log_open(&b->log, card);
}
static enum vg_step object_data(void *ctx, struct vg_object *o, const uint8_t *bytes, uint32_t n, int64_t wall_ns)
{
	return vg_log_data(&((struct bench *)ctx)->log, (struct vg_body *)(void *)o, bytes, n, wall_ns);
}
static enum vg_step object_gap(void *ctx, struct vg_object *o, uint64_t n_missing)
{
	return vg_log_gap(&((struct bench *)ctx)->log, (struct vg_body *)(void *)o, n_missing);
}
static void object_amend(void *ctx, struct vg_object *o, const struct vg_attribution *card)
{
	vg_log_amend(&((struct bench *)ctx)->log, (struct vg_body *)(void *)o, card);
}
static void object_close(void *ctx, struct vg_object *o, enum vg_state state, int64_t wall_ns)
{
	struct bench *b = ctx;
	vg_body_log_add(&b->log, "%s ", vg_kind_str(((struct vg_logged *)(void *)o)->card.kind));
	vg_log_close(&b->log, (struct vg_body *)(void *)o, state, wall_ns);
}

static void media_remake(struct bench *b)
{
	struct vg_media_sink sink = { b, object_open, object_data, object_gap, object_amend, object_close };
	vg_media_destroy(b->media);
	memset(&b->stats, 0, sizeof(b->stats));
	b->log.n_text = b->log.n_opened = 0;
	b->log.text[0] = 0;
	b->media = vg_media_create(&b->conf, &b->stats, &sink);
	assert_non_null(b->media);
	vg_media_body_sink(b->media, &b->sink);
}

static void text_is_handed_over_where_files_in_it_are_looked_for(void **state)
{
	struct bench *b = *state;
	static const char json[] = "{\"image\":\"/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgF\"}";
	struct vg_attribution card = { .size_hint = sizeof(json) - 1 };
	for (int texts = 0; texts < 2; texts++) {
		b->conf.flags = texts ? VG_CONF_TEXTS : 0;
		media_remake(b);
		struct vg_body *body = b->sink.open(b->sink.ctx, &card);
		assert_non_null(body);
		enum vg_step step = b->sink.data(b->sink.ctx, body, (const uint8_t *)json, sizeof(json) - 1, 1);
		if (step == VG_MORE)
			b->sink.close(b->sink.ctx, body, VG_STATE_COMPLETE, 1);
		assert_int_equal(b->log.n_opened, texts);
	}
	assert_int_equal(b->flags, VG_OPEN_TEXT);
}

static int bench_open(void **state)
{
	struct bench *b = aligned_alloc(64, (sizeof(*b) + 63) & ~(size_t)63);
	memset(b, 0, sizeof(*b));
	b->conf.n_streams = 8;
	b->conf.object_min_bytes = 4;
	b->conf.object_max_bytes = 1000;
	media_remake(b);
	*state = b;
	return 0;
}

static int bench_close(void **state)
{
	struct bench *b = *state;
	assert_int_equal(vg_pool_n_out(&b->media->bodies), 0);
	assert_int_equal(vg_pool_n_out(&b->media->pending), 0);
	assert_int_equal(b->log.n_open, 0);
	vg_media_destroy(b->media);
	free(b);
	return 0;
}

/* One body in pieces of at most max_piece. */
static void body_send(struct bench *b, const struct vg_attribution *card, const char *bytes, size_t n, size_t max_piece)
{
	struct vg_body *body = b->sink.open(b->sink.ctx, card);
	for (size_t at = 0, n_piece; body && at < n; at += n_piece) {
		n_piece = 1 + (size_t)random() % max_piece;
		n_piece = n_piece < n - at ? n_piece : n - at;
		if (b->sink.data(b->sink.ctx, body, (const uint8_t *)bytes + at, (uint32_t)n_piece, 9) != VG_MORE)
			body = NULL;
	}
	if (body)
		b->sink.close(b->sink.ctx, body, VG_STATE_COMPLETE, 9);
}

static struct vg_attribution card_of(uint64_t size_hint)
{
	return (struct vg_attribution){ .size_hint = size_hint };
}

static void a_picture_comes_through_however_it_is_cut(void **state)
{
	struct bench *b = *state;
	static const char gif[] =
		"GIF89a, and then so many bytes that sixty-four of them are not all; some are left over.";
	static const char want[] =
		"image/gif down    0: GIF89a, and then so many bytes that sixty-four of them are not all; "
		"some are left over. = complete\n";
	struct vg_attribution card = card_of(sizeof(gif) - 1), unknown = card_of(UINT64_MAX);
	for (unsigned round = 0; round < 200; round++) {
		b->log.n_text = 0;
		body_send(b, round % 2 ? &card : &unknown, gif, sizeof(gif) - 1, 1 + (size_t)random() % 100);
		assert_string_equal(b->log.text, want);
	}
	b->log.n_text = 0;
	body_send(b, &unknown, "GIF89a", 6, 2); /* shorter than what sniff looks at */
	assert_string_equal(b->log.text, "image/gif down    0: GIF89a = complete\n");
	assert_int_equal(b->stats.counters[VG_C_BODIES], 201);
}

static void other_kinds_are_counted_and_not_handed_over(void **state)
{
	struct bench *b = *state;
	struct vg_attribution card = card_of(UINT64_MAX);
	strcpy(card.type, "image/jpeg"); /* a claim counts for nothing */
	card.n_type = 10;
	body_send(b, &card, "<html> this is no picture at all, whatever was claimed about it before it came", 77, 30);
	body_send(b, &card, "RIFF    WAVEfmt  only a sound", 28, 30);
	assert_int_equal(b->log.n_opened, 0);
	assert_int_equal(b->stats.counters[VG_C_BODIES_UNWANTED], 2);
}

static void containers_are_handed_over(void **state)
{
	static const char *const firsts[] = { "PK\3\4 an archive", "%PDF-1.4 a document", "From: a@example.org\r\n" };
	struct bench *b = *state;
	struct vg_attribution card = card_of(UINT64_MAX);
	for (unsigned i = 0; i < VG_ARRAY_LEN(firsts); i++)
		body_send(b, &card, firsts[i], (uint32_t)strlen(firsts[i]), 30);
	assert_int_equal(b->log.n_opened, VG_ARRAY_LEN(firsts));
}

static void coded_and_multipart_bodies_are_always_handed_over(void **state)
{
	struct bench *b = *state;
	struct vg_attribution coded = card_of(2), parts = card_of(3), both = card_of(2);
	coded.codings = VG_CODING_GZIP;
	parts.n_boundary = 1;
	parts.boundary[0] = 'b';
	both.codings = VG_CODING_BR;
	both.n_boundary = 1;
	both.boundary[0] = 'b';
	body_send(b, &coded, "zz", 2, 1);
	body_send(b, &parts, "--b", 3, 1);
	body_send(b, &both, "zz", 2, 1);
	assert_string_equal(b->log.text, "application/octet-stream down    0 coded=1: zz = complete\n"
					 "multipart/form-data down    0 boundary=b: --b = complete\n"
					 "application/octet-stream down    0 boundary=b coded=3: zz = complete\n");
	assert_int_equal(b->flags, 0);
}

static void a_stub_that_may_grow_is_handed_over_an_unwanted_kind_is_not(void **state)
{
	struct bench *b = *state;
	struct vg_attribution card = card_of(UINT64_MAX);
	char other[400];
	memset(other, 'z', sizeof(other));
	card.flags = VG_ATTR_GROWS;
	body_send(b, &card, "\xff\xd8", 2, 1);
	assert_int_equal(b->log.n_opened, 1);
	body_send(b, &card, other, sizeof(other), 100);
	assert_int_equal(b->log.n_opened, 1);
}

static void sizes_have_limits(void **state)
{
	struct bench *b = *state;
	struct vg_attribution small = card_of(3), fits = card_of(1000), large = card_of(1001),
			      unknown = card_of(UINT64_MAX);
	char gif[1001] = "GIF89a";
	body_send(b, &small, gif, 3, 1);
	body_send(b, &large, gif, 1001, 100);
	body_send(b, &unknown, "GI", 2, 1);
	assert_int_equal(b->stats.counters[VG_C_BODIES_SMALL], 3);
	assert_int_equal(b->log.n_opened, 0);
	body_send(b, &fits, gif, 1000, 100);
	assert_int_equal(b->log.n_opened, 1);
	b->log.n_text = 0;
	body_send(b, &unknown, gif, 1001, 100); /* found out underway */
	assert_non_null(strstr(b->log.text, "= truncated"));
	assert_int_equal(b->stats.counters[VG_C_BODIES_SMALL], 4);
}

static void all_files_means_every_body_of_a_byte_or_more(void **state)
{
	struct bench *b = *state;
	struct vg_attribution card = card_of(1), empty = card_of(UINT64_MAX);
	b->conf.flags = VG_CONF_ALL_FILES;
	media_remake(b);
	body_send(b, &card, "x", 1, 1);
	body_send(b, &empty, "", 0, 1);
	assert_string_equal(b->log.text, "application/octet-stream down    0: x = complete\n");
	assert_int_equal(b->flags, VG_OPEN_ALL_FILES);
	b->conf.flags = 0;
}

static void a_hole_decides_by_what_came_before_it(void **state)
{
	struct bench *b = *state;
	struct vg_attribution card = card_of(UINT64_MAX);
	struct vg_body *body = b->sink.open(b->sink.ctx, &card);
	assert_int_equal(b->sink.data(b->sink.ctx, body, (const uint8_t *)"GIF89a", 6, 1), VG_MORE);
	assert_int_equal(b->sink.gap(b->sink.ctx, body, 5), VG_MORE);
	assert_int_equal(b->sink.data(b->sink.ctx, body, (const uint8_t *)"end", 3, 1), VG_MORE);
	b->sink.close(b->sink.ctx, body, VG_STATE_GAP, 2);
	assert_string_equal(b->log.text, "image/gif down    0: GIF89a{5}end = gap\n");
	body = b->sink.open(b->sink.ctx, &card);
	assert_int_equal(b->sink.gap(b->sink.ctx, body, 5), VG_SKIP);
}

static void what_becomes_known_late_reaches_the_card(void **state)
{
	struct bench *b = *state;
	struct vg_attribution card = card_of(UINT64_MAX),
			      late = { .n_method = 3, .method = "GET", .n_host = 1, .host = "h" };
	struct vg_body *body = b->sink.open(b->sink.ctx, &card);
	b->sink.amend(b->sink.ctx, body, &late);
	assert_int_equal(b->sink.data(b->sink.ctx, body, (const uint8_t *)"GIF89a", 6, 1), VG_MORE);
	late.flags = VG_ATTR_CONFLICT;
	b->sink.close(b->sink.ctx, body, VG_STATE_COMPLETE, 2);
	assert_string_equal(b->log.text, "image/gif down GET h  0: GIF89a = complete\n");
}

static void a_sink_that_gives_up_ends_the_body(void **state)
{
	struct bench *b = *state;
	struct vg_attribution card = card_of(UINT64_MAX);
	char gif[200] = "GIF89a";
	b->log.skip_after = 100;
	body_send(b, &card, gif, 200, 40);
	b->log.skip_after = 0;
	b->log.refuse = 1;
	body_send(b, &card, gif, 200, 40);
	body_send(b, &card, gif, 10, 40);
	b->log.refuse = 0;
	assert_int_equal(b->log.n_opened, 3);
}

static void a_full_pool_lets_bodies_go(void **state)
{
	struct bench *b = *state;
	struct vg_attribution card = card_of(UINT64_MAX);
	struct vg_body *bodies[64], *body;
	unsigned n = 0;
	while ((body = b->sink.open(b->sink.ctx, &card)))
		bodies[n++] = body;
	assert_int_equal(b->stats.counters[VG_C_BODIES_NO_STATE], 1);
	while (n)
		b->sink.close(b->sink.ctx, bodies[--n], VG_STATE_TRUNCATED, 1);
}

int main(void)
{
#define ON_BENCH(test) cmocka_unit_test_setup_teardown(test, bench_open, bench_close)
	const struct CMUnitTest tests[] = {
		ON_BENCH(text_is_handed_over_where_files_in_it_are_looked_for),
		ON_BENCH(a_picture_comes_through_however_it_is_cut),
		ON_BENCH(other_kinds_are_counted_and_not_handed_over),
		ON_BENCH(containers_are_handed_over),
		ON_BENCH(coded_and_multipart_bodies_are_always_handed_over),
		ON_BENCH(a_stub_that_may_grow_is_handed_over_an_unwanted_kind_is_not),
		ON_BENCH(sizes_have_limits),
		ON_BENCH(all_files_means_every_body_of_a_byte_or_more),
		ON_BENCH(a_hole_decides_by_what_came_before_it),
		ON_BENCH(what_becomes_known_late_reaches_the_card),
		ON_BENCH(a_sink_that_gives_up_ends_the_body),
		ON_BENCH(a_full_pool_lets_bodies_go),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
