#pragma once
/* counters_forward: the counters of vigil-forward, as counters.h says. */
/* Of vigil-forward, a page per pair. The forwarding thread writes them, but for those of the ports (the main
 * thread). */
#define VG_FORWARD_COUNTERS(X)                                                                                         \
	X(VG_F_RX_PACKETS, "forward_rx_packets_total", "frames received from either port of a pair")                   \
	X(VG_F_RX_BYTES, "forward_rx_bytes_total", "bytes of these")                                                   \
	X(VG_F_TX_PACKETS, "forward_tx_packets_total", "frames that the peer port took")                               \
	X(VG_F_TX_DROPPED, "forward_tx_dropped_total:reason=full", "frames the peer port did not take in time")        \
	X(VG_F_TX_ERRORS, "forward_tx_dropped_total:reason=driver", "frames a port took and could not send")           \
	X(VG_F_RX_MISSED, "forward_rx_missed_total:reason=port", "frames a port lost before us")                       \
	X(VG_F_RX_NOMBUF, "forward_rx_missed_total:reason=buffer", "frames lost because no buffer was free")           \
	X(VG_F_COPIES, "forward_copies_total", "frames copied for the inspector")                                      \
	X(VG_F_SHED_FULL, "forward_copies_shed_total:reason=full", "frames not copied: the ring was full")             \
	X(VG_F_SHED_LARGE, "forward_copies_shed_total:reason=large", "frames not copied: larger than 64 KiB")          \
	X(VG_F_SHED_ABSENT, "forward_copies_shed_total:reason=no_inspector", "frames not copied: nobody to do so for") \
	X(VG_F_INSPECTOR_BAD, "forward_inspector_violations_total", "tail words that could not be true")               \
	X(VG_F_INSPECTORS, "forward_inspectors_total", "inspectors that took up the ring")                             \
	X(VG_F_INSPECTOR_HERE, "forward_inspector_attached", "1 while an inspector holds the ring")                    \
	X(VG_F_HOLD_FRAMES, "hold_frames_total", "frames put into a queue to wait for a verdict")                      \
	X(VG_F_HOLD_RELEASED, "hold_released_frames_total:reason=verdict", "of these: sent by the inspector's word")   \
	X(VG_F_HOLD_TIME, "hold_released_frames_total:reason=time", "of these: sent when hold_ms were over")           \
	X(VG_F_HOLD_FULL, "hold_released_frames_total:reason=full", "of these: sent for want of room")                 \
	X(VG_F_HOLD_LATE, "hold_released_frames_total:reason=inspector", "of these: sent, the inspector late or gone") \
	X(VG_F_HOLD_BRAKE, "hold_released_frames_total:reason=brake", "of these: sent, no budget to stop them")        \
	X(VG_F_HOLD_DROPPED, "hold_dropped_frames_total:where=forward", "frames dropped by a verdict")                 \
	X(VG_F_HOLD_STOPS, "hold_stops_total", "queues stopped")                                                       \
	X(VG_F_HOLD_RESETS, "hold_resets_total", "resets and 451 answers sent")                                        \
	X(VG_F_HOLD_UNMADE, "hold_resets_failed_total", "resets that could not be made: no buffer, or no plain TCP")   \
	X(VG_F_HOLD_LET_GO, "hold_let_go_frames_total", "frames sent without the inspector's word: it was late")       \
	X(VG_F_HOLD_LATENESS, "hold_inspector_late_total", "times the inspector was late")                             \
	X(VG_F_HOLD_BAD, "hold_violations_total", "words of the inspector that could not be true")

enum vg_forward_counter {
#define X(sym, name, help) sym,
	VG_FORWARD_COUNTERS(X)
#undef X
		VG_F_N
};
