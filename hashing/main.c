/* vigil-hashing: media objects in, matches out, inside the sandbox. This program has no decoders: the libraries that
 * they need (FFmpeg's alone bring a hundred more) cost more time to load than a small replay takes. Where the
 * configuration wants pictures and films looked at it becomes vigil-hashing-pictures, the same program with them
 * (ADR 30). What stands here in their place is linked before the rooms image and video, and never asked where pdq is
 * `no`. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <vigil/log.h>

#include "hashing/image/luma.h"
#include "hashing/run.h"
#include "hashing/video/video.h"

struct vg_image {
	char none;
};
struct vg_video {
	char none;
};

struct vg_image *vg_image_create(const struct vg_image_limits *limits)
{
	(void)limits;
	return calloc(1, sizeof(struct vg_image));
}

void vg_image_destroy(struct vg_image *image)
{
	free(image);
}

enum vg_err vg_image_frames(struct vg_image *image, unsigned kind, const struct vg_chain *bytes,
			    vg_luma_frame_fn on_frame, void *ctx)
{
	(void)image, (void)kind, (void)bytes, (void)on_frame, (void)ctx;
	return VG_EUNSUPPORTED;
}

void vg_image_scaled(struct vg_image *image, bool on)
{
	(void)image, (void)on;
}

enum vg_err vg_image_early(struct vg_image *image, const struct vg_chain *bytes, struct vg_luma *out)
{
	(void)image, (void)bytes, (void)out;
	return VG_EUNSUPPORTED;
}

void vg_image_warm(struct vg_image *image)
{
	(void)image;
}

struct vg_video *vg_video_create(const struct vg_video_limits *limits)
{
	(void)limits;
	return calloc(1, sizeof(struct vg_video));
}

void vg_video_destroy(struct vg_video *video)
{
	free(video);
}

enum vg_err vg_video_frames(struct vg_video *video, const struct vg_film *film, struct vg_film_end *end)
{
	(void)video, (void)film;
	*end = (struct vg_film_end){ 0 };
	return VG_EUNSUPPORTED;
}

void vg_video_warm(struct vg_video *video)
{
	(void)video;
}

/* Comes back where no decoder is needed, or where that program does not start. */
static int take_decoders(void *ctx, const struct vg_hashing_conf *conf)
{
	static const char suffix[] = "-pictures";
	char path[4096], **argv = ctx;
	ssize_t n;

	if (conf->flags & VG_HCONF_NO_PDQ)
		return 0;
	n = readlink("/proc/self/exe", path, sizeof(path) - sizeof(suffix));
	if (n <= 0)
		return -1;
	memcpy(path + n, suffix, sizeof(suffix));
	execv(path, argv);
	vg_log(VG_LOG_ERROR, "hashing", "%s: %s: it has the decoders", path, strerror(errno));
	return -1;
}

int main(int argc, char **argv)
{
	const struct vg_hashing_hooks hooks = { .configured = take_decoders, .ctx = argv };

	return vg_hashing_run(argc, argv, &hooks);
}
