/* The mark is CR LF "--" boundary, and CR occurs in it only as its first byte: after a mismatch the search can only
 * start again at the byte that did not match, so that no byte is looked at twice. Held-back bytes are always the
 * beginning of the mark, and are handed on from there. */
#include "hashing/unpack/multipart.h"

#include <string.h>

enum vg_err vg_multipart_init(struct vg_multipart *m, const char *boundary, size_t n_boundary,
			      const struct vg_multipart_sink *sink)
{
	if (!n_boundary || n_boundary > VG_PART_BOUNDARY || memchr(boundary, '\r', n_boundary) ||
	    memchr(boundary, '\n', n_boundary))
		return VG_EINVAL;
	m->sink = *sink;
	m->state = VG_MULTIPART_PREAMBLE;
	memcpy(m->mark, "\r\n--", 4);
	memcpy(m->mark + 4, boundary, n_boundary);
	m->n_mark = n_boundary + 4;
	m->n_matched = m->n_before = 2; /* the first boundary needs no line end before it */
	m->off = 0;
	m->n_parts = 0;
	m->n_head = 0;
	m->in_part = false;
	return VG_OK;
}

static void hand_on(struct vg_multipart *m, const uint8_t *bytes, size_t n_bytes)
{
	if (m->in_part && n_bytes)
		m->sink.part_bytes(m->sink.ctx, bytes, n_bytes);
}

/* What was held back is no boundary: it belongs to the part. */
static void hand_on_held(struct vg_multipart *m)
{
	if (m->n_matched > m->n_before)
		hand_on(m, (const uint8_t *)m->mark + m->n_before, m->n_matched - m->n_before);
	m->n_matched = m->n_before = 0;
}

static void end_part(struct vg_multipart *m, uint64_t end_off, enum vg_part_end how)
{
	if (m->in_part)
		m->sink.part_end(m->sink.ctx, end_off, how);
	m->in_part = false;
}

/* Preamble or part: looks for the mark. Returns how many bytes were eaten. */
static size_t feed_text(struct vg_multipart *m, const uint8_t *bytes, size_t n_bytes)
{
	size_t i = 0;

	while (i < n_bytes) {
		if (!m->n_matched) {
			const uint8_t *cr = memchr(bytes + i, '\r', n_bytes - i);
			size_t end = cr ? (size_t)(cr - bytes) : n_bytes;
			hand_on(m, bytes + i, end - i);
			i = end;
			if (cr) {
				m->n_matched = 1;
				i++;
			}
		} else if (bytes[i] == (uint8_t)m->mark[m->n_matched]) {
			i++;
			if (++m->n_matched == m->n_mark) {
				m->end_off = m->off + i - (m->n_mark - m->n_before);
				m->state = VG_MULTIPART_BOUNDARY;
				m->dash = m->accepted = false;
				return i;
			}
		} else {
			hand_on_held(m);
		}
	}
	return i;
}

static void accept_boundary(struct vg_multipart *m)
{
	end_part(m, m->end_off, VG_PART_WHOLE);
	m->accepted = true;
	m->n_matched = m->n_before = 0;
}

/* Behind the mark: "--" closes the body, white space and a line end begin a part's header; anything else was no
 * boundary but a longer word, and the part goes on. */
static size_t feed_boundary(struct vg_multipart *m, const uint8_t *bytes, size_t n_bytes)
{
	for (size_t i = 0; i < n_bytes; i++) {
		uint8_t c = bytes[i];
		if (!m->accepted && c == '-') {
			if (!m->dash) {
				m->dash = true;
				continue;
			}
			accept_boundary(m);
			m->state = VG_MULTIPART_EPILOGUE;
			return i + 1;
		}
		if (!m->accepted && (m->dash || (c != '\n' && c != '\r' && c != ' ' && c != '\t'))) {
			hand_on_held(m);
			if (m->dash)
				hand_on(m, (const uint8_t *)"-", 1);
			m->state = m->in_part ? VG_MULTIPART_PART : VG_MULTIPART_PREAMBLE;
			return i;
		}
		if (!m->accepted)
			accept_boundary(m);
		if (c == '\n') {
			m->state = VG_MULTIPART_HEAD;
			m->n_head = 0;
			m->empty_line = true;
			return i + 1;
		}
	}
	return n_bytes;
}

static size_t feed_head(struct vg_multipart *m, const uint8_t *bytes, size_t n_bytes)
{
	struct vg_part_head head;

	for (size_t i = 0; i < n_bytes; i++) {
		uint8_t c = bytes[i];
		if (m->n_head < sizeof(m->head))
			m->head[m->n_head++] = (char)c;
		if (c == '\n' && m->empty_line) {
			vg_part_head_read(m->head, m->n_head, &head);
			m->state = VG_MULTIPART_PART;
			m->in_part = true;
			m->n_parts++;
			/* An empty part's boundary uses the line end of the header's empty line. */
			m->n_matched = m->n_before = 2;
			m->sink.part_begin(m->sink.ctx, &head, m->off + i + 1);
			return i + 1;
		}
		m->empty_line = c == '\n' || (m->empty_line && c == '\r');
	}
	return n_bytes;
}

enum vg_step vg_multipart_feed(struct vg_multipart *m, const uint8_t *bytes, size_t n_bytes)
{
	while (n_bytes) {
		size_t n = n_bytes;
		switch (m->state) {
		case VG_MULTIPART_PREAMBLE:
		case VG_MULTIPART_PART:
			n = feed_text(m, bytes, n_bytes);
			break;
		case VG_MULTIPART_BOUNDARY:
			n = feed_boundary(m, bytes, n_bytes);
			break;
		case VG_MULTIPART_HEAD:
			n = feed_head(m, bytes, n_bytes);
			break;
		case VG_MULTIPART_EPILOGUE:
			break;
		}
		m->off += n;
		bytes += n;
		n_bytes -= n;
	}
	return m->state == VG_MULTIPART_EPILOGUE ? VG_DONE : VG_MORE;
}

static void stop(struct vg_multipart *m, enum vg_part_end how)
{
	uint64_t end_off = m->off;

	if (m->state == VG_MULTIPART_BOUNDARY && !m->accepted)
		accept_boundary(m);                                  /* all that is missing is the end of its line */
	if (how == VG_PART_CUT && m->n_matched >= 2 && m->in_part) { /* CR LF at least */
		end_off -= m->n_matched - m->n_before;
		m->n_matched = m->n_before = 0;
	}
	hand_on_held(m);
	end_part(m, end_off, how);
	if (m->state != VG_MULTIPART_EPILOGUE)
		m->state = VG_MULTIPART_PREAMBLE;
}

void vg_multipart_gap(struct vg_multipart *m)
{
	stop(m, VG_PART_HOLE);
}

void vg_multipart_end(struct vg_multipart *m)
{
	stop(m, VG_PART_CUT);
	m->state = VG_MULTIPART_EPILOGUE;
}
