/* Files against a plain model: pieces of random files in random order, of any size, come out as the file. */
#include "tests/lib/body_log.h"

#include <stdlib.h>
#include <time.h>

#include "dataplane/proto/file/file_priv.h"
#include "dataplane/protocols.h"

#define N_FILE 5000u

struct bench {
	struct vg_proto *proto;
	struct vg_stats_page stats;
	struct vg_body_log log;
	struct vg_file_pool pool;
	struct vg_keyed_set set;
	struct vg_proto_flow flow;
	struct vg_file_ctx ctx;
};

static int bench_open(void **state)
{
	struct vg_dataplane_conf conf = { .n_streams = 4 };
	struct bench *b = aligned_alloc(64, (sizeof(*b) + 63) & ~(size_t)63);
	struct vg_body_sink sink;
	if (!b)
		return -1;
	memset(b, 0, sizeof(*b));
	sink = vg_body_log_sink(&b->log);
	b->proto = vg_proto_create(&conf, &b->stats, &sink, vg_protocols);
	b->ctx = (struct vg_file_ctx){ b->proto, &b->pool, &b->flow, 1 };
	*state = b;
	return b->proto && !vg_file_pool_create(&b->pool, 8, 64) ? 0 : -1;
}

static int bench_close(void **state)
{
	struct bench *b = *state;
	vg_file_pool_destroy(&b->pool);
	vg_proto_destroy(b->proto);
	free(b);
	return 0;
}

static struct vg_file *file_open(struct bench *b, unsigned id)
{
	struct vg_file *file = vg_file_take(&b->pool, VG_PROTO_SMB);
	uint8_t bytes[4] = { (uint8_t)id, (uint8_t)(id >> 8) };
	assert_non_null(file);
	vg_keyed_put(&b->set, &b->pool.files, &file->link, vg_file_set_id(file, bytes, sizeof(bytes)));
	assert_ptr_equal(vg_file_find(&b->pool, &b->set, bytes, sizeof(bytes)), file);
	return file;
}

/* Gives the pieces [cut[i], cut[i + 1]) in the order of `order`, each in spans. */
static void pieces_give(struct bench *b, struct vg_file *file, enum vg_file_way way, const uint8_t *bytes,
			const uint32_t *cut, const uint32_t *order, uint32_t n_pieces)
{
	for (uint32_t i = 0; i < n_pieces; i++) {
		uint32_t at = cut[order[i]], end = cut[order[i] + 1], n;
		vg_file_run(&b->ctx, file, way, 0, at, end - at);
		for (; at < end; at += n) {
			n = 1 + (uint32_t)random() % 700;
			n = n < end - at ? n : end - at;
			vg_file_bytes(&b->ctx, file, way, at, bytes + at, n);
		}
	}
}

static void pieces_in_any_order_give_the_file(void **state)
{
	struct bench *b = *state;
	unsigned seed = (unsigned)time(NULL);
	static uint8_t bytes[N_FILE];
	static char want[N_FILE + 128];
	printf("seed %u\n", seed);
	srandom(seed);
	for (unsigned round = 0; round < 2000; round++) {
		uint32_t n_pieces = 1 + (uint32_t)random() % 12,
			 n = n_pieces + (uint32_t)random() % (N_FILE - n_pieces);
		uint32_t cut[16] = { 0 }, order[16];
		struct vg_file *file = file_open(b, round);
		int is_read = round & 1;
		for (uint32_t i = 0; i < n; i++)
			bytes[i] = (uint8_t)('a' + random() % 26);
		for (uint32_t i = 1; i <= n_pieces; i++) {
			cut[i] = i == n_pieces ? n : cut[i - 1] + 1 + (uint32_t)random() % (2 * n / n_pieces);
			cut[i] = cut[i] < n ? cut[i] : n;
		}
		for (uint32_t i = 0; i < n_pieces; i++) {
			uint32_t k = (uint32_t)random() % (i + 1);
			order[i] = order[k];
			order[k] = i;
		}
		b->log.n_text = 0;
		file->size = is_read ? n : VG_FILE_UNKNOWN;
		pieces_give(b, file, is_read ? VG_FILE_READ : VG_FILE_WRITE, bytes, cut, order, n_pieces);
		file->is_closing = 1;
		vg_file_give(&b->ctx, &b->set, file, VG_END_FIN);
		snprintf(want, sizeof(want), "%s   0: %.*s = complete\n", is_read ? "down READ" : "up WRITE", (int)n,
			 (const char *)bytes);
		assert_string_equal(b->log.text, want);
		assert_int_equal(vg_pool_n_out(&b->pool.blocks), 0);
	}
}

