#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/sha.h>

#include <vigil/memfd.h>

#include "dataplane/scope/urls.h"
#include "tests/lib/guard.h"

/* The normal form of a request, from copies that end at a guard page. */
static const char *normal(const char *host, const char *target, struct vg_url *u, int *has_host)
{
	static char text[VG_URL_TEXT + 1];
	uint8_t *h = vg_guard_copy(host, strlen(host)), *t = vg_guard_copy(target, strlen(target));

	*has_host = !vg_url_normal(u, h, strlen(host), t, strlen(target));
	if (!*has_host)
		u->n_text = 0;
	memcpy(text, u->text, u->n_text);
	text[u->n_text] = 0;
	vg_guard_free(h, strlen(host));
	vg_guard_free(t, strlen(target));
	return text;
}

static void is(const char *host, const char *target, const char *want)
{
	struct vg_url u;
	int has_host;
	const char *text = normal(host, target, &u, &has_host);

	if (!want) {
		assert_false(has_host);
		return;
	}
	assert_true(has_host);
	assert_string_equal(text, want);
	/* twice is once */
	char first[VG_URL_TEXT + 1], name[VG_URL_HOST + 1];
	strcpy(first, text);
	memcpy(name, u.text, u.n_host);
	name[u.n_host] = 0;
	assert_string_equal(normal(name, first + u.n_host, &u, &has_host), first);
}

static void hosts_have_one_form(void **state)
{
	(void)state;
	is("Example.ORG", "/", "example.org/");
	is("example.org:8080", "/a", "example.org/a");
	is("example.org.", "/a", "example.org/a");
	is("example.org..:80", "/a", "example.org/a");
	is("user:pa@ss@Example.org:80", "/a", "example.org/a");
	is("[2001:DB8::1]:80", "/a", "[2001:db8::1]/a");
	is("192.0.2.1:80", "/", "192.0.2.1/");
	is("", "/a", NULL);
	is(":80", "/a", NULL);
	is("a b", "/a", NULL);
	is("a/b", "/a", NULL);
	is("...", "/a", NULL);
}

static void overlong_hosts_are_none(void **state)
{
	char host[300];
	struct vg_url u;
	int has_host;

	(void)state;
	memset(host, 'a', sizeof(host));
	host[VG_URL_HOST] = 0;
	(void)normal(host, "/", &u, &has_host);
	assert_true(has_host);
	host[VG_URL_HOST] = 'a';
	host[VG_URL_HOST + 1] = 0;
	(void)normal(host, "/", &u, &has_host);
	assert_false(has_host);
	memcpy(host + 200, "@b.test", 8); /* a long user name is none of it */
	is(host, "/", "b.test/");
}

static void targets_of_every_form_have_one_path(void **state)
{
	(void)state;
	is("h.t", "http://other.test:81/a/b?c", "h.t/a/b?c");
	is("h.t", "HTTPS://other.test", "h.t/");
	is("h.t", "https://other.test?x", "h.t/?x");
	is("h.t", "*", "h.t/*");
	is("h.t", "a/b", "h.t/a/b");
	is("h.t", "", "h.t/");
	is("h.t", "/a#b?c", "h.t/a");
	is("h.t", "//a///b//", "h.t/a/b/");
	is("h.t", "/a//http://x/y", "h.t/a/http:/x/y");
}

static void dots_are_gone_however_they_are_written(void **state)
{
	(void)state;
	is("h.t", "/a/./b/../c", "h.t/a/c");
	is("h.t", "/a/%2e/b/%2E%2e/c", "h.t/a/c");
	is("h.t", "/../../a", "h.t/a");
	is("h.t", "/a/..", "h.t/");
	is("h.t", "/a/b/..", "h.t/a/");
	is("h.t", "/a/.", "h.t/a/");
	is("h.t", "/a/...", "h.t/a/...");
	is("h.t", "/x%2f..%2fa", "h.t/a");
	is("h.t", "/a?b=/../c", "h.t/a?b=/../c");
	is("h.t", "/%252e%252e/a", "h.t/%252e%252e/a");
}

