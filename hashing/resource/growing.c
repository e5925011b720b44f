/* Files that are written piece by piece, of which nobody says how large they will be: one ends where a piece ended that
 * was sent to its own end. What was judged may grow on, so it stays; that is bounded by a purse, as each time costs all
 * of its bytes. */
#include "hashing/resource/resource_priv.h"

bool vg_resource_open_growing(struct vg_resources *rs, uint64_t name, const struct vg_resource_growth *g,
			      uint64_t now_ns, struct vg_resource_writer *writer)
{
	uint32_t idx = vg_resource_find(rs, name);
	bool is_anew = idx != VG_RESOURCE_NONE && g->anew && g->began_ns >= rs->all[idx].ended_ns;
	struct vg_resource *r;

	*writer = (struct vg_resource_writer){ 0 };
	if (idx != VG_RESOURCE_NONE && (rs->all[idx].kind != VG_RESOURCE_GROWING || is_anew)) {
		vg_resource_let_go(rs, idx, VG_H_RESOURCES_OTHER); /* it is another one by now */
		idx = VG_RESOURCE_NONE;
	}
	if (!name || (g->off == UINT64_MAX ? idx != VG_RESOURCE_NONE && rs->all[idx].end == UINT64_MAX
					   : g->off >= VG_RESOURCE_MAX_BYTES)) {
		vg_count(rs->setup.stats, VG_H_RESOURCES_REFUSED, 1);
		return false;
	}
	if (idx == VG_RESOURCE_NONE) {
		idx = vg_resource_make(rs, name, VG_RESOURCE_MAX_BYTES, VG_RESOURCE_GROWING, now_ns);
		rs->all[idx].ended_ns = INT64_MIN;
	}
	vg_resource_touch(rs, idx, now_ns);
	r = &rs->all[idx];
	writer->idx = idx;
	writer->epoch = r->epoch;
	writer->ended_ns = g->began_ns;
	writer->is_last = g->appended;
	writer->at = writer->from = writer->run = g->off == UINT64_MAX ? r->end : g->off;
	vg_count(rs->setup.stats, VG_H_RESOURCE_PIECES, 1);
	return true;
}

bool vg_resource_adopt_growing(struct vg_resources *rs, uint64_t name, const struct vg_resource_growth *g,
			       const struct vg_resource_begun *begun, bool to_end, uint64_t now_ns)
{
	struct vg_resource_writer w;

	if (g->off || !vg_resource_open_growing(rs, name, g, now_ns, &w))
		return false;
	if (rs->all[w.idx].n_extents || rs->all[w.idx].stream || !vg_resource_stream_begin(rs, w.idx) ||
	    !vg_resource_adopt_into(rs, w.idx, begun)) {
		vg_resource_let_go(rs, w.idx, VG_H_RESOURCES_FULL);
		return false;
	}
	w.at = begun->n_bytes;
	w.ended_ns = begun->ended_ns;
	vg_resource_close(rs, &w, to_end);
	return true;
}

void vg_resource_grown(struct vg_resources *rs, const struct vg_resource_writer *w, enum vg_resource_end how)
{
	struct vg_resource *r = &rs->all[w->idx];
	uint64_t was = r->end;

	r->n_came += w->at - w->from;
	r->ended_ns = w->ended_ns > r->ended_ns ? w->ended_ns : r->ended_ns;
	if (how == VG_RESOURCE_HOLE) {
		r->end = UINT64_MAX;
		r->is_sure = false;
	} else {
		if (how == VG_RESOURCE_TO_END && (w->is_last || !r->is_sure))
			r->end = w->at;
		else if (w->at > r->end)
			r->end = w->at;
		r->is_sure = how == VG_RESOURCE_TO_END || (r->is_sure && w->at <= was);
	}
	r->is_due |= r->end != was;
	if (how == VG_RESOURCE_TO_END && !w->from && w->at == r->end)
		r->is_due = false; /* the piece itself is all of it */
	if (r->is_sure)
		vg_resource_settle(rs, w->idx);
}

bool vg_resource_is_grown(struct vg_resources *rs, struct vg_resource *r)
{
	if (!r->is_due || !r->is_sure || !r->end || !r->n_extents || r->extents[0].from ||
	    (r->stream ? r->digested != r->end : r->extents[0].to < r->end))
		return false;
	if (r->n_judged + r->end > VG_RESOURCE_JUDGED_BYTES + VG_RESOURCE_JUDGED_TIMES * r->n_came) {
		vg_count(rs->setup.stats, VG_H_RESOURCES_PUT_OFF, 1);
		return false;
	}
	r->n_judged += r->end;
	return true;
}
