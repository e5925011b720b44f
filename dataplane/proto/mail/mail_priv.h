#pragma once
/* mail_priv: what the protocols of this folder share: a line, a body of lines with doubled dots, a flow's texts. */
#include "dataplane/proto/mail/mail.h"

#define VG_MAIL_LINE      1024u /* of a command or reply that are kept; RFC 5321 4.5.3.1.4: 512, and extensions */
#define VG_MAIL_PEEK      6u
#define VG_MAIL_WAITING   32u /* POP3 commands without their replies */
#define VG_MAIL_MIN_BYTES 16u /* smaller IMAP literals are names and passwords */

/* A line cut anywhere. All zero: empty. */
struct vg_mail_line {
	uint32_t n;
	uint8_t is_cut, has_lf;
	char text[VG_MAIL_LINE];
};
/* Adds bytes up to the line end; returns how many were eaten. has_lf: the line is complete (without its end). */
uint32_t vg_mail_line_add(struct vg_mail_line *line, const uint8_t *bytes, uint32_t n_bytes);
void vg_mail_line_drop(struct vg_mail_line *line);
/* Does it begin with this word (upper case in `word`), followed by its end or white space? */
int vg_mail_line_is(const struct vg_mail_line *line, const char *word);

/* A message that ends with a line of one dot. */
enum vg_mail_dots { VG_DOTS_BOL, VG_DOTS_TEXT, VG_DOTS_DOT, VG_DOTS_DOT_CR };

struct vg_mail_dir {
	struct vg_mail_line line;
	struct vg_body *body; /* NULL: not wanted, or none */
	uint64_t left;        /* counted bytes of the body yet to come */
	uint8_t state;        /* the protocol's own */
	uint8_t dots;         /* enum vg_mail_dots */
	uint8_t has_gap, has_conflict, has_ended, is_lost;
};
struct vg_mail_flow {
	struct vg_proto_flow base;
	struct vg_mail_dir dir[2];
	uint8_t client, has_client; /* which direction sends commands */
	uint8_t reply_seen;         /* SMTP: 1 = a reply came since DATA was sent; then reply_ok */
	uint8_t reply_ok, in_message;
	uint8_t n_peek, peek[VG_MAIL_PEEK]; /* SMTP: the first bytes behind DATA, while nobody knows what they are */
	uint8_t begin_waiting, n_waiting;
	uint8_t waiting[VG_MAIL_WAITING]; /* POP3: enum of pop3.c */
	uint16_t n_host, n_from, n_to, n_command;
	char host[VG_ATTR_HOST], from[320], to[320], command[64]; /* RFC 5321 4.5.3.1: 254 and 256 */
};
static inline struct vg_mail_flow *vg_mail_flow_of(struct vg_proto_flow *flow)
{
	return (struct vg_mail_flow *)flow;
}

void vg_mail_init(struct vg_proto *p, struct vg_proto_flow *flow, struct vg_proto_flow *from);
void vg_mail_fini(struct vg_proto *p, struct vg_proto_flow *flow);
void vg_mail_conflict(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir);

/* Opens a body that dir sends: proto_id, method, url as mail.h says; size UINT64_MAX: not announced. */
void vg_mail_body_open(struct vg_proto *p, struct vg_mail_flow *flow, unsigned dir, unsigned proto_id,
		       const char *method, uint64_t size);
void vg_mail_body_data(struct vg_proto *p, struct vg_mail_dir *d, const uint8_t *bytes, uint32_t n_bytes,
		       int64_t wall_ns);
void vg_mail_body_close(struct vg_proto *p, struct vg_mail_dir *d, enum vg_state state, int64_t wall_ns);
/* Lines of a message up to its dot: returns how many bytes were eaten; *is_end: the dot was among them. */
uint32_t vg_mail_dots_feed(struct vg_proto *p, struct vg_mail_dir *d, const uint8_t *bytes, uint32_t n_bytes,
			   int *is_end, int64_t wall_ns);
/* Counted bytes: returns how many were eaten; d->left becomes less. */
uint32_t vg_mail_count_feed(struct vg_proto *p, struct vg_mail_dir *d, const uint8_t *bytes, uint32_t n_bytes,
			    int64_t wall_ns);
/* A hole in a message in lines, or in counted bytes. True: the place is still known. */
int vg_mail_body_gap(struct vg_proto *p, struct vg_mail_dir *d, uint64_t n_missing, int is_counted, int64_t wall_ns);
/* As vg_parser.end for all three. */
void vg_mail_end(struct vg_proto *p, struct vg_proto_flow *flow, unsigned dir, enum vg_stream_end how, int64_t wall_ns);
/* TLS begins here (RFC 8446 5.1: a handshake record). */
static inline int vg_mail_is_tls(const uint8_t *bytes, uint32_t n_bytes)
{
	return n_bytes >= 2 && bytes[0] == 22 && bytes[1] == 3;
}
