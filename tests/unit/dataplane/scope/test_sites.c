#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "dataplane/scope/sites.h"
#include "tests/lib/guard.h"

static struct vg_scope_conf conf;

static void add(int is_in, const char *pattern)
{
	struct vg_scope_site *site = &conf.sites[conf.n_sites++];

	site->is_in = (uint8_t)is_in;
	strncpy(site->pattern, pattern, sizeof(site->pattern) - 1);
}

static int begin(void **state)
{
	(void)state;
	memset(&conf, 0, sizeof(conf));
	return 0;
}

static struct vg_sites *made(void)
{
	struct vg_sites *sites;

	assert_int_equal(vg_sites_create(&conf, &sites), 0);
	assert_non_null(sites);
	return sites;
}

static int has(const struct vg_sites *sites, const char *text)
{
	uint8_t *copy = vg_guard_copy(text, strlen(text));
	int answer = vg_sites_has(sites, (const char *)copy, strlen(text));

	vg_guard_free(copy, strlen(text));
	return answer;
}

static void without_patterns_there_is_nothing_to_ask(void **state)
{
	struct vg_sites *sites = (void *)1;

	(void)state;
	assert_int_equal(vg_sites_create(&conf, &sites), 0);
	assert_null(sites);
}

static void an_inclusion_leaves_all_else_out(void **state)
{
	(void)state;
	add(1, "www.example.org");
	add(1, "*.shop.test");
	add(1, "files.test/upload/*");
	struct vg_sites *sites = made();
	assert_true(has(sites, "www.example.org/"));
	assert_true(has(sites, "www.example.org/a?b"));
	assert_false(has(sites, "xwww.example.org/"));
	assert_false(has(sites, "wwwxexample.org/"));
	assert_false(has(sites, "www.example.org.evil.test/"));
	assert_true(has(sites, "a.b.shop.test/x"));
	assert_false(has(sites, "shop.test/x"));
	assert_true(has(sites, "files.test/upload/"));
	assert_true(has(sites, "files.test/upload/a/b?c=d"));
	assert_false(has(sites, "files.test/uploads"));
	assert_false(has(sites, "files.test/"));
	assert_false(has(sites, "/upload/x")); /* no host */
	vg_sites_destroy(sites);
}

static void an_exclusion_overrules_an_inclusion(void **state)
{
	(void)state;
	add(1, "*.example.org");
	add(0, "*/private/*");
	add(0, "hr.example.org");
	struct vg_sites *sites = made();
	assert_true(has(sites, "www.example.org/a"));
	assert_false(has(sites, "www.example.org/private/a"));
	assert_true(has(sites, "www.example.org/x/private/a")); /* the * before the first slash is of the host */
	assert_false(has(sites, "hr.example.org/a"));
	vg_sites_destroy(sites);
}

static void a_star_of_the_host_ends_at_the_path(void **state)
{
	(void)state;
	add(1, "*.example.org");
	struct vg_sites *sites = made();
	assert_false(has(sites, "evil.test/x.example.org/"));
	assert_false(has(sites, "evil.test/?.example.org/"));
	vg_sites_destroy(sites);
}

static void exclusions_alone_leave_the_rest_in(void **state)
{
	(void)state;
	add(0, "intern.test");
	struct vg_sites *sites = made();
	assert_true(has(sites, "www.test/"));
	assert_true(has(sites, "/"));
	assert_false(has(sites, "intern.test/a"));
	vg_sites_destroy(sites);
}

static void bytes_of_patterns_stand_for_themselves(void **state)
{
	(void)state;
	add(1, "a.test/[x](y)^$|+?.{2}\\");
	struct vg_sites *sites = made();
	assert_true(has(sites, "a.test/[x](y)^$|+?.{2}\\"));
	assert_false(has(sites, "a.test/x"));
	vg_sites_destroy(sites);
}

static void as_many_as_fit_compile_and_more_are_refused(void **state)
{
	struct vg_sites *sites;
	char text[64];

	(void)state;
	for (unsigned i = 0; i < VG_SCOPE_MAX_SITES; i++) {
		snprintf(text, sizeof(text), "host%u.test/*x*", i);
		add(i & 1, text);
	}
	sites = made();
	assert_true(has(sites, "host1.test/ax"));
	assert_false(has(sites, "host2.test/ax"));
	vg_sites_destroy(sites);
	conf.n_sites++;
	assert_int_equal(vg_sites_create(&conf, &sites), -1);
	conf.n_sites = 1;
	memset(conf.sites[0].pattern, 'a', sizeof(conf.sites[0].pattern));
	assert_int_equal(vg_sites_create(&conf, &sites), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(without_patterns_there_is_nothing_to_ask, begin),
		cmocka_unit_test_setup(an_inclusion_leaves_all_else_out, begin),
		cmocka_unit_test_setup(an_exclusion_overrules_an_inclusion, begin),
		cmocka_unit_test_setup(a_star_of_the_host_ends_at_the_path, begin),
		cmocka_unit_test_setup(exclusions_alone_leave_the_rest_in, begin),
		cmocka_unit_test_setup(bytes_of_patterns_stand_for_themselves, begin),
		cmocka_unit_test_setup(as_many_as_fit_compile_and_more_are_refused, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
