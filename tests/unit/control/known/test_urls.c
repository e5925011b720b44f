/* urls: the table that the dataplane gets of a list generation's URLs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <openssl/evp.h>

#include <vigil/memfd.h>
#include <vigil/url_table.h>

#include "control/known/urls.h"
#include "control/lists/list_url.h"
#include "tests/lib/index_make.h"

static const struct vg_url_table_header *mapped(int fd, size_t *n_bytes)
{
	uint8_t sha256[32];

	assert_int_equal(vg_memfd_check(fd, VG_SEALS_FINAL, sizeof(struct vg_url_table_header), 1u << 28, n_bytes),
			 VG_OK);
	const struct vg_url_table_header *h = vg_memfd_map(fd, *n_bytes, PROT_READ);
	assert_non_null(h);
	assert_int_equal(vg_url_table_check(h, *n_bytes), VG_OK);
	EVP_Digest(h + 1, *n_bytes - sizeof(*h), sha256, NULL, EVP_sha256(), NULL);
	assert_memory_equal(sha256, h->sha256, 32);
	return h;
}

static uint32_t found_for(const struct vg_url_table_header *h, unsigned profile, const char *host, const char *target)
{
	struct vg_url u = { .n_text = 0 };

	assert_int_equal(vg_url_host(&u, (const uint8_t *)host, strlen(host)), 0);
	return vg_url_find((const void *)(h + 1), h->n_slots, h->n_domains, profile, &u, (const uint8_t *)target,
			   strlen(target)) &
	       (VG_URL_LISTED | VG_URL_BLOCK);
}
static uint32_t found(const struct vg_url_table_header *h, const char *host, const char *target)
{
	return found_for(h, 0, host, target);
}

static void without_lists_the_table_is_empty(void **state)
{
	size_t n_bytes;
	int fd;

	(void)state;
	assert_int_equal(vg_urls_table(NULL, 1, &fd), VG_OK);
	const struct vg_url_table_header *h = mapped(fd, &n_bytes);
	assert_int_equal(h->n_urls, 0);
	assert_int_equal(found(h, "example.org", "/"), 0);
	munmap((void *)(uintptr_t)h, n_bytes);
	close(fd);
}

/* One URL that two lists have, for different profiles; and one that only one has. */
static void a_list_holds_for_its_profiles_only(void **state)
{
	struct vg_index_make make = { 0 };
	struct vg_index_view view;
	uint8_t value[VG_LIST_URL_VALUE];
	size_t n_bytes, n_table;
	int fd;

	(void)state;
	(void)vg_index_make_list(&make, VG_ACTION_ALERT, VG_ACTION_REVIEW, 31);
	(void)vg_index_make_list(&make, VG_ACTION_BLOCK, VG_ACTION_REVIEW, 31);
	assert_null(vg_list_url_value("both.test/a", value));
	(void)vg_index_make_add(&make, 0, VG_ALGO_URL, value);
	(void)vg_index_make_add(&make, 1, VG_ALGO_URL, value);
	assert_null(vg_list_url_value("one.test/a", value));
	(void)vg_index_make_add(&make, 1, VG_ALGO_URL, value);
	make.lists[0].not_profiles = 1u << 2;
	make.lists[1].not_profiles = 1u << 2 | 1u << 1;
	uint8_t *bytes = vg_index_make_bytes(&make, 3, &n_bytes);
	assert_int_equal(vg_index_open(bytes, n_bytes, &view), VG_OK);
	assert_int_equal(vg_urls_table(&view, 3, &fd), VG_OK);
	const struct vg_url_table_header *h = mapped(fd, &n_table);
	assert_int_equal(found_for(h, 0, "both.test", "/a"), VG_URL_LISTED | VG_URL_BLOCK);
	assert_int_equal(found_for(h, 1, "both.test", "/a"), VG_URL_LISTED);
	assert_int_equal(found_for(h, 2, "both.test", "/a"), 0);
	assert_int_equal(found_for(h, 7, "both.test", "/a"), VG_URL_LISTED | VG_URL_BLOCK);
	assert_int_equal(found_for(h, 0, "one.test", "/a/b"), VG_URL_LISTED | VG_URL_BLOCK);
	assert_int_equal(found_for(h, 1, "one.test", "/a/b"), 0);
	munmap((void *)(uintptr_t)h, n_table);
	close(fd);
	free(bytes);
	vg_index_make_free(&make);
}

static void every_entry_is_in_it_with_what_its_lists_say(void **state)
{
	enum { N = 20000 };
	struct vg_index_make make = { 0 };
	struct vg_index_view view;
	uint8_t value[VG_LIST_URL_VALUE];
	size_t n_bytes, n_table;
	char text[64];
	int fd;

	(void)state;
	(void)vg_index_make_list(&make, VG_ACTION_ALERT, VG_ACTION_REVIEW, 31);
	(void)vg_index_make_list(&make, VG_ACTION_BLOCK, VG_ACTION_REVIEW, 31);
	for (unsigned i = 0; i < N; i++) {
		snprintf(text, sizeof(text), "host%u.test/p/%u", i / 3, i);
		assert_null(vg_list_url_value(text, value));
		(void)vg_index_make_add(&make, i % 7 == 0, VG_ALGO_URL, value);
	}
	assert_null(vg_list_url_value("*.bad.test", value));
	(void)vg_index_make_add(&make, 0, VG_ALGO_URL, value);
	(void)vg_index_make_add(&make, 1, VG_ALGO_URL, value); /* in both lists */
	uint8_t *bytes = vg_index_make_bytes(&make, 3, &n_bytes);
	assert_int_equal(vg_index_open(bytes, n_bytes, &view), VG_OK);
	assert_int_equal(vg_urls_table(&view, 3, &fd), VG_OK);
	const struct vg_url_table_header *h = mapped(fd, &n_table);
	assert_int_equal(h->n_urls, N + 2);
	assert_int_equal(h->n_domains, 2);
	for (unsigned i = 0; i < N; i++) {
		char host[32], path[32];
		snprintf(host, sizeof(host), "host%u.test", i / 3);
		snprintf(path, sizeof(path), "/p/%u/x.jpg", i);
		assert_int_equal(found(h, host, path), VG_URL_LISTED | (i % 7 ? 0 : VG_URL_BLOCK));
		snprintf(path, sizeof(path), "/p/%ux", i);
		assert_int_equal(found(h, host, path), 0);
	}
	assert_int_equal(found(h, "a.bad.test", "/"), VG_URL_LISTED | VG_URL_BLOCK);
	assert_int_equal(found(h, "other.test", "/p/1"), 0);
	munmap((void *)(uintptr_t)h, n_table);
	close(fd);
	free(bytes);
	vg_index_make_free(&make);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_lists_the_table_is_empty),
		cmocka_unit_test(a_list_holds_for_its_profiles_only),
		cmocka_unit_test(every_entry_is_in_it_with_what_its_lists_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
