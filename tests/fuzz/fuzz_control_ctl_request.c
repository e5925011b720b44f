/* A request line of the operators' socket: any bytes end in a command with its arguments, or in a reason. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "control/ctl/dispatch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vg_ctl_request request;
	char why[512] = "";
	enum vg_err err = vg_ctl_request_parse((const char *)data, size, &request, why, sizeof(why));
	if (err ? !why[0] : !request.is_hello && !request.command)
		__builtin_trap();
	for (unsigned i = 0; !err && i < request.n_args; i++)
		if (strlen(request.args[i]) > size)
			__builtin_trap();
	vg_ctl_request_fini(&request);
	return 0;
}
