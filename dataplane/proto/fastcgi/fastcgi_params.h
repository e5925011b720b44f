#pragma once
/* fastcgi_params: name-value pairs (FastCGI 3.4), cut anywhere, of which the texts are kept that a card needs. Pure,
 * any thread; a text that is longer than its field is cut. Pairs of more than VG_FCGI_MAX_PARAM_BYTES in all are not
 * read. */
#include <stdint.h>

#include <vigil/bytes.h>
#include <vigil/err.h>

#define VG_FCGI_MAX_PARAM_BYTES (256u << 10)
#define VG_FCGI_NAME_BYTES      24u /* the longest wanted name, and more */
#define VG_FCGI_TEXT_BYTES      2560u
#define VG_FCGI_LIST_BYTES      368u /* of X-Forwarded-For and Forwarded */

enum vg_fcgi_field {
	VG_FCGI_METHOD,
	VG_FCGI_URI,
	VG_FCGI_HOST,
	VG_FCGI_SERVER,
	VG_FCGI_TYPE,
	VG_FCGI_LENGTH,
	VG_FCGI_AGENT,
	VG_FCGI_ADDRESS,
	VG_FCGI_CODING,
	VG_FCGI_FORWARDED_FOR,
	VG_FCGI_FORWARDED,
	VG_FCGI_FIELDS
};
struct vg_fcgi_texts {
	uint16_t n[VG_FCGI_FIELDS];
	uint8_t is_cut;
	char text[VG_FCGI_TEXT_BYTES];
};
struct vg_fcgi_params {
	uint32_t n_total, n_name, n_value, at; /* at: of the name, of the value */
	uint8_t phase, n_length, length[4], field;
	char name[VG_FCGI_NAME_BYTES];
};

/* The next n_bytes. VG_MORE, or VG_BAD: too much, nothing more is read. params and texts were zeroed first (of texts
 * n and is_cut suffice). */
enum vg_step vg_fcgi_params_feed(struct vg_fcgi_params *params, struct vg_fcgi_texts *texts, const uint8_t *bytes,
				 uint32_t n_bytes);
struct vg_span vg_fcgi_text(const struct vg_fcgi_texts *texts, enum vg_fcgi_field field);
