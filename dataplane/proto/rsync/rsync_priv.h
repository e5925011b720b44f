#pragma once
/* rsync_priv: the state of one connection. */
#include "dataplane/proto/rsync/rsync.h"

/* Flags (2), sum head (4 words), first token: what begins a file. */
#define VG_RSYNC_HEAD_BYTES 22u

/* How the sender's tokens are compressed. AUTO: by the first name of the client's list that the server has, too. */
enum vg_rsync_codec { VG_RSYNC_PLAIN, VG_RSYNC_AUTO, VG_RSYNC_ZLIB, VG_RSYNC_ZSTD, VG_RSYNC_OTHER };
enum vg_rsync_stage { VG_RSYNC_TEXTS, VG_RSYNC_SETUP, VG_RSYNC_MUX, VG_RSYNC_OFF };
struct vg_rsync_dir {
	uint8_t stage, has_ended;
	uint16_t n_text, n_texts;
	/* SETUP: what is still to come */
	uint8_t n_varint, has_varint, n_strings, n_skip, n_flags;
	uint16_t n_string;
	uint8_t is_long;
	/* MUX */
	uint8_t n_head, head[4], is_data;
	uint32_t n_left;
	/* the sender's data */
	uint8_t n_window, window[VG_RSYNC_HEAD_BYTES], is_file, n_token, token[4], has_conflict, had_gap;
	uint8_t is_stream, has_data; /* compressed: body is of all files; of this file data has come */
	uint32_t n_literal, n_blocks, block_bytes, last_bytes;
	struct vg_body *body; /* of the file; ZSTD: of all files */
	uint8_t text[VG_RSYNC_TEXT_BYTES];
};
struct vg_rsync_flow {
	struct vg_proto_flow base;
	struct vg_rsync_dir dir[2];
	uint8_t client_1; /* 1 + the client's direction */
	uint8_t server_sends, codec, can_negotiate, negotiates, is_after_dot, has_module;
	uint16_t compat, version, n_path;
	char path[VG_RSYNC_TEXT_BYTES];
};

/* rsync.c: as struct vg_parser says. */
void vg_rsync_init(struct vg_proto *p, struct vg_proto_flow *flow, struct vg_proto_flow *from);
void vg_rsync_fini(struct vg_proto *p, struct vg_proto_flow *flow);
enum vg_step vg_rsync_feed(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir, const uint8_t *bytes,
			   uint32_t n_bytes, int64_t wall_ns);
enum vg_step vg_rsync_gap(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir, uint64_t n_missing,
			  int64_t wall_ns);
void vg_rsync_conflict(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir);
void vg_rsync_end(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir, enum vg_stream_end how,
		  int64_t wall_ns);
/* rsync_files.c: demultiplexed bytes of who sends; the end of what is open. */
void vg_rsync_files_feed(struct vg_proto *p, struct vg_rsync_flow *flow, unsigned dir, const uint8_t *bytes,
			 uint32_t n_bytes, int64_t wall_ns);
/* The codec of a session whose two lists of names have been told. */
enum vg_rsync_codec vg_rsync_codec_of(const struct vg_rsync_flow *flow);
void vg_rsync_files_end(struct vg_proto *p, struct vg_rsync_dir *d, enum vg_state state, int64_t wall_ns);
