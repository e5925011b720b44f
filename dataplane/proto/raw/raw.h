#pragma once
/* raw: pictures and videos in a stream that nobody understands. Only with VG_CONF_CARVE; inspect gives it what
 * detect does not decide, from the first byte on. It finds the beginning of JPEG, PNG, GIF, WebP and MP4 (and so HEIF,
 * AVIF) and follows the container to its end. One body at a time per direction; what lies inside one is not looked
 * for. Beginnings of other protocols' messages (recogniser.begins) hand the flow over to them.
 *
 * Card: who and where; the side with the lower port is taken for the server. States of a body: COMPLETE at its
 * structural end (MP4: where no box follows, with a moov, moof or meta before it); GAP: a part is missing; ABORTED:
 * reset; TRUNCATED: any other end, or the structure breaks. A gap within a run of which the length or end mark is known
 * is passed over; any other ends the body.
 * Budget: after VG_RAW_IDLE_BYTES of a flow without a beginning it is let go, counted. */
#include "dataplane/proto/parser.h"

#define VG_RAW_IDLE_BYTES (UINT64_C(64) << 20)

extern const struct vg_parser vg_raw_parser;
