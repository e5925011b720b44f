/* The configuration a replay borrows from: whatever the text, no section that a run must not read is left in it. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "control/replay/borrow.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct vg_config config;
	char why[1024], *text = malloc(size + 1);
	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = 0;
	vg_config_defaults(&config);
	if (!vg_run_borrow_blank("fuzz", text, size, why, sizeof(why)) &&
	    !vg_config_parse(&config, "fuzz", text, size, why, sizeof(why)) &&
	    (config.n_lists || config.reporting.environment || config.reporting.endpoint.url[0]))
		__builtin_trap();
	free(text);
	return 0;
}
