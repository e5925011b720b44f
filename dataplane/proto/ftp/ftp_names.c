/* Where a transferred file lies: CWD and the path of the command make one path, so that pieces of one file that cross
 * on several connections have one name. */
#include <arpa/inet.h>

#include "dataplane/proto/ftp/ftp_priv.h"

uint16_t vg_ftp_join(struct vg_span cwd, struct vg_span path, char *out, uint16_t cap)
{
	struct vg_span parts[2] = { cwd, path };
	uint16_t n = 0;

	for (unsigned i = path.n_bytes && path.at[0] == '/'; i < 2; i++)
		for (size_t at = 0, end; at < parts[i].n_bytes; at = end + 1) {
			const uint8_t *part = parts[i].at + at;
			size_t n_part;

			for (end = at; end < parts[i].n_bytes && parts[i].at[end] != '/';)
				end++;
			n_part = end - at;
			if (!n_part || (n_part == 1 && part[0] == '.'))
				continue;
			if (n_part == 2 && part[0] == '.' && part[1] == '.') {
				while (n && out[--n] != '/') {
				}
				continue;
			}
			if (n == cap)
				return n;
			out[n++] = '/';
			n_part = n_part < (size_t)(cap - n) ? n_part : (size_t)(cap - n);
			memcpy(out + n, part, n_part);
			n = (uint16_t)(n + n_part);
		}
	return n;
}

static struct vg_span cwd_of(const struct vg_ftp_flow *flow)
{
	return (struct vg_span){ (const uint8_t *)flow->cwd, flow->n_cwd };
}

uint64_t vg_ftp_resource(const struct vg_proto *p, const struct vg_ftp_flow *flow, struct vg_span path)
{
	char whole[VG_ATTR_URL];
	struct vg_span texts[2] = { { (const uint8_t *)"ftp", 3 }, { (const uint8_t *)whole, 0 } };

	texts[1].n_bytes = vg_ftp_join(cwd_of(flow), path, whole, sizeof(whole));
	return vg_card_resource(p, &flow->base.ident, texts, 2);
}

static uint16_t add(char *out, uint16_t n, uint16_t cap, const void *text, size_t n_text)
{
	n_text = n_text < (size_t)(cap - n) ? n_text : (size_t)(cap - n);
	memcpy(out + n, text, n_text);
	return (uint16_t)(n + n_text);
}

/* The name the client asked for (HOST, RFC 7151), else the server's address; with the port where it is not FTP's (RFC
 * 1738 3.2). */
static uint16_t server_name(const struct vg_ftp_flow *flow, char *out, uint16_t n, uint16_t cap)
{
	unsigned server = flow->client_1 ? !(flow->client_1 - 1) : 1;
	const struct vg_flow_ident *ident = &flow->base.ident;
	uint16_t port = ident->port[server];
	char text[64], *digit = text + sizeof(text);

	if (flow->n_host) {
		n = add(out, n, cap, flow->host, flow->n_host);
	} else if (inet_ntop(ident->ip_version == 6 ? AF_INET6 : AF_INET, ident->ip[server], text, sizeof(text))) {
		if (ident->ip_version == 6)
			n = add(out, n, cap, "[", 1);
		n = add(out, n, cap, text, strlen(text));
		if (ident->ip_version == 6)
			n = add(out, n, cap, "]", 1);
	}
	if (port == VG_FTP_PORT_NO)
		return n;
	do {
		*--digit = (char)('0' + port % 10);
		port /= 10;
	} while (port);
	*--digit = ':';
	return add(out, n, cap, digit, (size_t)(text + sizeof(text) - digit));
}

void vg_ftp_name(struct vg_proto *p, const struct vg_ftp_flow *flow, struct vg_ftp_transfer *t, struct vg_span path)
{
	const uint16_t cap = sizeof(t->url);
	const char *slash;
	char whole[VG_ATTR_URL];
	uint16_t n = 0, n_whole = vg_ftp_join(cwd_of(flow), path, whole, sizeof(whole));

	t->n_host = add(t->host, 0, sizeof(t->host), flow->host, flow->n_host);
	t->n_agent = add(t->agent, 0, sizeof(t->agent), flow->agent, flow->n_agent);
	n = add(t->url, n, cap, "ftp://", 6);
	if (flow->n_user) {
		n = add(t->url, n, cap, flow->user, flow->n_user);
		n = add(t->url, n, cap, "@", 1);
	}
	n = server_name(flow, t->url, n, cap);
	t->n_url = add(t->url, n, cap, whole, n_whole);
	slash = memrchr(whole, '/', n_whole);
	slash = slash ? slash + 1 : whole;
	t->n_filename = add(t->filename, 0, sizeof(t->filename), slash, (size_t)(whole + n_whole - slash));
	t->is_cut = n_whole == sizeof(whole) || t->n_url == cap || t->n_filename == sizeof(t->filename);
	t->resource = path.n_bytes ? vg_ftp_resource(p, flow, path) : 0;
}
