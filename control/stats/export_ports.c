/* Ports and inline pairs as Prometheus text. A family stands together, so every family walks all rows. */
#include <stddef.h>
#include <string.h>

#include "control/stats/export_priv.h"
#include "control/stats/names.h"

struct family {
	const char *name, *type, *help;
	size_t off; /* in struct vg_port_view */
};
struct walk {
	FILE *out;
	const struct family *family;
};

#define FIELD(field) offsetof(struct vg_port_view, field)

static const struct family families[] = {
	{ "port_rx_packets_total", "counter", "frames the port received", FIELD(rx_packets) },
	{ "port_rx_bytes_total", "counter", "bytes of these", FIELD(rx_bytes) },
	{ "port_rx_missed_total", "counter", "frames the port lost for want of room", FIELD(rx_missed) },
	{ "port_rx_errors_total", "counter", "frames the port refused as damaged", FIELD(rx_errors) },
	{ "port_rx_nombuf_total", "counter", "frames lost because no buffer was free", FIELD(rx_nombuf) },
	{ "port_tx_packets_total", "counter", "frames the port sent", FIELD(tx_packets) },
	{ "port_tx_bytes_total", "counter", "bytes of these", FIELD(tx_bytes) },
	{ "port_tx_errors_total", "counter", "frames the port took and did not send", FIELD(tx_errors) },
	{ "port_link_downs_total", "counter", "times the link went down", FIELD(n_downs) },
};

static void labels(FILE *out, const char *name, const struct vg_port_view *port)
{
	fprintf(out, "vigil_%s{port=\"%s\"", name, port->name);
	if (port->pair >= 0)
		fprintf(out, ",pair=\"%d\"", port->pair);
	fputs("} ", out);
}

static void count_row(void *ctx, const struct vg_port_view *port)
{
	const struct walk *walk = ctx;
	uint64_t n;
	memcpy(&n, (const char *)port + walk->family->off, sizeof(n));
	labels(walk->out, walk->family->name, port);
	fprintf(walk->out, "%llu\n", (unsigned long long)n);
}

static void link_row(void *ctx, const struct vg_port_view *port)
{
	if (port->link == VG_PORT_LINK_UNKNOWN)
		return;
	labels(ctx, "port_link_up", port);
	fprintf(ctx, "%d\n", port->link == VG_PORT_LINK_UP);
}

static void losing_row(void *ctx, const struct vg_port_view *port)
{
	labels(ctx, "port_losing", port);
	fprintf(ctx, "%d\n", port->is_losing);
}

static void queues_row(void *ctx, const struct vg_port_view *port)
{
	labels(ctx, "port_queues", port);
	fprintf(ctx, "%u\n", port->n_queues);
}

/* One sample of every pair for a row of the forwarder's counters. */
static void pairs(FILE *out, const struct vg_forward_link *forward, unsigned counter)
{
	struct vg_stats_name name;
	vg_stats_name_split(vg_stats_forward_text(counter)->name, &name);
	for (uint32_t i = 0; i < vg_forward_link_n_pairs(forward); i++) {
		uint64_t n[VG_F_N];
		vg_forward_link_sum(forward, (int)i, n);
		fprintf(out, "vigil_%s{pair=\"%u\"", name.base, i);
		if (name.label[0])
			fprintf(out, ",%s=\"%s\"", name.label, name.value);
		fprintf(out, "} %llu\n", (unsigned long long)n[counter]);
	}
}

static int is_first_of_family(unsigned counter, const struct vg_stats_name *name)
{
	for (unsigned i = 0; i < counter; i++) {
		struct vg_stats_name other;
		vg_stats_name_split(vg_stats_forward_text(i)->name, &other);
		if (!strcmp(other.base, name->base))
			return 0;
	}
	return 1;
}

static void forwarder(FILE *out, const struct vg_forward_link *forward)
{
	vg_stats_head(out, "forward_linked", "gauge", "1 while vigild is linked to vigil-forward");
	fprintf(out, "vigil_forward_linked %d\n", vg_forward_link_is_up(forward));
	for (unsigned i = 0; i < VG_F_N; i++) {
		struct vg_stats_name name, other;
		size_t n;
		vg_stats_name_split(vg_stats_forward_text(i)->name, &name);
		if (!is_first_of_family(i, &name))
			continue;
		n = strlen(name.base);
		vg_stats_head(out, name.base, n > 6 && !strcmp(name.base + n - 6, "_total") ? "counter" : "gauge",
			      vg_stats_forward_text(i)->help);
		for (unsigned k = i; k < VG_F_N; k++) {
			vg_stats_name_split(vg_stats_forward_text(k)->name, &other);
			if (!strcmp(other.base, name.base))
				pairs(out, forward, k);
		}
	}
}

void vg_stats_export_ports(FILE *out, const struct vg_port_watch *ports)
{
	for (size_t i = 0; i < VG_ARRAY_LEN(families); i++) {
		struct walk walk = { out, &families[i] };
		vg_stats_head(out, families[i].name, families[i].type, families[i].help);
		vg_port_watch_each(ports, count_row, &walk);
	}
	vg_stats_head(out, "port_link_up", "gauge", "1 = the link is up; ports whose driver does not tell have none");
	vg_port_watch_each(ports, link_row, out);
	vg_stats_head(out, "port_losing", "gauge", "1 = the port lost frames within the last minute");
	vg_port_watch_each(ports, losing_row, out);
	vg_stats_head(out, "port_queues", "gauge", "queues it is received by");
	vg_port_watch_each(ports, queues_row, out);
	if (vg_port_watch_forward(ports))
		forwarder(out, vg_port_watch_forward(ports));
}
