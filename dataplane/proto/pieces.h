#pragma once
/* pieces: which resource a body of HTTP is a piece of, and which: ranges (RFC 9110 14), the parts of S3's uploads. For
 * every version of HTTP. One thread, no allocation. */
#include "dataplane/proto/parser.h"

/* Content-Range with a first and a last byte (RFC 9110 14.4): off … last; total UINT64_MAX: "*". */
struct vg_range {
	uint8_t is_there;
	uint64_t off, last, total;
};
struct vg_version {
	uint16_t status; /* of a response */
	struct vg_range range;
	struct vg_span etag, modified; /* RFC 9110 8.8; .at NULL where there is none */
};

/* "bytes 0-499/1234", the total may be "*"; anything else leaves it as it is. */
void vg_range_take(struct vg_span value, struct vg_range *range);
/* Fills in resource, range_off, range_total, part_no and their flags of proto->card, whose other texts are there. */
void vg_pieces_card(struct vg_proto *proto, const struct vg_flow_ident *who, const struct vg_version *version);
