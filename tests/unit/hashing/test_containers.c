/* containers: every archive, document and message of tests/data/formats gives the files it was made of, with their
 * digests and their containers' ones; a bomb costs its purse; cut anywhere nothing is read past the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <zlib.h>

#include <vigil/media.h>

#include "hashing/body.h"
#include "hashing/unpack/archive.h"
#include "hashing/unpack/kind.h"
#include "tests/lib/guard.h"

#define FOLDER   "tests/data/formats/"
#define MAX_SEEN 32
#define N_CUTS   24

struct seen {
	struct vg_body_member members[MAX_SEEN];
	uint8_t parents[MAX_SEEN][32];
	bool has_parent[MAX_SEEN];
	unsigned kinds[MAX_SEEN], n;
	uint64_t n_bytes;
};

static uint8_t *load(const char *name, size_t *n_bytes)
{
	char path[256];
	FILE *file;
	uint8_t *at;
	snprintf(path, sizeof(path), FOLDER "%s", name);
	file = fopen(path, "rb");
	if (!file)
		fail_msg("%s is not there", path);
	fseek(file, 0, SEEK_END);
	*n_bytes = (size_t)ftell(file);
	rewind(file);
	at = malloc(*n_bytes);
	assert_non_null(at);
	assert_int_equal(fread(at, 1, *n_bytes, file), *n_bytes);
	fclose(file);
	return at;
}

static void on_member(void *ctx, const struct vg_body_member *m)
{
	struct seen *s = ctx;
	uint8_t head[VG_KIND_HEAD_BYTES];
	s->n_bytes += m->n_bytes;
	if (s->n++ >= MAX_SEEN)
		return;
	s->members[s->n - 1] = *m;
	s->has_parent[s->n - 1] = m->parent_sha256 != NULL;
	if (m->parent_sha256)
		memcpy(s->parents[s->n - 1], m->parent_sha256, 32);
	s->kinds[s->n - 1] = vg_kind_of(head, vg_chain_copy(&m->bytes, 0, head, sizeof(head)));
}

struct purse {
	uint64_t max_bytes;
	uint32_t max_ratio, max_members, max_depth;
	uint64_t max_cpu_ns;
};
static const struct purse plenty = { 64u << 20, 1000, 100, 6, 0 };

/* Walks bytes that end at a guard page, cut into spans of n_piece; held, or streaming where it is not. */
static struct vg_body_end walk(const struct purse *p, const uint8_t *bytes, size_t n_bytes, size_t n_piece, bool held,
			       struct seen *s)
{
	struct vg_nest *nest = vg_nest_create(4u << 20);
	struct vg_body_setup setup = { .keep_bytes = 1u << 20,
				       .member_keep_bytes = 1u << 20,
				       .max_unpacked_bytes = p->max_bytes,
				       .max_ratio = p->max_ratio,
				       .max_members = p->max_members,
				       .max_depth = p->max_depth,
				       .max_cpu_ns = p->max_cpu_ns,
				       .max_spans = 4096,
				       .nest = nest };
	struct vg_body *body = vg_body_create(&setup);
	uint8_t *copy = vg_guard_copy(bytes, n_bytes);
	size_t n_spans = (n_bytes + n_piece - 1) / n_piece;
	struct vg_span *spans = calloc(n_spans + 1, sizeof(*spans));
	struct vg_chain chain = { spans, (uint32_t)n_spans, n_bytes };
	struct vg_body_end end;
	assert_non_null(nest);
	assert_non_null(body);
	assert_non_null(spans);
	memset(s, 0, sizeof(*s));
	for (size_t i = 0; i < n_spans; i++)
		spans[i] = (struct vg_span){ copy + i * n_piece, i + 1 < n_spans ? n_piece : n_bytes - i * n_piece };
	vg_body_begin(body, &(struct vg_body_begin){ .digests = VG_DIGEST_ALL,
						     .held = held ? &chain : NULL,
						     .on_member = on_member,
						     .ctx = s });
	for (size_t i = 0; i < n_spans; i++)
		vg_body_feed(body, spans[i].at, spans[i].n_bytes);
	vg_body_end(body, &end);
	vg_body_destroy(body);
	vg_nest_destroy(nest);
	vg_guard_free(copy, n_bytes);
	free(spans);
	return end;
}

/* Is a file of tests/data/formats among what was seen, by this name, whole? */
static bool has(const struct seen *s, const char *name, const char *file)
{
	size_t n;
	uint8_t *bytes = load(file, &n), sha256[32];
	bool found = false;
	EVP_Digest(bytes, n, sha256, NULL, EVP_sha256(), NULL);
	for (unsigned i = 0; i < s->n && i < MAX_SEEN; i++)
		found |= s->members[i].n_name == strlen(name) && !memcmp(s->members[i].name, name, strlen(name)) &&
			 s->members[i].n_bytes == n && s->members[i].whole &&
			 !memcmp(s->members[i].digests.sha256, sha256, 32);
	free(bytes);
	return found;
}

