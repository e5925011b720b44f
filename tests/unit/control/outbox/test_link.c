/* Packing for the reporter's socket, and where a report may go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <unistd.h>

#include <vigil/memfd.h>

#include "tests/lib/case_make.h"

static void a_case_comes_back_as_it_was_packed(void **state)
{
	struct vg_case *c = case_make(VG_UPLOAD, 3), *again = calloc(1, sizeof(*again));
	struct vg_case_file *files;
	int fd = vg_link_case_pack(c);
	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(vg_link_case_unpack(fd, again, &files), VG_OK);
	assert_int_equal(again->n_files, 3);
	assert_memory_equal(&again->origin, &c->origin, sizeof(c->origin));
	assert_memory_equal(files, c->files, 3 * sizeof(*files));
	free(files);
	free(again);
	close(fd);
	case_drop(c);
}
static void texts_without_an_end_are_ended(void **state)
{
	struct vg_case *c = case_make(VG_UPLOAD, 1), *again = calloc(1, sizeof(*again));
	struct vg_case_file *files;
	int fd;
	(void)state;
	memset(c->origin.url, 'u', sizeof(c->origin.url));
	c->origin.n_tunnels = 99;
	memset(c->origin.tunnels[VG_CASE_TUNNELS - 1].dst_ip, '1', 46);
	memset(c->files[0].hits[7].note, 'n', sizeof(c->files[0].hits[7].note));
	fd = vg_link_case_pack(c);
	assert_int_equal(vg_link_case_unpack(fd, again, &files), VG_OK);
	assert_int_equal(strlen(again->origin.url), sizeof(c->origin.url) - 1);
	assert_int_equal(again->origin.n_tunnels, VG_CASE_TUNNELS);
	assert_int_equal(strlen(again->origin.tunnels[VG_CASE_TUNNELS - 1].dst_ip), 45);
	assert_int_equal(strlen(files[0].hits[7].note), sizeof(c->files[0].hits[7].note) - 1);
	free(files);
	free(again);
	close(fd);
	case_drop(c);
}
/* The packed bytes in a memfd of our own, changed at `at`, cut to n_bytes, sealed or not. */
static enum vg_err unpack_changed(const struct vg_case *c, size_t at, uint8_t value, ssize_t n_bytes, int sealed)
{
	struct vg_case *again = calloc(1, sizeof(*again));
	struct vg_case_file *files;
	int from = vg_link_case_pack(c), to;
	size_t n = (size_t)lseek(from, 0, SEEK_END);
	uint8_t *bytes = malloc(n);
	enum vg_err err;
	assert_int_equal(pread(from, bytes, n, 0), n);
	bytes[at] = value;
	n = n_bytes < 0 ? n : (size_t)n_bytes;
	to = vg_memfd_new("changed", 0);
	assert_int_equal(write(to, bytes, n), n);
	if (sealed)
		assert_int_equal(vg_memfd_seal(to, VG_SEALS_FINAL), VG_OK);
	err = vg_link_case_unpack(to, again, &files);
	if (!err)
		free(files);
	else
		assert_null(files);
	free(again);
	free(bytes);
	close(from);
	close(to);
	return err;
}
static void damaged_cases_are_refused(void **state)
{
	struct vg_case *c = case_make(VG_UPLOAD, 2);
	(void)state;
	assert_int_equal(unpack_changed(c, 100, 0, -1, 1), VG_OK);
	assert_int_equal(unpack_changed(c, 100, 0, -1, 0), VG_ESEAL);
	assert_int_not_equal(unpack_changed(c, 0, 0xff, -1, 1), VG_OK); /* magic */
	assert_int_not_equal(unpack_changed(c, 4, 0xff, -1, 1), VG_OK); /* version */
	assert_int_not_equal(unpack_changed(c, 8, 0xff, -1, 1), VG_OK); /* sizes */
	assert_int_not_equal(unpack_changed(c, 12, 0xff, -1, 1), VG_OK);
	assert_int_not_equal(unpack_changed(c, 16, 0xff, -1, 1), VG_OK); /* count */
	assert_int_not_equal(unpack_changed(c, 19, 0xff, -1, 1), VG_OK);
	assert_int_not_equal(unpack_changed(c, 100, 0, 10, 1), VG_OK);
	assert_int_not_equal(unpack_changed(c, 100, 0, 24 + (ssize_t)sizeof(*c) + 5, 1), VG_OK);
	c->files[1].n_hits = VG_CASE_HITS + 1;
	assert_int_equal(unpack_changed(c, 100, 0, -1, 1), VG_ERANGE);
	case_drop(c);
}
static void texts_are_bounded_and_sealed(void **state)
{
	char *text, *large = calloc(1, VG_LINK_TEXT_BYTES + 1);
	size_t n;
	int fd = vg_link_text_pack("abc", 3);
	(void)state;
	assert_int_equal(vg_link_text_unpack(fd, &text, &n), VG_OK);
	assert_string_equal(text, "abc");
	assert_int_equal(n, 3);
	free(text);
	close(fd);
	assert_true(vg_link_text_pack(large, VG_LINK_TEXT_BYTES + 1) < 0);
	free(large);
	fd = vg_memfd_new("open", 3);
	assert_int_equal(vg_link_text_unpack(fd, &text, &n), VG_ESEAL);
	close(fd);
	fd = vg_memfd_new("large", VG_LINK_TEXT_BYTES + 1);
	assert_int_equal(vg_memfd_seal(fd, VG_SEALS_FINAL), VG_OK);
	assert_int_equal(vg_link_text_unpack(fd, &text, &n), VG_ERANGE);
	close(fd);
}

