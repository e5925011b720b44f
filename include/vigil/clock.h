#pragma once
/* clock: times as types, so that the kinds cannot be mixed. Hot rooms get a time passed in and never call these. */
#include <stdint.h>
#include <time.h>

/* Monotonic nanoseconds of this machine since an unspecified start. */
struct vg_mono_ns {
	uint64_t ns;
};
/* UTC nanoseconds since 1970-01-01T00:00:00Z. */
struct vg_wall_ns {
	int64_t ns;
};

static inline struct vg_mono_ns vg_mono_now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (struct vg_mono_ns){ (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec };
}
static inline struct vg_wall_ns vg_wall_now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return (struct vg_wall_ns){ (int64_t)t.tv_sec * 1000000000 + (int64_t)t.tv_nsec };
}
