#pragma once
/* ole: the files in a compound file (compound.h): pictures of documents of the old Word, Excel and PowerPoint
 * ([MS-ODRAW] 2.2.23 to 2.2.28: JPEG, PNG, TIFF, DIB), attachments of an Outlook message ([MS-OXMSG] 2.1.1), objects
 * laid into a document (OLE 1's native data, or whole files), thumbnails in front of which a short header lies.
 * Drawings made of strokes (EMF, WMF, PICT) are not looked into. Fed contiguous bytes; allocates at most as much as
 * they are; one thread. */
#include <vigil/bytes.h>
#include <vigil/err.h>

#include "hashing/unpack/budget.h"
#include "hashing/unpack/entry.h"

#define VG_OLE_MAX_COPIES 4u /* streams may overlap: all of them together are at most so many times the file */

/* VG_OK; VG_EBUDGET: no memory; VG_EUNSUPPORTED: broken. What only a password opens is counted in budget. */
enum vg_err vg_ole_walk(const struct vg_span *bytes, struct vg_budget *budget, const struct vg_entry_sink *sink);
