/* pieces: which bodies belong together, by what their heads say of themselves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/proto/pieces.h"

static struct vg_span span(const char *text)
{
	return (struct vg_span){ (const uint8_t *)text, text ? strlen(text) : 0 };
}

static void ranges_are_read_or_say_nothing(void **state)
{
	static const struct {
		const char *text;
		uint8_t is_there;
		uint64_t off, last, total;
	} rows[] = {
		{ "bytes 0-499/1234", 1, 0, 499, 1234 },
		{ "Bytes  5-5/*", 1, 5, 5, UINT64_MAX },
		{ "bytes */1234", 0, 0, 0, 0 },
		{ "bytes 9-3/20", 0, 0, 0, 0 },
		{ "bytes 0-20/20", 0, 0, 0, 0 },
		{ "items 0-1/2", 0, 0, 0, 0 },
		{ "byte", 0, 0, 0, 0 },
	};
	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct vg_range r = { .is_there = 0 };
		vg_range_take(span(rows[i].text), &r);
		assert_int_equal(r.is_there, rows[i].is_there);
		if (r.is_there)
			assert_true(r.off == rows[i].off && r.last == rows[i].last && r.total == rows[i].total);
	}
}

/* The card of a body of `url` after its pieces were looked at. */
static void card(struct vg_proto *p, unsigned direction, const char *url, const struct vg_version *v)
{
	static const struct vg_flow_ident who = { .ip = { { 1 }, { 2 } } };

	memset(&p->card, 0, sizeof(p->card));
	p->seed = 77;
	p->card.direction = (uint8_t)direction;
	p->card.size_hint = 10;
	p->card.n_url = (uint16_t)strlen(url);
	memcpy(p->card.url, url, strlen(url));
	vg_pieces_card(p, &who, v);
}

static void ranges_of_one_version_belong_together(void **state)
{
	struct vg_proto *p = aligned_alloc(64, (sizeof(*p) + 63) & ~(size_t)63);
	struct vg_version v = { .status = 206, .range = { 1, 0, 4, 10 }, .etag = span("\"a\"") };
	uint64_t resource;
	(void)state;
	assert_non_null(p);
	memset(p, 0, sizeof(*p));
	card(p, VG_DOWNLOAD, "/x", &v);
	resource = p->card.resource;
	assert_true(resource && p->card.flags == VG_ATTR_PIECE);
	v.range = (struct vg_range){ 1, 5, 9, 10 };
	card(p, VG_DOWNLOAD, "/x", &v);
	assert_true(p->card.resource == resource && p->card.range_off == 5 && p->card.range_total == 10);
	v.etag = span("\"b\"");
	card(p, VG_DOWNLOAD, "/x", &v);
	assert_true(p->card.resource && p->card.resource != resource);
	v = (struct vg_version){ .status = 200, .etag = span("\"a\"") };
	card(p, VG_DOWNLOAD, "/x", &v);
	assert_true(p->card.resource == resource && !p->card.flags && p->card.range_total == 10);
	v.status = 404;
	card(p, VG_DOWNLOAD, "/x", &v);
	assert_true(!p->card.resource);
	free(p);
}

static void parts_of_an_upload_belong_together(void **state)
{
	struct vg_proto *p = aligned_alloc(64, (sizeof(*p) + 63) & ~(size_t)63);
	struct vg_version v = { .status = 0 };
	uint64_t resource;
	(void)state;
	assert_non_null(p);
	memset(p, 0, sizeof(*p));
	card(p, VG_UPLOAD, "/b/k?partNumber=2&uploadId=u", &v);
	resource = p->card.resource;
	assert_true(resource && p->card.flags == VG_ATTR_PIECE && p->card.part_no == 2);
	card(p, VG_UPLOAD, "/b/k?uploadId=u", &v);
	assert_true(p->card.resource == resource && p->card.flags == VG_ATTR_ALL_PARTS);
	card(p, VG_UPLOAD, "/b/k?uploadId=w&partNumber=2", &v);
	assert_true(p->card.resource != resource);
	card(p, VG_UPLOAD, "/b/k", &v);
	assert_true(!p->card.resource && !p->card.flags);
	free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges_are_read_or_say_nothing),
		cmocka_unit_test(ranges_of_one_version_belong_together),
		cmocka_unit_test(parts_of_an_upload_belong_together),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
