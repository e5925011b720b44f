#pragma once
/* http: GET /metrics, /livez and /readyz on a loopback port, by libmicrohttpd polled from vigild's loop: no thread.
 * At most VG_STATS_MAX_CLIENTS connections, 10 s each. docs/adr has why vigild serves this itself for now. */
#include "control/loop/loop.h"
#include "control/stats/export.h"

#define VG_STATS_MAX_CLIENTS 16
#define VG_STATS_TIMEOUT_S   10

struct vg_stats_http;
void vg_stats_http_destroy(struct vg_stats_http *http);
/* Listens on address:port (port 0 = any free one: for tests). `env` is copied. NULL with the reason in why. */
struct vg_stats_http *vg_stats_http_create(struct vg_loop *loop, const char *address, uint32_t port,
					   const struct vg_stats_env *env, char *why, size_t n_why)
	VG_DEALLOC(vg_stats_http_destroy);
/* The port that it listens on. */
uint32_t vg_stats_http_port(const struct vg_stats_http *http);