static void octets_are_written_one_way(void **state)
{
	(void)state;
	is("h.t", "/%61%62%2D%5f", "h.t/ab-_");
	is("h.t", "/a b", "h.t/a%20b");
	is("h.t", "/\xc3\xa9", "h.t/%C3%A9");
	is("h.t", "/%c3%a9", "h.t/%C3%A9");
	is("h.t", "/%3f%23%25", "h.t/%3F%23%25");
	is("h.t", "/%", "h.t/%25");
	is("h.t", "/%4", "h.t/%254");
	is("h.t", "/%zz", "h.t/%25zz");
	is("h.t", "/%00", "h.t/%00");
	is("h.t", "/a?%61=%26%3d%2b&%3B", "h.t/a?a=%26%3D%2B&%3B");
	is("h.t", "/a?", "h.t/a");
	is("h.t", "/a/?b", "h.t/a/?b");
}

static void what_does_not_fit_ends_between_segments(void **state)
{
	static char target[4096];
	struct vg_url u;
	int has_host;

	(void)state;
	strcpy(target, "/gallery/");
	memset(target + 9, 'x', 900);
	strcpy(target + 909, "/y");
	assert_string_equal(normal("h.t", target, &u, &has_host), "h.t/gallery/");
	assert_true(u.is_short);
	strcpy(target + 909, "/y/../../z"); /* it comes back below the limit */
	assert_string_equal(normal("h.t", target, &u, &has_host), "h.t/gallery/z");
	assert_false(u.is_short);
	for (unsigned i = 0; i < 1200; i++)
		memcpy(target + 2 * i, "/.", 2);
	strcpy(target + 2400, "/gallery/1.jpg");
	is("h.t", target, "h.t/gallery/1.jpg");
	strcpy(target, "/a?b&");
	memset(target + 5, 'y', 900);
	target[905] = 0;
	assert_string_equal(normal("h.t", target, &u, &has_host), "h.t/a?b");
	assert_true(u.is_short);
	for (unsigned n = VG_URL_PATH - 8; n < VG_URL_PATH + 8; n++) { /* around the limit, dots too */
		target[0] = '/';
		memset(target + 1, 'a', n);
		strcpy(target + n, "/..");
		assert_string_equal(normal("h.t", target, &u, &has_host), "h.t/");
		strcpy(target + n, "?q");
		(void)normal("h.t", target, &u, &has_host);
		assert_true(u.n_text <= 3 + VG_URL_PATH);
	}
	strcpy(target, "/a?&"); /* nothing of the query stays, nor its mark */
	memset(target + 4, 'y', 900);
	target[904] = 0;
	is("h.t", target, "h.t/a");
}

static void cuts_are_where_prefixes_end(void **state)
{
	struct vg_url u;
	int has_host;

	(void)state;
	(void)normal("h.t", "/a/b/?c=d&e", &u, &has_host);
	static const char *const want[] = { "h.t/", "h.t/a", "h.t/a/b", "h.t/a/b/?c=d", "h.t/a/b/?c=d&e" };
	assert_int_equal(u.n_cuts, 5);
	for (unsigned i = 0; i < 5; i++) {
		assert_int_equal(u.cuts[i], strlen(want[i]));
		assert_memory_equal(u.text, want[i], u.cuts[i]);
	}
	(void)normal("h.t", "/", &u, &has_host);
	assert_int_equal(u.n_cuts, 1);
}

/* ---- tables ---- */

struct table {
	struct vg_url_table_header header;
	struct vg_url_slot slots[64];
};

static void put(struct table *t, enum vg_url_key kind, const char *text, uint32_t flags)
{
	uint64_t hash = vg_url_hash(kind, text, strlen(text));
	uint32_t i = hash & 63;

	while (t->slots[i].hash)
		i = (i + 1) & 63;
	t->slots[i] = (struct vg_url_slot){ .hash = hash, .flags = flags };
}

