/* An undecided flow keeps the first few bytes of each direction until they suffice; what does not tell is lost to
 * proto (it is told as a gap), and every later piece is still looked at for the beginning of a message: a flow that
 * was picked up in the middle of a body becomes interesting with its next request or response. */
#include <string.h>

#include <ndpi/ndpi_api.h>
#include <ndpi/ndpi_main.h>

#include "dataplane/detect/detect_priv.h"

static void count_app(struct vg_detect *detect, enum vg_app app)
{
	if (app != VG_APP_NONE)
		vg_count(detect->stats,
			 app == VG_APP_HTTP1     ? VG_C_DETECT_HTTP
			 : app == VG_APP_OPAQUE  ? VG_C_DETECT_OPAQUE
			 : app == VG_APP_UNKNOWN ? VG_C_DETECT_UNKNOWN
						 : VG_C_DETECT_OTHER,
			 1);
}

static void lose_held(struct vg_detect_flow *flow, unsigned dir)
{
	flow->n_lost_bytes[dir] += flow->n_held[dir];
	flow->n_held[dir] = 0;
}

enum vg_app vg_detect_first(const struct vg_detect *detect, const uint8_t *bytes, uint32_t n_bytes)
{
	enum vg_app said = VG_APP_UNKNOWN, one;

	for (uint32_t i = 0; i < detect->n_rows; i++) {
		one = detect->rows[i].first ? detect->rows[i].first(bytes, n_bytes) : VG_APP_UNKNOWN;
		if (one == VG_APP_OPAQUE || VG_APP_IS_PARSED(one))
			return one;
		if (one == VG_APP_NONE)
			said = VG_APP_NONE;
	}
	return said;
}

enum vg_app vg_detect_begins(const struct vg_detect *detect, const uint8_t *bytes, uint32_t n_bytes)
{
	for (uint32_t i = 0; i < detect->n_rows; i++)
		if (detect->rows[i].begins && detect->rows[i].begins(bytes, n_bytes))
			return (enum vg_app)detect->rows[i].app;
	return VG_APP_UNKNOWN;
}

/* The first bytes of dir, together with what is held of them. */
static enum vg_app first_bytes(const struct vg_detect *detect, const struct vg_detect_flow *flow, unsigned dir,
			       const uint8_t *bytes, uint32_t n_bytes)
{
	uint8_t joined[VG_DETECT_HELD_BYTES * 2];
	uint32_t n = flow->n_held[dir];

	if (!n)
		return vg_detect_first(detect, bytes, n_bytes);
	memcpy(joined, flow->held[dir], n);
	if (n_bytes > sizeof(joined) - n)
		n_bytes = (uint32_t)sizeof(joined) - n;
	memcpy(joined + n, bytes, n_bytes);
	return vg_detect_first(detect, joined, n + n_bytes);
}

enum vg_app vg_detect_look(const struct vg_detect *detect, const struct vg_detect_flow *flow, unsigned dir,
			   const uint8_t *bytes, uint32_t n_bytes)
{
	return flow->is_past[dir] ? VG_APP_UNKNOWN : first_bytes(detect, flow, dir, bytes, n_bytes);
}

enum vg_app vg_detect_bytes(struct vg_detect *detect, struct vg_detect_flow *flow, unsigned dir, const uint8_t *bytes,
			    uint32_t n_bytes)
{
	enum vg_app app = VG_APP_UNKNOWN;

	if (!flow->is_past[dir])
		app = first_bytes(detect, flow, dir, bytes, n_bytes);
	else
		app = vg_detect_begins(detect, bytes, n_bytes);
	if (app == VG_APP_NONE && n_bytes <= VG_DETECT_HELD_BYTES - (uint32_t)flow->n_held[dir]) {
		memcpy(flow->held[dir] + flow->n_held[dir], bytes, n_bytes);
		flow->n_held[dir] = (uint8_t)(flow->n_held[dir] + n_bytes);
		return VG_APP_NONE;
	}
	if (app == VG_APP_NONE || app == VG_APP_UNKNOWN) {
		lose_held(flow, dir);
		flow->n_lost_bytes[dir] += n_bytes;
		flow->is_past[dir] = 1;
		app = ++flow->n_spans < VG_DETECT_MAX_SPANS ? VG_APP_NONE : VG_APP_UNKNOWN;
	}
	count_app(detect, app);
	return app;
}

void vg_detect_gap(struct vg_detect_flow *flow, unsigned dir, uint64_t n_missing)
{
	lose_held(flow, dir);
	flow->n_lost_bytes[dir] += n_missing;
	flow->is_past[dir] = 1;
}

static struct ndpi_flow_struct *ndpi_flow(struct vg_detect *detect, struct vg_detect_flow *flow)
{
	if (!flow->ndpi_1) {
		if (!detect->n_free)
			return NULL;
		flow->ndpi_1 = detect->free[--detect->n_free] + 1;
		memset(detect->flows + (size_t)(flow->ndpi_1 - 1) * detect->flow_bytes, 0, detect->flow_bytes);
	}
	return (struct ndpi_flow_struct *)(void *)(detect->flows + (size_t)(flow->ndpi_1 - 1) * detect->flow_bytes);
}

enum vg_app vg_detect_ask(struct vg_detect *detect, struct vg_detect_flow *flow, const uint8_t *ip, uint32_t n_bytes,
			  uint64_t clock_ns)
{
	struct ndpi_flow_struct *state;
	ndpi_protocol said;
	enum vg_app app;

	if (flow->n_packets >= VG_DETECT_PACKETS)
		return VG_APP_NONE;
	flow->n_packets++;
	if (!detect->engine && vg_detect_engine_create(detect)) {
		vg_count(detect->stats, VG_C_DETECT_NO_STATE, 1);
		return VG_APP_NONE;
	}
	state = vg_ndpi_memory_has_room(detect->memory) ? ndpi_flow(detect, flow) : NULL;
	if (!state) {
		vg_count(detect->stats, VG_C_DETECT_NO_STATE, 1);
		return VG_APP_NONE;
	}
	vg_count(detect->stats, VG_C_DETECT_NDPI, 1);
	vg_ndpi_memory_enter(detect->memory);
	said = ndpi_detection_process_packet(detect->engine, state, ip,
					     (unsigned short)(n_bytes < 65535 ? n_bytes : 65535), clock_ns / 1000000);
	vg_ndpi_memory_leave();
	if (said.master_protocol == NDPI_PROTOCOL_UNKNOWN && said.app_protocol == NDPI_PROTOCOL_UNKNOWN)
		app = VG_APP_NONE;
	else if (said.master_protocol == NDPI_PROTOCOL_HTTP || said.app_protocol == NDPI_PROTOCOL_HTTP)
		app = VG_APP_HTTP1;
	else
		app = VG_APP_OPAQUE;
	count_app(detect, app);
	return app;
}

void vg_detect_end(struct vg_detect *detect, struct vg_detect_flow *flow)
{
	struct ndpi_flow_struct *state;

	if (!flow->ndpi_1)
		return;
	state = ndpi_flow(detect, flow);
	vg_ndpi_memory_enter(detect->memory);
	ndpi_free_flow_data(state);
	vg_ndpi_memory_leave();
	detect->free[detect->n_free++] = flow->ndpi_1 - 1;
	flow->ndpi_1 = 0;
}
