/* A minimal hasher for looking at what the dataplane hands over: takes every lane of one index, digests each object,
 * gives everything back, prints one JSON object per line, and ends when the dataplane says that all is drained (or
 * closes). usage: test-dataplane_sink --run-dir DIR [--hasher N] [CAPTURE...]   the names stand for capture_idx 0, 1,
 * ... */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <openssl/evp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <vigil/attr_slot.h>
#include <vigil/base.h>
#include <vigil/bytes.h>
#include <vigil/memfd.h>
#include <vigil/msg.h>
#include <vigil/sock.h>

struct object {
	uint64_t id, n_bytes, n_gaps;
	uint32_t flags, n_held, held_room;
	uint32_t *held; /* chunks that were not given back */
	EVP_MD_CTX *md5;
};
struct lane {
	struct vg_lane_geometry geometry;
	const struct vg_lane_out *out;
	const struct vg_desc *slots;
	const struct vg_attr_slot *records;
	struct vg_lane_in *in;
	struct vg_return *returns;
	uint64_t tail, ret_head;
	struct object *objects;
};
struct sink {
	int link, control;
	uint32_t n_cores, n_lanes, hasher_idx;
	struct lane lanes[VG_LANE_MAX_CORES];
	char **captures;
	int n_captures, is_drained;
	uint64_t n_objects, n_bad;
};

static void return_put(struct lane *l, struct vg_return r)
{
	uint64_t taken = atomic_load_explicit(&l->out->ret_tail, memory_order_acquire);
	VG_INVARIANT(l->ret_head - taken < l->geometry.n_returns);
	l->returns[l->ret_head++ & (l->geometry.n_returns - 1)] = r;
	atomic_store_explicit(&l->in->ret_head, l->ret_head, memory_order_release);
}

static json_t *text(const char *bytes, unsigned n)
{
	json_t *json = json_stringn(bytes, n);
	char clean[1024];
	if (json)
		return json;
	for (unsigned i = 0; i < n; i++) /* not UTF-8: show what is ASCII */
		clean[i] = bytes[i] & 0x80 ? '?' : bytes[i];
	json = json_stringn(clean, n);
	return json ? json : json_string("?");
}

static json_t *address(const struct vg_attribution *a, const uint8_t *ip)
{
	char line[INET6_ADDRSTRLEN];
	if (a->ip_version != 4 && a->ip_version != 6)
		return json_null();
	return json_string(inet_ntop(a->ip_version == 4 ? AF_INET : AF_INET6, ip, line, sizeof(line)));
}