static const struct {
	const char *name;
	unsigned n_members;
	const char *first, *second; /* names of baseline.jpg and lossy.webp in it, or NULL */
} containers[] = {
	{ "deflated.zip", 3, "in/one.jpg", "in/two.webp" },
	{ "stored.zip", 3, "in/one.jpg", "in/two.webp" },
	{ "forced64.zip", 3, "in/one.jpg", "in/two.webp" },
	{ "encrypted.zip", 0, NULL, NULL },
	{ "packed.7z", 3, "in/one.jpg", "in/two.webp" },
	{ "plain.tar", 3, "in/one.jpg", "in/two.webp" },
	{ "packed.tar.gz", 3, "in/one.jpg", "in/two.webp" },
	{ "packed.tar.bz2", 3, "in/one.jpg", "in/two.webp" },
	{ "packed.tar.xz", 3, "in/one.jpg", "in/two.webp" },
	{ "one.jpg.gz", 1, "one.jpg", NULL },
	{ "letter.docx", 2, "word/media/image1.jpeg", NULL },
	{ "letter.eml", 3, "one.jpg", "two.webp" },
	{ "uu.eml", 1, "one.jpg", NULL },
	{ "document.pdf", 1, NULL, NULL },
	{ "samples.pdf", 2, NULL, NULL },
	{ "text.pdf", 2, "image-1.jpg", NULL },
	{ "packed.pdf", 8, NULL, NULL },
	{ "printed.pdf", 1, NULL, NULL },
	{ "objects.pdf", 1, NULL, NULL },
	{ "indexed.pdf", 1, NULL, NULL },
	{ "cmyk.pdf", 1, NULL, NULL },
	{ "secret.pdf", 0, NULL, NULL },
	{ "old.doc", 2, "WordDocument", NULL },
	{ "old.xls", 2, "Workbook", NULL },
	{ "letter.msg", 3, "__substg1.0_37010102", "__substg1.0_37010102" },
	{ "thumbs.db", 1, "256_1", NULL },
	{ "nested.zip", 8, "deflated.zip/in/one.jpg", "plain.tar/in/two.webp" },
};

static void every_container_gives_the_files_it_was_made_of(void **state)
{
	static const size_t pieces[] = { SIZE_MAX / 2, 4096, 61 };
	(void)state;
	for (unsigned i = 0; i < VG_ARRAY_LEN(containers); i++)
		for (unsigned k = 0; k < VG_ARRAY_LEN(pieces); k++) {
			struct seen s;
			size_t n;
			uint8_t *bytes = load(containers[i].name, &n);
			struct vg_body_end end = walk(&plenty, bytes, n, pieces[k], true, &s);
			if (s.n != containers[i].n_members)
				fail_msg("%s: %u members", containers[i].name, s.n);
			assert_false(end.over_budget);
			assert_int_equal(end.n_bad + end.n_unread, 0);
			assert_int_equal(end.n_encrypted, !strcmp(containers[i].name, "encrypted.zip") ? 3
							  : !strcmp(containers[i].name, "secret.pdf")  ? 1
												       : 0);
			if (containers[i].first && !has(&s, containers[i].first, "baseline.jpg"))
				fail_msg("%s: %s is not in it", containers[i].name, containers[i].first);
			if (containers[i].second && !has(&s, containers[i].second, "lossy.webp"))
				fail_msg("%s: %s is not in it", containers[i].name, containers[i].second);
			free(bytes);
		}
}

/* n_bytes of one letter as a gzip file; freed by the caller. */
static uint8_t *bomb(size_t n_bytes, size_t *n)
{
	uint8_t *out = malloc(n_bytes / 500 + 4096), *letters = malloc(65536);
	z_stream z = { .next_out = out, .avail_out = (uInt)(n_bytes / 500 + 4096) };
	memset(letters, 'a', 65536); /* a tar that begins with zeros is an empty one */
	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	for (size_t done = 0; done < n_bytes; done += 65536) {
		z.next_in = letters;
		z.avail_in = 65536;
		assert_int_equal(deflate(&z, done + 65536 < n_bytes ? Z_NO_FLUSH : Z_FINISH) < 0, 0);
	}
	*n = z.total_out;
	deflateEnd(&z);
	free(letters);
	return out;
}

