#pragma once
/* capture_make: capture files of own bytes for tests: pcap in any byte order and resolution, and a small pcapng; and a
 * DPDK environment to read them with. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dataplane/eal.h"
#include "tests/lib/pktbuild.h"

struct cm_file {
	FILE *file;
	char path[64];
	int swapped;
};

static inline void cm_u32(struct cm_file *c, uint32_t v)
{
	v = c->swapped ? __builtin_bswap32(v) : v;
	fwrite(&v, 1, 4, c->file);
}
static inline void cm_open(struct cm_file *c)
{
	int fd;
	strcpy(c->path, "/tmp/vigil-test-XXXXXX");
	fd = mkstemp(c->path);
	c->file = fd < 0 ? NULL : fdopen(fd, "wb");
	if (!c->file)
		abort();
}
/* An empty pcap of link type dlt. */
static inline void cm_pcap(struct cm_file *c, uint32_t magic, int swapped, uint32_t dlt)
{
	cm_open(c);
	c->swapped = swapped;
	cm_u32(c, magic);
	cm_u32(c, swapped ? 2u << 16 | 4u : 4u << 16 | 2u);
	cm_u32(c, 0);
	cm_u32(c, 0);
	cm_u32(c, 262144);
	cm_u32(c, dlt);
}
static inline void cm_frame(struct cm_file *c, uint32_t s, uint32_t us, const void *bytes, uint32_t n)
{
	cm_u32(c, s);
	cm_u32(c, us);
	cm_u32(c, n);
	cm_u32(c, n);
	fwrite(bytes, 1, n, c->file);
}
static inline void cm_close(struct cm_file *c)
{
	if (c->file && fclose(c->file))
		abort();
	c->file = NULL;
}
static inline void cm_remove(struct cm_file *c)
{
	cm_close(c);
	(void)unlink(c->path);
}
/* A TCP frame of client `id` (0..) to port 80, or back. */
static inline void cm_tcp(struct pb_frame *f, uint32_t id, int back, uint32_t seq, const char *text)
{
	struct pb_tcp t = { .src = back ? 0x0a000001 : 0x0a000100 + id,
			    .dst = back ? 0x0a000100 + id : 0x0a000001,
			    .sport = (uint16_t)(back ? 80 : 1024 + id),
			    .dport = (uint16_t)(back ? 1024 + id : 80),
			    .seq = seq,
			    .flags = 16,
			    .payload = text,
			    .n_payload = (uint32_t)strlen(text) };
	pb_simple(f, &t);
}
/* n_cores workers' worth of configuration over the captures of paths, for EAL without huge pages. */
static inline void cm_conf(struct vg_dataplane_conf *conf, uint32_t flags, uint32_t loop, const char *const *paths,
			   uint32_t n_paths)
{
	memset(conf, 0, sizeof(*conf));
	conf->flags = flags | VG_CONF_REPLAY | VG_CONF_NO_HUGE;
	conf->loop = loop;
	conf->n_cores = 1;
	conf->eal_mem_mb = 96;
	conf->n_ports = n_paths;
	for (uint32_t i = 0; i < n_paths; i++)
		snprintf(conf->ports[i], sizeof(conf->ports[i]), "%s", paths[i]);
}
/* Once per test program. */
static inline void cm_eal(void)
{
	static struct vg_dataplane_conf conf;
	cm_conf(&conf, 0, 1, NULL, 0);
	if (vg_eal_start(&conf, "/tmp", 3))
		abort();
}
