#include "control/lists/reading.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <vigil/clock.h>

#include "control/lists/build.h"
#include "control/lists/list_text.h"

#define PIECE_BYTES (1u << 18)

/* What a row on its way into a build needs to know. */
struct way {
	const struct vg_reading *reading;
	struct vg_reading_counts *counts;
	struct vg_build *build;
	const struct vg_config_list *conf; /* the list being read */
	int skips_video;                   /* the frames that come are of a video left out */
	uint64_t n_rows;
};

int vg_declared_has(const struct vg_declared *declared, unsigned n_declared, const char algo[VG_PLUGIN_ALGO_BYTES],
		    uint32_t version)
{
	for (unsigned i = 0; i < n_declared; i++)
		if (declared[i].version == version && !memcmp(declared[i].algo, algo, VG_PLUGIN_ALGO_BYTES))
			return 1;
	return 0;
}

static enum vg_err on_row(void *ctx, const struct vg_list_row *row)
{
	struct way *w = ctx;
	const struct vg_reading *r = w->reading;
	int is_frame = row->algo == VG_ALGO_VPDQ && row->n_value;
	w->n_rows++;
	if (is_frame)
		return w->skips_video ? VG_OK : vg_build_row(w->build, row);
	w->skips_video = 0;
	if (row->plugin && !vg_declared_has(r->declared, r->n_declared, row->plugin->algo, row->plugin->version)) {
		vg_unserved_add(&w->counts->unserved, row->plugin, w->conf->file, row->line);
		return VG_OK;
	}
	if (vg_suppress_has(r->suppress, row->algo, row->value, w->conf->name, row->id)) {
		w->counts->n_left_out++;
		w->skips_video = row->algo == VG_ALGO_VPDQ;
		return VG_OK;
	}
	return vg_build_row(w->build, row);
}

/* The file's name without folder and ending. */
static void name_of(const char *path, char *name, size_t cap)
{
	const char *slash = strrchr(path, '/'), *begin = slash ? slash + 1 : path, *dot = strrchr(begin, '.');
	int n = dot && dot > begin ? (int)(dot - begin) : (int)strlen(begin);
	snprintf(name, cap, "%.*s", n, begin);
}

static enum vg_err read_text(struct way *w, int fd, struct vg_list_text *text, char *why, size_t n_why)
{
	uint32_t list_idx = (uint32_t)(w->conf - w->reading->conf);
	char *piece = malloc(PIECE_BYTES);
	uint64_t n_bytes = 0;
	enum vg_err err = piece ? VG_OK : VG_ENOMEM;
	while (!err) {
		ssize_t n = read(fd, piece, PIECE_BYTES);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			snprintf(why, n_why, "%s: %s", w->conf->file, strerror(errno));
			err = VG_EINVAL;
			break;
		}
		n_bytes += (uint64_t)n;
		err = n ? vg_list_text_feed(text, piece, (size_t)n) : vg_list_text_end(text);
		if (w->reading->progress)
			w->reading->progress(w->reading->ctx, list_idx, w->n_rows, n_bytes);
		if (!n)
			break;
	}
	free(piece);
	return err;
}

static enum vg_err read_file(struct way *w, int fd, char *why, size_t n_why)
{
	char default_id[VG_LIST_TEXT_ID + 1];
	struct vg_list_text *text = malloc(sizeof(*text));
	enum vg_err err;
	if (!text) {
		snprintf(why, n_why, "%s: %s", w->conf->file, vg_err_str(VG_ENOMEM));
		return VG_ENOMEM;
	}
	vg_list_text_init(text, on_row, w);
	name_of(w->conf->file, default_id, sizeof(default_id));
	text->default_id = default_id;
	if (w->conf->kind == VG_LIST_URLS)
		vg_list_text_urls(text);
	why[0] = 0;
	err = read_text(w, fd, text, why, n_why);
	if (err && !why[0])
		snprintf(why, n_why, "%s:%llu: %s", w->conf->file, (unsigned long long)text->line,
			 text->why[0]          ? text->why
			 : err == VG_ECONFLICT ? "other values of this plug-in's algorithm and version have another "
						 "length; correct or remove the line"
					       : vg_err_str(err));
	free(text);
	return err == VG_ECONFLICT ? VG_EINVAL : err;
}

static enum vg_err read_list(struct way *w, char *why, size_t n_why)
{
	const struct vg_reading *r = w->reading;
	enum vg_err err = vg_build_list(w->build, w->conf);
	int fd;
	if (err) {
		snprintf(why, n_why, "list %s: %s", w->conf->name, vg_err_str(err));
		return err;
	}
	fd = r->fds ? r->fds[w->conf - r->conf] : open(w->conf->file, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		snprintf(why, n_why, "%s: %s", w->conf->file, strerror(errno));
		return VG_EINVAL;
	}
	err = read_file(w, fd, why, n_why);
	if (!r->fds)
		close(fd);
	return err;
}

enum vg_err vg_reading_make(const struct vg_reading *reading, struct vg_reading_counts *counts, int *fd, char *why,
			    size_t n_why)
{
	struct way w = { .reading = reading, .counts = counts, .build = vg_build_create() };
	uint64_t n_bytes;
	enum vg_err err = VG_OK;
	memset(counts, 0, sizeof(*counts));
	*fd = -1;
	if (!w.build) {
		snprintf(why, n_why, "out of memory");
		return VG_ENOMEM;
	}
	for (uint32_t i = 0; i < reading->n_conf && !err; i++) {
		w.conf = &reading->conf[i];
		w.skips_video = 0;
		err = read_list(&w, why, n_why);
	}
	if (!err) {
		if (reading->progress)
			reading->progress(reading->ctx, reading->n_conf, w.n_rows, 0);
		err = vg_build_finish(w.build, reading->number, vg_wall_now().ns, fd, &n_bytes, &counts->n_folded);
		if (err)
			snprintf(why, n_why, "the index could not be built: %s", vg_err_str(err));
		vg_build_videos(w.build, &counts->n_blank_videos, &counts->n_thinned_videos);
	}
	vg_build_destroy(w.build);
	return err;
}
