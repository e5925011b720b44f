#pragma once
/* part_head: the header of one multipart part: what it says about name, file name and type.
 * Content-Disposition (RFC 6266, RFC 7578 4.2), filename* (RFC 8187), Content-Type (RFC 2045 5.1). Lenient as
 * servers are: bare LF, folded lines, unquoted values, any order. Pure. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hashing/unpack/transfer.h"

#define VG_PART_HEAD_BYTES 8192 /* of a header that are looked at; the rest is passed over */
#define VG_PART_NAME_BYTES 256  /* of a file name; a longer one keeps its end, where the extension is */
#define VG_PART_FIELD      64   /* of the name of a form's field; a longer one is cut */
#define VG_PART_BOUNDARY   70   /* RFC 2046 5.1.1 */

struct vg_part_head {
	bool has_filename;                /* it was sent as a file, even where the name is empty */
	bool is_text;                     /* text of some sort, or nothing is said of its type */
	bool has_range;                   /* Content-Range (RFC 9110 14.4): it is a piece of something */
	uint64_t range_off, range_total;  /* total UINT64_MAX: not known */
	enum vg_transfer_coding transfer; /* Content-Transfer-Encoding */
	uint16_t n_filename, n_boundary, n_field;
	char filename
		[VG_PART_NAME_BYTES];    /* not NUL-terminated; as sent, %-escapes of filename* undone, no NUL inside */
	char boundary[VG_PART_BOUNDARY]; /* of a part that is multipart itself */
	char field[VG_PART_FIELD];       /* "name" of a form-data part (RFC 7578 4.2), as sent, not NUL-terminated */
};

/* Reads a whole header (with or without its empty line). Anything not understood is passed over. */
void vg_part_head_read(const char *text, size_t n_text, struct vg_part_head *head);
