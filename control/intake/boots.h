#pragma once
/* boots: the attribution memory and stats pages that dataplanes handed over, for the present start of the dataplane
 * and the one before it (whose matches may still be on their way). Memory of a dead process stays readable as long
 * as it is mapped. Seals and sizes are checked before anything is mapped. One thread. */
#include <stdint.h>

#include <vigil/attr_slot.h>
#include <vigil/base.h>
#include <vigil/err.h>
#include <vigil/msg.h>
#include <vigil/stats_page.h>

struct vg_boots;

void vg_boots_destroy(struct vg_boots *boots);
struct vg_boots *vg_boots_create(void) VG_DEALLOC(vg_boots_destroy);
/* A dataplane said WELCOME. The boot before the present one is forgotten where this one is new. VG_ERANGE,
 * VG_ENOMEM. */
enum vg_err vg_boots_welcome(struct vg_boots *boots, const struct vg_msg_welcome *welcome);
/* Memory of the present boot. The descriptor stays the caller's to close. VG_ESEAL, VG_ERANGE, VG_EIO. */
enum vg_err vg_boots_attr(struct vg_boots *boots, const struct vg_msg_attr *attr, int fd);
enum vg_err vg_boots_stats(struct vg_boots *boots, const struct vg_msg_stats *stats, int fd);
/* 1 once every ATTR and STATS of the present boot is here; its id in *boot_id (may be NULL). */
int vg_boots_ready(const struct vg_boots *boots, uint64_t *boot_id);
/* 1 where that boot's memory is here. */
int vg_boots_knows(const struct vg_boots *boots, uint64_t boot_id);
/* Copies the attribution record. VG_ENOTFOUND (no such boot, core, hasher, or generation), VG_ERANGE. */
enum vg_err vg_boots_read(const struct vg_boots *boots, uint64_t boot_id, uint32_t core_idx, uint32_t hasher_idx,
			  uint64_t object_id, struct vg_attribution *copy);
/* The stats page of a core of the present boot, NULL = none. Its counters end when it is replaced: see n_cores. */
const struct vg_stats_page *vg_boots_page(const struct vg_boots *boots, uint32_t core_idx);
uint32_t vg_boots_n_cores(const struct vg_boots *boots);
/* Maps a stats page that a peer made (VG_SEALS_OURS, VG_STATS_BYTES or more); NULL with *err. Unmap VG_STATS_BYTES.
 * */
const struct vg_stats_page *vg_stats_page_map(int fd, enum vg_err *err);
