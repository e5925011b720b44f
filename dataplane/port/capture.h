#pragma once
/* capture: a capture file before its frames are taken: net_pcap tells neither its link type nor its end; and frames
 * without net_pcap, from pcap_file.h or from memory. Cold but for the two that receive. A capture is looked at by
 * libpcap (pcap and pcapng) before the sandbox closes. */
#include <stdint.h>

#include <vigil/base.h>
#include <vigil/err.h>

#include "dataplane/port/link.h"
#include "dataplane/port/pcap_file.h"

struct rte_mbuf;
struct rte_mempool;

struct vg_capture_info {
	enum vg_link link;
	int fd; /* open for reading, the caller's */
	uint64_t n_file_bytes;
	uint64_t n_packets;      /* counted beforehand, or UINT64_MAX: not counted */
	uint32_t n_head_bytes;   /* of the file, and */
	uint32_t n_record_bytes; /* of each packet's header, where n_packets was not counted */
	uint32_t n_snap_bytes;   /* no packet is longer */
	uint8_t is_plain;        /* a pcap that pcap_file.h reads; others are net_pcap's */
	uint8_t is_cut;          /* counted beforehand: the file ends in the middle of a packet */
};

/* Opens and looks at a capture. A plain pcap is not read through: its size tells at its end whether all was there
 * (see vg_capture_missing()); other formats are counted by reading them once. What is wrong is logged with the
 * file's name: VG_ENOTFOUND, VG_EIO or VG_ECORRUPT. An unknown link type is logged and no error (its frames are
 * counted as not IP). */
enum vg_err vg_capture_probe(const char *path, struct vg_capture_info *info);
/* Bytes of the file that n_packets frames of n_bytes together leave over: 0 where all was read; for counted
 * captures the number of missing packets. */
uint64_t vg_capture_missing(const struct vg_capture_info *info, uint64_t n_packets, uint64_t n_bytes);

/* The next frames of a plain capture, as vg_capture_rx() tells them. borrows: its mbufs point into the file's
 * buffer, and all of them must have been freed before the next call; else each is a copy in buffers of `pool`. A
 * burst ends early where the buffer does. */
uint32_t vg_capture_file_rx(struct vg_pcap_file *file, struct rte_mempool *pool, int timestamp_off, int borrows,
			    struct rte_mbuf **mbufs, uint32_t n_mbufs, uint64_t *n_nombuf);

/* A capture read into memory, for `--loop`: it can be replayed many times without files, and without the copy that
 * net_pcap makes of each frame: its mbufs point into the memory. One core at a time. */
struct vg_capture_memory;
void vg_capture_memory_destroy(struct vg_capture_memory *memory);
/* Reads the whole capture behind info->fd. NULL: the reason is logged with the path. Cold. */
struct vg_capture_memory *vg_capture_memory_create(const char *path, const struct vg_capture_info *info)
	VG_DEALLOC(vg_capture_memory_destroy);
void vg_capture_memory_rewind(struct vg_capture_memory *memory);
/* Up to n_mbufs (<= 32) next frames, each an mbuf of `pool` (more than one where a frame is above 64 KiB) that
 * borrows the memory, with its time (UTC, us) in the timestamp field at timestamp_off. 0: the end, or no buffer was
 * free (*n_nombuf grows; the frame is not lost but comes next time). */
uint32_t vg_capture_rx(struct vg_capture_memory *memory, struct rte_mempool *pool, int timestamp_off,
		       struct rte_mbuf **mbufs, uint32_t n_mbufs, uint64_t *n_nombuf);
