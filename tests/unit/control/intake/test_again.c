/* again: a match outlives the list generation it was found in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "control/intake/again.h"
#include "tests/lib/intake_up.h"

/* n generations further, each with another list beside; `text` is what the first list holds in all of them. */
static void lists_change(struct rig *r, unsigned n, const char *text)
{
	struct vg_config_list conf[2];
	char other[100], why[VG_LISTS_WHY];
	for (int i = 0; i < 2; i++) {
		vg_config_list_defaults(&conf[i]);
		strcpy(conf[i].name, i ? "other" : "first");
		conf[i].action = VG_ACTION_REPORT;
	}
	for (unsigned i = 0; i < n; i++) {
		snprintf(other, sizeof(other), "md5,%032x,X%u\n", i + 1, i);
		strcpy(conf[1].file, scratch_write(&r->scratch, "other.txt", other));
		strcpy(conf[0].file, scratch_write(&r->scratch, "first.txt", text));
		assert_int_equal(vg_lists_reload(r->lists, conf, 2, "", why, sizeof(why)), VG_OK);
	}
	assert_true(n < VG_LISTS_MAX_KEPT || !vg_lists_view(r->lists, r->valid.generation));
}
static void listed(const struct rig *r, char text[200])
{
	char hex[65];
	vg_hex(r->valid.sha256, 32, hex);
	snprintf(text, 200, "sha256,%s,E0\npdq,%s,E2\n", hex, RIG_PDQ);
}

static void a_match_outlives_its_generation(void **state)
{
	struct rig *r = *state;
	char text[200];
	listed(r, text);
	lists_change(r, VG_LISTS_MAX_KEPT + 1, text);
	rig_record(r, &r->valid, rig_whole(r));
	assert_int_equal(r->n_matches, 1);
	assert_true(r->last_exact && !r->last_held && r->last_action == VG_ACTION_REPORT);
	/* One that only looks alike, in the variant it claimed, waits for a person as ever. */
	struct vg_msg_record m = r->valid;
	m.member_no = 0;
	m.hits[0] = (struct vg_hit){ .entry_idx = 7, .algo = VG_ALGO_PDQ };
	m.flags &= ~VG_RECORD_HAS_DIGESTS;
	m.flags |= VG_RECORD_HAS_PDQ;
	m.pdq_quality = 90;
	rig_record(r, &m, rig_whole(r));
	assert_int_equal(r->n_matches, 2);
	assert_true(!r->last_exact && r->last_action == VG_ACTION_REVIEW);
}

static void a_lie_is_a_lie_in_any_generation(void **state)
{
	struct rig *r = *state;
	struct vg_msg_record m = r->valid;
	char text[200];
	listed(r, text);
	lists_change(r, VG_LISTS_MAX_KEPT + 1, text);
	r->content[5] ^= 1; /* other bytes than the digest is of, behind the head that the record ties */
	r->content[RIG_N_BYTES - 1] ^= 1;
	memcpy(r->attr[RIG_CORE][0][RIG_SLOT].head, r->content, VG_ATTR_HEAD_BYTES);
	rig_record(r, &m, rig_whole(r));
	assert_int_equal(r->n_matches, 0);
	assert_int_equal(rig_refused(r, VG_REFUSE_DIGEST), 1);
}

static void what_no_list_holds_any_more_is_no_match(void **state)
{
	struct rig *r = *state;
	lists_change(r, VG_LISTS_MAX_KEPT + 1, "# nothing\n");
	rig_record(r, &r->valid, rig_whole(r));
	assert_int_equal(r->n_matches, 0);
	assert_int_equal(rig_refused(r, VG_REFUSE_GENERATION), 1);
}

static void hits_are_those_of_the_present_lists_exact_ones_first(void **state)
{
	struct rig *r = *state;
	struct vg_msg_record m = r->valid, again;
	struct vg_lists_info info;
	vg_lists_info(r->lists, &info);
	m.generation = 0;
	m.n_hits = 1;
	m.hits[0] = (struct vg_hit){ .entry_idx = 12345, .algo = VG_ALGO_PDQ, .distance = 9 };
	m.flags |= VG_RECORD_HAS_PDQ;
	assert_int_equal(vg_again_look_up(&m, NULL, vg_lists_view(r->lists, info.generation), &again), 3);
	assert_int_equal(again.generation, info.generation);
	assert_int_equal(again.hits[0].algo, VG_ALGO_SHA256);
	assert_int_equal(again.hits[1].algo, VG_ALGO_MD5);
	assert_int_equal(again.hits[2].algo, VG_ALGO_PDQ);
	assert_int_equal(again.hits[2].distance, 0);
	/* Without a claim by looks nothing is searched by looks; without digests nothing by digest. */
	m.hits[0].algo = VG_ALGO_MD5;
	assert_int_equal(vg_again_look_up(&m, NULL, vg_lists_view(r->lists, info.generation), &again), 2);
	m.flags &= ~VG_RECORD_HAS_DIGESTS;
	assert_int_equal(vg_again_look_up(&m, NULL, vg_lists_view(r->lists, info.generation), &again), 0);
}

