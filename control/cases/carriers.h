#pragma once
/* carriers: what was around the packets of a transfer (VLANs, tunnels), as one text of a table's column and as words
 * for people. Pure. */
#include <stddef.h>

#include "control/cases/case.h"

/* "kind id src dst;" for each tunnel, from outside to inside; "-" = no address. n_text >= VG_CARRIERS_TEXT. */
#define VG_CARRIERS_TEXT (VG_CASE_TUNNELS * 128)
void vg_carriers_write(const struct vg_case_origin *origin, char *text, size_t n_text);
/* Sets the tunnels of origin from such a text; what cannot be read ends the list. */
void vg_carriers_read(const char *text, struct vg_case_origin *origin);
/* In words: "ERSPAN session 5 from 192.0.2.1 to 192.0.2.2". Never NULL; returns to. */
const char *vg_carriers_say(const struct vg_case_tunnel *tunnel, char *to, size_t n_to);
/* What an id of that kind is called ("vni", "session", "key", "label"), "id" where it has no name. */
const char *vg_carriers_id(unsigned kind);

/* Whose network it was, where an address alone does not say so: the VLANs and the innermost tunnel that names a
 * network (VNI, GRE key, PPPoE session), for private addresses (RFC 1918, 6598, 4193, link-local). "" for all else. */
const char *vg_carriers_tenant(const struct vg_case_origin *origin, const char *ip, char *to, size_t n_to);
