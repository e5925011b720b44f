#pragma once
/* tftp_priv: the state of one client's port, and the blocks of one core that wait. */
#include "dataplane/proto/tftp/tftp.h"
#include "dataplane/proto/tftp/tftp_text.h"

struct vg_tftp_held {
	struct vg_tftp_held *next;
	uint64_t block_no;
	uint32_t n_bytes;
	uint8_t bytes[VG_TFTP_BLOCK_BYTES];
};
struct vg_tftp_flow {
	struct vg_proto_flow base;
	struct vg_body *body;      /* NULL: not wanted, or not begun */
	struct vg_tftp_held *held; /* by block number */
	uint64_t next_no;          /* of the block in order, counted on from 1 beyond 65535 */
	uint64_t tsize;
	uint32_t asked_blksize, blksize, windowsize; /* blksize 0: not known yet */
	uint32_t n_held;
	uint8_t is_active, is_write, is_text, client; /* client: its direction */
	uint8_t goes_to_1;                            /* block numbers: 1 follows 65535 */
	uint8_t is_begun, had_gap, has_oack;
	uint16_t n_url, n_name;
	char url[VG_ATTR_URL], name[VG_ATTR_FILENAME];
};
struct vg_tftp {
	struct vg_pool held;
};
static inline struct vg_tftp *vg_tftp_of(const struct vg_proto *p)
{
	return p->shared[VG_APP_TFTP];
}

/* tftp.c: as struct vg_parser says. */
void vg_tftp_init(struct vg_proto *p, struct vg_proto_flow *flow, struct vg_proto_flow *from);
void vg_tftp_fini(struct vg_proto *p, struct vg_proto_flow *flow);
enum vg_step vg_tftp_datagram(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir, const uint8_t *bytes,
			      uint32_t n_bytes, int64_t wall_ns);
void vg_tftp_end(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir, enum vg_stream_end how, int64_t wall_ns);
