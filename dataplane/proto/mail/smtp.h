#pragma once
/* smtp, pop3, imap: the functions of their rows (parser.h). */
#include "dataplane/proto/mail/mail.h"

enum vg_app vg_smtp_first(const uint8_t *bytes, uint32_t n_bytes);
enum vg_step vg_smtp_feed(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir, const uint8_t *bytes,
			  uint32_t n_bytes, int64_t wall_ns);
enum vg_step vg_smtp_gap(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir, uint64_t n_missing,
			 int64_t wall_ns);
void vg_smtp_end(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir, enum vg_stream_end how, int64_t wall_ns);
enum vg_app vg_pop3_first(const uint8_t *bytes, uint32_t n_bytes);
enum vg_step vg_pop3_feed(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir, const uint8_t *bytes,
			  uint32_t n_bytes, int64_t wall_ns);
enum vg_step vg_pop3_gap(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir, uint64_t n_missing,
			 int64_t wall_ns);
enum vg_app vg_imap_first(const uint8_t *bytes, uint32_t n_bytes);
enum vg_step vg_imap_feed(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir, const uint8_t *bytes,
			  uint32_t n_bytes, int64_t wall_ns);
enum vg_step vg_imap_gap(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir, uint64_t n_missing,
			 int64_t wall_ns);
