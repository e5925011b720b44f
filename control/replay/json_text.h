#pragma once
/* json_text: writes JSON into a caller's buffer, with the wire's hostile texts made legal: control characters are
 * escaped, bytes that are no UTF-8 become U+FFFD, nothing is ever cut in the middle of a value. Same input, same
 * bytes. No heap, any thread. When the buffer is full everything later is dropped and vg_json_text_end() says 0. */
#include <stddef.h>
#include <stdint.h>

struct vg_json_text {
	char *at;
	size_t n_bytes, cap_bytes;
	int is_full, is_first; /* is_first: no comma before the next member */
};

/* Begins an empty text in buffer[0 .. cap_bytes). */
void vg_json_text_init(struct vg_json_text *text, char *buffer, size_t cap_bytes);
/* Opens and closes `{`, `[`, `}` or `]`; a key of NULL stands for an element of an array or the outermost value. */
void vg_json_text_open(struct vg_json_text *text, const char *key, char bracket);
void vg_json_text_close(struct vg_json_text *text, char bracket);
/* Members: n_bytes of any text (NULL or 0 bytes: null), a C string (NULL or empty: null), a number, null, n_bytes as
 * hex digits, a plain true or false. */
void vg_json_text_bytes(struct vg_json_text *text, const char *key, const char *value, size_t n_bytes);
void vg_json_text_str(struct vg_json_text *text, const char *key, const char *value);
void vg_json_text_u64(struct vg_json_text *text, const char *key, uint64_t value);
void vg_json_text_real(struct vg_json_text *text, const char *key, double value, int n_digits);
void vg_json_text_null(struct vg_json_text *text, const char *key);
void vg_json_text_hex(struct vg_json_text *text, const char *key, const uint8_t *bytes, size_t n_bytes);
void vg_json_text_bool(struct vg_json_text *text, const char *key, int value);
/* Adds a line break and returns the whole length, or 0 where the text did not fit. Not NUL-terminated. */
size_t vg_json_text_end(struct vg_json_text *text);
