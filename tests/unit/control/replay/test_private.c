/* private: a state folder that is ours alone, complete, and gone afterwards. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <dirent.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "control/evidence/keys.h"
#include "control/replay/private.h"

static char base[] = "/tmp/vigil-test-private.XXXXXX", why[1024];

static unsigned n_entries(const char *path)
{
	unsigned n = 0;
	DIR *dir = opendir(path);
	assert_non_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n - 2;
}
static int begin(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(base));
	setenv("TMPDIR", base, 1);
	return 0;
}
static int end(void **state)
{
	char command[128];
	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", base);
	return system(command);
}
static void a_folder_is_made_stamped_and_removed(void **state)
{
	struct vg_private p;
	struct stat st;
	(void)state;
	assert_int_equal(vg_private_make(&p, NULL, why, sizeof(why)), VG_OK);
	assert_int_equal(stat(p.dir, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_true(vg_dir_is_demo(p.dir));
	assert_int_equal(n_entries(base), 1);
	vg_private_remove(&p);
	assert_int_equal(n_entries(base), 0);
}
static void what_a_killed_run_left_goes_and_what_lives_stays(void **state)
{
	struct vg_private live, next;
	char strange[160], not_ours[160];
	int status;
	pid_t pid;
	(void)state;
	assert_int_equal(vg_private_make(&live, NULL, why, sizeof(why)), VG_OK);
	pid = fork();
	if (!pid) {
		close(live.locks[0]);
		_exit(vg_private_make(&next, NULL, why, sizeof(why)) != VG_OK); /* and nobody removes it */
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	/* nobody's business: without a lock, and another's */
	snprintf(strange, sizeof(strange), "%s/vigil-run-abcdef", base);
	assert_int_equal(mkdir(strange, 0700), 0);
	snprintf(not_ours, sizeof(not_ours), "%s/vigil-run-open00", base);
	assert_int_equal(mkdir(not_ours, 0755), 0);
	assert_int_equal(chmod(not_ours, 0755), 0);
	assert_int_equal(n_entries(base), 4);
	assert_int_equal(vg_private_make(&next, NULL, why, sizeof(why)), VG_OK);
	assert_int_equal(n_entries(base), 4);
	assert_int_equal(access(live.config_path, F_OK) && access(live.run_dir, F_OK), 0);
	vg_private_remove(&next);
	vg_private_remove(&live);
	assert_int_equal(rmdir(strange) || rmdir(not_ours), 0);
	assert_int_equal(n_entries(base), 0);
}
static void a_named_folder_is_kept_and_not_used_twice(void **state)
{
	struct vg_private p;
	char path[128], db[160];
	(void)state;
	snprintf(path, sizeof(path), "%s/named", base);
	assert_int_equal(vg_private_make(&p, path, why, sizeof(why)), VG_OK);
	vg_private_remove(&p);
	assert_int_equal(access(path, F_OK), 0);
	snprintf(db, sizeof(db), "%s/vigil.db", path);
	fclose(fopen(db, "w"));
	assert_int_equal(vg_private_make(&p, path, why, sizeof(why)), VG_ECONFLICT);
	assert_int_equal(access(db, F_OK), 0);
	vg_private_remove(&p);
	assert_int_equal(access(db, F_OK), 0);
}
static void a_folder_that_others_may_enter_is_refused(void **state)
{
	struct vg_private p;
	char path[128], file[160];
	(void)state;
	snprintf(path, sizeof(path), "%s/open", base);
	snprintf(file, sizeof(file), "%s/x", path);
	mkdir(path, 0755);
	chmod(path, 0755);
	fclose(fopen(file, "w"));
	assert_int_equal(vg_private_make(&p, path, why, sizeof(why)), VG_EDENIED);
	assert_non_null(strstr(why, "chmod 700"));
	vg_private_remove(&p);
	assert_int_equal(access(file, F_OK), 0);
	assert_int_equal(vg_private_make(&p, file, why, sizeof(why)), VG_EDENIED);
	assert_int_equal(vg_private_make(&p, "/no/such/parent/x", why, sizeof(why)), VG_EIO);
}
static void a_long_path_gets_its_sockets_elsewhere(void **state)
{
	struct vg_private p;
	char path[300];
	struct stat st;
	(void)state;
	snprintf(path, sizeof(path), "%s/%0120d", base, 1);
	assert_int_equal(vg_private_make(&p, path, why, sizeof(why)), VG_OK);
	assert_true(strlen(p.run_dir) < 60);
	assert_int_equal(stat(p.run_dir, &st), 0);
	p.keep = 0;
	vg_private_remove(&p);
	assert_int_equal(stat(p.run_dir, &st), -1);
	assert_int_equal(stat(path, &st), -1);
}
static void the_configuration_is_whole_and_reports_nowhere(void **state)
{
	static const struct vg_config_endpoint nowhere;
	struct vg_config *config = calloc(1, sizeof(*config));
	struct vg_private p;
	struct vg_run_args args = { .lists = { NULL }, .n_lists = 3 };
	char *paths[] = { (char[]){ "x" } }, list[3][160];
	struct vg_run_spec spec = { .paths = paths, .n_paths = 1, .n_cores = 2, .n_hashers = 3, .loop = 1 };
	(void)state;
	assert_int_equal(vg_private_make(&p, NULL, why, sizeof(why)), VG_OK);
	for (unsigned i = 0; i < 3; i++) {
		static const char *const names[] = { "a/known.list", "b/known.txt", "b/known-2.list" };
		snprintf(list[i], sizeof(list[i]), "%s/a", base);
		mkdir(list[i], 0700);
		snprintf(list[i], sizeof(list[i]), "%s/b", base);
		mkdir(list[i], 0700);
		snprintf(list[i], sizeof(list[i]), "%s/%s", base, names[i]);
		fclose(fopen(list[i], "w"));
		args.lists[i] = list[i];
	}
	vg_config_defaults(config);
	assert_int_equal(vg_private_fill(&p, config, &args, &nowhere, &spec, why, sizeof(why)), VG_OK);
	assert_int_equal(vg_config_load(config, p.config_path, why, sizeof(why)), VG_OK);
	assert_int_equal(config->reporting.environment, VG_ENV_OFF);
	assert_string_equal(config->reporting.endpoint.url, "");
	assert_int_equal(config->n_lists, 3);
	assert_string_equal(config->lists[0].name, "known");
	assert_string_not_equal(config->lists[1].name, config->lists[0].name);
	assert_string_not_equal(config->lists[1].name, config->lists[2].name);
	assert_int_equal(config->lists[0].action, VG_ACTION_REPORT);
	assert_int_equal(config->lists[0].perceptual_action, VG_ACTION_REVIEW);
	assert_int_equal(config->hashing.n_hashers, 3);
	assert_int_equal(config->control.metrics_port, 0);
	assert_string_equal(config->control.state_dir, p.dir);
	assert_int_equal(config->evidence.n_custodian_keys, 2);
	assert_int_equal(access(config->evidence.custodian_keys[1], R_OK), 0);
	args.lists[0] = "/no/such/list";
	assert_int_equal(vg_private_fill(&p, config, &args, &nowhere, &spec, why, sizeof(why)), VG_EIO);
	assert_non_null(strstr(why, "/no/such/list"));
	vg_private_remove(&p);
	free(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_folder_is_made_stamped_and_removed),
		cmocka_unit_test(what_a_killed_run_left_goes_and_what_lives_stays),
		cmocka_unit_test(a_named_folder_is_kept_and_not_used_twice),
		cmocka_unit_test(a_folder_that_others_may_enter_is_refused),
		cmocka_unit_test(a_long_path_gets_its_sockets_elsewhere),
		cmocka_unit_test(the_configuration_is_whole_and_reports_nowhere),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
