#pragma once
/* export: all that Vigil counts as Prometheus text (exposition format 0.0.4): the counters of dataplane and hashers
 * summed over cores and hashers, what ports and inline pairs count by their name, and vigild's own. Names and help come
 * from include/vigil/counters.h; labels are few and bounded. Nothing of a case, list entry or address is in it. One
 * thread. */
#include <stddef.h>
#include <stdint.h>

#include "control/cases/cases.h"
#include "control/intake/intake.h"
#include "control/lists/lists.h"
#include "control/lists/rebuild.h"
#include "control/outbox/outbox.h"
#include "control/ports/port_watch.h"

/* Where the figures come from; borrowed. */
struct vg_stats_env {
	const struct vg_intake *intake;
	const struct vg_lists *lists;
	struct vg_cases *cases;
	struct vg_outbox *outbox; /* NULL = nothing is reported */
	uint32_t n_hashers;
	int64_t started_ns;                /* UTC */
	const struct vg_port_watch *ports; /* NULL = no ports are looked at */
	const struct vg_rebuild *rebuild;  /* NULL = lists are read at once */
	void *arg;
	/* What stops a hasher that is not linked, "" = nothing is known. May be NULL. */
	void (*hasher_trouble)(void *arg, uint32_t hasher_idx, char *text, size_t n_text);
};
/* The whole text, malloc'ed and NUL-terminated, its length in *n_bytes; NULL where memory is out. */
char *vg_stats_export(const struct vg_stats_env *env, size_t *n_bytes);
/* True while a match could be found: a dataplane, a hasher and a list generation are there. `why` names what is
 * missing. */
int vg_stats_is_ready(const struct vg_stats_env *env, char *why, size_t n_why);