#define TEST VG_ENVIRONMENT_TEST
#define PROD VG_ENVIRONMENT_PRODUCTION
static void production_needs_its_key_and_is_never_a_demo(void **state)
{
	static const struct {
		const char *url;
		unsigned environment;
		const char *key;
		int demo;
		enum vg_err want;
	} rows[] = {
		{ "https://127.0.0.1:1/ispws", TEST, "", 1, VG_OK },
		{ "https://exttest.cybertip.org/ispws", TEST, "", 0, VG_OK },
		{ "https://report.cybertip.org/ispws", TEST, "", 0, VG_EDENIED },
		{ "https://report.cybertip.org/ispws", TEST, VG_PRODUCTION_KEY, 0, VG_EDENIED },
		{ "https://report.cybertip.org/ispws", PROD, "", 0, VG_EDENIED },
		{ "https://report.cybertip.org/ispws", PROD, NULL, 0, VG_EDENIED },
		{ "https://report.cybertip.org/ispws", PROD, "File real reports", 0, VG_EDENIED },
		{ "https://report.cybertip.org/ispws", PROD, VG_PRODUCTION_KEY, 0, VG_OK },
		{ "https://report.cybertip.org/ispws", PROD, VG_PRODUCTION_KEY, 1, VG_EDENIED },
		{ "https://127.0.0.1/", PROD, VG_PRODUCTION_KEY, 1, VG_EDENIED },
		{ "https://REPORT.CyberTip.ORG/ispws", TEST, "", 0, VG_EDENIED },
		{ "https://report.cybertip.org./ispws", TEST, "", 0, VG_EDENIED },
		{ "https://cybertip.org/", TEST, "", 0, VG_EDENIED },
		{ "https://new.report.cybertip.org:8443/", TEST, "", 0, VG_EDENIED },
		{ "https://x.exttest.cybertip.org/", TEST, "", 0, VG_EDENIED },
		{ "https://www.missingkids.org/", TEST, "", 0, VG_EDENIED },
		{ "https://notcybertip.org/", TEST, "", 0, VG_OK },
		{ "http://127.0.0.1/", TEST, "", 0, VG_EINVAL },
		{ "https://user:pw@127.0.0.1/", TEST, "", 0, VG_EINVAL },
		{ "https://127.0.0.1@report.cybertip.org/", TEST, "", 0, VG_EINVAL },
		{ "ftp://127.0.0.1/", TEST, "", 0, VG_EINVAL },
		{ "", TEST, "", 0, VG_EINVAL },
		{ "https://", TEST, "", 0, VG_EINVAL },
		{ "https://127.0.0.1/", 7, "", 0, VG_EINVAL },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum vg_err err = vg_endpoint_allowed(rows[i].url, rows[i].environment, rows[i].key, rows[i].demo);
		if (err != rows[i].want)
			fail_msg("row %zu, %s: %d", i, rows[i].url, err);
	}
}
static void loopback_is_told_by_host_only(void **state)
{
	static const char *const yes[] = { "https://127.0.0.1:9/x", "https://127.9.9.9/", "https://localhost:1/",
					   "https://[::1]:5/ispws" };
	static const char *const no[] = { "https://127.0.0.1.example/",
					  "https://localhost.example/",
					  "https://10.0.0.1/",
					  "https://example/127.0.0.1",
					  "https://127.0.0.1@example/",
					  "http://127.0.0.1/",
					  "https://[::2]/" };
	(void)state;
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		if (!vg_endpoint_is_loopback(yes[i]))
			fail_msg("%s", yes[i]);
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		if (vg_endpoint_is_loopback(no[i]))
			fail_msg("%s", no[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_case_comes_back_as_it_was_packed),
		cmocka_unit_test(texts_without_an_end_are_ended),
		cmocka_unit_test(damaged_cases_are_refused),
		cmocka_unit_test(texts_are_bounded_and_sealed),
		cmocka_unit_test(production_needs_its_key_and_is_never_a_demo),
		cmocka_unit_test(loopback_is_told_by_host_only),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