static void what_can_be_read_forward_is_opened_while_it_comes(void **state)
{
	static const size_t pieces[] = { SIZE_MAX / 2, 4096, 61 };
	(void)state;
	for (unsigned i = 0; i < VG_ARRAY_LEN(containers); i++)
		for (unsigned k = 0; k < VG_ARRAY_LEN(pieces); k++) {
			struct seen s;
			size_t n;
			uint8_t *bytes = load(containers[i].name, &n);
			struct vg_body_end end = walk(&plenty, bytes, n, pieces[k], false, &s);
			if (s.n != containers[i].n_members)
				fail_msg("%s: %u members", containers[i].name, s.n);
			assert_false(end.over_budget || end.needs_seek);
			if (containers[i].first && !has(&s, containers[i].first, "baseline.jpg"))
				fail_msg("%s: %s is not in it", containers[i].name, containers[i].first);
			if (containers[i].second && !has(&s, containers[i].second, "lossy.webp"))
				fail_msg("%s: %s is not in it", containers[i].name, containers[i].second);
			free(bytes);
		}
}

static void an_archive_of_any_size_passes_through_bounded_memory(void **state)
{
	struct purse purse = { 2ull << 30, 0, 100, 6, 0 };
	struct seen s;
	size_t n;
	uint8_t *bytes = bomb(64u << 20, &n);
	struct vg_body_end end = walk(&purse, bytes, n, 1000, false, &s);
	(void)state;
	assert_false(end.over_budget || end.needs_seek);
	assert_int_equal(s.n, 1);
	assert_int_equal(s.members[0].n_bytes, 64u << 20);
	assert_true(s.members[0].whole && s.members[0].bytes.n_bytes < 2u << 20);
	purse.max_ratio = 100;
	assert_true(walk(&purse, bytes, n, 1000, false, &s).over_budget);
	free(bytes);
}

static void a_member_names_the_container_it_lies_in(void **state)
{
	struct seen s;
	size_t n;
	uint8_t *bytes = load("nested.zip", &n);
	(void)state;
	(void)walk(&plenty, bytes, n, 5000, true, &s);
	assert_int_equal(s.n, 8);
	for (unsigned i = 0, inner = 0; i < s.n; i++) {
		if (VG_KIND_IS_CONTAINER(s.kinds[i])) {
			assert_false(s.has_parent[i]); /* the body itself */
			inner = i;
			continue;
		}
		assert_true(s.has_parent[i]);
		assert_memory_equal(s.parents[i], s.members[inner].digests.sha256, 32);
	}
	free(bytes);
}

static void what_is_cut_breaks_and_is_never_read_past_its_end(void **state)
{
	(void)state;
	for (unsigned i = 0; i < VG_ARRAY_LEN(containers); i++) {
		size_t n;
		uint8_t *bytes = load(containers[i].name, &n);
		for (unsigned cut = 0; cut < N_CUTS; cut++) {
			struct seen s;
			(void)walk(&plenty, bytes, n * cut / N_CUTS, cut % 2 ? 1000 : SIZE_MAX / 2, true, &s);
			assert_true(s.n <= containers[i].n_members);
		}
		free(bytes);
	}
}

/* The last file is that of `file` as far as it came, and says so. */
static void assert_cut(const uint8_t *bytes, size_t n_bytes, bool held, const uint8_t *file)
{
	struct seen s;
	uint8_t md5[16];
	(void)walk(&plenty, bytes, n_bytes, 1000, held, &s);
	assert_int_equal(s.n, 1);
	assert_false(s.members[0].whole);
	assert_true(s.members[0].seamless);
	assert_true(s.members[0].n_bytes > 1000);
	EVP_Digest(file, s.members[0].n_bytes, md5, NULL, EVP_md5(), NULL);
	assert_memory_equal(s.members[0].digests.md5, md5, 16);
}

