#pragma once
/* frame_hash: the hashed frames of a film (vPDQ), as a hasher hands them to vigild beside a match. */
#include <stdint.h>

/* The frames of a MATCH lie in its memfd behind the sample (vg_record_frames_off()), in ascending order of frame_no. */
#define VG_FRAMES_MAX 4096u /* of one object */
struct vg_frame_hash {
	uint8_t pdq[32];                 /* printed order */
	uint32_t frame_no, timestamp_ms; /* in order of decoding; by the stream's frame rate, as vPDQ has it */
	uint8_t quality;                 /* 0 .. 100 */
	uint8_t reserved[3];             /* zero */
};

/* Where the frames of a MATCH begin in its memfd, and how many bytes that has in all. */
static inline uint64_t vg_record_frames_off(uint64_t n_sample_bytes)
{
	return (n_sample_bytes + 63) & ~(uint64_t)63;
}
static inline uint64_t vg_record_memfd_bytes(uint64_t n_sample_bytes, uint32_t n_frames)
{
	return n_frames ? vg_record_frames_off(n_sample_bytes) + (uint64_t)n_frames * sizeof(struct vg_frame_hash)
			: n_sample_bytes;
}
