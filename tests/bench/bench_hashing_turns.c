/* One small watched object that ends behind many large pictures: until its verdict is returned, next to what it took
 * when whoever ended first was judged first (all that stood before it, and itself). A whole worker, one core. */
#include <string.h>

#include <vigil/media.h>

#include "tests/bench/bench.h"
#include "tests/lib/picture.h"
#include "tests/lib/worker_make.h"

#define N_LARGE 24u

static void put(struct vg_worker_make *m, uint32_t slot, uint32_t flags, const uint8_t *bytes, size_t n_bytes)
{
	uint64_t id = vg_lane_make_id(slot, 1);
	vg_lane_make_record(&m->maker, id);
	vg_lane_make_put(&m->maker, &(struct vg_desc){ .type = VG_DESC_OPEN,
						       .kind = VG_KIND_JPEG,
						       .object_id = id,
						       .flags = flags,
						       .open = { n_bytes, 0 } });
	vg_lane_make_body(&m->maker, id, bytes, n_bytes, VG_CHUNK_SMALL);
	vg_lane_make_close(&m->maker, id, VG_STATE_COMPLETE, n_bytes);
}

int main(void)
{
	const struct vg_picture_jpeg large = { 1600, 1200, 3, 70, 0, 2, 0 }, small = { 320, 240, 3, 70, 0, 2, 0 };
	struct vg_hashing_conf conf = vg_worker_make_conf();
	struct vg_worker_make *m = vg_worker_make_create(&conf, 0);
	uint8_t *pixels = vg_picture_draw(1600, 1200, 3, 1), *bytes[2];
	size_t n[2];
	double begin, told_s = 0, all_s;
	struct vg_return r;
	unsigned n_done = 0;
	m->match.scaled = true;
	bytes[0] = vg_picture_to_jpeg(&large, pixels, &n[0]);
	bytes[1] = vg_picture_to_jpeg(&small, pixels, &n[1]);
	vg_index_make_list(&m->index, VG_ACTION_BLOCK, VG_ACTION_REVIEW, 31);
	vg_worker_make_index(m);
	for (uint32_t i = 0; i < N_LARGE; i++)
		put(m, i, 0, bytes[0], n[0]);
	put(m, N_LARGE, VG_OPEN_HOLD, bytes[1], n[1]);
	begin = vg_bench_now_s();
	while (n_done < N_LARGE + 1) {
		(void)vg_worker_step(m->worker);
		while (vg_lane_make_return(&m->maker, &r)) {
			if (r.type == VG_RETURN_VERDICT)
				told_s = vg_bench_now_s() - begin;
			n_done += r.type == VG_RETURN_DONE;
		}
	}
	all_s = vg_bench_now_s() - begin;
	vg_bench_print("watched_behind_24_pictures_by_turns", told_s * 1e3, "ms");
	vg_bench_print("watched_behind_24_pictures_by_end", all_s * 1e3, "ms");
	vg_bench_print("watched_behind_24_pictures_ratio", all_s / told_s, "x");
	free(pixels);
	free(bytes[0]);
	free(bytes[1]);
	vg_worker_make_destroy(m);
	return 0;
}
