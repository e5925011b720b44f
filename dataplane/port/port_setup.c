/* The cold half of port.h. Captures are opened here; those that net_pcap reads are given to it as open streams: no path
 * can break the device arguments, and what was looked at is what is read. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_mbuf_dyn.h>

#include <vigil/log.h>

#include "dataplane/port/port.h"

#define ROOM            "dataplane/port"
#define RX_DESC         1024u
#define READ_BYTES      (256u << 10) /* of a capture at once: a piece that stays in the second-level cache */
#define READ_ALIGN      4096u
#define FRAME_BYTES     65535u /* the largest frame: segmentation offload giants */
#define ROOM_BYTES      2048u  /* data room of one mbuf */
#define PACKET_BYTES    16640u /* net_af_packet copies a frame into one mbuf: room for its largest MTU */
#define CACHE_MBUFS     128u   /* per lcore */
#define LIVE_MBUFS      8192u  /* per receiving queue */
#define FORWARD_WAIT_MS 3000u  /* for the forwarder; then the supervisor tries again */
/* Several workers behind one reader: for each what lies in its ring, and what its lcore's cache may hold back. No more:
 * the fewer there are, the more of them are still in some core's cache when their turn comes again. */
#define DISPATCH_MBUFS  (512u + CACHE_MBUFS * 3 / 2)

/* Configures and starts a device with n_queues. */
static int start(struct vg_ports *ports, struct vg_port *port, const struct rte_eth_dev_info *info, uint16_t n_queues)
{
	struct rte_eth_conf conf = { 0 };
	uint8_t key[VG_RSS_MAX_KEY];
	uint16_t n_desc = RX_DESC, n_tx_desc = 64;
	int socket = rte_eth_dev_socket_id(port->eth_id);

	port->n_queues = n_queues;
	if (n_queues > 1) {
		conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
		vg_rss_ask(&ports->rss, info, key, &conf.rx_adv_conf.rss_conf);
	}
	conf.intr_conf.rxq = ports->wants_interrupts && !port->is_capture;
	conf.rxmode.offloads = info->rx_offload_capa & RTE_ETH_RX_OFFLOAD_SCATTER;
	if (rte_eth_dev_configure(port->eth_id, n_queues, info->max_tx_queues ? 1 : 0, &conf))
		return -1;
	(void)rte_eth_dev_adjust_nb_rx_tx_desc(port->eth_id, &n_desc, &n_tx_desc);
	for (uint16_t q = 0; q < n_queues; q++)
		if (rte_eth_rx_queue_setup(port->eth_id, q, n_desc, (unsigned)socket, NULL, ports->pool))
			return -1;
	if (info->max_tx_queues && rte_eth_tx_queue_setup(port->eth_id, 0, n_tx_desc, (unsigned)socket, NULL))
		return -1;
	if (rte_eth_dev_start(port->eth_id))
		return -1;
	port->has_interrupts = conf.intr_conf.rxq && rte_eth_dev_rx_intr_ctl_q_get_fd(port->eth_id, 0) >= 0;
	if (!port->is_capture)
		(void)rte_eth_promiscuous_enable(port->eth_id);
	return 0;
}

/* One queue per worker where the card keeps to what was agreed, else one queue and the dispatching thread. */
static int start_live(struct vg_ports *ports, struct vg_port *port, uint32_t n_workers)
{
	struct rte_eth_dev_info info;
	const char *why;

	if (rte_eth_dev_info_get(port->eth_id, &info))
		return -1;
	if (n_workers == 1)
		return start(ports, port, &info, 1);
	why = vg_rss_agree(&ports->rss, &info, n_workers);
	if (!why) {
		if (!start(ports, port, &info, (uint16_t)n_workers)) {
			why = vg_rss_confirm(&ports->rss, port->eth_id, &info);
			if (!why) {
				vg_log(VG_LOG_INFO, ROOM, "%s: its card shares out over %u queues", port->name,
				       n_workers);
				return 0;
			}
			(void)rte_eth_dev_stop(port->eth_id);
		} else {
			why = "it does not start with more than one queue";
		}
	}
	vg_log(VG_LOG_INFO, ROOM, "%s: one queue, a thread of ours shares out: %s", port->name, why);
	return start(ports, port, &info, 1);
}

static int probe_device(struct vg_port *port, const char *devargs, const char *said)
{
	size_t n_name = strcspn(devargs, ",");

	if (n_name >= sizeof(port->name)) {
		vg_log(VG_LOG_ERROR, ROOM, "%s: the device's name is too long", said);
		return -1;
	}
	memcpy(port->name, devargs, n_name);
	if (rte_dev_probe(devargs) || rte_eth_dev_get_port_by_name(port->name, &port->eth_id)) {
		vg_log(VG_LOG_ERROR, ROOM,
		       "%s: DPDK opens no such port: %s; a PCI address or device arguments such as "
		       "net_af_packet0,iface=eth1 (dataplane.ports)",
		       said, rte_strerror(rte_errno));
		return -1;
	}
	return 0;
}