static struct table *table_new(void)
{
	struct table *t = calloc(1, sizeof(*t));

	t->header = (struct vg_url_table_header){
		.magic = VG_URL_TABLE_MAGIC, .version = VG_URL_TABLE_VERSION, .n_slots = 64, .n_urls = 3, .n_domains = 1
	};
	put(t, VG_URL_KEY_HOST, "h.t", VG_URL_UNDER);
	put(t, VG_URL_KEY_PREFIX, "h.t/a", VG_URL_LISTED);
	put(t, VG_URL_KEY_PREFIX, "h.t/q?x=1", VG_URL_LISTED | VG_URL_BLOCK);
	put(t, VG_URL_KEY_DOMAIN, "bad.test", VG_URL_LISTED);
	SHA256((const uint8_t *)t->slots, sizeof(t->slots), t->header.sha256);
	return t;
}

static int sealed(const void *bytes, size_t n_bytes, int seals)
{
	int fd = vg_memfd_new("urls", n_bytes);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, bytes, n_bytes, 0), n_bytes);
	assert_int_equal(vg_memfd_seal(fd, seals), VG_OK);
	return fd;
}

static uint32_t find(const struct vg_url_map *map, const char *host, const char *target)
{
	struct vg_url u = { .n_text = 0 };

	if (vg_url_host(&u, (const uint8_t *)host, strlen(host)))
		return 0;
	return vg_url_find(map->slots, map->n_slots, map->n_domains, 0, &u, (const uint8_t *)target, strlen(target)) &
	       (VG_URL_LISTED | VG_URL_BLOCK);
}

static void a_table_covers_what_begins_like_its_entries(void **state)
{
	struct vg_msg_urls msg = { .generation = 1 };
	struct vg_urls urls = { 0 };
	struct table *t = table_new();
	int fd = sealed(t, sizeof(*t), VG_SEALS_FINAL);

	(void)state;
	assert_null(vg_urls_poll(&urls));
	assert_int_equal(vg_urls_take(&urls, &msg, fd), VG_OK);
	const struct vg_url_map *map = vg_urls_poll(&urls);
	assert_non_null(map);
	assert_int_equal(find(map, "h.t", "/a"), VG_URL_LISTED);
	assert_int_equal(find(map, "H.T:8080", "/x/..//%61/b.jpg?y"), VG_URL_LISTED);
	assert_int_equal(find(map, "h.t", "/ab"), 0);
	assert_int_equal(find(map, "h.t", "/"), 0);
	assert_int_equal(find(map, "x.h.t", "/a"), 0);
	assert_int_equal(find(map, "h.t", "/q?x=1&y=2"), VG_URL_LISTED | VG_URL_BLOCK);
	assert_int_equal(find(map, "h.t", "/q?x=12"), 0);
	assert_int_equal(find(map, "h.t", "/q"), 0);
	assert_int_equal(find(map, "bad.test", "/"), VG_URL_LISTED);
	assert_int_equal(find(map, "a.b.bad.test", "/x"), VG_URL_LISTED);
	assert_int_equal(find(map, "notbad.test", "/x"), 0);
	assert_int_equal(find(map, "bad.test.org", "/x"), 0);
	vg_urls_fini(&urls);
	close(fd);
	free(t);
}

static void a_table_for_other_profiles_is_refused(void **state)
{
	struct vg_msg_urls msg = { .generation = 1, .profiles = 5 };
	struct vg_urls urls = { .profiles = 6 };
	struct table *t = table_new();
	int fd = sealed(t, sizeof(*t), VG_SEALS_FINAL);

	(void)state;
	assert_int_equal(vg_urls_take(&urls, &msg, fd), VG_ECONFLICT);
	assert_null(vg_urls_poll(&urls));
	msg.profiles = 6;
	assert_int_equal(vg_urls_take(&urls, &msg, fd), VG_OK);
	vg_urls_fini(&urls);
	close(fd);
	free(t);
}

