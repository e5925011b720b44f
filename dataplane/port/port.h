#pragma once
/* port: where frames come from: capture files, plain ones read here, others by net_pcap (replay), any DPDK device
 * (live), or the copies that vigil-forward makes of a pair's frames (inline). Opened once, before the sandbox
 * closes; afterwards only vg_port_rx(), vg_port_lost() and vg_ports_are_cut() touch them. Up to 16 captures or 32
 * devices. */
#include <stdint.h>

#include <vigil/base.h>
#include <vigil/config_snapshot.h>

#include "dataplane/port/capture.h"
#include "dataplane/port/frames.h"
#include "dataplane/port/rss.h"

struct rte_mbuf;
struct rte_mempool;

#define VG_PORT_BURST       32u
#define VG_PORT_STEER_MBUFS 1024u /* that may be on their way from one worker to another */

struct vg_port {
	const char *said; /* as the configuration names it; borrowed */
	char name[64];    /* of the DPDK device */
	uint16_t eth_id, n_queues;
	uint8_t is_capture;
	uint8_t flows_of_1;      /* vg_port_flows_of() */
	uint8_t is_mute;         /* net_pcap on an interface would open files to tell what it lost: it is not asked */
	uint8_t has_interrupts;  /* its queues can wake a thread */
	int packet_fd;           /* its driver's packet socket, borrowed; -1: none */
	uint64_t n_socket_drops; /* there; the main thread's */
	int link_fd;             /* of the interface's state (vigil/port_link.h); -1: none */
	struct vg_capture_info info;      /* captures */
	struct vg_capture_memory *memory; /* captures with loop > 1; the device is then not used */
	struct vg_pcap_file *file;        /* plain captures; there is then no device */
	char *read_buffer;                /* other captures, read by net_pcap: of its stream */
	struct vg_frames *frames;         /* copies of a forwarded pair; there is then no device */
	uint64_t n_memory_nombuf, n_bad_slots;
	_Atomic uint64_t n_rx_packets, n_rx_bytes; /* of a mute port, which has one queue */
};
struct vg_ports {
	struct rte_mempool *pool;
	int timestamp_off; /* of the receive time in an mbuf (captures: UTC, us) */
	uint32_t n_ports;
	uint32_t n_rx_mbufs; /* buffers that the largest burst can take: receive only when so many are free */
	uint8_t wants_interrupts;
	uint8_t borrows; /* plain captures: mbufs point into the file's buffer, since one thread uses them up at once */
	struct vg_rss rss;              /* n_queues 0: no port has more than one queue */
	struct vg_frames_link *forward; /* NULL: no port is a forwarded pair */
	struct vg_port ports[VG_SNAPSHOT_MAX_PORTS];
};

/* Opens and starts the ports of conf for n_workers receiving threads, after EAL is up. A device gets one queue per
 * worker where its card can share out symmetrically (rss.h), else a single queue, and the log says why. NULL: what is
 * wrong is logged with the port's name. Cold. */
void vg_ports_destroy(struct vg_ports *ports);
struct vg_ports *vg_ports_create(const struct vg_dataplane_conf *conf, uint32_t n_workers) VG_DEALLOC(vg_ports_destroy);

/* The port whose flows are also this one's, because both tap one link: itself where it is alone. */
static inline uint8_t vg_port_flows_of(const struct vg_ports *ports, uint32_t port_idx)
{
	uint8_t of_1 = ports->ports[port_idx].flows_of_1;
	return of_1 ? (uint8_t)(of_1 - 1) : (uint8_t)port_idx;
}

/* A burst of up to VG_PORT_BURST frames of a queue; the caller owns them. 0 of a capture is its end. One thread per
 * queue. A capture's frames, where one worker was promised, must all be freed before the next call. */
uint32_t vg_port_rx(struct vg_ports *ports, uint32_t port_idx, uint16_t queue, struct rte_mbuf **mbufs);
/* A capture from its beginning again; needs loop > 1. */
void vg_port_rewind(struct vg_ports *ports, uint32_t port_idx);
/* True once the forwarder behind our ports is gone: they will give nothing more. */
int vg_ports_are_cut(const struct vg_ports *ports);
/* Frames that the port lost: *n_missed before us (devices), *n_nombuf because no buffer was free. Totals since the
 * start. */
void vg_port_lost(const struct vg_ports *ports, uint32_t port_idx, uint64_t *n_missed, uint64_t *n_nombuf);
