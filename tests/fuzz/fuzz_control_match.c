/* A MATCH record, its attribution record and its bytes, all foreign: nothing is read outside, and nothing is believed
 * that does not hold: what passes as an exact hit has the digest of the bytes in the list. Input: record,
 * attribution, then the memfd: the bytes and, of a film, its frames behind them. The list has the MD5 of "vigil" (entry
 * 0), a PDQ hash, a video of two frames and a plug-in's value (entry 1). */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include <vigil/base.h>

#include "control/intake/verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct lists {
	struct vg_index_header header;
	struct vg_index_list list;
	struct vg_index_entry entries[2];
	struct vg_index_group group;
	struct vg_index_plugin plugin;
	struct vg_index_md5 md5;
	struct vg_index_pdq pdq;
	struct vg_index_video video;
	struct vg_index_frame frames[2];
	struct vg_index_view view;
};

static void lists_init(struct lists *l)
{
	memset(l, 0, sizeof(*l));
	l->header.generation = 1;
	l->list.action = VG_ACTION_REPORT;
	l->list.perceptual_action = VG_ACTION_REVIEW;
	l->list.match_distance = 31;
	l->list.file_distance = 0xff;
	EVP_Digest("vigil", 5, l->md5.value, NULL, EVP_md5(), NULL);
	memset(l->pdq.value, 0xa5, sizeof(l->pdq.value));
	l->pdq.entry_idx = 1;
	l->list.frame_distance = 31;
	l->list.query_percent = 80;
	l->video = (struct vg_index_video){ 1, 0, 2 };
	memset(l->frames[1].value, 0x5a, 32);
	l->group = (struct vg_index_group){ "ah", 1, 2, 0, 1, 0 };
	l->plugin = (struct vg_index_plugin){ 1, 4, 0 };
	l->view = (struct vg_index_view){ .header = &l->header,
					  .lists = &l->list,
					  .entries = l->entries,
					  .md5 = &l->md5,
					  .pdq = &l->pdq,
					  .videos = &l->video,
					  .frames = l->frames,
					  .groups = &l->group,
					  .plugins = &l->plugin,
					  .plugin_values = (const uint8_t *)"\x00\xff",
					  .n_groups = 1,
					  .n_plugins = 1,
					  .n_plugin_values = 2,
					  .n_videos = 1,
					  .n_frames = 2,
					  .strings = "",
					  .n_lists = 1,
					  .n_entries = 2,
					  .n_md5 = 1,
					  .n_pdq = 1,
					  .n_strings = 1 };
}

static int declared(void *ctx, const char algo[VG_PLUGIN_ALGO_BYTES], uint32_t version)
{
	(void)ctx;
	return !strcmp(algo, "ah") && version == 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vg_msg_record r;
	struct vg_attribution a;
	struct vg_verified v;
	struct lists l;
	if (size < sizeof(r) + sizeof(a))
		return 0;
	memcpy(&r, data, sizeof(r));
	memcpy(&a, data + sizeof(r), sizeof(a));
	size_t n_bytes = size - sizeof(r) - sizeof(a);
	a.n_head = a.n_head > VG_ATTR_HEAD_BYTES ? VG_ATTR_HEAD_BYTES : a.n_head; /* as vg_attribution_read() does */
	lists_init(&l);
	(void)vg_verify_fields(&r, 0);
	/* what the memfd's size would have refused */
	if (r.n_sample_bytes > n_bytes || vg_record_memfd_bytes(r.n_sample_bytes, r.n_frames) != n_bytes)
		return 0;
	uint8_t *bytes = malloc(n_bytes + 1);
	if (!bytes)
		abort();
	memcpy(bytes, data + sizeof(r) + sizeof(a), n_bytes);
	struct vg_verify_args args = {
		.record = &r, .view = &l.view, .attribution = &a, .bytes = bytes, .declared = declared
	};
	if (r.n_frames)
		args.frames = (const void *)(bytes + vg_record_frames_off(r.n_sample_bytes));
	if (vg_verify_match(&args, &v)) {
		free(bytes);
		return 0;
	}
	n_bytes = (size_t)r.n_sample_bytes;
	VG_INVARIANT(v.n_hits && v.n_hits <= VG_RECORD_MAX_HITS && r.generation == 1 && r.boot_id == a.boot_id);
	for (unsigned i = 0; i < v.n_hits; i++) {
		VG_INVARIANT(v.hits[i].entry_idx < 2);
		VG_INVARIANT(v.hit_exact[i] || v.hit_action[i] != VG_ACTION_REPORT);
		VG_INVARIANT(!v.hit_exact[i] || v.partial || (n_bytes == 5 && !memcmp(bytes, "vigil", 5)));
	}
	free(bytes);
	return 0;
}
