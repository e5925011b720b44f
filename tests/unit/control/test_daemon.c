#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <vigil/config_snapshot.h>
#include <vigil/plugin_notice.h>
#include <vigil/sock.h>

#include "control/daemon_priv.h"
#include "control/evidence/keys.h"
#include "control/lists/builder.h"
#include "tests/lib/scratch.h"

struct fixture {
	struct scratch scratch;
	struct vg_config *config;
	struct vg_loop *loop;
	char why[VG_DAEMON_WHY];
};

static void path_in(const struct fixture *f, char *to, size_t n_to, const char *name)
{
	snprintf(to, n_to, "%s/%s", f->scratch.dir, name);
}

static int set_up(void **state)
{
	static struct fixture f;
	scratch_init(&f.scratch);
	f.config = malloc(sizeof(*f.config));
	f.loop = vg_loop_create();
	vg_config_defaults(f.config);
	f.config->control.metrics_port = 0;
	path_in(&f, f.config->control.run_dir, sizeof(f.config->control.run_dir), "run");
	path_in(&f, f.config->control.state_dir, sizeof(f.config->control.state_dir), "state");
	f.config->evidence.n_custodian_keys = 2;
	path_in(&f, f.config->evidence.custodian_keys[0], VG_CONFIG_PATH, "custodian-1.pub");
	path_in(&f, f.config->evidence.custodian_keys[1], VG_CONFIG_PATH, "custodian-2.pub");
	*state = &f;
	return vg_custodian_keygen(f.scratch.dir) || !f.loop;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	vg_loop_destroy(f->loop);
	vg_loop_unblock_signals();
	free(f->config);
	scratch_fini(&f->scratch);
	return 0;
}

static struct vg_daemon *create(struct fixture *f)
{
	struct vg_daemon_conf conf = { .config = f->config };
	f->why[0] = 0;
	return vg_daemon_create(f->loop, &conf, f->why, sizeof(f->why));
}

static void set_list(struct fixture *f, const char *text)
{
	f->config->n_lists = 1;
	vg_config_list_defaults(&f->config->lists[0]);
	strcpy(f->config->lists[0].name, "own");
	strcpy(f->config->lists[0].file, scratch_write(&f->scratch, "own.txt", text));
}

static void vigild_opens_makes_its_snapshots_and_ends(void **state)
{
	struct fixture *f = *state;
	char path[300];
	set_list(f, "md5,0123456789abcdef0123456789abcdef,E\n");
	struct vg_daemon *d = create(f);
	if (!d)
		fail_msg("%s", f->why);
	path_in(f, path, sizeof(path), "run/dataplane.snapshot");
	assert_int_equal(access(path, R_OK), 0);
	path_in(f, path, sizeof(path), "run/ctl.sock");
	assert_int_equal(access(path, R_OK), 0);
	vg_daemon_stop(d);
	assert_int_equal(vg_loop_run(f->loop), VG_OK);
	assert_int_equal(vg_daemon_exit_code(d), 0);
	vg_daemon_destroy(d);
	d = create(f); /* and again over what it left */
	assert_non_null(d);
	vg_daemon_destroy(d);
}

static void on_audit(void *ctx, const struct vg_audit_row *row)
{
	char *said = ctx;
	if (!strcmp(row->what, "vigild.start"))
		snprintf(said, 256, "%s", row->details);
}
static void the_start_is_in_the_audit_with_its_ground(void **state)
{
	struct fixture *f = *state;
	char said[256] = "";
	strcpy(f->config->control.legal_basis, "a \"law\"");
	strcpy(f->config->control.policy_version, "7");
	struct vg_daemon *d = create(f);
	assert_non_null(d);
	assert_int_equal(vg_audit_list(d->audit, 20, on_audit, said), VG_OK);
	assert_string_equal(said, "{\"legal_basis\":\"a \\\"law\\\"\",\"policy_version\":\"7\"}");
	vg_daemon_destroy(d);
}

static void a_second_vigild_is_refused(void **state)
{
	struct fixture *f = *state;
	struct vg_daemon *d = create(f);
	assert_non_null(d);
	assert_null(create(f));
	assert_non_null(strstr(f->why, "in use"));
	/* nor one with a state of its own on the sockets of the first */
	path_in(f, f->config->control.state_dir, sizeof(f->config->control.state_dir), "other");
	assert_null(create(f));
	assert_non_null(strstr(f->why, "run is in use"));
	vg_daemon_destroy(d);
	d = create(f);
	assert_non_null(d);
	vg_daemon_destroy(d);
}

static void a_refused_start_makes_nothing_and_a_shared_state_is_refused(void **state)
{
	struct fixture *f = *state;
	f->config->evidence.n_custodian_keys = 1;
	assert_null(create(f));
	assert_int_not_equal(access(f->config->control.state_dir, F_OK), 0);
	assert_int_not_equal(access(f->config->control.run_dir, F_OK), 0);
	f->config->evidence.n_custodian_keys = 2;
	assert_int_equal(mkdir(f->config->control.state_dir, 0700), 0);
	assert_int_equal(chmod(f->config->control.state_dir, 0770), 0);
	assert_null(create(f));
	assert_non_null(strstr(f->why, "may be written by others"));
}

