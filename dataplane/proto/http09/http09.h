#pragma once
/* http09: HTTP as of 1991 ("HTTP/0.9", RFC 1945 4.1 and 5: Simple-Request, Simple-Response): one line asks, and all
 * that comes until the server closes is the answer. HTTP/1 hands such a flow over (http1_simple.c). A server that
 * answers with a status line speaks HTTP/1, and the flow goes back.
 *
 * COMPLETE: FIN came. ABORTED: a reset. GAP: a part is missing. TRUNCATED: any other end. */
#include "dataplane/proto/parser.h"

extern const struct vg_parser vg_http09_parser;
