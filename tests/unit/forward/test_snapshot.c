/* snapshot: only a whole one of this version, with values in range, is taken. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "forward/snapshot.h"

static char dir[] = "/tmp/vigil-snapshot-XXXXXX", path[100];

static void write_conf(const struct vg_forward_conf *conf, size_t n_bytes)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_int_equal(write(fd, conf, n_bytes), (ssize_t)n_bytes);
	close(fd);
}

static struct vg_forward_conf *good_conf(void)
{
	struct vg_forward_conf *conf = calloc(2, sizeof(*conf)); /* twice: a file may be too long */
	*conf = (struct vg_forward_conf){ .magic = VG_SNAPSHOT_MAGIC,
					  .version = VG_SNAPSHOT_VERSION,
					  .n_bytes = sizeof(*conf),
					  .n_pairs = 1,
					  .mtu = 1500,
					  .ring = { 64, VG_FRAME_RING_MIN_BYTES } };
	strcpy(conf->pairs[0][0], "net_ring0");
	strcpy(conf->pairs[0][1], "net_ring1");
	return conf;
}

static enum vg_err outcome(const struct vg_forward_conf *conf, size_t n_bytes)
{
	static struct vg_forward_conf got;
	write_conf(conf, n_bytes);
	return vg_forward_snapshot_read(dir, &got);
}

static void a_good_one_is_taken_and_a_cut_or_longer_one_is_not(void **state)
{
	struct vg_forward_conf *conf = good_conf();
	(void)state;
	assert_int_equal(outcome(conf, sizeof(*conf)), VG_OK);
	assert_int_equal(outcome(conf, sizeof(*conf) - 1), VG_ECORRUPT);
	assert_int_equal(outcome(conf, sizeof(*conf) + 1), VG_ECORRUPT);
	assert_int_equal(outcome(conf, 0), VG_ECORRUPT);
	unlink(path);
	assert_int_equal(vg_forward_snapshot_read(dir, conf), VG_EIO);
	free(conf);
}

static void values_out_of_range_are_refused(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 7; i++) {
		struct vg_forward_conf *conf = good_conf();
		enum vg_err want = VG_ERANGE;
		switch (i) {
		case 0:
			conf->n_pairs = 0;
			break;
		case 1:
			conf->n_pairs = VG_FORWARD_MAX_PAIRS + 1;
			break;
		case 2:
			conf->mtu = 60000;
			break;
		case 3:
			conf->ring.n_slots = 65;
			break;
		case 4:
			conf->pairs[0][1][0] = 0;
			break;
		case 5:
			conf->version++;
			want = VG_ECORRUPT;
			break;
		default: /* not terminated: cut, not read beyond */
			memset(conf->pairs[0][0], 'x', VG_SNAPSHOT_PORT);
			want = VG_OK;
		}
		assert_int_equal(outcome(conf, sizeof(*conf)), want);
		free(conf);
	}
}

static int make_dir(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/forward.snapshot", dir);
	return 0;
}

static int remove_dir(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_one_is_taken_and_a_cut_or_longer_one_is_not),
		cmocka_unit_test(values_out_of_range_are_refused),
	};
	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
