#pragma once
/* pairs: the two ports of each pair, opened and started before the sandbox closes: one queue each way, promiscuous, no
 * offload that changes a frame. Any DPDK device. Cold. */
#include <stdint.h>

#include <vigil/base.h>
#include <vigil/config_snapshot.h>

struct rte_mempool;

struct vg_pair {
	char said[2][64]; /* the devices' names, for messages */
	uint16_t eth_id[2];
	int link_fd[2];   /* of the interface's state (vigil/port_link.h); -1: none */
	int packet_fd[2]; /* their drivers' packet sockets, borrowed; -1: none */
	uint64_t n_socket_drops[2];
	uint8_t is_of_kernel[2];
};
struct vg_pairs {
	struct rte_mempool *pool;
	uint32_t n_pairs;
	struct vg_pair pairs[VG_FORWARD_MAX_PAIRS];
};

/* Data room that one frame needs where a port fills single buffers: the MTU with header and two tags, or what the
 * arguments of a net_af_packet port name as its frame size. */
uint32_t vg_pairs_room_bytes(const struct vg_forward_conf *conf);
/* Opens and starts all ports of conf, after EAL is up. NULL: what is wrong is logged with the port's name. */
void vg_pairs_destroy(struct vg_pairs *pairs);
struct vg_pairs *vg_pairs_create(const struct vg_forward_conf *conf) VG_DEALLOC(vg_pairs_destroy);
