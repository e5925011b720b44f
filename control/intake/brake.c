#include "control/intake/brake.h"

#include <string.h>

#define MINUTE_NS 60000000000u

void vg_brake_init(struct vg_brake *brake, uint32_t per_minute)
{
	memset(brake, 0, sizeof(*brake));
	brake->per_minute = per_minute;
}

void vg_brake_peer(struct vg_brake *brake, pid_t pid)
{
	if (brake->pid != pid)
		brake->has_lied = 0;
	brake->pid = pid;
}

void vg_brake_lie(struct vg_brake *brake)
{
	brake->has_lied = 1;
}

const char *vg_brake_match(struct vg_brake *brake, uint64_t now_ns)
{
	if (now_ns - brake->begin_ns >= MINUTE_NS) {
		brake->begin_ns = now_ns;
		brake->n_matches = 0;
	}
	if (brake->n_matches < UINT32_MAX)
		brake->n_matches++;
	if (brake->has_lied)
		return "the hashing process made a claim before that did not hold";
	return brake->n_matches > brake->per_minute ? "more matches in a minute than control.matches_per_minute" : NULL;
}

int vg_brake_is_on(const struct vg_brake *brake, uint64_t now_ns)
{
	return brake->has_lied || (now_ns - brake->begin_ns < MINUTE_NS && brake->n_matches > brake->per_minute);
}
