#pragma once
/* mime: the files in a message (RFC 5322, RFC 2045 to 2049): parts of multiparts in multiparts, base64 and
 * quoted-printable undone, uuencoded files in its texts, and the message itself where it has one part only. A message
 * in a message is given as a file, for the caller to open. Line ends may be CR LF or LF. Fed a chain; about 0.2 MiB of
 * heap for the walk; one thread. */
#include <vigil/err.h>

#include "hashing/chain/chain.h"
#include "hashing/unpack/budget.h"
#include "hashing/unpack/entry.h"

#define VG_MIME_LEVELS 8 /* multiparts in multiparts */

/* VG_OK; VG_EBUDGET: no memory. Charges budget for what was decoded; stops where budget or sink say so. */
enum vg_err vg_mime_walk(const struct vg_chain *bytes, struct vg_budget *budget, const struct vg_entry_sink *sink);
