/* The rows of SMTP, POP3 and IMAP. */
#include "dataplane/proto/mail/mail_priv.h"
#include "dataplane/proto/mail/smtp.h"

#define ROW(text, app_, first_, feed_, gap_, end_)                                                           \
	{                                                                                                    \
		.name = text, .app = app_, .flow_bytes = sizeof(struct vg_mail_flow), .share = 8,            \
		.conf_flag = VG_CONF_MAIL, .recogniser = { .first = first_ }, .init = vg_mail_init,          \
		.fini = vg_mail_fini, .feed = feed_, .gap = gap_, .conflict = vg_mail_conflict, .end = end_, \
	}

const struct vg_parser vg_smtp_parser = ROW("smtp", VG_APP_SMTP, vg_smtp_first, vg_smtp_feed, vg_smtp_gap, vg_smtp_end);
const struct vg_parser vg_pop3_parser = ROW("pop3", VG_APP_POP3, vg_pop3_first, vg_pop3_feed, vg_pop3_gap, vg_mail_end);
const struct vg_parser vg_imap_parser = ROW("imap", VG_APP_IMAP, vg_imap_first, vg_imap_feed, vg_imap_gap, vg_mail_end);
