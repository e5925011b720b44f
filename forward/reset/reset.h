#pragma once
/* reset: the frame that ends a TCP connection, made out of one of its frames and nothing else, so that whoever asks
 * for it can end connections and put nothing of his own on the wire. Pure, any thread, no allocation.
 *
 * Understood: Ethernet, at most two tags (802.1Q, 802.1ad), IPv4 that is no fragment or IPv6 without extension headers,
 * TCP. Everything else, tunnels too, gives nothing. Reads no byte beyond n_bytes. */
#include <stdint.h>

/* RECEIVER: a RST as if from the sender of the frame, in its place in the sequence (RFC 9293 3.10.7: accepted where it
 * is the next byte expected). SENDER: one as if from the receiver, answering the frame. ANSWER_451: as RECEIVER, but
 * HTTP's 451 (RFC 7725) and the end of the stream; the TCP options of the frame are kept. */
enum vg_reset_kind { VG_RESET_RECEIVER, VG_RESET_SENDER, VG_RESET_ANSWER_451 };
#define VG_RESET_MAX_BYTES 512u

/* frame: n_bytes of its beginning (all headers); to: room for VG_RESET_MAX_BYTES. Returns the length, 0: not made (a
 * frame that is a RST itself is not answered either). */
uint32_t vg_reset_make(const uint8_t *frame, uint32_t n_bytes, enum vg_reset_kind kind, uint8_t *to);