static void object_print(struct sink *s, const struct lane *l, const struct object *o, const struct vg_desc *close)
{
	struct vg_attribution a;
	uint8_t md5[EVP_MAX_MD_SIZE];
	char hex[2 * EVP_MAX_MD_SIZE + 1];
	json_t *j = json_object();
	if (vg_attribution_read(l->records, l->geometry.n_attr, o->id, &a) || a.body_bytes != o->n_bytes ||
	    close->close.body_bytes != o->n_bytes || a.state != close->state)
		s->n_bad++;
	EVP_DigestFinal_ex(o->md5, md5, NULL);
	vg_hex(md5, 16, hex);
	json_object_set_new(j, "capture",
			    a.capture_idx < (uint32_t)s->n_captures ? json_string(s->captures[a.capture_idx])
								    : json_integer(a.capture_idx));
	json_object_set_new(j, "proto", json_string(vg_proto_str(a.proto)));
	json_object_set_new(j, "direction", json_string(vg_direction_str(a.direction)));
	json_object_set_new(j, "src_ip", address(&a, a.src_ip));
	json_object_set_new(j, "src_port", json_integer(a.src_port));
	json_object_set_new(j, "dst_ip", address(&a, a.dst_ip));
	json_object_set_new(j, "dst_port", json_integer(a.dst_port));
	json_object_set_new(j, "forwarded", text(a.forwarded, a.n_forwarded));
	json_object_set_new(j, "method", text(a.method, a.n_method));
	json_object_set_new(j, "status", json_integer(a.http_status));
	json_object_set_new(j, "host", text(a.host, a.n_host));
	json_object_set_new(j, "url", text(a.url, a.n_url));
	json_object_set_new(j, "filename", text(a.filename, a.n_filename));
	json_object_set_new(j, "claimed", text(a.type, a.n_type));
	json_object_set_new(j, "boundary", text(a.boundary, a.n_boundary));
	json_object_set_new(j, "type", json_string(vg_kind_str(a.kind)));
	json_object_set_new(j, "codings", json_integer(a.codings));
	json_object_set_new(j, "flags", json_integer(a.flags));
	json_object_set_new(j, "open_flags", json_integer(o->flags));
	json_object_set_new(j, "gaps", json_integer((json_int_t)o->n_gaps));
	json_object_set_new(j, "size", json_integer((json_int_t)o->n_bytes));
	json_object_set_new(j, "state", json_string(vg_state_str(close->state)));
	json_object_set_new(j, "md5", json_string(hex));
	json_dumpf(j, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(j);
	s->n_objects++;
}

static void held_give(struct lane *l, struct object *o)
{
	if (!(o->flags & VG_OPEN_DIGEST_ONLY))
		return;
	while (o->n_held)
		return_put(l, (struct vg_return){ VG_RETURN_CHUNK, 0, 0, o->held[--o->n_held], o->id });
}

static void held_add(struct object *o, uint32_t chunk_idx)
{
	if (o->n_held == o->held_room) {
		o->held_room = o->held_room ? 2 * o->held_room : 16;
		o->held = realloc(o->held, o->held_room * sizeof(*o->held));
		VG_INVARIANT(o->held);
	}
	o->held[o->n_held++] = chunk_idx;
}

static void desc_take(struct sink *s, struct lane *l, const struct vg_desc *d)
{
	struct object *o = &l->objects[(uint32_t)d->object_id % l->geometry.n_attr];
	switch (d->type) {
	case VG_DESC_OPEN:
		o->id = d->object_id;
		o->flags = d->flags;
		o->n_bytes = o->n_gaps = o->n_held = 0;
		if (!o->md5)
			o->md5 = EVP_MD_CTX_new();
		EVP_DigestInit_ex(o->md5, EVP_md5(), NULL);
		return;
	case VG_DESC_DIGEST_ONLY:
		o->flags |= VG_OPEN_DIGEST_ONLY;
		held_give(l, o);
		return;
	case VG_DESC_GAP:
		o->n_gaps++;
		return;
	case VG_DESC_DATA:
		s->n_bad += o->id != d->object_id;
		EVP_DigestUpdate(o->md5, (const uint8_t *)l->out + vg_lane_chunk_off(&l->geometry, d->data.chunk_idx),
				 d->data.n_bytes);
		o->n_bytes += d->data.n_bytes;
		held_add(o, d->data.chunk_idx);
		held_give(l, o);
		return;
	case VG_DESC_CLOSE:
		object_print(s, l, o, d);
		return_put(l, (struct vg_return){ VG_RETURN_DONE, 0, 0, 0, d->object_id });
		return;
	default:
		s->n_bad++;
	}
}

static int lane_work(struct sink *s, struct lane *l)
{
	uint64_t head = atomic_load_explicit(&l->out->head, memory_order_acquire);
	int64_t n = vg_lane_pending(head, l->tail, l->geometry.n_slots);
	for (int64_t i = 0; i < n; i++)
		desc_take(s, l, &l->slots[l->tail++ & (l->geometry.n_slots - 1)]);
	atomic_store_explicit(&l->in->tail, l->tail, memory_order_release);
	return n > 0;
}

static void lane_map(struct sink *s, const struct vg_msg_lane *m, const int *fds)
{
	struct lane *l = &s->lanes[s->n_lanes++];
	size_t n_out, n_in, n_attr;
	l->geometry = m->geometry;
	VG_INVARIANT(!vg_lane_check(&m->geometry));
	VG_INVARIANT(!vg_memfd_check(fds[0], VG_SEALS_OURS, vg_lane_out_bytes(&m->geometry), SIZE_MAX / 2, &n_out));
	VG_INVARIANT(!vg_memfd_check(fds[1], VG_SEALS_PEER, vg_lane_in_bytes(&m->geometry), SIZE_MAX / 2, &n_in));
	VG_INVARIANT(!vg_memfd_check(fds[2], VG_SEALS_OURS, vg_attr_bytes(m->geometry.n_attr), SIZE_MAX / 2, &n_attr));
	l->out = vg_memfd_map(fds[0], n_out, PROT_READ);
	l->in = vg_memfd_map(fds[1], n_in, PROT_READ | PROT_WRITE);
	l->records = vg_memfd_map(fds[2], n_attr, PROT_READ);
	l->objects = calloc(m->geometry.n_attr, sizeof(*l->objects));
	VG_INVARIANT(l->out && l->in && l->records && l->objects);
	l->slots = (const struct vg_desc *)((const uint8_t *)l->out + vg_lane_slots_off());
	l->returns = (struct vg_return *)((uint8_t *)l->in + VG_LANE_PAGE);
	l->tail = m->start_idx;
}

/* One message of either link. -1: the link is closed. */
static int message_take(struct sink *s, int fd)
{
	union {
		struct vg_msg_head head;
		struct vg_msg_welcome welcome;
		struct vg_msg_lane lane;
		uint8_t room[512];
	} m;
	int fds[VG_SOCK_MAX_FDS];
	size_t n, n_fds;
	if (vg_sock_recv(fd, &m, sizeof(m), &n, fds, &n_fds))
		return -1;
	if (vg_msg_is(&m.head, n, VG_MSG_WELCOME, sizeof(m.welcome)))
		s->n_cores = m.welcome.n_cores;
	else if (vg_msg_is(&m.head, n, VG_MSG_LANE, sizeof(m.lane)) && n_fds == 3)
		lane_map(s, &m.lane, fds);
	else if (vg_msg_is(&m.head, n, VG_MSG_DRAINED, sizeof(struct vg_msg_drained)))
		s->is_drained = 1;
	while (n_fds)
		close(fds[--n_fds]);
	return 0;
}

static int hello(const char *run_dir, enum vg_role role, uint32_t hasher_idx)
{
	struct vg_msg_hello m = { vg_msg_head(VG_MSG_HELLO, sizeof(m)), role, hasher_idx };
	char path[108];
	int fd = -1;
	snprintf(path, sizeof(path), "%.90s/handover.sock", run_dir);
	for (int i = 0; i < 3000 && fd < 0; i++) {
		fd = vg_sock_connect(path);
		if (fd < 0)
			usleep(10000);
	}
	return fd >= 0 && !vg_sock_send(fd, &m, sizeof(m), NULL, 0) ? fd : -1;
}

static void work(struct sink *s)
{
	while (!s->is_drained) {
		struct pollfd fds[2] = { { .fd = s->link, .events = POLLIN }, { .fd = s->control, .events = POLLIN } };
		int busy = 0;
		for (uint32_t i = 0; i < s->n_lanes; i++)
			busy |= lane_work(s, &s->lanes[i]);
		if (poll(fds, 2, busy ? 0 : 1) <= 0)
			continue;
		for (int i = 0; i < 2; i++)
			if (fds[i].revents && message_take(s, fds[i].fd))
				return;
	}
}

int main(int argc, char **argv)
{
	static struct sink s;
	static const struct option options[] = { { "run-dir", required_argument, NULL, 'r' },
						 { "hasher", required_argument, NULL, 'n' },
						 { 0 } };
	const char *run_dir = NULL;
	int opt;
	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (opt == 'r')
			run_dir = optarg;
		else if (opt == 'n')
			s.hasher_idx = (uint32_t)atoi(optarg);
		else
			return 2;
	}
	if (!run_dir)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 1 << 16); /* what was given back is also written, should we be killed */
	s.captures = argv + optind;
	s.n_captures = argc - optind;
	s.link = hello(run_dir, VG_ROLE_HASHER, s.hasher_idx);
	s.control = s.hasher_idx ? -1 : hello(run_dir, VG_ROLE_CONTROL, 0);
	if (s.link < 0)
		return 1;
	work(&s);
	fprintf(stderr, "%lu objects, %lu inconsistent, %s\n", (unsigned long)s.n_objects, (unsigned long)s.n_bad,
		s.is_drained ? "drained" : "the dataplane closed");
	return s.n_bad || (!s.is_drained && s.control >= 0);
}
