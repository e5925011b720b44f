#pragma once
/* link: the messages of RUN/reporter.sock (sequenced packets, sock.h). vigild listens; vigil-reporter connects, also
 * again. Order:  > HELLO   < CONF   then any number of  < DO   > RESULT, one at a time;  < EPOCH  > KEY in between.
 * The next DO is the acknowledgement of the last RESULT: it is sent only after that was committed. A DO carries all
 * that a call needs, so the reporter keeps no state but its keys. Anything unexpected ends the link. */
#include <stddef.h>
#include <stdint.h>

#include <vigil/err.h>
#include <vigil/msg.h>

#include "control/cases/case.h"

#define VG_LINK_VERSION 2u

enum vg_link_type {
	VG_LINK_HELLO = 64,
	VG_LINK_CONF,
	VG_LINK_DO,
	VG_LINK_RESULT,
	VG_LINK_EPOCH,
	VG_LINK_KEY,
};
enum vg_environment { VG_ENVIRONMENT_TEST, VG_ENVIRONMENT_PRODUCTION };
/* What `reporting.production_key` must say, word for word, beside `environment: production`. */
#define VG_PRODUCTION_KEY "file real reports"

/* The calls of the reporting API (CYBERTIP section 2). */
#define VG_CALL_TABLE(X)                \
	X(VG_CALL_STATUS, "status")     \
	X(VG_CALL_SUBMIT, "submit")     \
	X(VG_CALL_UPLOAD, "upload")     \
	X(VG_CALL_FILEINFO, "fileinfo") \
	X(VG_CALL_FINISH, "finish")     \
	X(VG_CALL_RETRACT, "retract")
enum vg_call {
#define X(sym, txt) sym,
	VG_CALL_TABLE(X)
#undef X
		VG_CALL_N
};
static inline const char *vg_call_str(unsigned call)
{
	static const char *const names[] = {
#define X(sym, txt) txt,
		VG_CALL_TABLE(X)
#undef X
	};
	return call < VG_CALL_N ? names[call] : "unknown";
}

/* Who reports: `reporting.reporter` of the configuration. NUL-terminated UTF-8; empty = left out, but email must be
 * there. */
