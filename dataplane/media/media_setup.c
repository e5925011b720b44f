/* The pools of one core, and the wiring of its body sink. */
#include <stdlib.h>

#include "dataplane/media/media_priv.h"

static void parts_free(struct vg_media *m)
{
	vg_sniff_destroy(m->sniff);
	vg_pool_destroy(&m->bodies);
	vg_pool_destroy(&m->pending);
}

struct vg_media *vg_media_create(const struct vg_dataplane_conf *conf, struct vg_stats_page *stats,
				 const struct vg_media_sink *sink)
{
	struct vg_media *m = calloc(1, sizeof(*m));
	/* a flow has one body at a time, seldom two */
	uint32_t n = (conf->n_streams ? conf->n_streams : 1) + conf->n_streams / 4 + 16;
	if (!m)
		return NULL;
	m->stats = stats;
	m->sink = *sink;
	m->min_bytes = conf->object_min_bytes;
	m->max_bytes = conf->object_max_bytes ? conf->object_max_bytes : UINT64_MAX - 1;
	m->all_files = !!(conf->flags & VG_CONF_ALL_FILES);
	m->texts = !!(conf->flags & VG_CONF_TEXTS);
	m->sniff = vg_sniff_create();
	if (m->sniff && !vg_pool_create(&m->bodies, n, sizeof(struct vg_media_body)) &&
	    !vg_pool_create(&m->pending, n, (sizeof(struct vg_media_pending) + 63) & ~(size_t)63))
		return m;
	parts_free(m);
	free(m);
	return NULL;
}

void vg_media_destroy(struct vg_media *m)
{
	if (!m)
		return;
	parts_free(m);
	free(m);
}

void vg_media_body_sink(struct vg_media *media, struct vg_body_sink *sink)
{
	*sink = (struct vg_body_sink){
		media, vg_media_open, vg_media_data, vg_media_gap, vg_media_amend, vg_media_close
	};
}
