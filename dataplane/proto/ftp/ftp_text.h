#pragma once
/* ftp_text: what the lines of an FTP control connection say (RFC 959 4 and 5, RFC 2428). Pure, any thread. */
#include <stdint.h>

#include <vigil/bytes.h>

enum vg_ftp_verb {
	VG_FTP_OTHER, /* a word that may be a command */
	VG_FTP_NO_COMMAND,
	VG_FTP_USER,
	VG_FTP_CWD,
	VG_FTP_CDUP,
	VG_FTP_PWD,
	VG_FTP_TYPE,
	VG_FTP_MODE,
	VG_FTP_PASV, /* and EPSV */
	VG_FTP_PORT, /* and EPRT */
	VG_FTP_REST,
	VG_FTP_SIZE,
	VG_FTP_HOST,
	VG_FTP_CLNT,
	VG_FTP_AUTH,
	VG_FTP_REIN,
	VG_FTP_MAIL, /* EHLO, HELO, LHLO: this is SMTP */
	VG_FTP_RETR, /* from here on: a data connection is used */
	VG_FTP_STOR,
	VG_FTP_STOU,
	VG_FTP_APPE,
	VG_FTP_LIST, /* and NLST, MLSD */
};
#define VG_FTP_IS_TRANSFER(verb) ((verb) >= VG_FTP_RETR)
#define VG_FTP_IS_UPLOAD(verb)   ((verb) >= VG_FTP_STOR && (verb) <= VG_FTP_APPE)

/* The command of a line without its end, and its arguments. */
enum vg_ftp_verb vg_ftp_command(struct vg_span line, struct vg_span *args);
/* The code of a reply line, 0: it is none. *is_last: no line of the same reply follows (RFC 959 4.2). */
unsigned vg_ftp_reply(struct vg_span line, int *is_last, struct vg_span *text);

/* An endpoint that a line announces: its sender listens there. */
struct vg_ftp_announced {
	uint8_t ip_version; /* 4, 6; 0: the address was not said (EPSV) */
	uint8_t ip[16];
	uint16_t port;
};
/* Whether the line is PORT, EPRT or the answer to PASV or EPSV, and what it announces. */
int vg_ftp_announces(struct vg_span line, struct vg_ftp_announced *found);

/* The first decimal number in text; UINT64_MAX: there is none, or it is too large. */
uint64_t vg_ftp_number(struct vg_span text);
/* What stands between the first pair of double quotes (a reply to PWD; "" is one quote, RFC 959 appendix II); empty:
 * nothing. Doubled quotes stay. */
struct vg_span vg_ftp_quoted(struct vg_span text);
/* The file and its size that "150 Opening BINARY mode data connection for NAME (N bytes)." names, as most servers say
 * it. UINT64_MAX and an empty span where they do not. */
uint64_t vg_ftp_opening(struct vg_span text, struct vg_span *name);
/* The next line in *rest, without its end; 0: none is whole. */
int vg_ftp_line(struct vg_span *rest, struct vg_span *line);