struct vg_reporter_card {
	char first_name[101], last_name[101], phone[51], email[256];
	char company[1024];   /* companyTemplate */
	char terms[1024];     /* termsOfService */
	char legal_url[1024]; /* legalURL, http(s) */
	char platform[256];   /* incidentSummary/platform, espService */
	char legal_contact_email[256];
};
struct vg_link_hello {
	struct vg_msg_head head;
	uint32_t link_version, demo; /* demo: the reporter's own state folder is stamped so */
	uint64_t epoch;              /* its newest key */
	uint8_t public_key[32];
};
struct vg_link_conf {
	struct vg_msg_head head;
	uint32_t environment; /* enum vg_environment */
	uint32_t demo;        /* 1: replay, scan, demo: production is refused whatever else is said */
	char url[512];        /* https base, e.g. https://exttest.cybertip.org/ispws */
	char user[128], password_path[512];
	char ca_path[512]; /* PEM; empty = the system's */
	char production_key[64];
	uint32_t connect_ms, call_ms, low_speed_s; /* 0 = 15 s, 300 s (uploads 12 times), 60 s below 100 B/s */
	struct vg_reporter_card card;
};
#define VG_DO_MINIMAL 1u /* after a 4100: type, time, reporter, person, URL only */
/* + descriptors: a sealed memfd of the case (vg_link_case_pack()), and for UPLOAD the sealed evidence. */
struct vg_link_do {
	struct vg_msg_head head;
	uint64_t job;
	uint32_t call, file_idx, flags, reserved;
	int64_t report_id;
	char file_id[72]; /* FILEINFO */
};
enum vg_outcome {
	VG_OUTCOME_ANSWERED,   /* a well-formed answer: see code */
	VG_OUTCOME_NOT_SENT,   /* no connection, or TLS not trusted: the call had no effect */
	VG_OUTCOME_NO_ANSWER,  /* sent at least in part: whether it took effect is unknown */
	VG_OUTCOME_BAD_ANSWER, /* an answer, but none of this API (gateway errors, rubbish): likewise unknown */
	VG_OUTCOME_INVALID,    /* our own document did not satisfy the schema: not sent */
	VG_OUTCOME_EVIDENCE,   /* the evidence could not be opened or is damaged: upload broken off */
	VG_OUTCOME_REFUSED,    /* the reporter will not speak to this endpoint, or lacks password or CA: not sent */
	VG_OUTCOME_N
};
/* + descriptors as `has` says, in this order: the document as sent, the answer as received (both sealed memfds). */
#define VG_HAS_DOCUMENT    1u
#define VG_HAS_ANSWER      2u
#define VG_LINK_TEXT_BYTES (1u << 20)
struct vg_link_result {
	struct vg_msg_head head;
	uint64_t job;
	uint32_t call, outcome, has, http_status;
	int32_t code; /* responseCode of ANSWERED */
	uint32_t took_ms;
	int64_t report_id;                 /* of the answer, 0 = none */
	uint64_t n_sent_bytes;             /* UPLOAD */
	uint8_t md5_sent[16], md5_got[16]; /* UPLOAD: of what we read from the evidence, of the answer */
	uint32_t has_md5_got, n_files;     /* n_files: of a finish answer */
	char file_id[72], request_id[128], description[256];
};
enum vg_epoch_order { VG_EPOCH_ROTATE = 1, VG_EPOCH_DESTROY = 2 };
struct vg_link_epoch {
	struct vg_msg_head head;
	uint32_t order, reserved;
	uint64_t epoch; /* ROTATE: the new one; DESTROY: that one */
};
struct vg_link_key {
	struct vg_msg_head head;
	uint32_t order;
	int32_t err;
	uint64_t epoch;
	uint8_t public_key[32];
};

static inline struct vg_msg_head vg_link_head(enum vg_link_type type, size_t n_bytes)
{
	return (struct vg_msg_head){ VG_MSG_MAGIC, VG_MSG_VERSION, (uint16_t)type, (uint32_t)n_bytes, 0 };
}
static inline int vg_link_is(const void *msg, size_t n_bytes, enum vg_link_type type, size_t want_bytes)
{
	const struct vg_msg_head *head = msg;
	return n_bytes == want_bytes && head->magic == VG_MSG_MAGIC && head->version == VG_MSG_VERSION &&
	       head->type == (uint16_t)type && head->n_bytes == n_bytes;
}

/* A case as a sealed memfd (VG_SEALS_FINAL), -1 on failure; the caller closes it. */
int vg_link_case_pack(const struct vg_case *c);
/* Reads it back: *files_out is malloc'ed and c->files points to it; free() it. Seals, sizes and counts are checked
 * and every text is terminated. */
enum vg_err vg_link_case_unpack(int fd, struct vg_case *c, struct vg_case_file **files_out);
/* A text as a sealed memfd, -1 on failure; and back (malloc'ed, NUL-terminated, at most VG_LINK_TEXT_BYTES). */
int vg_link_text_pack(const void *text, size_t n_bytes);
enum vg_err vg_link_text_unpack(int fd, char **text, size_t *n_bytes);

/* May a report go to `url`? Only https with a host; production bases (cybertip.org but its exttest) only with
 * environment production, the key, and never in a demo; environment production never for a demo at all. VG_OK or
 * VG_EDENIED/VG_EINVAL. */
enum vg_err vg_endpoint_allowed(const char *url, unsigned environment, const char *production_key, int demo);
/* True for https://127.x, [::1] and localhost, with any port and path. */
int vg_endpoint_is_loopback(const char *url);
