#pragma once
/* msg_objects: VG_MSG_OBJECTS: a head, then 1 to VG_MSG_MAX_OBJECTS whole messages VG_MSG_OBJECT without descriptors,
 * in order of seq. What waits goes together: a small object's own datagram would cost more than all else about it. */
#include <vigil/msg.h>

#define VG_MSG_MAX_OBJECTS 15u /* < 16 KiB: goes through any socket */
#define VG_MSG_MAX_BYTES   (sizeof(struct vg_msg_head) + VG_MSG_MAX_OBJECTS * sizeof(struct vg_msg_record))

/* The records of a received message of n_bytes, where it is VG_MSG_OBJECTS with as many as its length says; else 0. */
static inline uint32_t vg_msg_n_objects(const struct vg_msg_head *head, size_t n_bytes)
{
	size_t n = n_bytes < sizeof(*head) ? 0 : (n_bytes - sizeof(*head)) / sizeof(struct vg_msg_record);
	size_t n_wanted = sizeof(*head) + n * sizeof(struct vg_msg_record);

	if (n < 1 || n > VG_MSG_MAX_OBJECTS)
		return 0;
	return vg_msg_is(head, n_bytes, VG_MSG_OBJECTS, n_wanted) ? (uint32_t)n : 0;
}
