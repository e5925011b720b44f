/* match, plug-ins: asked for every picture while the index has values of theirs, at full scale, and what stands on them
 * is not remembered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <vigil/memfd.h>

#include "hashing/match/match.h"
#include "tests/lib/index_make_plugin.h"
#include "tests/lib/picture.h"

struct fixture {
	struct vg_match match;
	struct vg_stats_page stats;
};
static unsigned n_asked;

/* The same for all pictures. */
static int hash(void *state, const struct vg_plugin_picture *picture, uint8_t *value, uint32_t *quality)
{
	(void)state;
	(void)picture;
	memcpy(value, "abcd", 4);
	*quality = 50;
	n_asked++;
	return 0;
}

static const struct vg_plugin plugin = { .abi = VG_PLUGIN_ABI,
					 .n_bytes = sizeof(plugin),
					 .algo = "mine",
					 .n_value_bytes = 4,
					 .hash = hash,
					 .algo_version = 1,
					 .distance = VG_PLUGIN_DISTANCE_HAMMING };

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct vg_image_limits limits = { .max_pixels = 100000 };
	const struct vg_plugin_spec spec = { "mine", 1, "" };
	char why[256];
	f->match = (struct vg_match){ .image = vg_image_create(&limits),
				      .pdq = vg_pdq_create(),
				      .index = vg_index_create(),
				      .stats = &f->stats,
				      .plugins = vg_plugins_create(),
				      .seen = vg_seen_create(4),
				      .scaled = true };
	*state = f;
	return vg_plugins_add(f->match.plugins, &plugin, &spec, why, sizeof(why));
}
static int tear_down(void **state)
{
	struct fixture *f = *state;
	vg_image_destroy(f->match.image);
	vg_pdq_destroy(f->match.pdq);
	vg_index_destroy(f->match.index);
	vg_plugins_destroy(f->match.plugins);
	vg_seen_destroy(f->match.seen);
	free(f);
	return 0;
}

/* As the hasher takes one. */
static void take(struct fixture *f, uint64_t generation, const char *value)
{
	struct vg_index_make make = { .n_lists = 0 };
	size_t n_bytes;
	vg_index_make_list(&make, VG_ACTION_REPORT, VG_ACTION_REVIEW, 31);
	vg_index_make_add(&make, 0, VG_ALGO_PDQ, (const uint8_t[32]){ 1, 2, 3 });
	if (value)
		vg_index_make_plugin(&make, 0, "mine", 1, 3, value, 4);
	uint8_t *bytes = vg_index_make_bytes(&make, generation, &n_bytes);
	int fd = vg_index_make_memfd(bytes, n_bytes, VG_SEALS_FINAL);
	assert_int_equal(vg_index_take(f->match.index, fd, -1, generation), VG_OK);
	f->match.search_plugins = vg_plugins_search(f->match.plugins, vg_index_peek(f->match.index));
	close(fd);
	free(bytes);
	vg_index_make_free(&make);
}

static void pictures_are_asked_for_while_something_is_listed(void **state)
{
	static const struct {
		const char *value;
		unsigned n_hits, n_asked; /* of the same picture three times */
	} rows[] = { { NULL, 0, 0 }, { "abce", 1, 3 }, { "xyzw", 0, 1 }, { NULL, 0, 0 } };
	struct fixture *f = *state;
	struct vg_digest_values values = { .sha256 = { 9 } };
	struct vg_match_file file = { .may_decode = true, .digests = &values };
	struct vg_span span;
	uint8_t *pixels = vg_picture_draw(250, 300, 3, 7);
	uint8_t *picture = vg_picture_to_jpeg(&(struct vg_picture_jpeg){ .width = 250, .height = 300, .n_channels = 3 },
					      pixels, &file.n_bytes);
	span = (struct vg_span){ picture, file.n_bytes };
	file.bytes = (struct vg_chain){ &span, 1, file.n_bytes };
	for (unsigned i = 0; i < VG_ARRAY_LEN(rows); i++) {
		take(f, i + 1, rows[i].value);
		n_asked = 0;
		for (unsigned k = 0; k < 3; k++) {
			struct vg_msg_record r = { .flags = 0 };
			vg_match_file(&f->match, &file, &r);
			assert_int_equal(r.n_hits, rows[i].n_hits);
			if (!r.n_hits)
				continue;
			assert_int_equal(r.hits[0].algo, VG_ALGO_PLUGIN);
			assert_int_equal(r.hits[0].distance, 1);
			assert_int_equal(r.hits[0].entry_idx, 1);
			assert_true(r.flags & VG_RECORD_HAS_PDQ);
			assert_true(vg_plugin_values_ok(&r.plugins) && r.plugins.n == 1);
			assert_int_equal(r.plugins.at[0].version, 1);
		}
		assert_int_equal(n_asked, rows[i].n_asked);
	}
	free(pixels);
	free(picture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(pictures_are_asked_for_while_something_is_listed, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
