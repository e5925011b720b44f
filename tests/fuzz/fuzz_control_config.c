/* vigil.yaml: whatever bytes, the answer is a configuration within its limits or one line of why. What is accepted
 * dumps to text that is accepted again and means the same. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vigil/base.h>

#include "control/config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vg_config *config = malloc(sizeof(*config)), *again = malloc(sizeof(*again));
	char why[256] = "", *text = NULL;
	size_t n_text;
	if (!config || !again)
		abort();
	if (vg_config_parse(config, "fuzz", (const char *)data, size, why, sizeof(why))) {
		VG_INVARIANT(!strncmp(why, "fuzz:", 5) && strlen(why) < sizeof(why));
	} else {
		FILE *out = open_memstream(&text, &n_text);
		vg_config_dump(config, out, 0);
		fclose(out);
		VG_INVARIANT(!vg_config_parse(again, "fuzz", text, n_text, why, sizeof(why)));
		for (uint32_t i = 0; i < config->n_lists; i++)
			config->lists[i].line = again->lists[i].line = 0;
		for (uint32_t i = 0; i < config->n_profiles; i++)
			config->profiles[i].line = again->profiles[i].line = 0;
		for (uint32_t i = 0; i < config->forward.n_pairs; i++)
			config->forward.pairs[i].line = again->forward.pairs[i].line = 0;
		for (uint32_t i = 0; i < config->dataplane.n_ports; i++) {
			VG_INVARIANT(!config->dataplane.port_rules[i].line == !again->dataplane.port_rules[i].line);
			config->dataplane.port_rules[i].line = again->dataplane.port_rules[i].line = 0;
		}
		VG_INVARIANT(!memcmp(config, again, sizeof(*config)));
		free(text);
	}
	free(config);
	free(again);
	return 0;
}
