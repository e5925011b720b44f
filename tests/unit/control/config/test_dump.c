#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/config/config.h"

static char *dump(const struct vg_config *config, int with_help)
{
	char *text = NULL;
	size_t n;
	FILE *out = open_memstream(&text, &n);
	assert_non_null(out);
	vg_config_dump(config, out, with_help);
	fclose(out);
	return text;
}

static void what_is_dumped_reads_back_the_same(void **state)
{
	static const char text[] =
		"dataplane:\n  ports: ['a \"b\" \\\\c', d, {device: e, tenant_key: none, direction_vlans: {in: 1, out: "
		"2}}]\n"
		"  cores: 7\n  checksums: drop\n"
		"lists:\n  - {name: 'x: y', file: /f, action: alert, file_distance: 3}\n"
		"  - {name: z, file: /g}\nevidence:\n  custodian_keys: [/k1, /k2]\n  max_bytes: 5G\n"
		"control:\n  fold_window_s: 0\n  programs: {feed: /p/f}\ntest_endpoint:\n  user: \"#u\"\n";
	struct vg_config *first = malloc(sizeof(*first)), *second = malloc(sizeof(*second));
	char why[600];
	(void)state;
	assert_int_equal(vg_config_parse(first, "x", text, strlen(text), why, sizeof(why)), VG_OK);
	for (int with_help = 0; with_help < 2; with_help++) {
		first->dataplane.port_rules[2].line = 1;
		char *again = dump(first, with_help);
		if (vg_config_parse(second, "x", again, strlen(again), why, sizeof(why)))
			fail_msg("%s in\n%s", why, again);
		first->lists[0].line = first->lists[1].line = second->lists[0].line = second->lists[1].line = 0;
		first->dataplane.port_rules[2].line = second->dataplane.port_rules[2].line = 0;
		assert_memory_equal(first, second, sizeof(*first));
		free(again);
	}
	free(first);
	free(second);
}

static void the_example_is_what_the_table_says(void **state)
{
	struct vg_config *config = malloc(sizeof(*config));
	(void)state;
	vg_config_defaults(config);
	char *text = dump(config, 1), *file = calloc(1, 1 << 16);
	FILE *in = fopen("deploy/vigil.yaml.example", "re");
	assert_non_null(in); /* make it anew: build/bin/vigild --dump-config >deploy/vigil.yaml.example */
	assert_true(fread(file, 1, (1 << 16) - 1, in) > 0);
	fclose(in);
	assert_string_equal(file, text);
	free(text);
	free(file);
	free(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_dumped_reads_back_the_same),
		cmocka_unit_test(the_example_is_what_the_table_says),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
