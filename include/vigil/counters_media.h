#pragma once
/* counters_media: the hashing counters of pictures that were not decoded, and of films. Part of counters.h. */

#define VG_FAILED_ROWS(X, KIND, kind)                                                                               \
	X(VG_H_FAILED_##KIND, "images_failed_total:kind=" kind ",reason=decoder", "pictures their decoder refused") \
	X(VG_H_FAILED_##KIND##_PIXELS, "images_failed_total:kind=" kind ",reason=pixels", "above the pixel limit")  \
	X(VG_H_FAILED_##KIND##_BUDGET, "images_failed_total:kind=" kind ",reason=budget", "memory, scans or time")  \
	X(VG_H_FAILED_##KIND##_SORT, "images_failed_total:kind=" kind ",reason=sort", "of a sort nobody reads")     \
	X(VG_H_FAILED_##KIND##_SMALL, "images_failed_total:kind=" kind ",reason=small", "thumbnails: digests only")

#define VG_FAILED_VIDEO_ROWS(X, KIND, kind)                                                                           \
	X(VG_H_VIDEO_##KIND, "videos_failed_total:kind=" kind ",reason=decoder", "films of which no frame came")      \
	X(VG_H_VIDEO_##KIND##_PIXELS, "videos_failed_total:kind=" kind ",reason=pixels", "above the pixel limit")     \
	X(VG_H_VIDEO_##KIND##_BUDGET, "videos_failed_total:kind=" kind ",reason=budget", "memory, bytes or time")     \
	X(VG_H_VIDEO_##KIND##_SORT, "videos_failed_total:kind=" kind ",reason=sort", "no film stream, or no decoder") \
	X(VG_H_VIDEO_##KIND##_SMALL, "videos_failed_total:kind=" kind ",reason=small", "a side below the limit")      \
	X(VG_H_VIDEO_##KIND##_CUT, "videos_failed_total:kind=" kind ",reason=cut",                                    \
	  "not held whole, no frame in the part")

/* A row for each kind, in the order of enum vg_kind. */
#define VG_MEDIA_COUNTERS(X)                                                                                    \
	VG_FAILED_ROWS(X, JPEG, "jpeg")                                                                         \
	VG_FAILED_ROWS(X, PNG, "png")                                                                           \
	VG_FAILED_ROWS(X, GIF, "gif")                                                                           \
	VG_FAILED_ROWS(X, WEBP, "webp")                                                                         \
	VG_FAILED_ROWS(X, BMP, "bmp")                                                                           \
	VG_FAILED_ROWS(X, TIFF, "tiff")                                                                         \
	VG_FAILED_ROWS(X, HEIF, "heif")                                                                         \
	VG_FAILED_ROWS(X, JXL, "jxl")                                                                           \
	VG_FAILED_ROWS(X, JP2, "jp2")                                                                           \
	VG_FAILED_ROWS(X, ICO, "ico")                                                                           \
	VG_FAILED_ROWS(X, PSD, "psd")                                                                           \
	VG_FAILED_ROWS(X, AVIF, "avif")                                                                         \
	X(VG_H_VIDEOS, "videos_decoded_total", "films of which at least one frame was hashed")                  \
	X(VG_H_VIDEOS_PARTIAL, "videos_partial_total", "of these: cut or damaged, hashed as far as they went")  \
	X(VG_H_VIDEOS_OVER_BUDGET, "videos_over_budget_total", "of these: ended by time, bytes or frames")      \
	X(VG_H_VIDEOS_CUT_SHORT, "video_searches_cut_total", "of these: too many look-ups among listed videos") \
	X(VG_H_VIDEO_DECODED, "video_frames_decoded_total", "frames of films decoded")                          \
	X(VG_H_VIDEO_FRAMES, "video_frames_total", "of these: sampled and hashed")                              \
	VG_FAILED_VIDEO_ROWS(X, MP4, "mp4")                                                                     \
	VG_FAILED_VIDEO_ROWS(X, MATROSKA, "matroska")                                                           \
	VG_FAILED_VIDEO_ROWS(X, AVI, "avi")                                                                     \
	VG_FAILED_VIDEO_ROWS(X, FLV, "flv")                                                                     \
	VG_FAILED_VIDEO_ROWS(X, MPEG_PS, "mpeg")                                                                \
	VG_FAILED_VIDEO_ROWS(X, OGG, "ogg")                                                                     \
	VG_FAILED_VIDEO_ROWS(X, ASF, "asf")                                                                     \
	VG_FAILED_VIDEO_ROWS(X, MPEG_TS, "mpegts")                                                              \
	X(VG_H_PLUGIN_VALUES, "plugin_values_total", "values that plug-ins made of pictures")                   \
	X(VG_H_PLUGIN_FAILED, "plugin_failed_total", "pictures that a plug-in gave no value for, or a false one")
