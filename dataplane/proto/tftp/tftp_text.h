#pragma once
/* tftp_text: requests and acknowledged options, as RFC 1350 5 and RFC 2347 write them. Pure, any thread. */
#include <stdint.h>

#include <vigil/bytes.h>

#define VG_TFTP_NONE UINT32_MAX

struct vg_tftp_options {
	uint32_t blksize, windowsize; /* VG_TFTP_NONE: not said, or not a number within its limits */
	uint64_t tsize;               /* UINT64_MAX: not said */
};
struct vg_tftp_request {
	int is_write, is_text;
	struct vg_span name;
	struct vg_tftp_options options;
};
/* A whole datagram with opcode 1 or 2. 0: it is no request. */
int vg_tftp_request_read(struct vg_span datagram, struct vg_tftp_request *request);
/* What stands behind the opcode of an OACK, or behind the mode of a request. */
void vg_tftp_options_read(struct vg_span text, struct vg_tftp_options *options);