static void where_no_block_is_free_the_hole_is_given_up(void **state)
{
	struct bench *b = *state;
	struct vg_file *file = file_open(b, 1);
	uint64_t n_holes = b->stats.counters[VG_C_FILE_HOLES];
	b->log.n_text = 0;
	for (unsigned i = 0; i < 17; i++) /* a block each; a fourth of the pool is its share */
		vg_file_bytes(&b->ctx, file, VG_FILE_READ, 10 + 2 * i, (const uint8_t *)"x", 1);
	assert_int_equal(b->stats.counters[VG_C_FILE_HOLES], n_holes + 1);
	assert_int_equal(file->io[VG_FILE_READ].n_blocks, 16);
	vg_file_bytes(&b->ctx, file, VG_FILE_READ, 0, (const uint8_t *)"0123456789", 10); /* too late */
	vg_file_give(&b->ctx, &b->set, file, VG_END_FIN);
	assert_memory_equal(b->log.text, "down READ   0: {10}x{1}x{1}x", 26);
	assert_non_null(strstr(b->log.text, "x = gap\n"));
	assert_int_equal(vg_pool_n_out(&b->pool.blocks), 0);
}

/* A file with a name and a size: handles and connections read what they like. */
static void what_is_read_apart_are_pieces_of_one_resource(void **state)
{
	struct bench *b = *state;
	struct vg_file *file = file_open(b, 1);
	static const char url[] = "smb://h/s/o";
	uint8_t bytes[3] = "abc";

	file->n_url = (uint16_t)strlen(strcpy(file->url, url));
	file->name_at = 10;
	file->size = 100;
	b->log.n_text = 0;
	vg_file_bytes(&b->ctx, file, VG_FILE_READ, 0, bytes, 3);
	for (unsigned i = 0; i < 17; i++) /* it reads on elsewhere, more than can wait */
		vg_file_bytes(&b->ctx, file, VG_FILE_READ, 50 + 2 * i, (const uint8_t *)"x", 1);
	vg_file_bytes(&b->ctx, file, VG_FILE_READ, 20, bytes, 3); /* and goes back */
	const struct vg_attribution *c = &b->log.bodies[0].card;
	assert_true(b->log.bodies[0].is_open);
	assert_int_equal(c->flags, VG_ATTR_PIECE);
	assert_int_equal(c->range_off, 20);
	assert_int_equal(c->range_total, 100);
	assert_int_not_equal(c->resource, 0);
	uint64_t resource = c->resource;
	vg_file_give(&b->ctx, &b->set, file, VG_END_FIN);
	assert_null(strstr(b->log.text, "{"));
	assert_non_null(strstr(b->log.text, ": abc = truncated\n"));
	file = file_open(b, 1); /* another handle: the same resource; another size: another one */
	file->n_url = (uint16_t)strlen(strcpy(file->url, url));
	file->name_at = 10;
	file->size = 100;
	vg_file_bytes(&b->ctx, file, VG_FILE_READ, 0, bytes, 3);
	assert_int_equal(b->log.bodies[0].card.resource, resource);
	assert_int_equal(b->log.bodies[0].card.flags, 0);
	vg_file_give(&b->ctx, &b->set, file, VG_END_FIN);
	file = file_open(b, 1);
	file->n_url = (uint16_t)strlen(strcpy(file->url, url));
	file->name_at = 10;
	file->size = 101;
	vg_file_bytes(&b->ctx, file, VG_FILE_READ, 0, bytes, 3);
	assert_int_not_equal(b->log.bodies[0].card.resource, resource);
	vg_file_give(&b->ctx, &b->set, file, VG_END_FIN);
	assert_int_equal(vg_pool_n_out(&b->pool.blocks), 0);
}

/* What two handles write of a file; and a third one goes on where it ends. */
static void what_is_written_apart_are_pieces_of_one_resource(void **state)
{
	static const struct {
		uint64_t size, off;
		uint32_t flags;
		const char *text;
	} handles[] = { { 0, 0, VG_ATTR_GROWS | VG_ATTR_ANEW, "up WRITE   0 file=o flags=c00: abc = complete\n" },
			{ 0, 3, VG_ATTR_GROWS | VG_ATTR_PIECE, "up WRITE   0 file=o flags=410 at=3: abc = complete\n" },
			{ 6, 6, VG_ATTR_GROWS | VG_ATTR_PIECE | VG_ATTR_APPENDED,
			  "up WRITE   0 file=o flags=1410 at=6: abc = complete\n" },
			{ 9, 3, VG_ATTR_GROWS | VG_ATTR_PIECE,
			  "up WRITE   0 file=o flags=410 at=3: abc = truncated\n" } };
	struct bench *b = *state;
	uint64_t resource = 0;
	for (unsigned i = 0; i < 4; i++) {
		struct vg_file *file = file_open(b, i);
		file->n_url = (uint16_t)strlen(strcpy(file->url, "smb://h/s/o"));
		file->name_at = 10;
		file->size = handles[i].size;
		b->log.n_text = 0;
		vg_file_run(&b->ctx, file, VG_FILE_WRITE, 0, handles[i].off, 3);
		vg_file_bytes(&b->ctx, file, VG_FILE_WRITE, handles[i].off, (const uint8_t *)"abc", 3);
		file->is_closing = 1;
		vg_file_give(&b->ctx, &b->set, file, VG_END_FIN);
		const struct vg_attribution *c = &b->log.bodies[0].card;
		assert_int_equal(c->flags, handles[i].flags);
		assert_true(c->range_total == UINT64_MAX);
		assert_true(c->resource && (!i || c->resource == resource));
		resource = c->resource;
		assert_non_null(strstr(b->log.text, handles[i].text + 14));
	}
	assert_int_equal(vg_pool_n_out(&b->pool.blocks), 0);
}

