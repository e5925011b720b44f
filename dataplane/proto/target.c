/* Asked once per request. The normal form is made at most once, and of a host without entries only the host's. */
#include "dataplane/proto/target.h"

#include <vigil/url_table.h>

uint32_t vg_target_marks(struct vg_proto *p, const struct vg_flow_ident *who, struct vg_span host,
			 struct vg_span target)
{
	const struct vg_sites *sites = p->profiles[who->profile].sites;
	const struct vg_url_map *map = p->listed;
	uint32_t found = 0;
	struct vg_url url;
	int has_host;

	if (!map && !sites)
		return 0;
	url.n_text = 0;
	has_host = !vg_url_host(&url, host.at, host.n_bytes);
	if (sites) {
		vg_url_target(&url, target.at, target.n_bytes);
		if (!vg_sites_has(sites, url.text, url.n_text)) {
			vg_count(p->stats, VG_C_REQUESTS_OUT, 1);
			return VG_ATTR_OUT;
		}
	}
	if (!map)
		return 0;
	if (!has_host) {
		vg_count(p->stats, VG_C_REQUESTS_NO_HOST, 1);
		return 0;
	}
	found = vg_url_find(map->slots, map->n_slots, map->n_domains, who->profile, &url, target.at, target.n_bytes);
	if (!(found & VG_URL_LISTED))
		return 0;
	vg_count(p->stats, VG_C_REQUESTS_LISTED, 1);
	return VG_ATTR_LISTED | (found & VG_URL_BLOCK ? VG_ATTR_STOP : 0u);
}

struct vg_span vg_target_host(struct vg_span authority)
{
	for (size_t i = authority.n_bytes; i--;)
		if (authority.at[i] == '@')
			return (struct vg_span){ authority.at + i + 1, authority.n_bytes - i - 1 };
	return authority;
}

uint16_t vg_target_normal(struct vg_span target, char text[VG_ATTR_URL], int *cut)
{
	struct vg_url url = { .n_host = 0 };

	*cut = 1;
	vg_url_target(&url, target.at, target.n_bytes);
	memcpy(text, url.text, url.n_text);
	return url.n_text;
}

void vg_target_sight(struct vg_proto *p, int64_t wall_ns)
{
	struct vg_body *body;

	p->card.size_hint = 0;
	p->card.codings = 0;
	p->card.n_boundary = 0;
	p->card.resource = 0;
	p->card.flags &= ~(uint32_t)VG_ATTR_PIECE;
	p->card.first_byte_ns = wall_ns;
	body = p->sink.open(p->sink.ctx, &p->card);
	if (body)
		p->sink.close(p->sink.ctx, body, VG_STATE_COMPLETE, wall_ns);
}
