#include "control/stats/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vigil/base.h>
#include <vigil/late.h>

/* Idle connections end by time, which the loop must come by for. */
#define TURN_MS   1000
#define MAX_TURNS 64

/* libmicrohttpd and the TLS library that it brings, only where there are metrics. */
#define LIBRARY "libmicrohttpd.so.12"
struct mhd {
	__typeof__(MHD_create_response_from_buffer) *create_response_from_buffer;
	__typeof__(MHD_add_response_header) *add_response_header;
	__typeof__(MHD_queue_response) *queue_response;
	__typeof__(MHD_destroy_response) *destroy_response;
	__typeof__(MHD_run) *run;
	__typeof__(MHD_get_timeout) *get_timeout;
	__typeof__(MHD_stop_daemon) *stop_daemon;
	__typeof__(MHD_start_daemon) *start_daemon;
	__typeof__(MHD_get_daemon_info) *get_daemon_info;
};
static const struct vg_late_symbol symbols[] = {
#define SYMBOL(name)                                     \
	{                                                \
		"MHD_" #name, offsetof(struct mhd, name) \
	}
	SYMBOL(create_response_from_buffer),
	SYMBOL(add_response_header),
	SYMBOL(queue_response),
	SYMBOL(destroy_response),
	SYMBOL(run),
	SYMBOL(get_timeout),
	SYMBOL(stop_daemon),
	SYMBOL(start_daemon),
	SYMBOL(get_daemon_info),
#undef SYMBOL
};

struct vg_stats_http {
	struct mhd mhd;
	struct vg_loop *loop;
	struct MHD_Daemon *daemon;
	struct vg_stats_env env;
	int epoll_fd;
	uint64_t timer;
};

static enum MHD_Result reply(const struct vg_stats_http *http, struct MHD_Connection *connection, unsigned status,
			     char *text, size_t n_bytes, enum MHD_ResponseMemoryMode mode)
{
	struct MHD_Response *response = http->mhd.create_response_from_buffer(n_bytes, text, mode);
	enum MHD_Result result;
	if (!response) {
		if (mode == MHD_RESPMEM_MUST_FREE)
			free(text);
		return MHD_NO;
	}
	http->mhd.add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
				      "text/plain; version=0.0.4; charset=utf-8");
	result = http->mhd.queue_response(connection, status, response);
	http->mhd.destroy_response(response);
	return result;
}

static enum MHD_Result say(const struct vg_stats_http *http, struct MHD_Connection *connection, unsigned status,
			   const char *text)
{
	char copy[512];
	int n = snprintf(copy, sizeof(copy), "%s", text);
	return reply(http, connection, status, copy, (size_t)n < sizeof(copy) ? (size_t)n : sizeof(copy) - 1,
		     MHD_RESPMEM_MUST_COPY);
}

static enum MHD_Result answer(void *ctx, struct MHD_Connection *connection, const char *url, const char *method,
			      const char *version, const char *upload, size_t *n_upload, void **state)
{
	struct vg_stats_http *http = ctx;
	char why[256], *text;
	size_t n_bytes = 0;
	(void)version;
	(void)upload;
	(void)state;
	*n_upload = 0;
	if (strcmp(method, MHD_HTTP_METHOD_GET) && strcmp(method, MHD_HTTP_METHOD_HEAD))
		return say(http, connection, MHD_HTTP_METHOD_NOT_ALLOWED, "GET only\n");
	if (!strcmp(url, "/livez"))
		return say(http, connection, MHD_HTTP_OK, "ok\n");
	if (!strcmp(url, "/readyz"))
		return vg_stats_is_ready(&http->env, why, sizeof(why))
			       ? say(http, connection, MHD_HTTP_OK, "ok\n")
			       : say(http, connection, MHD_HTTP_SERVICE_UNAVAILABLE, why);
	if (strcmp(url, "/metrics"))
		return say(http, connection, MHD_HTTP_NOT_FOUND, "/metrics, /livez, /readyz\n");
	text = vg_stats_export(&http->env, &n_bytes);
	return text ? reply(http, connection, MHD_HTTP_OK, text, n_bytes, MHD_RESPMEM_MUST_FREE) : MHD_NO;
}

