/* test-control_shares LIST: every video of a vPDQ list as a film against every one of them, as vigild computes it: a
 * line "QUERY LISTED query% compared% match|-" each. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <vigil/video_match.h>

#include "control/lists/lists.h"

static const char *name_of(const struct vg_index_view *view, uint64_t i)
{
	return view->strings + view->entries[view->videos[i].entry_idx].id_off;
}

int main(int argc, char **argv)
{
	static uint8_t values[VG_VIDEO_MAX_FRAMES][32];
	struct vg_config_list conf;
	char dir[] = "/tmp/vigil-shares.XXXXXX", why[VG_LISTS_WHY];
	if (argc != 2 || !mkdtemp(dir))
		return 2;
	struct vg_lists *lists = vg_lists_create(dir, why, sizeof(why));
	vg_config_list_defaults(&conf);
	snprintf(conf.name, sizeof(conf.name), "list");
	snprintf(conf.file, sizeof(conf.file), "%s", argv[1]);
	if (!lists || vg_lists_reload(lists, &conf, 1, "", why, sizeof(why))) {
		fprintf(stderr, "%s\n", why);
		return 1;
	}
	const struct vg_index_view *view = vg_lists_view(lists, 1);
	for (uint64_t q = 0; q < view->n_videos; q++) {
		uint32_t n = view->videos[q].n_frames;
		for (uint32_t k = 0; k < n; k++)
			memcpy(values[k], view->frames[view->videos[q].first_frame + k].value, 32);
		for (uint64_t c = 0; c < view->n_videos; c++) {
			const struct vg_index_video *video = &view->videos[c];
			struct vg_video_share share = vg_video_compare((const void *)values, n,
								       view->frames + video->first_frame,
								       video->n_frames, view->lists[0].frame_distance);
			unsigned query = vg_video_percent(share.n_query, n);
			unsigned compared = vg_video_percent(share.n_compared, video->n_frames);
			printf("%s %s %u %u %s\n", name_of(view, q), name_of(view, c), query, compared,
			       vg_video_matches(&view->lists[0], query, compared, share.n_query) ? "match" : "-");
		}
	}
	vg_lists_destroy(lists);
	return 0;
}