static void a_suppression_in_the_state_folder_is_read(void **state)
{
	struct fixture *f = *state;
	set_list(f, "md5,0123456789abcdef0123456789abcdef,E\n");
	struct vg_daemon *d = create(f);
	assert_non_null(d);
	vg_daemon_destroy(d);
	scratch_write(&f->scratch, "state/suppress.list", "no such row\n");
	d = create(f); /* the generation stays, and so does what is wrong */
	assert_non_null(d);
	assert_int_equal(vg_daemon_reload_lists(d, f->why, sizeof(f->why)), VG_EINVAL);
	assert_non_null(strstr(f->why, "suppress.list:1:"));
	vg_daemon_destroy(d);
}

static void a_bad_list_stops_the_first_start_but_not_the_second(void **state)
{
	struct fixture *f = *state;
	set_list(f, "md5,xyz\n");
	assert_null(create(f));
	assert_non_null(strstr(f->why, "own.txt:1:"));
	set_list(f, "md5,0123456789abcdef0123456789abcdef,E\n");
	struct vg_daemon *d = create(f);
	assert_non_null(d);
	vg_daemon_destroy(d);
	set_list(f, "md5,xyz\n");
	d = create(f);
	assert_non_null(d);
	assert_int_equal(vg_daemon_reload_lists(d, f->why, sizeof(f->why)), VG_EINVAL);
	set_list(f, "md5,1123456789abcdef0123456789abcdef,E\n");
	assert_int_equal(vg_daemon_reload_lists(d, f->why, sizeof(f->why)), VG_OK);
	vg_daemon_destroy(d);
}

static void without_custodians_or_with_a_foreign_stamp_nothing_starts(void **state)
{
	struct fixture *f = *state;
	f->config->evidence.n_custodian_keys = 1;
	assert_null(create(f));
	assert_non_null(strstr(f->why, "custodian_keys"));
	f->config->evidence.n_custodian_keys = 2;
	assert_int_equal(mkdir(f->config->control.state_dir, 0700), 0);
	scratch_write(&f->scratch, "state/STAMP", "demo\n");
	f->config->reporting.environment = VG_ENV_PRODUCTION;
	assert_null(create(f));
	assert_non_null(strstr(f->why, "stamped"));
	f->config->reporting.environment = VG_ENV_OFF;
	struct vg_daemon *d = create(f);
	assert_non_null(d);
	vg_daemon_destroy(d);
}

/* Goes on until nothing is read any more. */
static uint64_t read_through(struct fixture *f, struct vg_daemon *d)
{
	struct vg_rebuild_state reading;
	struct vg_lists_info info;
	do {
		assert_int_equal(vg_loop_step(f->loop, 1000), VG_OK);
		vg_rebuild_state(d->rebuild, &reading);
	} while (reading.is_running);
	vg_lists_info(d->lists, &info);
	return info.generation;
}

static void large_lists_are_read_beside_vigild_and_asked_for_again_meanwhile(void **state)
{
	struct fixture *f = *state;
	struct vg_rebuild_state reading;
	struct vg_lists_info info;
	uint64_t id;
	f->config->control.lists_inline_bytes = 0;
	set_list(f, "md5,0123456789abcdef0123456789abcdef,E\n");
	struct vg_daemon *d = create(f);
	assert_non_null(d);
	vg_lists_info(d->lists, &info);
	assert_int_equal(info.generation, 0);
	assert_int_equal(vg_lists_expected(d->lists), 1);
	set_list(f, "md5,1123456789abcdef0123456789abcdef,E\n");
	assert_int_equal(vg_daemon_reload_for_ctl(d, NULL, &id, f->why, sizeof(f->why)), VG_EAGAIN);
	assert_int_equal(vg_daemon_reload_lists(d, f->why, sizeof(f->why)), VG_OK); /* kept for the end */
	assert_true(read_through(f, d) >= 1);
	vg_rebuild_state(d->rebuild, &reading);
	assert_int_equal(reading.id, 2);
	assert_int_equal(vg_lists_expected(d->lists), 0);
	set_list(f, "md5,2123456789abcdef0123456789abcdef,E\n");
	assert_int_equal(vg_daemon_reload_for_ctl(d, NULL, &id, f->why, sizeof(f->why)), VG_OK);
	assert_int_equal(id, 3);
	vg_daemon_destroy(d); /* while it is read */
	d = create(f);
	assert_non_null(d);
	assert_true(read_through(f, d) >= 2);
	vg_daemon_destroy(d);
}

