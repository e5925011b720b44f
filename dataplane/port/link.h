#pragma once
/* link: the link types a frame can begin with, as captures name them (tcpdump.org/linktypes). */

/* NONE: a link type that Vigil cannot read; its frames are counted as not IP. */
enum vg_link {
	VG_LINK_NONE,
	VG_LINK_ETHERNET,
	VG_LINK_SLL,
	VG_LINK_SLL2,
	VG_LINK_RAW,
	VG_LINK_NULL,
	VG_LINK_NFLOG,
	VG_LINK_HDLC,
	VG_LINK_N
};
