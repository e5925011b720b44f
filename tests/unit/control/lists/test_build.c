#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <vigil/index_format.h>
#include <vigil/memfd.h>

#include "control/lists/build.h"
#include "control/lists/generation.h"

static struct vg_config_list list_of(const char *name)
{
	struct vg_config_list list;
	vg_config_list_defaults(&list);
	strcpy(list.name, name);
	strcpy(list.source, "own");
	return list;
}

/* A model: every row added, compared with what the index answers. */
static void an_index_answers_like_a_linear_scan(void **state)
{
	enum { N = 3000 };
	static struct {
		enum vg_algo algo;
		uint8_t value[32];
		uint32_t list;
		char id[8];
	} rows[N];
	struct vg_build *b = vg_build_create();
	struct vg_generation g;
	unsigned seed = (unsigned)time(NULL);
	uint64_t n_bytes, n_folded;
	int fd;
	(void)state;
	print_message("seed %u\n", seed);
	for (unsigned i = 0; i < N; i++) {
		if (i % 1000 == 0) {
			struct vg_config_list list = list_of(i ? i == 1000 ? "b" : "c" : "a");
			assert_int_equal(vg_build_list(b, &list), VG_OK);
		}
		rows[i].algo = (enum vg_algo)(1 + rand_r(&seed) % 4);
		memset(rows[i].value, 0x40 + (int)(rand_r(&seed) % 50), 32); /* many collide */
		rows[i].list = i / 1000;
		snprintf(rows[i].id, sizeof(rows[i].id), "E%u", rand_r(&seed) % 40);
		struct vg_list_row row = { .algo = rows[i].algo,
					   .n_value = vg_list_value_bytes(rows[i].algo),
					   .id = rows[i].id,
					   .entry_class = "",
					   .note = "n" };
		memcpy(row.value, rows[i].value, 32);
		assert_int_equal(vg_build_row(b, &row), VG_OK);
	}
	assert_int_equal(vg_build_finish(b, 7, 1, &fd, &n_bytes, &n_folded), VG_OK);
	assert_int_equal(vg_generation_take(&g, fd), VG_OK);
	assert_int_equal(g.view.header->generation, 7);
	assert_int_equal(g.view.n_md5 + g.view.n_sha1 + g.view.n_sha256 + g.view.n_pdq + n_folded, N);
	uint64_t n_listed = 0;
	for (uint64_t i = 0; i < g.view.n_lists; i++)
		n_listed += g.view.lists[i].n_entries;
	assert_int_equal(n_listed + n_folded, N);
	for (unsigned i = 0; i < N; i++) {
		uint32_t found[1024], n = vg_index_find(&g.view, rows[i].algo, rows[i].value, found, 1024);
		int is_there = rows[i].algo == VG_ALGO_PDQ;
		for (uint64_t k = 0; rows[i].algo == VG_ALGO_PDQ && k < g.view.n_pdq; k++)
			if (!memcmp(g.view.pdq[k].value, rows[i].value, 32) && n < 1024)
				found[n++] = g.view.pdq[k].entry_idx;
		is_there = 0;
		for (uint32_t k = 0; k < n; k++) {
			const struct vg_index_entry *e = &g.view.entries[found[k]];
			is_there += e->list_idx == rows[i].list && !strcmp(g.view.strings + e->id_off, rows[i].id);
		}
		assert_int_equal(is_there, 1);
	}
	vg_generation_fini(&g);
	vg_build_destroy(b);
}

static void an_index_without_lists_is_one(void **state)
{
	struct vg_build *b = vg_build_create();
	struct vg_generation g;
	uint64_t n_bytes, n_folded;
	int fd;
	(void)state;
	assert_int_equal(vg_build_finish(b, 1, 1, &fd, &n_bytes, &n_folded), VG_OK);
	assert_true((fcntl(fd, F_GET_SEALS) & VG_SEALS_FINAL) == VG_SEALS_FINAL);
	assert_int_equal(vg_generation_take(&g, fd), VG_OK);
	vg_generation_fini(&g);
	vg_build_destroy(b);
}

static void a_policy_out_of_range_is_refused(void **state)
{
	struct vg_build *b = vg_build_create();
	struct vg_config_list list = list_of("a");
	(void)state;
	list.perceptual_action = VG_ACTION_REPORT;
	assert_int_equal(vg_build_list(b, &list), VG_EINVAL);
	list = list_of("a");
	list.match_distance = VG_PDQ_WIDE_DISTANCE + 1;
	assert_int_equal(vg_build_list(b, &list), VG_EINVAL);
	vg_build_destroy(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_index_answers_like_a_linear_scan),
		cmocka_unit_test(an_index_without_lists_is_one),
		cmocka_unit_test(a_policy_out_of_range_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