static void without_any_lists_a_bad_one_read_beside_vigild_ends_it(void **state)
{
	struct fixture *f = *state;
	f->config->control.lists_inline_bytes = 0;
	set_list(f, "md5,xyz\n");
	struct vg_daemon *d = create(f);
	assert_non_null(d);
	assert_int_equal(vg_loop_run(f->loop), VG_OK);
	assert_int_equal(vg_daemon_exit_code(d), 1);
	vg_daemon_destroy(d);
}

static void a_suppression_that_cannot_be_read_is_taken_back(void **state)
{
	struct fixture *f = *state;
	char path[VG_CONFIG_PATH + 16];
	struct vg_ctl_undo undo = { vg_config_suppress_path(f->config, path, 1), "entry,OLD\n" };
	const uint8_t value[16] = { 0 };
	uint64_t id;
	set_list(f, "md5,0123456789abcdef0123456789abcdef,E\n");
	struct vg_daemon *d = create(f);
	assert_non_null(d);
	f->config->control.lists_inline_bytes = 0;
	scratch_write(&f->scratch, "state/suppress.list", "entry,OLD\nentry,NEW\n");
	set_list(f, "md5,xyz\n");
	assert_int_equal(vg_daemon_reload_for_ctl(d, &undo, &id, f->why, sizeof(f->why)), VG_OK);
	assert_int_equal(id, 1);
	assert_int_equal(vg_lists_suppressed(d->lists, VG_ALGO_MD5, value, "own", "NEW"), 1);
	assert_int_equal(read_through(f, d), 1);
	assert_int_equal(vg_lists_suppressed(d->lists, VG_ALGO_MD5, value, "own", "NEW"), 0);
	char text[64] = "";
	FILE *in = fopen(path, "r");
	assert_int_equal(fread(text, 1, sizeof(text) - 1, in), strlen(undo.rows));
	assert_string_equal(text, undo.rows);
	fclose(in);
	vg_daemon_destroy(d);
}

/* What status says of hasher 0, "" = nothing. */
static const char *trouble(struct vg_daemon *d)
{
	static char text[VG_CONFIG_PATH + 64];
	assert_non_null(d->ctl_env.hasher_trouble);
	d->ctl_env.hasher_trouble(d->ctl_env.arg, 0, text, sizeof(text));
	return text;
}

static void a_hasher_that_says_which_plugin_it_refused_is_named(void **state)
{
	static const char *const wrong[] = { "", "1", "1\n\n", "4\n", "-1\n", "1 ", "3\n", "x\n" };
	struct fixture *f = *state;
	char path[300];
	f->config->hashing.n_plugins = 2;
	strcpy(f->config->hashing.plugins[0], "/p/first.so");
	strcpy(f->config->hashing.plugins[1], "x@1:/p/second.so");
	struct vg_daemon *d = create(f);
	assert_non_null(d);
	assert_string_equal(trouble(d), "");
	vg_plugin_notice_write(f->config->control.run_dir, 0, 1);
	assert_non_null(strstr(trouble(d), "x@1:/p/second.so does not load"));
	vg_plugin_notice_write(f->config->control.run_dir, 0, 0);
	assert_non_null(strstr(trouble(d), "/p/first.so does not load"));
	vg_plugin_notice_write(f->config->control.run_dir, 1, 0);
	vg_plugin_notice_write(f->config->control.run_dir, 0, -1);
	assert_string_equal(trouble(d), "");
	for (size_t i = 0; i < VG_ARRAY_LEN(wrong); i++) {
		scratch_write(&f->scratch, "run/hasher-0.refused", wrong[i]);
		assert_string_equal(trouble(d), "");
	}
	path_in(f, path, sizeof(path), "run/hasher-0.refused");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink(scratch_write(&f->scratch, "elsewhere", "1\n"), path), 0);
	assert_string_equal(trouble(d), "");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0); /* nobody waits for its writer */
	assert_string_equal(trouble(d), "");
	vg_daemon_destroy(d);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(vigild_opens_makes_its_snapshots_and_ends, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_start_is_in_the_audit_with_its_ground, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_second_vigild_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_refused_start_makes_nothing_and_a_shared_state_is_refused, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_suppression_in_the_state_folder_is_read, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_bad_list_stops_the_first_start_but_not_the_second, set_up, tear_down),
		cmocka_unit_test_setup_teardown(large_lists_are_read_beside_vigild_and_asked_for_again_meanwhile,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(without_any_lists_a_bad_one_read_beside_vigild_ends_it, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_suppression_that_cannot_be_read_is_taken_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_hasher_that_says_which_plugin_it_refused_is_named, set_up, tear_down),
		cmocka_unit_test_setup_teardown(without_custodians_or_with_a_foreign_stamp_nothing_starts, set_up,
						tear_down),
	};
	if (argc == 3 && !strcmp(argv[1], VG_BUILDER_OPTION)) /* this program is the builder's, too */
		return vg_builder_run(VG_BUILDER_FD, strtoull(argv[2], NULL, 10));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
