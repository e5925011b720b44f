#pragma once
/* fastcgi: FastCGI 1.0 between a web server and its applications (php-fpm and its like): records of requests that share
 * a connection. What a request's STDIN carries is an upload, what its STDOUT carries behind the CGI head (RFC 3875 6) a
 * download; who, where and what comes from its PARAMS (RFC 3875 4.1), the file name of a download also from its head.
 * REMOTE_ADDR is a claim of the web server's, like X-Forwarded-For of a proxy's.
 *
 * The state a body gets:
 *	COMPLETE    its stream was ended (an empty record, END_REQUEST) and has the length that was announced, if any
 *	GAP         a part inside is missing
 *	ABORTED     ABORT_REQUEST, a reset
 *	TRUNCATED   any other end
 * After a hole in a record's content framing goes on; elsewhere the next record of a known request is looked for. Any
 * direction may be missing, or be heard late. Limits: VG_FCGI_MAX_* of fastcgi_priv.h and fastcgi_params.h. */
#include "dataplane/proto/parser.h"

extern const struct vg_parser vg_fastcgi_parser;

/* The recogniser: a BEGIN_REQUEST, or an answer that begins with a CGI head. */
enum vg_app vg_fastcgi_first(const uint8_t *bytes, uint32_t n_bytes);
int vg_fastcgi_begins(const uint8_t *bytes, uint32_t n_bytes);
