#pragma once
/* port_link: what a port is called, and whether the kernel says that its link is up: drivers over interfaces of the
 * kernel (net_af_packet, net_tap, net_pcap) do not tell, /sys/class/net/IFACE/operstate does (Linux
 * Documentation/networking/operstates). Opened before a sandbox closes, read afterwards. Cold code only. */
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <vigil/stats_page.h>

/* The interface that device arguments name (iface=, rx_iface=) into `to`, of at least n_to > 0 bytes; 0: none. */
static inline int vg_port_iface(const char *devargs, char *to, size_t n_to)
{
	const char *at = strstr(devargs, "iface=");
	size_t n = at ? strcspn(at + 6, ",") : 0;
	n = n < n_to ? n : n_to - 1;
	if (n)
		memcpy(to, at + 6, n);
	to[n] = 0;
	return n != 0;
}
/* What people call a port: its interface, else its device or PCI address. */
static inline void vg_port_label(const char *devargs, char to[VG_PORT_NAME])
{
	size_t n = strcspn(devargs, ",");
	if (vg_port_iface(devargs, to, VG_PORT_NAME))
		return;
	n = n < VG_PORT_NAME ? n : VG_PORT_NAME - 1;
	memcpy(to, devargs, n);
	to[n] = 0;
}
/* What the interface carries; 0: it names none, or the kernel shows none of that name. */
static inline uint32_t vg_port_iface_mtu(const char *devargs)
{
	char iface[32], path[64], text[16] = "";
	int fd;
	ssize_t n;
	if (!vg_port_iface(devargs, iface, sizeof(iface)) || strchr(iface, '/'))
		return 0;
	snprintf(path, sizeof(path), "/sys/class/net/%s/mtu", iface);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	return n > 0 ? (uint32_t)strtoul(text, NULL, 10) : 0;
}
/* True for drivers over interfaces of the kernel: DPDK's word on their link is worth nothing, or costs a system call
 * that a sandbox does not have. */
static inline int vg_port_is_of_kernel(const char *devargs)
{
	return !strncmp(devargs, "net_af_", 7) || !strncmp(devargs, "net_tap", 7) || !strncmp(devargs, "net_pcap", 8);
}
/* Descriptor of the interface's state; -1: it names no interface, or the kernel shows none of that name. */
static inline int vg_port_link_open(const char *devargs)
{
	char iface[32], path[64];
	if (!vg_port_iface(devargs, iface, sizeof(iface)) || strchr(iface, '/'))
		return -1;
	snprintf(path, sizeof(path), "/sys/class/net/%s/operstate", iface);
	return open(path, O_RDONLY | O_CLOEXEC);
}
static inline enum vg_port_link vg_port_link_read(int fd)
{
	char text[16] = "";
	ssize_t n;
	if (fd < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return VG_PORT_LINK_UNKNOWN;
	n = read(fd, text, sizeof(text) - 1);
	if (n < 0)
		return VG_PORT_LINK_DOWN; /* the interface is gone */
	if (!strncmp(text, "unknown", 7))
		return VG_PORT_LINK_UNKNOWN;
	return !strncmp(text, "up", 2) ? VG_PORT_LINK_UP : VG_PORT_LINK_DOWN;
}
/* The packet socket that a driver (net_af_packet, libpcap) has bound to the interface of the device arguments: neither
 * tells what the kernel dropped there for want of room in the ring. Borrowed from the driver; -1: none. */
static inline int vg_port_packet_socket(const char *devargs)
{
	char iface[IF_NAMESIZE];
	unsigned index = vg_port_iface(devargs, iface, sizeof(iface)) ? if_nametoindex(iface) : 0;
	for (int fd = 3; index && fd < 1024; fd++) {
		struct sockaddr_ll at = { 0 };
		socklen_t n = sizeof(at);
		if (!getsockname(fd, (struct sockaddr *)&at, &n) && at.sll_family == AF_PACKET &&
		    at.sll_ifindex == (int)index)
			return fd;
	}
	return -1;
}
/* Frames dropped there since the last call (packet(7), PACKET_STATISTICS: reading begins anew). */
static inline uint64_t vg_port_packet_drops(int fd)
{
	struct tpacket_stats_v3 stats = { 0 };
	socklen_t n = sizeof(stats);
	return fd < 0 || getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &stats, &n) ? 0 : stats.tp_drops;
}
/* Notes the link's state in a port's row. */
static inline void vg_port_link_note(struct vg_port_stats *port, enum vg_port_link link)
{
	uint32_t before = atomic_load_explicit(&port->link, memory_order_relaxed);
	if (link == VG_PORT_LINK_DOWN && before == VG_PORT_LINK_UP)
		atomic_store_explicit(&port->n_downs, atomic_load_explicit(&port->n_downs, memory_order_relaxed) + 1,
				      memory_order_relaxed);
	atomic_store_explicit(&port->link, link, memory_order_relaxed);
}
