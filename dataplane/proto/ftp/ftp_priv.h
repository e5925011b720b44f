#pragma once
/* ftp_priv: what the files of this folder share: transfers, and the states of control and data connections. A
 * transfer belongs to its control connection, its data connection, or both; the last one gives it back. */
#include "dataplane/proto/ftp/ftp.h"
#include "dataplane/proto/ftp/ftp_text.h"

#define VG_FTP_PORT_NO    21u /* RFC 959 8 */
#define VG_FTP_USER_BYTES 64u
#define VG_FTP_CWD_BYTES  512u
#define VG_FTP_WAITING    2u /* bodies of a transfer: as it crossed, and with other line ends */

enum vg_ftp_word { VG_FTP_SILENT, VG_FTP_SAID_DONE, VG_FTP_SAID_FAILED };

struct vg_ftp_flow;
struct vg_ftp_data;
struct vg_ftp_transfer {
	uint32_t generation; /* never 0; changes when it is given back */
	uint8_t verb;        /* enum vg_ftp_verb; OTHER: not known yet */
	uint8_t word;        /* enum vg_ftp_word */
	uint8_t has_begun;   /* 125 or 150 was said */
	uint8_t is_ascii, is_deflated, is_piece;
	uint8_t is_passive;           /* the server listens */
	uint8_t end_state;            /* of what waits, if the server stays silent */
	struct vg_ftp_flow *control;  /* NULL: gone, or done with it */
	struct vg_ftp_data *data;     /* NULL: not there yet, or gone */
	struct vg_body *waiting[2];   /* whose connection has ended: for the server's word */
	uint64_t resource;            /* 0: not known */
	uint64_t rest, size, opening; /* REST; announced by SIZE and by 150: UINT64_MAX = not */
	uint8_t is_lines_size;        /* size counts line ends as they cross: SIZE was asked in TYPE A (RFC 3659 4) */
	uint16_t n_host, n_url, n_filename, n_agent;
	uint8_t is_cut;
	char host[VG_ATTR_HOST], url[VG_ATTR_URL], filename[VG_ATTR_FILENAME], agent[VG_ATTR_AGENT];
};

struct vg_ftp_lines {
	uint16_t n;
	uint8_t is_lost; /* up to the next line end */
	uint8_t is_cut;  /* there was more than fits */
	uint8_t text[VG_FTP_LINE_BYTES];
};
struct vg_ftp_flow {
	struct vg_proto_flow base;
	struct vg_ftp_lines lines[2];
	uint8_t client_1; /* 1 + the client's direction; 0: not known yet */
	uint8_t has_ended[2], n_strange;
	uint16_t in_reply; /* code of a reply of several lines; 0: none */
	uint8_t has_replies, is_ascii, is_deflated, has_rest, is_lines_size;
	uint8_t n_waiting, waiting[VG_FTP_MAX_WAITING]; /* verbs without reply, oldest first */
	uint16_t n_user, n_cwd, n_next_cwd, n_host, n_agent;
	uint64_t rest, size, size_of; /* size_of: the resource whose size it is */
	struct vg_ftp_transfer *next; /* announced, not commanded */
	struct vg_ftp_transfer *now;  /* commanded, not done */
	char user[VG_FTP_USER_BYTES], cwd[VG_FTP_CWD_BYTES], next_cwd[VG_FTP_CWD_BYTES], host[VG_ATTR_HOST],
		agent[VG_ATTR_AGENT];
};

struct vg_ftp_data_dir {
	struct vg_body *body[2]; /* as it crosses; with other line ends */
	uint64_t n_bytes;
	uint8_t is_decided, has_ended, had_gap, has_conflict;
	uint8_t is_answer; /* goes the other way than the command says: no part of the file */
	uint8_t has_cr;    /* the last byte was CR, and not given to body[1] yet */
	uint8_t n_first, first[16];
};
struct vg_ftp_data {
	struct vg_proto_flow base;
	struct vg_ftp_transfer *transfer; /* NULL: nobody announced it */
	struct vg_ftp_data_dir dir[2];
	uint8_t is_looked_up;
};

/* Pools of one core. */
struct vg_ftp {
	struct vg_pool transfers;
};
static inline struct vg_ftp *vg_ftp_of(const struct vg_proto *p)
{
	return p->shared[VG_APP_FTP];
}

