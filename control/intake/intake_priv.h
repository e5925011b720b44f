#pragma once
/* What the files of this room share. */
#include "control/intake/boots.h"
#include "control/intake/brake.h"
#include "control/intake/intake.h"

#include <vigil/url_table.h>

/* One link: to the dataplane (hasher_idx VG_INTAKE_GONE) or to a hasher. */
struct vg_intake_link {
	struct vg_intake *intake;
	uint32_t hasher_idx;
	int fd; /* -1 = not connected */
	int has_hello, waits_for_room;
	uint64_t boot_id;               /* the hasher's word */
	uint64_t index_sent;            /* generation last sent, 0 = none */
	uint64_t known_sent, urls_sent; /* to the dataplane: generations last sent, 0 = none */
	uint64_t index_taken;           /* generation it says it searches with */
	uint64_t seq, seq_acked;        /* of the last record worked, of the last ACK that went out */
	uint64_t awaited_seq, await_ns; /* a record whose transfer's end is not written yet, since when */
	uint64_t next_try_ns, wait_ms;
	const struct vg_stats_page *page;
	struct vg_brake brake, url_brake; /* url: of claims that name no file of a list */
	uint64_t log_begin_ns; /* lines about this link in the minute that began then: a liar must not fill the disk */
	uint32_t n_logged;
};
struct vg_intake {
	struct vg_loop *loop;
	struct vg_lists *lists;
	struct vg_intake_conf conf;
	struct vg_intake_hooks hooks;
	struct vg_boots *boots;
	struct vg_intake_link dataplane, *hashers;
	uint64_t timer, welcome_ns; /* when the present dataplane said WELCOME */
	struct vg_intake_known known;
	struct vg_intake_urls urls;
	struct vg_intake_counts counts;
	struct vg_stats_page gone[2]; /* sums of processes that are gone: dataplane, hashing */
};

/* 1 where that boot's memory is not here but may still come: the dataplane is not linked, or only just; or where the
 * first lists are still being read, so that what it found with those of yesterday could not be looked up. Its
 * hashers get no index meanwhile, so that they find nothing which could not be checked. */
int vg_intake_awaits_boot(const struct vg_intake *intake, uint64_t boot_id);
/* Adds a page to the sums of what is gone. */
void vg_intake_page_gone(struct vg_intake *intake, int is_hasher, const struct vg_stats_page *page);
/* One record from a hasher, with its descriptors (closed here). VG_OK = worked, to be acknowledged; VG_EAGAIN = not
 * now, drop the link and let it be sent again; VG_EPROTO = rubbish, drop the link. */
enum vg_err vg_intake_record(struct vg_intake_link *link, const void *message, size_t n_bytes, int *fds, size_t n_fds);
