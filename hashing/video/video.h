#pragma once
/* video: a film's bytes, straight from a chunk chain -> sampled frames as vPDQ takes them: of the first film stream (a
 * cover picture only where there is no other), frames numbered in the order they are decoded, every one whose number
 * is a multiple of int(seconds_per_hash * fps), at least 1; fps = the container's average rate, else its base rate.
 * Containers: MP4/MOV, Matroska/WebM, AVI, FLV, MPEG program and transport streams, MPEG-1/2 video as it is, Ogg, ASF,
 * by FFmpeg's libraries. Foreign bytes: runs in the sandbox. One per thread, no threads of its own; FFmpeg allocates,
 * nothing stays allocated between two films but one frame's buffer. */
#include <stdbool.h>
#include <stdint.h>

#include <vigil/base.h>
#include <vigil/err.h>

#include "hashing/chain/chain.h"

/* Budgets of one film. Zero in a field = its default. */
struct vg_video_limits {
	uint64_t max_pixels;      /* width * height of a frame; default 35.4 million (8192 x 4320) */
	uint64_t max_alloc_bytes; /* of one allocation of FFmpeg; default 128 MiB */
	uint32_t max_side;        /* pixels; default and greatest 8192 */
	uint32_t min_side;        /* pixels; smaller films are not decoded; at least 5 */
	uint32_t max_frames;      /* given of one film; default 4096 */
	uint32_t max_packets;     /* read of one film, all streams; default 4 million */
	uint32_t max_reads;       /* bytes read, in sizes of the film; default 8 (and 64 MiB) */
	uint32_t max_ms;          /* processor time, unless the caller says less; default 30,000 */
	int32_t ms_per_hash;      /* seconds_per_hash in ms; 0 = 1000; negative: every frame */
};

/* The samples are the film's, valid until the callback returns. */
struct vg_film_frame {
	const uint8_t *rgb; /* red, green, blue; rows stride_bytes apart */
	size_t stride_bytes;
	uint32_t width, height;
	uint32_t frame_no; /* decoding order, 0 = the first */
	uint32_t timestamp_ms;
	bool damaged; /* the decoder says that parts are missing */
};
/* How it ended, whatever vg_video_frames() returned. */
struct vg_film_end {
	uint32_t n_decoded, n_frames; /* n_frames: given */
	bool partial;                 /* cut, damaged, or not all of it was there */
	bool over_budget;             /* time, bytes, packets or frames ended it before its end */
};

struct vg_video;

void vg_video_destroy(struct vg_video *video);
/* Start-up only. limits NULL = all defaults. NULL: out of memory. */
struct vg_video *vg_video_create(const struct vg_video_limits *limits) VG_DEALLOC(vg_video_destroy);

/* Gets one frame; false: no more are wanted. */
typedef bool (*vg_film_frame_fn)(void *ctx, const struct vg_film_frame *frame);

struct vg_film {
	unsigned kind;                /* enum vg_kind */
	const struct vg_chain *bytes; /* from the first one on, up to the end or to a hole */
	uint64_t n_bytes;             /* of the whole film */
	uint64_t deadline_ns;         /* CLOCK_THREAD_CPUTIME_ID; 0: only max_ms */
	vg_film_frame_fn on_frame;
	void *ctx;
};
/* Decodes a film and gives its frames in order. VG_OK: at least one was given. VG_EUNSUPPORTED: no reader for the kind,
 * no film stream, or no decoder for it. VG_ERANGE: more pixels or a longer side than allowed. VG_ESMALL: a shorter side
 * than wanted. VG_EBUDGET: time, bytes, packets or memory used up before the first frame. VG_ECORRUPT: nothing could be
 * decoded (also where what tells how to read it is not there, as in a film cut before its index). */
enum vg_err vg_video_frames(struct vg_video *video, const struct vg_film *film, struct vg_film_end *end);

/* Start-up: lets the libraries do what they do on first use, before the sandbox closes. */
void vg_video_warm(struct vg_video *video);
