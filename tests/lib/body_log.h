#pragma once
/* body_log: a body sink that writes down what it is told, one line per body when it ends, so that a test compares text:
 *	down GET host /url 200 [type=] [file=] [client=] [boundary=] [agent=] [coded=] [flags=] [at=]: BODY = state
 * BODY shows gaps as {n}; a body that was cut anywhere gives the same line. Also checks the sink's own rules. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/proto/body.h"

#define VG_LOG_BODIES 16
#define VG_LOG_TEXT   8192

struct vg_logged {
	int is_open;
	struct vg_attribution card;
	size_t n_text;
	uint64_t n_bytes;
	char text[VG_LOG_TEXT];
};
struct vg_body_log {
	struct vg_logged bodies[VG_LOG_BODIES];
	unsigned n_open, n_opened;
	uint64_t skip_after; /* VG_SKIP once a body has more bytes than this; 0 = never */
	int refuse;          /* open answers NULL */
	size_t n_text;
	char text[4 * VG_LOG_TEXT];
};

__attribute__((format(printf, 2, 3))) static inline void vg_body_log_add(struct vg_body_log *log, const char *format,
									 ...)
{
	va_list args;
	va_start(args, format);
	int n = vsnprintf(log->text + log->n_text, sizeof(log->text) - log->n_text, format, args);
	va_end(args);
	assert_true(n >= 0 && (size_t)n < sizeof(log->text) - log->n_text);
	log->n_text += (size_t)n;
}
static inline struct vg_logged *vg_logged_of(struct vg_body_log *log, struct vg_body *body)
{
	struct vg_logged *b = (struct vg_logged *)(void *)body;
	assert_true(b >= log->bodies && b < log->bodies + VG_LOG_BODIES);
	assert_true(b->is_open);
	return b;
}
static inline struct vg_body *vg_log_open(void *ctx, const struct vg_attribution *card)
{
	struct vg_body_log *log = ctx;
	log->n_opened++;
	for (unsigned i = 0; i < VG_LOG_BODIES && !log->refuse; i++) {
		struct vg_logged *b = &log->bodies[i];
		if (b->is_open)
			continue;
		memset(b, 0, sizeof(*b));
		b->is_open = 1;
		memcpy(&b->card, card, sizeof(*card));
		log->n_open++;
		return (struct vg_body *)(void *)b;
	}
	return NULL;
}
static inline enum vg_step vg_log_data(void *ctx, struct vg_body *body, const uint8_t *bytes, uint32_t n,
				       int64_t wall_ns)
{
	struct vg_body_log *log = ctx;
	struct vg_logged *b = vg_logged_of(log, body);
	(void)wall_ns;
	assert_true(n > 0);
	for (uint32_t i = 0; i < n && b->n_text + 1 < sizeof(b->text); i++)
		b->text[b->n_text++] = bytes[i] >= ' ' && bytes[i] < 0x7f ? (char)bytes[i] : '.';
	b->n_bytes += n;
	if (log->skip_after && b->n_bytes > log->skip_after) {
		b->is_open = 0;
		log->n_open--;
		return VG_SKIP;
	}
	return VG_MORE;
}
static inline enum vg_step vg_log_gap(void *ctx, struct vg_body *body, uint64_t n_missing)
{
	struct vg_logged *b = vg_logged_of(ctx, body);
	b->n_text += (size_t)snprintf(b->text + b->n_text, sizeof(b->text) - b->n_text, "{%llu}",
				      (unsigned long long)n_missing);
	return VG_MORE;
}
static inline void vg_log_amend(void *ctx, struct vg_body *body, const struct vg_attribution *card)
{
	vg_card_amend(&vg_logged_of(ctx, body)->card, card);
}
static inline void vg_log_close(void *ctx, struct vg_body *body, enum vg_state state, int64_t wall_ns)
{
	struct vg_body_log *log = ctx;
	struct vg_logged *b = vg_logged_of(log, body);
	const struct vg_attribution *c = &b->card;
	(void)wall_ns;
	assert_true(state > VG_STATE_OPEN && state < VG_STATE_N);
	vg_body_log_add(log, "%s %.*s %.*s %.*s %u", c->direction == VG_UPLOAD ? "up" : "down", c->n_method, c->method,
			c->n_host, c->host, c->n_url, c->url, c->http_status);
#define VG_LOG_FIELD(name, field)                                                       \
	do {                                                                            \
		if (c->n_##field)                                                       \
			vg_body_log_add(log, " " name "=%.*s", c->n_##field, c->field); \
	} while (0)
	VG_LOG_FIELD("type", type);
	VG_LOG_FIELD("file", filename);
	VG_LOG_FIELD("client", forwarded);
	VG_LOG_FIELD("boundary", boundary);
	VG_LOG_FIELD("agent", agent);
#undef VG_LOG_FIELD
	if (c->codings)
		vg_body_log_add(log, " coded=%x", c->codings);
	if (c->flags & ~VG_ATTR_CHUNKED) /* what was undone tells from the bytes */
		vg_body_log_add(log, " flags=%x", c->flags & ~VG_ATTR_CHUNKED);
	if (c->flags & VG_ATTR_GROWS && c->flags & VG_ATTR_PIECE)
		vg_body_log_add(log, " at=%d", (int)c->range_off);
	vg_body_log_add(log, ": %.*s = %s\n", (int)b->n_text, b->text, vg_state_str(state));
	b->is_open = 0;
	log->n_open--;
}
static inline struct vg_body_sink vg_body_log_sink(struct vg_body_log *log)
{
	return (struct vg_body_sink){ log, vg_log_open, vg_log_data, vg_log_gap, vg_log_amend, vg_log_close };
}
