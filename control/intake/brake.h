#pragma once
/* brake: holds a hasher's matches for a person once it told a lie or sends more than a minute's ration. Caller's
 * storage, pure: the time is passed in. */
#include <stdint.h>

#include <sys/types.h>

struct vg_brake {
	uint32_t per_minute;
	uint64_t begin_ns; /* of the minute that is counted */
	uint32_t n_matches;
	pid_t pid; /* of the process that lied */
	int has_lied;
};
void vg_brake_init(struct vg_brake *brake, uint32_t per_minute);
/* A process listens at the other end: a lie of another process is not its. */
void vg_brake_peer(struct vg_brake *brake, pid_t pid);
void vg_brake_lie(struct vg_brake *brake);
/* Counts one match; NULL, or why it is held (static text). */
const char *vg_brake_match(struct vg_brake *brake, uint64_t now_ns);
/* 1 while matches are held. */
int vg_brake_is_on(const struct vg_brake *brake, uint64_t now_ns);
