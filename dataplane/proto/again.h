#pragma once
/* again: recognises what a flow speaks once more, behind a handshake that said nothing of it (SOCKS, PROXY). Lies in
 * the state of the protocol that does the handshake; what must wait for the answer is held in it, and fed to the next
 * protocol before what comes then. One core, nothing allocated. */
#include "dataplane/proto/parser.h"

/* Held of a direction: a request that does not wait for the end of the handshake. */
#define VG_AGAIN_BYTES 2048u

struct vg_again {
	uint64_t n_lost[2]; /* before what is held; UINT64_MAX: unknown many */
	uint16_t n_held[2];
	uint8_t is_past[2];          /* its first bytes did not tell, or were lost */
	uint8_t ended[2];            /* 1 + enum vg_stream_end */
	uint8_t conflict[2], client; /* client: fed first */
	uint8_t held[2][VG_AGAIN_BYTES];
};

void vg_again_begin(struct vg_again *again, unsigned client);
/* Keeps bytes of dir without a look at them; 0: no room, they are kept in part or not at all. */
int vg_again_hold(struct vg_again *again, unsigned dir, const uint8_t *bytes, uint32_t n_bytes);
/* The next bytes of dir, behind what is held (n_bytes may be 0). An app that is parsed: these bytes are its, after what
 * is held. NONE: they are held, go on. OPAQUE, UNKNOWN: nobody's. */
enum vg_app vg_again_bytes(const struct vg_proto *proto, struct vg_again *again, unsigned dir, const uint8_t *bytes,
			   uint32_t n_bytes);
/* n_missing bytes of dir (0: unknown many) are lost: what is held before them, too. */
void vg_again_gap(struct vg_again *again, unsigned dir, uint64_t n_missing);
