/* body: parts inside parts, what is kept of what is too long, and pages given back between bodies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/evp.h>

#include <vigil/media.h>

#include "hashing/body.h"
#include "tests/lib/coded.h"
#include "tests/lib/picture.h"

#define MAX_SEEN 8

struct seen {
	struct vg_body_member members[MAX_SEEN];
	uint8_t head[MAX_SEEN][64];
	size_t n_head[MAX_SEEN];
	unsigned n;
};

static void on_member(void *ctx, const struct vg_body_member *m)
{
	struct seen *s = ctx;
	assert_true(s->n < MAX_SEEN);
	s->n_head[s->n] = vg_chain_copy(&m->bytes, 0, s->head[s->n], 64);
	s->members[s->n++] = *m;
}

static struct vg_body *make(void)
{
	struct vg_body_setup setup = { .keep_bytes = 1000,
				       .member_keep_bytes = 200,
				       .max_unpacked_bytes = 1 << 20,
				       .max_ratio = 1000,
				       .max_members = 6,
				       .max_spans = 64 };
	struct vg_body *b = vg_body_create(&setup);
	assert_non_null(b);
	return b;
}

/* Feeds text cut into pieces of n_piece, as a held chain or streaming, and ends. */
static struct vg_body_end walk(struct vg_body *b, struct seen *s, const char *text, size_t n, const char *boundary,
			       size_t n_piece, bool held, uint32_t codings)
{
	static struct vg_span spans[4096];
	struct vg_chain chain = { spans, 0, n };
	struct vg_body_end end;
	memset(s, 0, sizeof(*s));
	for (size_t at = 0; at < n; at += n_piece)
		spans[chain.n_spans++] = (struct vg_span){ (const uint8_t *)text + at,
							   n - at < n_piece ? n - at : n_piece };
	vg_body_begin(b, &(struct vg_body_begin){ .digests = VG_DIGEST_ALL,
						  .codings = codings,
						  .boundary = boundary,
						  .n_boundary = boundary ? strlen(boundary) : 0,
						  .held = held ? &chain : NULL,
						  .on_member = on_member,
						  .ctx = s });
	for (uint32_t i = 0; i < chain.n_spans; i++)
		vg_body_feed(b, spans[i].at, spans[i].n_bytes);
	vg_body_end(b, &end);
	return end;
}

static void check_member(const struct seen *s, unsigned i, const char *name, const char *text)
{
	uint8_t md5[16];
	assert_true(i < s->n);
	assert_int_equal(s->members[i].n_name, strlen(name));
	assert_memory_equal(s->members[i].name, name, strlen(name));
	assert_int_equal(s->members[i].n_bytes, strlen(text));
	assert_int_equal(s->n_head[i], strlen(text));
	assert_memory_equal(s->head[i], text, strlen(text));
	EVP_Digest(text, strlen(text), md5, NULL, EVP_md5(), NULL);
	assert_memory_equal(s->members[i].digests.md5, md5, 16);
	assert_true(s->members[i].whole);
}

static const char nested[] = "--out\r\nContent-Disposition: form-data; name=a\r\n\r\nplain field\r\n"
			     "--out\r\nContent-Disposition: form-data; name=files\r\n"
			     "Content-Type: multipart/mixed; boundary=out-in\r\n\r\n"
			     "--out-in\r\nContent-Disposition: file; filename=one\r\n\r\nfirst\r\n"
			     "--out-in\r\nContent-Disposition: file; filename=two\r\n\r\nsecond\r\n--out-in--\r\n"
			     "--out\r\nContent-Disposition: form-data; name=pic; filename=three\r\n\r\nthird\r\n"
			     "--out\r\n\r\n%PDF-1.4 nameless\r\n"
			     "--out--\r\n";

static void parts_of_parts_are_members_however_the_body_comes(void **state)
{
	struct vg_body *b = make();
	struct vg_coded gz = vg_coded_gzip(nested, sizeof(nested) - 1);
	static struct seen s;
	(void)state;
	for (size_t piece = 1; piece < sizeof(nested); piece += 13)
		for (int how = 0; how < 4; how++) {
			struct vg_body_end end;
			bool coded = how & 1, held = how & 2;
			end = walk(b, &s, coded ? (char *)gz.at : nested, coded ? gz.n_bytes : sizeof(nested) - 1,
				   "out", piece, held, coded ? VG_CODING_GZIP : 0);
			assert_true(end.multipart);
			assert_int_equal(s.n, 4);
			check_member(&s, 0, "one", "first");
			check_member(&s, 1, "two", "second");
			check_member(&s, 2, "three", "third");
			assert_int_equal(s.members[0].n_field, 0);
			assert_int_equal(s.members[2].n_field, 3);
			assert_memory_equal(s.members[2].field, "pic", 3);
			check_member(&s, 3, "", "%PDF-1.4 nameless");
			assert_int_equal(end.n_members, 4);
			assert_int_equal(end.n_bytes, sizeof(nested) - 1);
			vg_body_release(b);
		}
	free(gz.at);
	vg_body_destroy(b);
}

