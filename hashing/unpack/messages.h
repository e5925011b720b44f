#pragma once
/* messages: compressed messages of one direction of a connection that hang together (VG_CODING_MESSAGES, media.h), as
 * records. Cut anywhere, no copies; what is in a record is not looked at. Pure, caller's storage. */
#include <stdbool.h>
#include <stdint.h>

#include <vigil/bytes.h>
#include <vigil/media.h>

/* All zero: before the first record. */
struct vg_messages {
	uint64_t left;
	uint8_t header[VG_MESSAGES_RECORD_BYTES];
	uint32_t flags; /* of the record: VG_MESSAGES_* */
	uint8_t n_header;
	bool in_record;
};
enum vg_messages_event {
	VG_MESSAGES_MORE,  /* *in is eaten */
	VG_MESSAGES_BEGIN, /* of a message */
	VG_MESSAGES_DATA,  /* *data: bytes of it */
	VG_MESSAGES_END,   /* of the message */
};

/* Moves *in on to the next event. */
enum vg_messages_event vg_messages_next(struct vg_messages *m, struct vg_span *in, struct vg_span *data);
