#pragma once
/* mail: messages in transfer: SMTP (RFC 5321; DATA, and BDAT of RFC 3030), POP3 (RFC 1939; RETR, TOP) and IMAP (RFC
 * 9051; literals of FETCH and APPEND). Bodies are whole messages, or what an IMAP client asked for; what is inside them
 * (MIME, base64) is opened by the hashers. Only with VG_CONF_MAIL: mail is confidential, most customers must not switch
 * this on.
 *
 * Card: method = the command; host = what SMTP's client calls itself; url = "mailto:RECIPIENT?from=SENDER" (SMTP, the
 * first recipient), else the command with its arguments, never a password. Sender's dot doubling (RFC 5321 4.5.2, RFC
 * 1939 3) is undone. States of a body: COMPLETE at its own end; GAP: a part is missing; ABORTED: reset; TRUNCATED: any
 * other end. After STARTTLS and STLS a flow is let go with its first TLS record.
 * After a gap: a message in lines goes on (its end can be seen), a counted one as far as it is counted. */
#include "dataplane/proto/parser.h"

extern const struct vg_parser vg_smtp_parser, vg_pop3_parser, vg_imap_parser;
