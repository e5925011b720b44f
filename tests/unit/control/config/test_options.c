#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include <vigil/base.h>

#include "control/config/config.h"
#include "control/config/options.h"
#include "control/config/value.h"

/* Which struct a row is of: 0 = the whole, 1 = a list, 2 = a pair, 3 = a port, 4 = a profile. */
static unsigned kind_of(const struct vg_option *o)
{
	if (!vg_option_is_item(o))
		return 0;
	return o->section[0] == 'l' ? 1 : o->section[0] == 'f' ? 2 : !strcmp(o->section, "profiles") ? 4 : 3;
}

static void rows_are_unique_whole_and_in_a_known_section(void **state)
{
	(void)state;
	for (size_t i = 0; i < vg_n_options; i++) {
		const struct vg_option *o = &vg_options[i];
		int is_known = 0;
		for (size_t k = 0; k < vg_n_option_sections; k++)
			is_known |= !strcmp(vg_option_sections[k].name, o->section);
		assert_true(is_known);
		assert_true(o->help[0] && o->unit && o->preset && o->choices);
		for (size_t k = 0; k < i; k++) {
			assert_false(!strcmp(vg_options[k].section, o->section) && !strcmp(vg_options[k].key, o->key));
			assert_false(vg_options[k].off == o->off && kind_of(&vg_options[k]) == kind_of(o));
		}
	}
}

static void no_row_writes_beyond_its_struct(void **state)
{
	(void)state;
	for (size_t i = 0; i < vg_n_options; i++) {
		const struct vg_option *o = &vg_options[i];
		static const size_t n_structs[] = { sizeof(struct vg_config), sizeof(struct vg_config_list),
						    sizeof(struct vg_config_pair), sizeof(struct vg_config_port),
						    sizeof(struct vg_config_profile) };
		size_t n_struct = n_structs[kind_of(o)];
		size_t n_field = o->type == VG_OPTION_U64   ? 8
				 : o->type < VG_OPTION_TEXT ? 4
							    : (o->max + 1) * (o->n_items ? o->n_items : 1);
		assert_true(o->off + n_field <= n_struct);
	}
}

static void every_default_is_a_value_that_its_row_takes(void **state)
{
	struct vg_config *config = calloc(1, sizeof(*config));
	char why[256];
	(void)state;
	for (size_t i = 0; i < vg_n_options; i++)
		if (vg_options[i].type < VG_OPTION_TEXTS && (vg_options[i].preset[0] || !vg_options[i].min))
			assert_int_equal(
				vg_value_set(&vg_options[i], config, vg_options[i].preset, "", why, sizeof(why)), 0);
	free(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_unique_whole_and_in_a_known_section),
		cmocka_unit_test(no_row_writes_beyond_its_struct),
		cmocka_unit_test(every_default_is_a_value_that_its_row_takes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
