#pragma once
/* plugin_lie: what a hijacked hasher may claim of a plug-in's value (tests/programs/hashing_liar.c):
 *   plugin-distance  a value that lies far from the listed one, claimed to be it
 *   plugin-version   the listed value, made by a version that nothing lists
 *   plugin-name      the listed value, of an algorithm that is not configured
 *   plugin-entry     the listed value, claimed for an entry that has none */
#include <string.h>

#include "tests/lib/film_lie.h"

/* As vg_film_lie(), and all of its lies, too. */
static inline int vg_plugin_lie(const char *lie, const struct vg_index_view *index, const struct vg_chain *bytes,
				struct vg_msg_record *r, int *memfd)
{
	const struct vg_index_group *group = index->groups;
	if (strncmp(lie, "plugin-", 7) != 0)
		return vg_film_lie(lie, index, bytes, r, memfd);
	if (!bytes->n_bytes || !index->n_groups)
		return 0;
	*memfd = vg_memfd_new("lie", bytes->n_bytes);
	uint8_t *at = vg_memfd_map(*memfd, bytes->n_bytes, PROT_READ | PROT_WRITE);
	if (!at)
		return 0;
	(void)vg_chain_copy(bytes, 0, at, bytes->n_bytes);
	munmap(at, bytes->n_bytes);
	(void)vg_memfd_seal(*memfd, VG_SEALS_FINAL);
	r->n_sample_bytes = bytes->n_bytes;
	r->flags |= VG_RECORD_HAS_PDQ;
	r->plugins.n = 1;
	r->plugins.at[0] = (struct vg_plugin_value){ "", (uint16_t)group->n_value_bytes, 100, 0, group->version };
	memcpy(r->plugins.at[0].algo, group->algo, sizeof(group->algo));
	memcpy(r->plugins.bytes, index->plugin_values, group->n_value_bytes);
	r->n_hits = 1;
	r->hits[0] = (struct vg_hit){ .entry_idx = index->plugins[0].entry_idx, .algo = VG_ALGO_PLUGIN };
	if (!strcmp(lie, "plugin-distance"))
		r->plugins.bytes[0] ^= 0xff;
	else if (!strcmp(lie, "plugin-version"))
		r->plugins.at[0].version++;
	else if (!strcmp(lie, "plugin-name"))
		r->plugins.at[0].algo[0] = 'x';
	else
		r->hits[0].entry_idx = index->n_sha256 ? index->sha256[0].entry_idx : 0;
	return 1;
}