/* What all cards can do, before any is started: they share one map from hash to worker. */
static void agree_all(struct vg_ports *ports, uint32_t n_workers)
{
	for (uint32_t i = 0; i < ports->n_ports && n_workers > 1; i++) {
		struct rte_eth_dev_info info;

		if (ports->ports[i].name[0] && !rte_eth_dev_info_get(ports->ports[i].eth_id, &info))
			(void)vg_rss_agree(&ports->rss, &info, n_workers);
	}
}

static int start_all(struct vg_ports *ports, uint32_t n_workers)
{
	int has_queues = 0;

	agree_all(ports, n_workers);
	for (uint32_t i = 0; i < ports->n_ports; i++) {
		struct vg_port *port = &ports->ports[i];

		if (port->name[0] && start_live(ports, port, n_workers)) {
			vg_log(VG_LOG_ERROR, ROOM, "%s: cannot be started", port->said);
			return -1;
		}
		has_queues |= port->n_queues > 1;
	}
	if (!has_queues)
		ports->rss = (struct vg_rss){ 0 };
	return 0;
}

static int open_device(struct vg_ports *ports, struct vg_port *port, const char *devargs, const char *said)
{
	struct rte_eth_dev_info info;

	if (probe_device(port, devargs, said))
		return -1;
	if (!rte_eth_dev_info_get(port->eth_id, &info) && !start(ports, port, &info, 1))
		return 0;
	vg_log(VG_LOG_ERROR, ROOM, "%s: cannot be started", said);
	return -1;
}

/* A capture's own stream with a large buffer: libpcap would read 4 KiB at a time (st_blksize). */
static FILE *stream_of(struct vg_port *port)
{
	int fd = fcntl(port->info.fd, F_DUPFD_CLOEXEC, 0);
	FILE *stream = fd < 0 || lseek(fd, 0, SEEK_SET) < 0 ? NULL : fdopen(fd, "rb");

	if (!stream && fd >= 0)
		close(fd);
	port->read_buffer = stream ? aligned_alloc(READ_ALIGN, READ_BYTES) : NULL;
	if (port->read_buffer && !setvbuf(stream, port->read_buffer, _IOFBF, READ_BYTES))
		return stream;
	if (stream)
		fclose(stream);
	return NULL;
}

/* net_pcap takes the name "-" for stdin, a variable in glibc ("Standard Streams" in its manual): it holds the capture's
 * stream while the device is made. The device closes it with itself. */
static int open_reader(struct vg_ports *ports, struct vg_port *port, uint32_t idx, const char *path)
{
	FILE *ours = stdin, *stream = stream_of(port);
	char devargs[64];
	int failed;

	if (!stream) {
		vg_log(VG_LOG_ERROR, ROOM, "%s: %s", path, strerror(errno));
		return -1;
	}
	snprintf(devargs, sizeof(devargs), "net_pcap%u,rx_pcap=-", idx);
	stdin = stream;
	failed = open_device(ports, port, devargs, path);
	stdin = ours;
	return failed;
}

/* "forward:IDX:PATH": one link for all pairs. */
static int open_forwarded(struct vg_ports *ports, struct vg_port *port, const char *said)
{
	char *path;
	unsigned long idx = strtoul(said + strlen(VG_FORWARD_PORT), &path, 10);

	if (*path != ':' || idx >= VG_FORWARD_MAX_PAIRS) {
		vg_log(VG_LOG_ERROR, ROOM, "%s: not a pair of the forwarder", said);
		return -1;
	}
	if (!ports->forward)
		ports->forward = vg_frames_link_create(path + 1, FORWARD_WAIT_MS);
	if (!ports->forward)
		return -1;
	if (idx >= ports->forward->n_pairs) {
		vg_log(VG_LOG_ERROR, ROOM, "%s: the forwarder has %u pairs; restart it to take a new configuration",
		       said, ports->forward->n_pairs);
		return -1;
	}
	port->frames = &ports->forward->pairs[idx];
	port->n_queues = 1;
	return 0;
}