static void parts_that_are_written_have_a_bound(void **state)
{
	struct bench *b = *state;
	struct vg_file *file = file_open(b, 1);
	file->n_url = (uint16_t)strlen(strcpy(file->url, "smb://h/s/o"));
	file->name_at = 10;
	for (unsigned i = 0; i < 200; i++) /* ever further, and back again */
		vg_file_bytes(&b->ctx, file, VG_FILE_WRITE, i % 2 ? 100 * i : 1000000 + 100 * i, (const uint8_t *)"x",
			      1);
	assert_in_range(file->io[VG_FILE_WRITE].n_parts, 1, VG_FILE_MAX_PARTS);
	vg_file_give(&b->ctx, &b->set, file, VG_END_FIN);
	assert_int_equal(vg_pool_n_out(&b->pool.blocks), 0);
}

static void what_nobody_wants_is_not_held(void **state)
{
	struct bench *b = *state;
	struct vg_file *file = file_open(b, 1);
	b->log.refuse = 1;
	vg_file_bytes(&b->ctx, file, VG_FILE_READ, 3, (const uint8_t *)"def", 3);
	assert_int_equal(vg_pool_n_out(&b->pool.blocks), 1);
	vg_file_bytes(&b->ctx, file, VG_FILE_READ, 0, (const uint8_t *)"abc", 3);
	assert_int_equal(vg_pool_n_out(&b->pool.blocks), 0);
	vg_file_bytes(&b->ctx, file, VG_FILE_READ, 1000, (const uint8_t *)"abc", 3);
	assert_int_equal(vg_pool_n_out(&b->pool.blocks), 0);
	b->log.refuse = 0;
	vg_file_give(&b->ctx, &b->set, file, VG_END_FIN);
}

static void offsets_of_any_size_are_survived(void **state)
{
	struct bench *b = *state;
	struct vg_file *file = file_open(b, 1);
	b->log.n_text = 0;
	vg_file_run(&b->ctx, file, VG_FILE_WRITE, 1, UINT64_MAX - 1, 3);
	vg_file_bytes(&b->ctx, file, VG_FILE_WRITE, UINT64_MAX - 1, (const uint8_t *)"abc", 3);
	vg_file_lost(&b->ctx, file, VG_FILE_WRITE, 0, UINT64_MAX);
	vg_file_bytes(&b->ctx, file, VG_FILE_WRITE, VG_FILE_MAX_OFF - 1, (const uint8_t *)"abc", 3);
	vg_file_end(&b->ctx, file, 1, VG_END_FIN);
	vg_file_end(&b->ctx, file, 1, VG_END_FIN);
	assert_string_equal(b->log.text, "up WRITE   0: {4611686018427387903}abc = gap\n");
	vg_file_give(&b->ctx, &b->set, file, VG_END_FIN);
}

static void references_to_what_is_gone_are_none(void **state)
{
	struct bench *b = *state;
	struct vg_file *file = file_open(b, 1), *other;
	struct vg_keyed_ref ref = vg_keyed_ref(&file->link);
	assert_ptr_equal(vg_keyed_deref(&b->pool.files, ref), &file->link);
	vg_file_give(&b->ctx, &b->set, file, VG_END_FIN);
	assert_null(vg_keyed_deref(&b->pool.files, ref));
	other = file_open(b, 2);
	assert_ptr_equal(other, file);
	assert_null(vg_keyed_deref(&b->pool.files, ref));
	assert_null(vg_keyed_deref(&b->pool.files, vg_keyed_ref(NULL)));
	vg_file_give(&b->ctx, &b->set, other, VG_END_FIN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_in_any_order_give_the_file),
		cmocka_unit_test(where_no_block_is_free_the_hole_is_given_up),
		cmocka_unit_test(what_is_read_apart_are_pieces_of_one_resource),
		cmocka_unit_test(what_is_written_apart_are_pieces_of_one_resource),
		cmocka_unit_test(parts_that_are_written_have_a_bound),
		cmocka_unit_test(what_nobody_wants_is_not_held),
		cmocka_unit_test(offsets_of_any_size_are_survived),
		cmocka_unit_test(references_to_what_is_gone_are_none),
	};
	return cmocka_run_group_tests(tests, bench_open, bench_close);
}
