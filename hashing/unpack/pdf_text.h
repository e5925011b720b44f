#pragma once
/* pdf_text: the two filters by which a PDF document writes bytes as text: ASCIIHexDecode and ASCII85Decode
 * (ISO 32000-1, 7.4.2 and 7.4.3). No allocation, any thread. */
#include <stddef.h>
#include <stdint.h>

/* At most so many bytes come out of n bytes of text: ASCII85's `z` is four. */
#define VG_PDF_TEXT_MAX(n) (4 * (size_t)(n) + 4)

/* How many bytes were written to `to`, which holds VG_PDF_TEXT_MAX(n). Stops at the end mark, and at what no such text
 * has. */
size_t vg_pdf_text_hex(const uint8_t *text, size_t n, uint8_t *to);
size_t vg_pdf_text_85(const uint8_t *text, size_t n, uint8_t *to);