static void what_is_too_long_to_keep_keeps_its_head_and_its_digests(void **state)
{
	struct vg_body *b = make();
	static struct seen s;
	char text[3000], part[2000];
	size_t n;
	uint8_t md5[16];
	struct vg_body_end end;
	(void)state;
	memset(part, 'p', sizeof(part));
	n = (size_t)sprintf(text, "--b\r\nContent-Disposition: x; filename=p\r\n\r\n");
	memcpy(text + n, part, sizeof(part));
	n += sizeof(part);
	n += (size_t)sprintf(text + n, "\r\n--b--");
	end = walk(b, &s, text, n, "b", 100, false, 0);
	assert_int_equal(end.bytes.n_bytes, 1000);
	assert_int_equal(end.n_bytes, n);
	assert_int_equal(s.members[0].bytes.n_bytes, 200);
	assert_int_equal(s.members[0].n_bytes, sizeof(part));
	EVP_Digest(part, sizeof(part), md5, NULL, EVP_md5(), NULL);
	assert_memory_equal(s.members[0].digests.md5, md5, 16);
	end = walk(b, &s, text, n, "b", 100, true, 0);
	assert_int_equal(s.members[0].bytes.n_bytes, sizeof(part)); /* held: all of it is there */
	assert_int_equal(end.bytes.n_bytes, n);
	vg_body_destroy(b);
}

static void a_hole_ends_what_is_coded_but_not_the_parts(void **state)
{
	struct vg_body *b = make();
	static struct seen s;
	struct vg_body_end end;
	struct vg_coded gz = vg_coded_gzip(nested, sizeof(nested) - 1);
	(void)state;
	memset(&s, 0, sizeof(s));
	vg_body_begin(b, &(struct vg_body_begin){ .digests = VG_DIGEST_ALL,
						  .codings = VG_CODING_GZIP,
						  .boundary = "out",
						  .n_boundary = 3,
						  .on_member = on_member,
						  .ctx = &s });
	vg_body_feed(b, gz.at, gz.n_bytes / 2);
	vg_body_gap(b);
	vg_body_feed(b, gz.at + gz.n_bytes / 2, gz.n_bytes - gz.n_bytes / 2);
	vg_body_end(b, &end);
	assert_true(end.coding.bad);
	for (unsigned i = 0; i < s.n; i++)
		assert_true(s.members[i].n_bytes < 40);
	free(gz.at);
	vg_body_destroy(b);
}

static void members_past_the_budget_are_left_out_and_said(void **state)
{
	struct vg_body *b = make();
	static struct seen s;
	char text[2000] = "";
	struct vg_body_end end;
	(void)state;
	for (int i = 0; i < 10; i++)
		strcat(text, "\r\n--b\r\nContent-Disposition: x; filename=p\r\n\r\nabc");
	strcat(text, "\r\n--b--");
	end = walk(b, &s, text, strlen(text), "b", 50, false, 0);
	assert_int_equal(s.n, 6);
	assert_true(end.over_budget);
	end = walk(b, &s, nested, sizeof(nested) - 1, "out", 50, false, 0);
	assert_false(end.over_budget); /* the next body has a budget of its own */
	vg_body_destroy(b);
}

/* A picture in JSON is found; in a text that was not kept whole it is not, and that is said. */
static void a_text_is_looked_into_where_it_is_held_whole(void **state)
{
	static const char head[] = "{\"image\":\"/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAAMCAgMCAgMD\",\"note\":\"";
	struct vg_nest *nest = vg_nest_create(1 << 20);
	struct vg_body_setup setup = { .keep_bytes = 1000,
				       .member_keep_bytes = 200,
				       .max_unpacked_bytes = 1 << 20,
				       .max_ratio = 1000,
				       .max_members = 6,
				       .max_spans = 64,
				       .max_depth = 4,
				       .texts = true,
				       .nest = nest };
	struct vg_body *b = vg_body_create(&setup);
	struct seen s;
	char text[3000];
	(void)state;
	memset(text, ' ', sizeof(text));
	memcpy(text, head, sizeof(head) - 1);
	struct vg_body_end end = walk(b, &s, text, 900, NULL, 77, false, 0);
	assert_false(end.text_cut);
	assert_int_equal(s.n, 1);
	assert_int_equal(s.members[0].n_bytes, 33); /* 44 letters */
	end = walk(b, &s, text, sizeof(text), NULL, 77, false, 0);
	assert_true(end.text_cut);
	assert_int_equal(s.n, 0);
	end = walk(b, &s, text, sizeof(text), NULL, 77, true, 0);
	assert_false(end.text_cut);
	assert_int_equal(s.n, 1);
	vg_body_destroy(b);
	vg_nest_destroy(nest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_is_looked_into_where_it_is_held_whole),
		cmocka_unit_test(parts_of_parts_are_members_however_the_body_comes),
		cmocka_unit_test(what_is_too_long_to_keep_keeps_its_head_and_its_digests),
		cmocka_unit_test(a_hole_ends_what_is_coded_but_not_the_parts),
		cmocka_unit_test(members_past_the_budget_are_left_out_and_said),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
