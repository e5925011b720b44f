#pragma once
/* pdf_value: the values of a PDF document as they stand in its bytes (ISO 32000-1, 7.3): nothing is copied, a value is
 * the span from its first byte to the end of what holds it. Names are compared with their #xx undone, comments are
 * white space, and what is broken ends where its holder ends. Foreign bytes; pure, any thread. */
#include <stdbool.h>

#include <vigil/bytes.h>

/* The value without the white space and comments before it. */
struct vg_span vg_pdf_trim(struct vg_span at);

/* What stands behind a value's end. */
struct vg_span vg_pdf_behind(struct vg_span value);

/* Value of a key of a dictionary; n_bytes 0: it has no such key. */
struct vg_span vg_pdf_key(struct vg_span dict, const char *name);

/* The idx-th of an array's items; n_bytes 0: it is no array, or shorter. */
struct vg_span vg_pdf_item(struct vg_span array, unsigned idx);

bool vg_pdf_is_dict(struct vg_span value);
bool vg_pdf_is_array(struct vg_span value);
bool vg_pdf_is_any_name(struct vg_span value);
bool vg_pdf_is_name(struct vg_span value, const char *name);
bool vg_pdf_is_true(struct vg_span value);

/* A number, what lies behind its point cut off; `other` where it is none. */
int64_t vg_pdf_number(struct vg_span value, int64_t other);

/* Is it a reference "12 0 R"? Then the object's number. */
bool vg_pdf_reference(struct vg_span value, uint32_t *number);

/* A string's bytes, escapes and hex digits undone, at most n_room of them. How many. */
size_t vg_pdf_string(struct vg_span value, uint8_t *to, size_t n_room);