static void what_is_there_of_a_cut_entry_or_mail_part_has_digests(void **state)
{
	static const char head[] =
		"From: a@example.org\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=xx\r\n\r\n--xx\r\n"
		"Content-Type: image/jpeg\r\nContent-Disposition: attachment; filename=a.jpg\r\n\r\n";
	static uint8_t file[400000], packed[420000];
	z_stream z = { .next_in = file, .avail_in = sizeof(file), .next_out = packed, .avail_out = sizeof(packed) };
	(void)state;
	for (size_t i = 0, x = 1; i < sizeof(file); i++, x = x * 6364136223846793005u + 1442695040888963407u)
		file[i] = (uint8_t)('a' + (x >> 56) % 26);
	memcpy(packed, head, sizeof(head) - 1);
	memcpy(packed + sizeof(head) - 1, file, 9000);
	assert_cut(packed, sizeof(head) - 1 + 9000, true, file);
	assert_int_equal(deflateInit2(&z, 0, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	for (unsigned held = 0; held < 2; held++)
		for (size_t n = 1100; n <= 200000; n += 66300)
			assert_cut(packed, n, held, file);
}

/* Without its list at the end a ZIP is read by its local headers; a tar that is packed, as far as it unpacks. */
static void what_is_whole_in_a_cut_archive_is_whole(void **state)
{
	static const struct {
		const char *name;
		unsigned n_off, n_whole;
	} cuts[] = { { "deflated.zip", 200, 3 }, { "stored.zip", 200, 3 },    { "forced64.zip", 200, 3 },
		     { "plain.tar", 10240, 2 },  { "packed.tar.gz", 100, 2 }, { "packed.tar.xz", 400, 2 },
		     { "stored.zip", 4000, 2 },  { "deflated.zip", 4000, 2 } };
	(void)state;
	for (unsigned i = 0; i < VG_ARRAY_LEN(cuts); i++)
		for (unsigned held = 0; held < 2; held++) {
			struct seen s;
			size_t n;
			uint8_t *bytes = load(cuts[i].name, &n);
			struct vg_body_end end = walk(&plenty, bytes, n - cuts[i].n_off, 1000, held, &s);
			unsigned n_whole = 0;
			for (unsigned k = 0; k < s.n; k++)
				n_whole += s.members[k].whole;
			if (n_whole < cuts[i].n_whole || (n_whole < 3 && !end.n_bad))
				fail_msg("%s: %u of %u whole, %u bad", cuts[i].name, n_whole, s.n, end.n_bad);
			free(bytes);
		}
}

static void a_bomb_costs_its_purse_and_says_so(void **state)
{
	static const struct purse purses[] = { { 2u << 20, 0, 100, 6, 0 },
					       { 1u << 30, 100, 100, 6, 0 },
					       { 1u << 30, 0, 100, 6, 1 } };
	struct seen s;
	size_t n;
	uint8_t *bytes = bomb(32u << 20, &n);
	(void)state;
	assert_false(walk(&(struct purse){ 64u << 20, 0, 100, 6, 0 }, bytes, n, 4096, true, &s).over_budget);
	assert_int_equal(s.n_bytes, 32u << 20);
	for (unsigned i = 0; i < VG_ARRAY_LEN(purses); i++) {
		struct vg_body_end end = walk(&purses[i], bytes, n, 4096, true, &s);
		assert_true(end.over_budget);
		assert_true(end.n_made <= purses[i].max_bytes && s.n_bytes < 32u << 20);
	}
	free(bytes);
	bytes = load("nested.zip", &n);
	assert_true(walk(&(struct purse){ 64u << 20, 0, 3, 6, 0 }, bytes, n, 4096, true, &s).over_budget);
	assert_int_equal(s.n, 3);
	struct vg_body_end end = walk(&(struct purse){ 64u << 20, 0, 100, 1, 0 }, bytes, n, 4096, true, &s);
	assert_true(end.over_budget);
	assert_int_equal(end.n_too_deep, 1);
	assert_int_equal(s.n, 1);
	free(bytes);
}

static void a_long_path_keeps_its_end(void **state)
{
	char path[300], name[300], to[VG_PART_NAME_BYTES];
	(void)state;
	memset(path, 'p', sizeof(path));
	memset(name, 'n', sizeof(name));
	assert_int_equal(vg_nest_path("a", 1, "b", 1, to), 3);
	assert_memory_equal(to, "a/b", 3);
	assert_int_equal(vg_nest_path("", 0, "b", 1, to), 1);
	assert_int_equal(vg_nest_path("a", 1, "", 0, to), 1);
	assert_int_equal(vg_nest_path(path, 300, "b", 1, to), VG_PART_NAME_BYTES);
	assert_memory_equal(to + VG_PART_NAME_BYTES - 3, "p/b", 3);
	assert_int_equal(vg_nest_path(path, 300, name, 300, to), VG_PART_NAME_BYTES);
	assert_int_equal(vg_nest_path(path, 300, name, 255, to), VG_PART_NAME_BYTES);
	assert_int_equal(to[0], '/');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_container_gives_the_files_it_was_made_of),
		cmocka_unit_test(what_can_be_read_forward_is_opened_while_it_comes),
		cmocka_unit_test(an_archive_of_any_size_passes_through_bounded_memory),
		cmocka_unit_test(a_member_names_the_container_it_lies_in),
		cmocka_unit_test(what_is_cut_breaks_and_is_never_read_past_its_end),
		cmocka_unit_test(what_is_there_of_a_cut_entry_or_mail_part_has_digests),
		cmocka_unit_test(what_is_whole_in_a_cut_archive_is_whole),
		cmocka_unit_test(a_bomb_costs_its_purse_and_says_so),
		cmocka_unit_test(a_long_path_keeps_its_end),
	};
	vg_archive_warm();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