static int open_capture(struct vg_ports *ports, uint32_t idx, const char *path, uint32_t loop)
{
	struct vg_port *port = &ports->ports[idx];

	port->is_capture = 1;
	if (vg_capture_probe(path, &port->info))
		return -1;
	if (loop > 1) {
		port->memory = vg_capture_memory_create(path, &port->info);
		return port->memory ? 0 : -1;
	}
	if (port->info.is_plain) {
		port->file = vg_pcap_file_create(port->info.fd, port->info.n_snap_bytes);
		if (!port->file)
			vg_log(VG_LOG_ERROR, ROOM, "%s: %s", path, strerror(errno));
		return port->file ? 0 : -1;
	}
	return open_reader(ports, port, idx, path);
}

static int make_pool(struct vg_ports *ports, const struct vg_dataplane_conf *conf, uint32_t n_workers)
{
	int is_replay = (conf->flags & VG_CONF_REPLAY) != 0;
	uint32_t n_mbufs, n_room_bytes = ROOM_BYTES;

	for (uint32_t i = 0; i < conf->n_ports; i++)
		if (!is_replay && !strncmp(conf->ports[i], "net_af_packet", 13))
			n_room_bytes = PACKET_BYTES;
	ports->n_rx_mbufs = VG_PORT_BURST * (FRAME_BYTES / ROOM_BYTES + 1);
	n_mbufs = 2 * ports->n_rx_mbufs + (n_workers > 1 ? (n_workers + 1) * DISPATCH_MBUFS : 0);
	if (!is_replay && n_workers > 1)
		n_mbufs += n_workers * (n_workers - 1) * VG_PORT_STEER_MBUFS;
	if (!is_replay)
		n_mbufs += LIVE_MBUFS * (n_room_bytes == ROOM_BYTES ? n_workers * conf->n_ports : 1);
	ports->pool = rte_pktmbuf_pool_create("vigil", n_mbufs - 1, CACHE_MBUFS, 0,
					      (uint16_t)(n_room_bytes + RTE_PKTMBUF_HEADROOM), SOCKET_ID_ANY);
	if (!ports->pool) {
		vg_log(VG_LOG_ERROR, ROOM, "no memory for %u packet buffers of %u bytes (eal_memory_mb is %u): %s",
		       n_mbufs, n_room_bytes, conf->eal_mem_mb, rte_strerror(rte_errno));
		return -1;
	}
	return rte_mbuf_dyn_rx_timestamp_register(&ports->timestamp_off, NULL);
}

static void release(struct vg_ports *ports)
{
	if (!ports)
		return;
	for (uint32_t i = 0; i < ports->n_ports; i++) {
		struct vg_port *port = &ports->ports[i];
		if (port->name[0])
			(void)rte_eth_dev_stop(port->eth_id); /* closes a capture's stream */
		free(port->read_buffer);
		vg_capture_memory_destroy(port->memory);
		vg_pcap_file_destroy(port->file);
		if (port->is_capture && port->info.fd >= 0)
			close(port->info.fd);
		if (port->link_fd >= 0)
			close(port->link_fd);
	}
	vg_frames_link_destroy(ports->forward);
	rte_mempool_free(ports->pool);
	free(ports);
}

struct vg_ports *vg_ports_create(const struct vg_dataplane_conf *conf, uint32_t n_workers)
{
	struct vg_ports *ports = calloc(1, sizeof(*ports));

	if (!ports)
		return NULL;
	ports->borrows = n_workers == 1;
	ports->wants_interrupts = !(conf->flags & VG_CONF_REPLAY) && conf->rx_idle == VG_RX_INTERRUPT;
	if (make_pool(ports, conf, n_workers))
		goto fail;
	for (uint32_t i = 0; i < conf->n_ports; i++) {
		const char *said = conf->ports[i];
		int failed;

		ports->n_ports = i + 1;
		ports->ports[i].info.fd = ports->ports[i].link_fd = ports->ports[i].packet_fd = -1;
		ports->ports[i].said = said;
		if (!(conf->flags & VG_CONF_REPLAY) && conf->rules[i].flows_of_1 <= conf->n_ports)
			ports->ports[i].flows_of_1 = conf->rules[i].flows_of_1;
		if (conf->flags & VG_CONF_REPLAY)
			failed = open_capture(ports, i, said, conf->loop);
		else if (!strncmp(said, VG_FORWARD_PORT, strlen(VG_FORWARD_PORT)))
			failed = open_forwarded(ports, &ports->ports[i], said);
		else
			failed = probe_device(&ports->ports[i], said, said);
		ports->ports[i].is_mute = !ports->ports[i].is_capture && !strncmp(ports->ports[i].name, "net_pcap", 8);
		if (failed)
			goto fail;
	}
	if (!(conf->flags & VG_CONF_REPLAY) && start_all(ports, n_workers))
		goto fail;
	return ports;
fail:
	release(ports);
	return NULL;
}

void vg_ports_destroy(struct vg_ports *ports)
{
	release(ports);
}