/* ftp_transfer.c */
/* A transfer of control; NULL: none is free (counted). */
struct vg_ftp_transfer *vg_ftp_transfer_take(struct vg_proto *p, struct vg_ftp_flow *control);
/* One of its two owners leaves: clear control or data first. */
void vg_ftp_transfer_leave(struct vg_proto *p, struct vg_ftp_transfer *transfer);
/* Data will cross at `at`; where a data connection waits there already it is joined. */
void vg_ftp_transfer_expect(struct vg_proto *p, struct vg_ftp_transfer *transfer, const struct vg_endpoint *at,
			    int64_t wall_ns);
/* The transfer that is announced at one of the ends of ident, NULL: none. */
struct vg_ftp_transfer *vg_ftp_transfer_find(struct vg_proto *p, const struct vg_flow_ident *ident, int64_t wall_ns);
/* The server's last word, or SILENT: there will be none. Closes what waits. */
void vg_ftp_transfer_word(struct vg_proto *p, struct vg_ftp_transfer *transfer, enum vg_ftp_word word, int64_t wall_ns);
/* Fills p->card's texts. */
void vg_ftp_transfer_card(struct vg_proto *p, const struct vg_ftp_transfer *transfer);
/* What an end of n_bytes means. */
enum vg_state vg_ftp_transfer_state(const struct vg_ftp_transfer *transfer, uint64_t n_bytes, enum vg_stream_end how);
struct vg_endpoint vg_ftp_endpoint(const struct vg_flow_ident *ident, unsigned dir,
				   const struct vg_ftp_announced *said);

/* ftp_names.c: the texts of a transfer, from its command. */
void vg_ftp_name(struct vg_proto *p, const struct vg_ftp_flow *flow, struct vg_ftp_transfer *transfer,
		 struct vg_span path);
/* The name of the file at path for vg_attribution.resource. */
uint64_t vg_ftp_resource(const struct vg_proto *p, const struct vg_ftp_flow *flow, struct vg_span path);
/* cwd and path joined into out, without "." and ".."; returns its length, cut at cap. */
uint16_t vg_ftp_join(struct vg_span cwd, struct vg_span path, char *out, uint16_t cap);

/* ftp_talk.c: a line of the client, of the server. VG_MORE, VG_SKIP: encrypted from here on; VG_DONE: this is SMTP. */
enum vg_step vg_ftp_command_take(struct vg_proto *p, struct vg_ftp_flow *flow, struct vg_span line, int64_t wall_ns);
enum vg_step vg_ftp_reply_take(struct vg_proto *p, struct vg_ftp_flow *flow, struct vg_span line, int64_t wall_ns);
/* Lets the transfers go: nothing more will be said of them. */
void vg_ftp_talk_end(struct vg_proto *p, struct vg_ftp_flow *flow, int64_t wall_ns);

/* ftp.c, ftp_data.c: as struct vg_parser says. */
void vg_ftp_init(struct vg_proto *p, struct vg_proto_flow *flow, struct vg_proto_flow *from);
void vg_ftp_fini(struct vg_proto *p, struct vg_proto_flow *flow);
enum vg_step vg_ftp_feed(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir, const uint8_t *bytes,
			 uint32_t n_bytes, int64_t wall_ns);
enum vg_step vg_ftp_gap(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir, uint64_t n_missing,
			int64_t wall_ns);
void vg_ftp_conflict(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir);
void vg_ftp_end(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir, enum vg_stream_end how, int64_t wall_ns);
enum vg_app vg_ftp_first(const uint8_t *bytes, uint32_t n_bytes);
int vg_ftp_begins(const uint8_t *bytes, uint32_t n_bytes);

void vg_ftp_data_init(struct vg_proto *p, struct vg_proto_flow *flow, struct vg_proto_flow *from);
void vg_ftp_data_fini(struct vg_proto *p, struct vg_proto_flow *flow);
enum vg_step vg_ftp_data_feed(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir, const uint8_t *bytes,
			      uint32_t n_bytes, int64_t wall_ns);
enum vg_step vg_ftp_data_gap(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir, uint64_t n_missing,
			     int64_t wall_ns);
void vg_ftp_data_conflict(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir);
void vg_ftp_data_end(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir, enum vg_stream_end how,
		     int64_t wall_ns);
/* A control connection announced it later: its bodies get their names. */
void vg_ftp_data_named(struct vg_proto *p, struct vg_ftp_data *data);
