/* What the configuration means for the other programs, as fixed binary structs. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/config/scope.h"
#include "control/supervise/supervise.h"

static int has_huge_pages(void)
{
	long n = 0;
	FILE *file = fopen("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "re");
	if (!file)
		return 0;
	if (fscanf(file, "%ld", &n) != 1)
		n = 0;
	fclose(file);
	return n > 64;
}

enum vg_err vg_supervise_dataplane_conf(const struct vg_config *config, struct vg_dataplane_conf *conf)
{
	const struct vg_config_dataplane *d = &config->dataplane;
	const char *option;
	char why[128];
	uint32_t profile;

	memset(conf, 0, sizeof(*conf));
	if (d->huge_pages == VG_HUGE_NO || (d->huge_pages == VG_HUGE_AUTO && !has_huge_pages()))
		conf->flags |= VG_CONF_NO_HUGE;
	conf->n_cores = d->n_cores;
	conf->n_hashers = config->hashing.n_hashers;
	conf->n_flows = d->n_flows;
	conf->n_streams = d->n_streams;
	conf->idle_timeout_ms = d->idle_timeout_ms;
	conf->hole_timeout_ms = d->hole_timeout_ms;
	conf->hole_bytes = d->hole_bytes;
	conf->eal_mem_mb = d->eal_mem_mb;
	conf->rx_idle = d->rx_idle;
	conf->offload_rules = d->offload_rules;
	conf->offload_ms = d->offload_s * 1000;
	conf->lane.n_slots = d->n_slots;
	conf->lane.n_small = d->n_small_chunks;
	conf->lane.n_large = d->n_large_chunks;
	conf->lane.n_tiny = d->n_tiny_chunks;
	conf->lane.n_attr = d->n_records;
	for (conf->lane.n_returns = 64; conf->lane.n_returns <= (uint64_t)d->n_tiny_chunks + d->n_small_chunks +
									d->n_large_chunks + 2ull * d->n_records;)
		conf->lane.n_returns *= 2;
	conf->object_hold_bytes = d->object_hold_bytes;
	conf->flags |= (d->texts ? VG_CONF_TEXTS : 0) | (d->mail ? VG_CONF_MAIL : 0) | (d->carve ? VG_CONF_CARVE : 0);
	conf->object_min_bytes = d->object_min_bytes;
	conf->object_max_bytes = d->object_max_bytes;
	if (config->inlined.reset_connection)
		conf->flags |= VG_CONF_CUT_HTTP2;
	conf->verdict_hold_bytes = config->inlined.hold_bytes;
	conf->stops_per_minute = config->inlined.stops_per_minute;
	conf->loop = 1;
	if (vg_config_scope(config, &conf->scope, &option, &profile, why, sizeof(why)) ||
	    vg_config_trust(config, &conf->trust, &option, why, sizeof(why)))
		return VG_EINVAL; /* not after vg_config_check() */
	conf->n_ports = d->n_ports;
	for (uint32_t i = 0; i < VG_SNAPSHOT_MAX_PORTS; i++)
		conf->rules[i] = vg_config_port_rule(config, i);
	for (uint32_t i = 0; i < d->n_ports; i++)
		memcpy(conf->ports[i], d->ports[i], sizeof(conf->ports[i]));
	for (uint32_t i = 0; i < config->forward.n_pairs; i++)
		snprintf(conf->ports[conf->n_ports++], sizeof(conf->ports[0]), VG_FORWARD_PORT "%u:%s/forward.sock", i,
			 config->control.run_dir);
	return vg_lane_check(&conf->lane) ? VG_EINVAL : VG_OK;
}

/* As hashing/digest numbers its algorithms: MD5 1, SHA-1 2, SHA-256 4. */
static uint32_t forced_digests(uint32_t choice)
{
	static const uint8_t masks[] = { 0, 0, 7, 1, 2, 4 };
	return choice < sizeof(masks) ? masks[choice] : 0;
}

