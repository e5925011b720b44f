#pragma once
/* unserved: entries of plug-ins' algorithms that no plug-in of the configuration is declared to be: what there is of
 * them, and where the first of each stands. Plain values. */
#include <stdint.h>

#include <vigil/plugin_spec.h>

#include "control/lists/list_text.h"

#define VG_UNSERVED_MAX 8u /* algorithms that are told apart; the rest is counted with the last */

struct vg_declared {
	char algo[VG_PLUGIN_ALGO_BYTES];
	uint32_t version;
};
struct vg_unserved {
	uint64_t n_entries;
	unsigned n;
	struct {
		struct vg_declared what;
		uint64_t n;
		char where[160], text[400]; /* text: once it was logged */
	} at[VG_UNSERVED_MAX];
};
void vg_unserved_add(struct vg_unserved *unserved, const struct vg_list_plugin *plugin, const char *file,
		     uint64_t line);
/* Writes the texts, and warns with them. */
void vg_unserved_log(struct vg_unserved *unserved);
