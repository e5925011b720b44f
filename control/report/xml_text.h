#pragma once
/* xml_text: what the wire said, made fit for an XML 1.0 document: valid UTF-8, legal characters only, cut to a limit
 * with a note. Pure, any thread. */
#include <stddef.h>
#include <stdint.h>

/* Copies `in` to out (cap bytes with the NUL): invalid UTF-8 and characters that XML 1.0 (2.2) forbids become U+FFFD.
 * At most max_units UTF-16 units (the stricter way to count a maxLength) and at most cap - 1 bytes; what is cut ends
 * in " [cut]". Returns 1 where it was cut, else 0. */
int vg_xml_legal(const char *in, char *out, size_t cap, size_t max_units);
/* An absolute http(s) URL in ASCII: all that RFC 3986 does not allow is percent-encoded. Cut at max_chars (never
 * inside an escape) without a note, since it must stay a URL. Returns 0; 1 where it was cut; -1 where `in` is no
 * absolute URL. */
int vg_xml_url(const char *in, char *out, size_t cap, size_t max_chars);
/* UTC with zone and milliseconds: 2026-11-23T18:00:03.417Z. Times before 1970 or after 9999 are clamped. */
void vg_xml_time(int64_t wall_ns, char out[32]);
/* True where there is nothing but white space. */
int vg_xml_is_blank(const char *text);
