#include "control/lists/unserved.h"

#include <stdio.h>
#include <string.h>

#include <vigil/log.h>

void vg_unserved_add(struct vg_unserved *u, const struct vg_list_plugin *plugin, const char *file, uint64_t line)
{
	unsigned i = 0;
	u->n_entries++;
	while (i < u->n && (u->at[i].what.version != plugin->version ||
			    memcmp(u->at[i].what.algo, plugin->algo, sizeof(plugin->algo)) != 0))
		i++;
	if (i == VG_UNSERVED_MAX)
		i--;
	if (i == u->n) {
		size_t n_file = strlen(file), n_room = sizeof(u->at[i].where) - 24;
		u->n++;
		memcpy(u->at[i].what.algo, plugin->algo, sizeof(plugin->algo));
		u->at[i].what.version = plugin->version;
		/* of a long path its end */
		snprintf(u->at[i].where, sizeof(u->at[i].where), "%s:%llu",
			 n_file > n_room ? file + n_file - n_room : file, (unsigned long long)line);
	}
	u->at[i].n++;
}

void vg_unserved_log(struct vg_unserved *u)
{
	for (unsigned i = 0; i < u->n; i++) {
		const struct vg_declared what = u->at[i].what;
		char where[sizeof(u->at[i].where)];
		memcpy(where, u->at[i].where, sizeof(where));
		snprintf(u->at[i].text, sizeof(u->at[i].text),
			 "%s: %llu values of %s@%u are not searched: no plug-in of hashing.plugins is declared to make "
			 "them; write %s@%u:PATH there, or remove the lines",
			 where, (unsigned long long)u->at[i].n, what.algo, what.version, what.algo, what.version);
		vg_log(VG_LOG_WARN, "control/lists", "%s", u->at[i].text);
	}
}
