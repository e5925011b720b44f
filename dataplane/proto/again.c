/* As detect does it for a whole flow, without nDPI: each direction's first bytes are asked of all protocols. */
#include "dataplane/proto/again.h"

void vg_again_begin(struct vg_again *again, unsigned client)
{
	memset(again, 0, offsetof(struct vg_again, held));
	again->client = (uint8_t)client;
}

int vg_again_hold(struct vg_again *again, unsigned dir, const uint8_t *bytes, uint32_t n_bytes)
{
	uint32_t room = VG_AGAIN_BYTES - again->n_held[dir], n = n_bytes < room ? n_bytes : room;

	memcpy(again->held[dir] + again->n_held[dir], bytes, n);
	again->n_held[dir] = (uint16_t)(again->n_held[dir] + n);
	return n == n_bytes;
}

void vg_again_gap(struct vg_again *again, unsigned dir, uint64_t n_missing)
{
	int is_known = n_missing && again->n_lost[dir] != UINT64_MAX;

	again->n_lost[dir] = is_known ? again->n_lost[dir] + again->n_held[dir] + n_missing : UINT64_MAX;
	again->n_held[dir] = 0;
	again->is_past[dir] = 1;
}

static enum vg_app first_of(const struct vg_proto *proto, const uint8_t *bytes, uint32_t n_bytes)
{
	enum vg_app said = VG_APP_UNKNOWN, one;

	for (unsigned app = 0; app < VG_APP_N; app++) {
		const struct vg_parser *parser = proto->parsers[app];
		if (!parser || !parser->recogniser.first)
			continue;
		one = parser->recogniser.first(bytes, n_bytes);
		if (one == VG_APP_OPAQUE || (VG_APP_IS_PARSED(one) && proto->parsers[one]))
			return one;
		if (one == VG_APP_NONE)
			said = VG_APP_NONE;
	}
	return said;
}

/* What came behind a hole may begin a message. */
static enum vg_app begins_of(const struct vg_proto *proto, const uint8_t *bytes, uint32_t n_bytes)
{
	for (unsigned app = 0; app < VG_APP_N; app++) {
		const struct vg_parser *parser = proto->parsers[app];
		if (parser && parser->recogniser.begins && parser->recogniser.begins(bytes, n_bytes))
			return (enum vg_app)app;
	}
	return VG_APP_UNKNOWN;
}

enum vg_app vg_again_bytes(const struct vg_proto *proto, struct vg_again *again, unsigned dir, const uint8_t *bytes,
			   uint32_t n_bytes)
{
	uint8_t joined[2 * VG_DETECT_HELD_BYTES];
	uint32_t n_held = again->n_held[dir] < VG_DETECT_HELD_BYTES ? again->n_held[dir] : VG_DETECT_HELD_BYTES;
	uint32_t n = n_bytes < sizeof(joined) - n_held ? n_bytes : (uint32_t)sizeof(joined) - n_held;
	enum vg_app app;

	if (n_held + n_bytes == 0)
		return VG_APP_NONE;
	if (again->is_past[dir]) {
		app = begins_of(proto, bytes, n_bytes);
	} else if (again->n_held[dir] > VG_DETECT_HELD_BYTES || !n_bytes) {
		app = first_of(proto, again->held[dir], again->n_held[dir]);
	} else if (n_held) {
		memcpy(joined, again->held[dir], n_held);
		memcpy(joined + n_held, bytes, n);
		app = first_of(proto, joined, n_held + n);
	} else {
		app = first_of(proto, bytes, n_bytes);
	}
	if (app == VG_APP_OPAQUE || VG_APP_IS_PARSED(app))
		return app;
	if (app == VG_APP_UNKNOWN && again->is_past[!dir])
		return VG_APP_UNKNOWN;
	again->is_past[dir] |= app == VG_APP_UNKNOWN;
	return vg_again_hold(again, dir, bytes, n_bytes) ? VG_APP_NONE : VG_APP_UNKNOWN;
}
