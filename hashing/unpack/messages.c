/* A record: flags, length, so many bytes. */
#include "hashing/unpack/messages.h"

static enum vg_messages_event record_begin(struct vg_messages *m)
{
	m->n_header = 0;
	m->in_record = true;
	m->flags = vg_be32(m->header);
	m->left = vg_be64(m->header + 4);
	return m->flags & VG_MESSAGES_FIRST ? VG_MESSAGES_BEGIN : VG_MESSAGES_MORE;
}

enum vg_messages_event vg_messages_next(struct vg_messages *m, struct vg_span *in, struct vg_span *data)
{
	size_t n;

	for (;;) {
		if (m->in_record && !m->left) {
			m->in_record = false;
			if (m->flags & VG_MESSAGES_LAST)
				return VG_MESSAGES_END;
		}
		if (!in->n_bytes)
			return VG_MESSAGES_MORE;
		if (m->in_record) {
			n = in->n_bytes < m->left ? in->n_bytes : (size_t)m->left;
			*data = (struct vg_span){ in->at, n };
			in->at += n, in->n_bytes -= n;
			m->left -= n;
			return VG_MESSAGES_DATA;
		}
		m->header[m->n_header++] = *in->at++;
		in->n_bytes--;
		if (m->n_header == VG_MESSAGES_RECORD_BYTES && record_begin(m) == VG_MESSAGES_BEGIN)
			return VG_MESSAGES_BEGIN;
	}
}
