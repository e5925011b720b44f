#pragma once
/* http1_text: what the attribution needs out of header values: file names, boundaries, client addresses. Pure, any
 * thread; each writes at most cap bytes to `text`, no NUL, and returns how many; *cut is set where there was more. */
#include <stddef.h>
#include <stdint.h>

#include <vigil/bytes.h>

/* Copies a value as it is, line folds as blanks. */
uint16_t vg_http1_copy(struct vg_span value, char *text, size_t cap, int *cut);
/* filename* (RFC 8187, percent-decoded) or filename of a Content-Disposition (RFC 6266). 0 where there is none. */
uint16_t vg_http1_disposition(struct vg_span value, char *text, size_t cap, int *cut);
/* The last segment of a request target's path, as sent; 0 where the path ends in '/'. */
uint16_t vg_http1_segment(struct vg_span target, char *text, size_t cap, int *cut);
/* The boundary of a multipart media type (RFC 2046 5.1.1); 0 where value is of another type. */
uint16_t vg_http1_boundary(struct vg_span value, char *text, size_t cap, int *cut);
/* The leftmost address of X-Forwarded-For, without port or brackets. */
uint16_t vg_http1_forwarded_for(struct vg_span value, char *text, size_t cap, int *cut);
/* The first for= of Forwarded (RFC 7239 4), without port, brackets or quotes. */
uint16_t vg_http1_forwarded(struct vg_span value, char *text, size_t cap, int *cut);
/* The authority of an absolute-form target (RFC 9112 3.2.2), else an empty span. */
struct vg_span vg_http1_authority(struct vg_span target);
