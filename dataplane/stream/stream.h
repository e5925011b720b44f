#pragma once
/* stream: TCP reassembly of the two directions of a flow: in-order bytes, marked gaps, and one end per direction. */
#include <stdint.h>

/* How one direction of a stream ended. FIN and RST came from its sender (RST also: its receiver reset and nothing more
 * came); the others are ours: TIMEOUT = idle too long, EVICTED = the table was full, RESTARTED = a new connection took
 * the same ports, INPUT_END = the capture is used up. Holes before the end have been told as gaps. */
enum vg_stream_end {
	VG_END_FIN,
	VG_END_RST,
	VG_END_TIMEOUT,
	VG_END_EVICTED,
	VG_END_RESTARTED,
	VG_END_INPUT_END,
	VG_END_N
};
