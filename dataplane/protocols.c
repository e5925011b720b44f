#include "dataplane/protocols.h"

#include "dataplane/proto/http1/http1.h"

const struct vg_parser *const vg_protocols[] = {
	&vg_http1_parser,
	NULL,
};