static void a_new_table_takes_the_place_of_one_that_nobody_reads(void **state)
{
	struct vg_msg_urls msg = { .generation = 1 };
	struct vg_urls urls = { 0 };
	struct table *t = table_new();
	int fd = sealed(t, sizeof(*t), VG_SEALS_FINAL);

	(void)state;
	assert_int_equal(vg_urls_take(&urls, &msg, fd), VG_OK);
	assert_int_equal(vg_urls_take(&urls, &msg, fd), VG_EAGAIN); /* the worker has not taken the first up */
	const struct vg_url_map *first = vg_urls_poll(&urls);
	assert_int_equal(vg_urls_take(&urls, &msg, fd), VG_OK);
	assert_ptr_not_equal(vg_urls_poll(&urls), first);
	t->header.n_urls = 0;
	close(fd);
	fd = sealed(t, sizeof(*t), VG_SEALS_FINAL);
	assert_int_equal(vg_urls_take(&urls, &msg, fd), VG_OK);
	assert_null(vg_urls_poll(&urls)); /* an empty one costs nothing */
	vg_urls_fini(&urls);
	close(fd);
	free(t);
}

static void damaged_tables_are_refused(void **state)
{
	struct vg_msg_urls msg = { .generation = 1 };
	struct vg_urls urls = { 0 };
	struct table *t = table_new();
	int fd = sealed(t, sizeof(*t), VG_SEALS_OURS);

	(void)state;
	assert_int_equal(vg_urls_take(&urls, &msg, fd), VG_ESEAL);
	close(fd);
	fd = sealed(t, sizeof(t->header) - 1, VG_SEALS_FINAL);
	assert_int_equal(vg_urls_take(&urls, &msg, fd), VG_ERANGE);
	close(fd);
	for (size_t at = 0; at < sizeof(*t); at += at < sizeof(t->header) ? 1 : 37) {
		uint8_t *byte = (uint8_t *)t + at;
		enum vg_err err;
		if (at >= 16 && at < 32)
			continue; /* its generation and counts: vigild's word */
		*byte ^= 0x41;
		fd = sealed(t, sizeof(*t), VG_SEALS_FINAL);
		err = vg_urls_take(&urls, &msg, fd);
		assert_true(err == VG_ECORRUPT || err == VG_EVERSION);
		close(fd);
		*byte ^= 0x41;
	}
	assert_null(vg_urls_poll(&urls));
	free(t);
}

static void a_crowded_table_ends_a_search(void **state)
{
	struct vg_url_slot *slots = calloc(64, sizeof(*slots));

	(void)state;
	for (unsigned i = 0; i < 64; i++)
		slots[i] = (struct vg_url_slot){ .hash = 1000 + i, .flags = VG_URL_LISTED };
	assert_int_equal(vg_url_slot_flags(slots, 64, 0, 5), 0);
	assert_int_equal(vg_url_slot_flags(slots, 64, 0, 1063), VG_URL_LISTED);
	free(slots);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hosts_have_one_form),
		cmocka_unit_test(overlong_hosts_are_none),
		cmocka_unit_test(targets_of_every_form_have_one_path),
		cmocka_unit_test(dots_are_gone_however_they_are_written),
		cmocka_unit_test(octets_are_written_one_way),
		cmocka_unit_test(what_does_not_fit_ends_between_segments),
		cmocka_unit_test(cuts_are_where_prefixes_end),
		cmocka_unit_test(a_table_covers_what_begins_like_its_entries),
		cmocka_unit_test(a_table_for_other_profiles_is_refused),
		cmocka_unit_test(a_new_table_takes_the_place_of_one_that_nobody_reads),
		cmocka_unit_test(damaged_tables_are_refused),
		cmocka_unit_test(a_crowded_table_ends_a_search),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