/* The library may have more to do than its descriptor tells (bytes read ahead, a peer that closed): it says so by a
 * waiting time of 0. Bounded, so that one connection cannot keep the loop. */
static void take_turns(struct vg_stats_http *http)
{
	MHD_UNSIGNED_LONG_LONG wait_ms = 0;
	for (unsigned n = 0; n < MAX_TURNS; n++) {
		if (http->mhd.run(http->daemon) != MHD_YES)
			return;
		if (http->mhd.get_timeout(http->daemon, &wait_ms) != MHD_YES || wait_ms)
			return;
	}
}

static void on_ready(void *ctx, int fd, uint32_t events)
{
	(void)fd;
	(void)events;
	take_turns(ctx);
}

static void on_turn(void *ctx)
{
	take_turns(ctx);
}

static void release(struct vg_stats_http *http)
{
	vg_loop_cancel(http->loop, http->timer);
	if (http->epoll_fd >= 0)
		vg_loop_unwatch(http->loop, http->epoll_fd);
	if (http->daemon)
		http->mhd.stop_daemon(http->daemon);
	free(http);
}

void vg_stats_http_destroy(struct vg_stats_http *http)
{
	if (http)
		release(http);
}

static struct MHD_Daemon *start(struct vg_stats_http *http, const char *address, uint32_t port)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port) };
	const struct sockaddr *at = (const struct sockaddr *)&v4;
	unsigned flags = MHD_USE_EPOLL;
	if (inet_pton(AF_INET6, address, &v6.sin6_addr) == 1) {
		at = (const struct sockaddr *)&v6;
		flags |= MHD_USE_IPv6;
	} else if (inet_pton(AF_INET, address, &v4.sin_addr) != 1) {
		errno = EINVAL;
		return NULL;
	}
	return http->mhd.start_daemon(flags, (uint16_t)port, NULL, NULL, answer, http, MHD_OPTION_SOCK_ADDR, at,
				      MHD_OPTION_CONNECTION_LIMIT, VG_STATS_MAX_CLIENTS, MHD_OPTION_CONNECTION_TIMEOUT,
				      VG_STATS_TIMEOUT_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)16384,
				      MHD_OPTION_END);
}

struct vg_stats_http *vg_stats_http_create(struct vg_loop *loop, const char *address, uint32_t port,
					   const struct vg_stats_env *env, char *why, size_t n_why)
{
	struct vg_stats_http *http = calloc(1, sizeof(*http));
	const union MHD_DaemonInfo *info;
	if (!http)
		return NULL;
	http->loop = loop;
	http->env = *env;
	http->epoll_fd = -1;
	if (vg_late_load(LIBRARY, symbols, VG_ARRAY_LEN(symbols), &http->mhd)) {
		snprintf(why, n_why, "metrics: %s (control.metrics_port, 0 = off)", dlerror());
		free(http);
		return NULL;
	}
	errno = 0;
	http->daemon = start(http, address, port);
	info = http->daemon ? http->mhd.get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
	if (info && !vg_loop_watch(loop, info->epoll_fd, EPOLLIN, on_ready, http)) {
		http->epoll_fd = info->epoll_fd;
		http->timer = vg_loop_every(loop, TURN_MS, on_turn, http);
	}
	if (http->timer)
		return http;
	snprintf(why, n_why, "metrics on %s port %u: %s (control.metrics_port, 0 = off)", address, port,
		 errno ? strerror(errno) : "cannot listen");
	release(http);
	return NULL;
}

uint32_t vg_stats_http_port(const struct vg_stats_http *http)
{
	const union MHD_DaemonInfo *info = http->mhd.get_daemon_info(http->daemon, MHD_DAEMON_INFO_BIND_PORT);
	return info ? info->port : 0;
}
