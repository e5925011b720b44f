#pragma once
/* defrag: puts the fragments of IP datagrams together (RFC 791 3.2, RFC 8200 4.5), in any order, and gives them back
 * as frames: what stood before the first fragment's bytes, then all bytes. One per receiving thread, all memory made at
 * start, no locks, no clock of its own.
 *
 * Rules: a fragment that repeats bytes already there is ignored; one that contradicts them, or covers bytes that are
 * there only in part, puts the whole datagram out (RFC 5722 3). Datagrams that are not whole after
 * VG_DEFRAG_TIMEOUT_NS, and the oldest where slots or blocks are used up, go. A datagram that was whole is remembered
 * for VG_DEFRAG_ECHO_NS: copies of its fragments, as mirrors make them, begin nothing. */
#include <stdint.h>

#include <vigil/base.h>
#include <vigil/stats_page.h>

#include "dataplane/decode/decode.h"

#define VG_DEFRAG_SLOTS       1024u /* datagrams at once */
#define VG_DEFRAG_BLOCKS      2048u /* of VG_DEFRAG_BLOCK_BYTES, for all of them */
#define VG_DEFRAG_BLOCK_BYTES 2048u
#define VG_DEFRAG_RANGES      64u                   /* pieces with holes between them, of one datagram */
#define VG_DEFRAG_HEAD_BYTES  512u                  /* headers up to the fragment's bytes */
#define VG_DEFRAG_MAX_BYTES   65535u                /* of one datagram behind its IP header */
#define VG_DEFRAG_TIMEOUT_NS  UINT64_C(30000000000) /* packet time; what Linux waits */
#define VG_DEFRAG_ECHO_NS     UINT64_C(50000000)
#define VG_DEFRAG_MAX_DEPTH   2u /* fragments inside a tunnel whose packets were fragmented */
#define VG_DEFRAG_FRAME_BYTES (VG_DEFRAG_HEAD_BYTES + VG_DEFRAG_MAX_BYTES)

struct vg_defrag;

/* Beside enum vg_decode_word: a fragment that was kept, or ignored as a copy. */
#define VG_DEFRAG_KEPT ((enum vg_decode_word)(-3))

/* seed: 24 secret random bytes. stats is borrowed until destroy. NULL: out of memory. Cold. */
void vg_defrag_destroy(struct vg_defrag *defrag);
struct vg_defrag *vg_defrag_create(const uint64_t seed[3], struct vg_stats_page *stats) VG_DEALLOC(vg_defrag_destroy);

/* As vg_decode_frame(); a fragment is kept, and where it was the last one missing, pkt becomes the whole datagram:
 * its frame then lies in buffer `place` (< VG_BURST), until that is used again. pkt->segment as in inspect.h, the
 * fields of the port half set. VG_DECODE_WORD_FRAGMENT: refused. */
enum vg_decode_word vg_defrag_frame(struct vg_defrag *defrag, struct vg_packet *pkt, unsigned place);
/* A burst: leaves TCP and UDP (key.net says which) in front, with fragments put together, and returns how many; counts
 * the others. */
uint32_t vg_defrag_burst(struct vg_defrag *defrag, struct vg_packet *pkts, uint32_t n_pkts,
			 struct vg_stats_page *stats);
/* End of input: what is not whole goes; the clock may then begin anew. */
void vg_defrag_flush(struct vg_defrag *defrag);
