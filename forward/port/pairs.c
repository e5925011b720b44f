/* See pairs.h. A frame larger than a port was set up for would be lost in silence: the MTU is set, or starting
 * fails. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include <vigil/log.h>
#include <vigil/port_link.h>

#include "forward/port/pairs.h"

#define ROOM             "forward/port"
#define N_DESC           1024u
#define N_BURSTS         512u             /* buffers per port on their way */
#define N_HELD           (6u * 1024 + 64) /* buffers of an inspect-first pair that may wait: VG_HOLD_MBUFS */
#define CACHE_MBUFS      128u
#define HEAD_BYTES       26u   /* Ethernet header, two tags, and four to spare (IEEE 802.3, 802.1ad) */
#define ROOM_BYTES       2048u /* the least data room of a buffer */
#define VDEV_AF_PACKET   "net_af_packet"
#define VDEV_FRAME_BYTES 2048u /* its frame size where the arguments name none */
#define RING_HEAD_BYTES \
	112u /* before the frame's bytes: tpacket2_hdr, sockaddr_ll, alignment (packet(7), PACKET_RX_RING) */

static int is_af_packet(const char *device)
{
	return !strncmp(device, VDEV_AF_PACKET, strlen(VDEV_AF_PACKET));
}

/* Of the ring of a net_af_packet port. */
static uint32_t frame_bytes(const char *device)
{
	const char *at = strstr(device, "framesz=");
	unsigned long n = at ? strtoul(at + 8, NULL, 10) : VDEV_FRAME_BYTES;

	return n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
}

uint32_t vg_pairs_room_bytes(const struct vg_forward_conf *conf)
{
	unsigned long n_bytes = conf->mtu + HEAD_BYTES;
	for (uint32_t i = 0; i < conf->n_pairs; i++)
		for (unsigned side = 0; side < 2; side++) {
			uint32_t n = frame_bytes(conf->pairs[i][side]);
			if (is_af_packet(conf->pairs[i][side]) && n > n_bytes)
				n_bytes = n;
		}
	n_bytes = n_bytes < ROOM_BYTES ? ROOM_BYTES : n_bytes > 61440 ? 61440 : n_bytes;
	return ((uint32_t)n_bytes + 127) & ~127u;
}

/* net_af_packet knows no MTU (its device takes 1,518 bytes by its own word, whatever the interface does): what the
 * interface carries and what fits a frame of the ring decides. Cut frames would go on in silence otherwise. */
static int af_packet_carries(const char *device, uint32_t mtu)
{
	uint32_t n_iface = vg_port_iface_mtu(device), n_frame = frame_bytes(device);

	if (n_iface && n_iface < mtu) {
		vg_log(VG_LOG_ERROR, ROOM, "%s: its interface has an MTU of %u: ip link set IFACE mtu %u (forward.mtu)",
		       device, n_iface, mtu);
		return -1;
	}
	if (mtu + HEAD_BYTES + RING_HEAD_BYTES <= n_frame)
		return 0;
	vg_log(VG_LOG_ERROR, ROOM, "%s: forward.mtu %u does not fit frames of %u bytes: name framesz=%u or more",
	       device, mtu, n_frame, mtu + HEAD_BYTES + RING_HEAD_BYTES);
	return -1;
}

static int carry_mtu(const char *device, uint16_t eth_id, uint32_t wanted)
{
	uint16_t mtu = 0;
	int err;

	if (is_af_packet(device))
		return af_packet_carries(device, wanted);
	err = rte_eth_dev_get_mtu(eth_id, &mtu) || mtu != wanted ? rte_eth_dev_set_mtu(eth_id, (uint16_t)wanted) : 0;
	if (!err || err == -ENOTSUP)
		return 0;
	vg_log(VG_LOG_ERROR, ROOM, "%s: the port cannot carry forward.mtu %u: %s", device, wanted, rte_strerror(-err));
	return -1;
}