static void a_film_is_looked_up_in_the_present_videos(void **state)
{
	struct rig *r = *state;
	static struct vg_frame_hash film[100];
	static char text[20000];
	struct vg_msg_record m = r->valid, again;
	struct vg_lists_info info;
	strcpy(text, "video,V1\n");
	for (unsigned i = 0; i < 100; i++) {
		memset(film[i].pdq, (int)i * 2 + 3, 30);
		film[i].pdq[31] = (uint8_t)(i * 7);
		film[i].frame_no = i + 1;
		film[i].quality = 90;
		sprintf(text + strlen(text), "%u,%u,", i, i < 20 ? 10 : 90); /* a fifth is not listed */
		vg_hex(film[i].pdq, 32, text + strlen(text));
		strcat(text, ",0\n");
	}
	strcat(text, "video,V2\n0,100,00000000000000000000000000000000ffffffffffffffffffffffffffffffff,0\n");
	lists_change(r, 1, text);
	vg_lists_info(r->lists, &info);
	m.flags = VG_RECORD_HAS_FRAMES;
	m.n_frames = 100;
	m.n_hits = 1;
	m.hits[0] = (struct vg_hit){ .entry_idx = 77, .algo = VG_ALGO_VPDQ, .query_percent = 99 };
	assert_int_equal(vg_again_look_up(&m, film, vg_lists_view(r->lists, info.generation), &again), 1);
	assert_int_equal(again.hits[0].algo, VG_ALGO_VPDQ);
	assert_int_equal(again.hits[0].entry_idx, 0);
	assert_true(again.hits[0].query_percent >= 80);
	assert_int_equal(again.hits[0].compared_percent, 100);
	assert_int_equal(vg_again_look_up(&m, NULL, vg_lists_view(r->lists, info.generation), &again), 0);
}

static void a_plugins_value_is_looked_up_in_the_present_lists(void **state)
{
	struct rig *r = *state;
	struct vg_msg_record m = r->valid, again;
	struct vg_config_hashing *conf = calloc(1, sizeof(*conf));
	struct vg_lists_info info;
	conf->n_plugins = 1;
	strcpy(conf->plugins[0], "ah@1:/ah.so");
	vg_lists_declare(r->lists, conf);
	free(conf);
	lists_change(r, 1, "plugin,ah@1,1,00ff00ff,P0\nplugin,ah@1,3,10ff00ff,P1\nplugin,ah@1,0,40ff00ff,P2\n");
	vg_lists_info(r->lists, &info);
	m.flags = VG_RECORD_HAS_PDQ;
	m.n_hits = 0;
	m.plugins.n = 1;
	m.plugins.at[0] = (struct vg_plugin_value){ "ah", 4, 50, 0, 1 };
	memcpy(m.plugins.bytes, "\x01\xff\x00\xff", 4);
	assert_int_equal(vg_again_look_up(&m, NULL, vg_lists_view(r->lists, info.generation), &again), 2);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(again.hits[i].algo, VG_ALGO_PLUGIN);
		assert_int_equal(again.hits[i].distance, i + 1);
	}
	m.plugins.at[0].version = 2;
	assert_int_equal(vg_again_look_up(&m, NULL, vg_lists_view(r->lists, info.generation), &again), 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, rig_up, rig_down)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_match_outlives_its_generation),           T(a_lie_is_a_lie_in_any_generation),
		T(a_film_is_looked_up_in_the_present_videos), T(a_plugins_value_is_looked_up_in_the_present_lists),
		T(what_no_list_holds_any_more_is_no_match),   T(hits_are_those_of_the_present_lists_exact_ones_first),
	};
	(void)setenv("VIGIL_LOG", "error", 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
