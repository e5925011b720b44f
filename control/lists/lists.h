#pragma once
/* lists: list files in, immutable numbered index generations out (include/vigil/index_format.h). One bad line refuses
 * the whole reload with "file:line: why" and the generation in use stays. Generations lie in DIR/<number>.idx (written
 * beside, fsynced, renamed; number monotone, the newest two kept) and as sealed memfds that hashers get. Generations
 * that a hasher may still search with stay mapped, so that vigild can look a match of an older one up.
 * One thread. Values, entries and file names of lists are never logged, but for what is
 * wrong with a line. */
#include <stddef.h>
#include <stdint.h>

#include <vigil/base.h>
#include <vigil/err.h>
#include <vigil/index_format.h>

#include "control/config/config.h"

#define VG_LISTS_WHY         512
#define VG_LISTS_MAX_KEPT    8        /* generations mapped at once; the oldest goes first */
#define VG_LISTS_MAX_ENTRIES 50000000 /* of all lists together */

struct vg_lists;

void vg_lists_destroy(struct vg_lists *lists);
/* dir is made where it is missing (0700). The newest intact generation on disk is loaded (a damaged one is logged and
 * passed over); without one, current is 0. NULL with the reason in why. */
struct vg_lists *vg_lists_create(const char *dir, char *why, size_t n_why) VG_DEALLOC(vg_lists_destroy);

/* The same without a look at what is on disk (rebuild.h does that). */
struct vg_lists *vg_lists_open(const char *dir, char *why, size_t n_why) VG_DEALLOC(vg_lists_destroy);
/* Does what vg_lists_create() would have done; at once. */
void vg_lists_take_disk(struct vg_lists *lists);
/* 1 where there is none yet but one is being made or loaded: nothing may be judged by these lists yet. */
int vg_lists_expected(const struct vg_lists *lists);
void vg_lists_expect(struct vg_lists *lists, int is_expected);

/* What the configuration declares of its plug-ins (`hashing.plugins`, vigil/plugin_spec.h), before a reload: entries of
 * other algorithms are left out of the index, counted, and each algorithm is warned of with the file and line of its
 * first one. Items without a name declare nothing. */
void vg_lists_declare(struct vg_lists *lists, const struct vg_config_hashing *conf);
/* 1 where it is declared. */
int vg_lists_declared(const struct vg_lists *lists, const char algo[VG_PLUGIN_ALGO_BYTES], uint32_t version);
/* Warnings of the last reload, "file:line: what, what to do"; NULL behind the last one. Borrowed until the next. */
const char *vg_lists_warning(const struct vg_lists *lists, unsigned idx);

/* Reads all files, builds, checks, stores and maps the next generation; nothing changes on failure. suppress_file: "" =
 * none; lines `algo,value` or `entry,<entry id>[,list name]`: what they name is left out, and refused at match time
 * also for older generations. VG_OK, VG_EINVAL (a file or line, see why), VG_EIO. */
enum vg_err vg_lists_reload(struct vg_lists *lists, const struct vg_config_list *conf, uint32_t n_conf,
			    const char *suppress_file, char *why, size_t n_why);

struct vg_lists_info {
	uint64_t generation, n_bytes; /* 0 = no generation yet */
	int64_t built_ns;
	uint64_t n_md5, n_sha1, n_sha256, n_pdq, n_urls, n_videos, n_frames;
	uint64_t n_tables_bytes, tables_ms; /* search tables of PDQ and frames: 0 = none */
	uint32_t n_lists, n_suppressed;     /* suppressed: rows of the suppress list */
	uint64_t n_plugins, n_unserved; /* plug-ins' values; those left out because no plug-in is declared for them */
	uint64_t n_left_out;            /* entries the suppress list kept out of this generation */
	uint64_t n_folded;              /* lines that repeated an entry of their list */
	uint64_t n_blank_videos;        /* left out: none of their frames has the quality to match */
	uint64_t n_thinned_videos;      /* too long: VG_VIDEO_MAX_FRAMES of their frames, evenly spread, were kept */
	uint8_t sha256[32];
};
void vg_lists_info(const struct vg_lists *lists, struct vg_lists_info *info);
/* Sealed memfd (VG_SEALS_FINAL) of the current generation, borrowed until the next reload; -1 = none. */
int vg_lists_fd(const struct vg_lists *lists);
/* Its search tables (vigil/bands_format.h), likewise; -1 = it needs none, or there was no memory for them (logged). */
int vg_lists_tables_fd(const struct vg_lists *lists);
/* View of a generation that is still mapped, borrowed until the next reload; NULL = not known. */
const struct vg_index_view *vg_lists_view(const struct vg_lists *lists, uint64_t generation);
/* 1 where the suppress list names this value, or this entry (of that list), or where that of the lists now being read
 * does. n_value by algo: 16, 20, 32, 32. */
int vg_lists_suppressed(const struct vg_lists *lists, enum vg_algo algo, const uint8_t *value, const char *list,
			const char *entry_id);
