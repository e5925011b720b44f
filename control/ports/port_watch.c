#include "control/ports/port_watch.h"

#include <stdlib.h>
#include <string.h>

#include <vigil/clock.h>
#include <vigil/log.h>

#define ROOM    "control/ports"
#define TICK_MS 1000
#define MAX_ROW (VG_STATS_PORTS + 2 * VG_FORWARD_MAX_PAIRS)

struct row {
	int is_used;
	struct vg_port_view view;
	uint64_t n_lost, lost_ns;          /* all that was lost; when it last grew, 0 = never */
	uint64_t logged_ns, n_logged_lost; /* of the last line about losses */
};
struct vg_port_watch {
	struct vg_loop *loop;
	const struct vg_intake *intake;
	const struct vg_forward_link *forward;
	uint64_t timer;
	struct row rows[MAX_ROW];
};

const char *vg_port_link_str(uint32_t link)
{
	return link == VG_PORT_LINK_UP ? "up" : link == VG_PORT_LINK_DOWN ? "DOWN" : "unknown";
}

const char *vg_port_share_str(uint32_t share)
{
	static const char *const texts[] = { "none", "one worker", "shared out by a thread", "hashed by the card",
					     "inline" };
	return share < VG_ARRAY_LEN(texts) ? texts[share] : "unknown";
}

/* The rows of a page: where they begin among ours, and how many. */
static uint32_t first_row(int pair)
{
	return pair < 0 ? 0 : VG_STATS_PORTS + 2 * (uint32_t)pair;
}

static void copy_name(char to[VG_PORT_NAME], const char from[VG_PORT_NAME])
{
	size_t n = 0;
	for (; n < VG_PORT_NAME - 1 && from[n]; n++) {
		char c = from[n];
		to[n] = c > ' ' && c < 127 && c != '"' && c != '\\' ? c : '?';
	}
	memset(to + n, 0, VG_PORT_NAME - n);
}

#define LOAD(field) atomic_load_explicit(&port->field, memory_order_relaxed)

static void read_row(const struct vg_port_stats *port, int pair, struct vg_port_view *view)
{
	copy_name(view->name, port->name);
	view->pair = pair;
	view->share = LOAD(share);
	view->link = LOAD(link);
	view->n_queues = LOAD(n_queues);
	view->rx_packets = LOAD(rx_packets);
	view->rx_bytes = LOAD(rx_bytes);
	view->rx_missed = LOAD(rx_missed);
	view->rx_errors = LOAD(rx_errors);
	view->rx_nombuf = LOAD(rx_nombuf);
	view->tx_packets = LOAD(tx_packets);
	view->tx_bytes = LOAD(tx_bytes);
	view->tx_errors = LOAD(tx_errors);
	view->n_downs = LOAD(n_downs);
}

/* Each change is a line; a link that flaps is a few lines a second at most. */
static void tell_link(const struct row *row, uint32_t before)
{
	const struct vg_port_view *v = &row->view;
	if (v->link == VG_PORT_LINK_DOWN && before != VG_PORT_LINK_DOWN)
		vg_log(VG_LOG_ERROR, ROOM, "port %s: the link is down", v->name);
	else if (v->link == VG_PORT_LINK_UP && before == VG_PORT_LINK_DOWN)
		vg_log(VG_LOG_WARN, ROOM, "port %s: the link is up again", v->name);
}

static void tell_loss(struct row *row, uint64_t now_ns)
{
	const struct vg_port_view *v = &row->view;
	if (row->n_lost == row->n_logged_lost || (row->logged_ns && now_ns - row->logged_ns < VG_PORT_LOSING_NS))
		return;
	vg_log(VG_LOG_WARN, ROOM,
	       "port %s: %llu frames lost (missed %llu, errors %llu, no buffer %llu since its start)", v->name,
	       (unsigned long long)(row->n_lost - row->n_logged_lost), (unsigned long long)v->rx_missed,
	       (unsigned long long)v->rx_errors, (unsigned long long)v->rx_nombuf);
	row->logged_ns = now_ns;
	row->n_logged_lost = row->n_lost;
}

static void look_at_row(struct row *row, const struct vg_port_stats *port, int pair, uint64_t now_ns)
{
	uint32_t before = row->is_used ? row->view.link : VG_PORT_LINK_UNKNOWN;
	uint64_t n_lost;
	read_row(port, pair, &row->view);
	n_lost = row->view.rx_missed + row->view.rx_errors + row->view.rx_nombuf + row->view.tx_errors;
	if (n_lost < row->n_lost) /* the program began anew */
		row->n_logged_lost = 0;
	if (n_lost > row->n_lost || (n_lost && n_lost < row->n_lost))
		row->lost_ns = now_ns;
	row->n_lost = n_lost;
	row->view.is_losing = row->lost_ns && now_ns - row->lost_ns < VG_PORT_LOSING_NS;
	row->is_used = 1;
	tell_link(row, before);
	tell_loss(row, now_ns);
}

void vg_port_watch_take(struct vg_port_watch *watch, int pair, const struct vg_stats_page *page, uint64_t now_ns)
{
	uint32_t first, n = pair < 0 ? VG_STATS_PORTS : 2;
	if (pair >= VG_FORWARD_MAX_PAIRS)
		return;
	first = first_row(pair);
	for (uint32_t i = 0; i < n; i++)
		if (atomic_load_explicit(&page->ports[i].share, memory_order_acquire))
			look_at_row(&watch->rows[first + i], &page->ports[i], pair, now_ns);
		else
			memset(&watch->rows[first + i], 0, sizeof(watch->rows[0]));
}

struct turn {
	struct vg_port_watch *watch;
	uint64_t now_ns;
};

static void on_page(void *ctx, int is_hasher, uint32_t idx, const struct vg_stats_page *page)
{
	struct turn *turn = ctx;
	if (!is_hasher && !idx)
		vg_port_watch_take(turn->watch, -1, page, turn->now_ns);
}

static void on_tick(void *ctx)
{
	struct turn turn = { ctx, vg_mono_now().ns };
	struct vg_port_watch *watch = ctx;
	if (watch->intake)
		vg_intake_each_page(watch->intake, on_page, &turn);
	for (uint32_t i = 0; watch->forward && i < VG_FORWARD_MAX_PAIRS; i++)
		if (vg_forward_link_page(watch->forward, i))
			vg_port_watch_take(watch, (int)i, vg_forward_link_page(watch->forward, i), turn.now_ns);
}

void vg_port_watch_each(const struct vg_port_watch *watch, vg_port_fn fn, void *ctx)
{
	for (uint32_t i = 0; i < MAX_ROW; i++)
		if (watch->rows[i].is_used)
			fn(ctx, &watch->rows[i].view);
}

const struct vg_forward_link *vg_port_watch_forward(const struct vg_port_watch *watch)
{
	return watch->forward;
}

struct vg_port_watch *vg_port_watch_create(struct vg_loop *loop, const struct vg_intake *intake,
					   const struct vg_forward_link *forward)
{
	struct vg_port_watch *watch = calloc(1, sizeof(*watch));
	if (!watch)
		return NULL;
	watch->loop = loop;
	watch->intake = intake;
	watch->forward = forward;
	watch->timer = vg_loop_every(loop, TICK_MS, on_tick, watch);
	if (watch->timer)
		return watch;
	free(watch);
	return NULL;
}

void vg_port_watch_destroy(struct vg_port_watch *watch)
{
	if (!watch)
		return;
	vg_loop_cancel(watch->loop, watch->timer);
	free(watch);
}
