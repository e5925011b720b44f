#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "control/supervise/supervise.h"
#include "tests/lib/scratch.h"

static void a_configuration_becomes_valid_snapshots(void **state)
{
	struct vg_config *config = malloc(sizeof(*config));
	struct vg_dataplane_conf *d = malloc(sizeof(*d)), *again = malloc(sizeof(*again));
	struct vg_hashing_conf h, h_again;
	struct scratch scratch;
	(void)state;
	scratch_init(&scratch);
	vg_config_defaults(config);
	config->dataplane.n_ports = 1;
	config->dataplane.huge_pages = VG_HUGE_NO;
	strcpy(config->dataplane.ports[0], "net_tap0");
	assert_int_equal(vg_supervise_dataplane_conf(config, d), VG_OK);
	assert_int_equal(vg_lane_check(&d->lane), VG_OK);
	assert_true(d->flags & VG_CONF_NO_HUGE);
	assert_int_equal(vg_supervise_write_dataplane(scratch.dir, d), VG_OK);
	FILE *in = fopen(scratch_path(&scratch, "dataplane.snapshot"), "re");
	assert_int_equal(fread(again, 1, sizeof(*again), in), sizeof(*again));
	fclose(in);
	assert_int_equal(vg_snapshot_check(again, sizeof(*again)), VG_OK);
	assert_string_equal(again->ports[0], "net_tap0");
	config->hashing.pdq = 0;
	assert_int_equal(vg_supervise_hashing_conf(config, &h), VG_OK);
	assert_int_equal(h.flags, VG_HCONF_NO_PDQ | VG_HCONF_TEXTS | VG_HCONF_SCALED);
	assert_int_equal(vg_supervise_write_hashing(scratch.dir, &h), VG_OK);
	assert_int_equal(vg_supervise_write_hashing(scratch.dir, &h), VG_OK);
	in = fopen(scratch_path(&scratch, "hashing.snapshot"), "re");
	assert_int_equal(fread(&h_again, 1, sizeof(h_again), in), sizeof(h_again));
	fclose(in);
	assert_int_equal(vg_snapshot_check(&h_again, sizeof(h_again)), VG_OK);
	assert_int_equal(h_again.generation, 2);
	assert_int_equal(scratch_count(scratch.dir), 2);
	assert_int_equal(vg_supervise_write_hashing("/nonexistent", &h), VG_EIO);
	config->dataplane.n_large_chunks = config->dataplane.n_small_chunks = VG_LANE_MAX_CHUNKS;
	assert_int_equal(vg_supervise_dataplane_conf(config, d), VG_EINVAL);
	free(d);
	free(again);
	free(config);
	scratch_fini(&scratch);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(a_configuration_becomes_valid_snapshots) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
