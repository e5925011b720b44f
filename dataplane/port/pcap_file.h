#pragma once
/* pcap_file: the records of a plain pcap file in this machine's byte order, as libpcap tells them, without a copy
 * of each: pieces of the file come by read(2) into one buffer, small enough to stay in a core's second-level cache,
 * and records are told where they lie there. Other formats and byte orders are libpcap's (capture.h says which a
 * file is). One thread; after create only read(2) is called. */
#include <stdint.h>

#include <vigil/base.h>

#define VG_PCAP_HEAD_BYTES   24u     /* tcpdump.org/manpages/pcap-savefile.5 */
#define VG_PCAP_RECORD_BYTES 16u     /* before each packet */
#define VG_PCAP_MAX_BYTES    262144u /* of a packet (libpcap's limit for link types of networks); more is damage */

struct vg_pcap_record {
	const uint8_t *at;
	uint32_t n_bytes; /* <= VG_PCAP_MAX_BYTES and <= the file's snapshot length: what is longer is cut to it */
	uint64_t wall_us; /* UTC; nanoseconds are cut off */
};
struct vg_pcap_file;

/* True where this reads a file that begins with these bytes as libpcap does. */
int vg_pcap_file_knows(const uint8_t head[VG_PCAP_HEAD_BYTES]);

void vg_pcap_file_destroy(struct vg_pcap_file *file);
/* Reads fd from its beginning on (its file offset moves); n_max_bytes = the snapshot length, >= 1. fd is borrowed.
 * NULL: no memory, or errno says why fd cannot be read. Cold. */
struct vg_pcap_file *vg_pcap_file_create(int fd, uint32_t n_max_bytes) VG_DEALLOC(vg_pcap_file_destroy);

/* The next record that lies in the buffer, good until vg_pcap_file_fill(). 0: none lies there as a whole. */
int vg_pcap_file_next(struct vg_pcap_file *file, struct vg_pcap_record *record);
/* The record told last was not used: it comes again. At most once after each. */
void vg_pcap_file_again(struct vg_pcap_file *file);
/* Forgets what was told and reads on until a whole record is there. 0: there is none: the file's end, damage, or an
 * error. */
int vg_pcap_file_fill(struct vg_pcap_file *file);