enum vg_err vg_supervise_hashing_conf(const struct vg_config *config, struct vg_hashing_conf *conf)
{
	const struct vg_config_hashing *h = &config->hashing;
	memset(conf, 0, sizeof(*conf));
	conf->flags = (h->pdq ? 0 : VG_HCONF_NO_PDQ) | (h->digests ? 0 : VG_HCONF_NO_DIGESTS) |
		      forced_digests(h->digests) << VG_HCONF_DIGESTS_SHIFT |
		      (config->dataplane.texts ? VG_HCONF_TEXTS : 0) | (h->scaled ? VG_HCONF_SCALED : 0);
	conf->max_unpacked_bytes = h->max_unpacked_bytes;
	conf->max_ratio = h->max_ratio;
	conf->max_members = h->max_members;
	conf->max_pixels = h->max_pixels;
	conf->sample_bytes = h->sample_bytes;
	conf->spool_bytes = h->spool_bytes;
	conf->max_picture_bytes = h->max_picture_bytes;
	conf->min_picture_side = h->min_picture_side;
	conf->max_frames = h->max_frames;
	conf->max_film_frames = h->max_film_frames;
	conf->ms_per_frame = h->ms_per_frame;
	conf->seen_before_entries = h->seen_before_entries;
	conf->max_depth = h->max_depth;
	conf->max_object_ms = h->max_object_ms;
	conf->resource_hold_bytes = h->resource_hold_bytes;
	conf->resource_hold_ms = h->resource_hold_ms;
	conf->n_plugins = h->n_plugins;
	_Static_assert(sizeof(conf->plugins) == sizeof(h->plugins), "paths as long there as here");
	memcpy(conf->plugins, h->plugins, sizeof(conf->plugins));
	return VG_OK;
}

void vg_supervise_forward_conf(const struct vg_config *config, struct vg_forward_conf *conf)
{
	const struct vg_config_forward *f = &config->forward;
	uint32_t huge = config->dataplane.huge_pages;
	memset(conf, 0, sizeof(*conf));
	if (huge == VG_HUGE_NO || (huge == VG_HUGE_AUTO && !has_huge_pages()))
		conf->flags |= VG_CONF_NO_HUGE;
	conf->flags |= f->realtime ? VG_CONF_REALTIME : 0;
	conf->mtu = f->mtu;
	conf->eal_mem_mb = f->eal_mem_mb;
	conf->idle_us = f->idle_us;
	conf->ring.n_slots = f->n_slots;
	conf->ring.n_bytes = f->n_ring_bytes;
	conf->hold_ms = config->inlined.hold_ms;
	conf->inspect_wait_us = config->inlined.inspect_wait_us;
	conf->stops_per_minute = config->inlined.stops_per_minute;
	conf->n_pairs = f->n_pairs;
	for (uint32_t i = 0; i < f->n_pairs; i++) {
		memcpy(conf->pairs[i][0], f->pairs[i].a, sizeof(conf->pairs[i][0]));
		memcpy(conf->pairs[i][1], f->pairs[i].b, sizeof(conf->pairs[i][1]));
		conf->is_inspect_first[i] = f->pairs[i].mode == VG_INSPECT_FIRST;
	}
}

static enum vg_err write_file(const char *run_dir, const char *name, const void *bytes, size_t n_bytes)
{
	char path[PATH_MAX], temporary[PATH_MAX];
	if (snprintf(path, sizeof(path), "%s/%s", run_dir, name) >= (int)sizeof(path) ||
	    snprintf(temporary, sizeof(temporary), "%s/%s.tmp", run_dir, name) >= (int)sizeof(temporary))
		return VG_EINVAL;
	(void)unlink(temporary);
	int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd < 0)
		return VG_EIO;
	size_t done = 0;
	while (done < n_bytes) {
		ssize_t n = write(fd, (const char *)bytes + done, n_bytes - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	/* whatever the umask: the programs of the group read it */
	int bad = done != n_bytes || fchmod(fd, 0640) || fsync(fd);
	bad = close(fd) || bad || rename(temporary, path);
	if (bad)
		(void)unlink(temporary);
	return bad ? VG_EIO : VG_OK;
}

enum vg_err vg_supervise_write_dataplane(const char *run_dir, struct vg_dataplane_conf *conf)
{
	conf->magic = VG_SNAPSHOT_MAGIC;
	conf->version = VG_SNAPSHOT_VERSION;
	conf->n_bytes = sizeof(*conf);
	conf->generation++;
	return write_file(run_dir, "dataplane.snapshot", conf, sizeof(*conf));
}

enum vg_err vg_supervise_write_hashing(const char *run_dir, struct vg_hashing_conf *conf)
{
	conf->magic = VG_SNAPSHOT_MAGIC;
	conf->version = VG_SNAPSHOT_VERSION;
	conf->n_bytes = sizeof(*conf);
	conf->generation++;
	return write_file(run_dir, "hashing.snapshot", conf, sizeof(*conf));
}

enum vg_err vg_supervise_write_forward(const char *run_dir, struct vg_forward_conf *conf)
{
	conf->magic = VG_SNAPSHOT_MAGIC;
	conf->version = VG_SNAPSHOT_VERSION;
	conf->n_bytes = sizeof(*conf);
	conf->generation++;
	return write_file(run_dir, "forward.snapshot", conf, sizeof(*conf));
}