static int configure(struct vg_pairs *pairs, const struct vg_forward_conf *conf, const char *device, uint16_t eth_id)
{
	struct rte_eth_conf eth = { 0 };
	struct rte_eth_dev_info info;
	uint16_t n_rx = N_DESC, n_tx = N_DESC;
	int socket = rte_eth_dev_socket_id(eth_id);

	if (rte_eth_dev_info_get(eth_id, &info) || !info.max_tx_queues)
		return -1;
	if (rte_eth_dev_configure(eth_id, 1, 1, &eth))
		return -1;
	if (carry_mtu(device, eth_id, conf->mtu))
		return -1;
	(void)rte_eth_dev_adjust_nb_rx_tx_desc(eth_id, &n_rx, &n_tx);
	if (rte_eth_rx_queue_setup(eth_id, 0, n_rx, (unsigned)socket, NULL, pairs->pool) ||
	    rte_eth_tx_queue_setup(eth_id, 0, n_tx, (unsigned)socket, NULL) || rte_eth_dev_start(eth_id))
		return -1;
	/* frames for other stations are what is to pass; LACP and STP go to group addresses */
	(void)rte_eth_allmulticast_enable(eth_id);
	return rte_eth_promiscuous_enable(eth_id) == -EIO ? -1 : 0;
}

static int open_port(struct vg_pairs *pairs, const struct vg_forward_conf *conf, uint32_t idx, unsigned side)
{
	struct vg_pair *pair = &pairs->pairs[idx];
	const char *device = conf->pairs[idx][side];
	size_t n_name = strcspn(device, ",");

	if (!n_name || n_name >= sizeof(pair->said[side])) {
		vg_log(VG_LOG_ERROR, ROOM, "pair %u, side %c: no device, or its name is too long", idx, 'a' + side);
		return -1;
	}
	memcpy(pair->said[side], device, n_name);
	if (rte_dev_probe(device) || rte_eth_dev_get_port_by_name(pair->said[side], &pair->eth_id[side])) {
		vg_log(VG_LOG_ERROR, ROOM, "%s: DPDK finds no such port: %s", device, rte_strerror(rte_errno));
		return -1;
	}
	if (configure(pairs, conf, device, pair->eth_id[side])) {
		vg_log(VG_LOG_ERROR, ROOM, "%s: cannot be started", device);
		return -1;
	}
	return 0;
}

static uint32_t n_mbufs(const struct vg_forward_conf *conf)
{
	uint32_t n = CACHE_MBUFS * 2 * (conf->n_pairs + 1);
	for (uint32_t i = 0; i < conf->n_pairs; i++)
		n += conf->is_inspect_first[i] ? N_HELD : 0;
	for (uint32_t i = 0; i < conf->n_pairs; i++)
		for (unsigned side = 0; side < 2; side++) /* net_af_packet holds no buffers in rings */
			n += N_BURSTS + (is_af_packet(conf->pairs[i][side]) ? 0 : 2 * N_DESC);
	return n;
}

static void release(struct vg_pairs *pairs)
{
	if (!pairs)
		return;
	for (uint32_t i = 0; i < pairs->n_pairs; i++)
		for (unsigned side = 0; side < 2; side++)
			if (pairs->pairs[i].eth_id[side] != RTE_MAX_ETHPORTS) {
				(void)rte_eth_dev_stop(pairs->pairs[i].eth_id[side]);
				(void)rte_eth_dev_close(pairs->pairs[i].eth_id[side]);
				if (pairs->pairs[i].link_fd[side] >= 0)
					close(pairs->pairs[i].link_fd[side]);
			}
	rte_mempool_free(pairs->pool);
	free(pairs);
}

struct vg_pairs *vg_pairs_create(const struct vg_forward_conf *conf)
{
	struct vg_pairs *pairs = calloc(1, sizeof(*pairs));
	uint32_t n_room_bytes = vg_pairs_room_bytes(conf);

	if (!pairs)
		return NULL;
	pairs->pool = rte_pktmbuf_pool_create("vigil-forward", n_mbufs(conf) - 1, CACHE_MBUFS, 0,
					      (uint16_t)(n_room_bytes + RTE_PKTMBUF_HEADROOM), SOCKET_ID_ANY);
	if (!pairs->pool) {
		vg_log(VG_LOG_ERROR, ROOM,
		       "no memory for %u packet buffers of %u bytes: %s; raise forward.eal_memory_mb", n_mbufs(conf),
		       n_room_bytes, rte_strerror(rte_errno));
		goto fail;
	}
	for (uint32_t i = 0; i < conf->n_pairs; i++) {
		pairs->n_pairs = i + 1;
		pairs->pairs[i].eth_id[0] = pairs->pairs[i].eth_id[1] = RTE_MAX_ETHPORTS;
		pairs->pairs[i].link_fd[0] = pairs->pairs[i].link_fd[1] = -1;
		if (open_port(pairs, conf, i, 0) || open_port(pairs, conf, i, 1))
			goto fail;
	}
	return pairs;
fail:
	release(pairs);
	return NULL;
}

void vg_pairs_destroy(struct vg_pairs *pairs)
{
	release(pairs);
}
