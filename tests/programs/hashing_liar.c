/* test-hashing_liar: a hijacked hasher. Takes the lanes of hasher N from a real dataplane, keeps the protocols of
 * vigil/lane.h and vigil/msg.h with vigild, and tells one lie. Everything but the lie is honest (object records
 * where they are wanted, DONE after the acknowledgement), so that a replay around it can come to its end.
 *
 *   test-hashing_liar --run-dir DIR --hasher N --lie LIE     (or VIGIL_LIE=LIE)
 * Lies about a match, told about the first body that suits them:
 *   wrong-digest     claims the first digest of the list for a body that is not listed
 *   bad-hit          hits of entries and algorithms that do not exist, and more of them than there is room for
 *   foreign-record   true bytes of a listed body, named as another body's (somebody else would be accused)
 *   stale-record     true bytes of a listed body, named by a generation of its record that is not there
 *   unsealed         true match, but its memfd can still be written
 *   truncated        true match, but the memfd is shorter than n_sample_bytes says
 *   short-memfd      true match, but the memfd holds the first half only and nobody says so
 *   huge-length      true match of 2^60 bytes
 * Lies about a film or a plug-in's value, told of any body: film-… plugin-… (tests/lib/film_lie.h, plugin_lie.h)
 * Lies to vigild's socket: garbage-message, flood (20,000 records of one body)
 * Lies to the dataplane's memory:
 *   ring-index       a tail and a return head that cannot be true
 *   made-up-chunk    returns chunks that it does not hold or that do not exist
 *   double-done      ends one object twice, and objects that never were
 *   stop-all         says of every object that its transfer is to be stopped (told again and again)
 * Prints what it does: "lie LIE told about object X", "ack SEQ", "link closed by vigild", "dataplane closed". Exit:
 * 0 the lie was told, 3 nothing suited it, 1 failed, 2 usage. Ends when the
 * dataplane goes or on TERM; not when the link does. */
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>

#include <vigil/index_format.h>
#include <vigil/memfd.h>
#include <vigil/sock.h>

#include "hashing/digest/digest.h"
#include "hashing/handoff/handover.h"
#include "hashing/intake/intake.h"
#include "hashing/match/match.h"
#include "tests/lib/plugin_lie.h"

#define MAX_KEPT 65536
#define N_FLOOD  20000
#define IDLE_MS  3000

struct liar {
	bool indices_spoilt; /* ring-index wrote its own: the lanes are left so until the dataplane has looked */
	const char *run_dir, *lie;
	uint32_t hasher_idx;
	struct vg_handover handover;
	struct vg_intake *lanes[VG_LANE_MAX_CORES];
	struct vg_stats_page *stats;
	int stats_fd, listen_fd, link_fd, index_fd;
	struct vg_index_view index;
	uint64_t generation, seq;
	bool wants_objects, has_index, told;
	struct vg_digests *digests;
	struct vg_span *spans;
	uint64_t victim_id; /* an object that is kept back, for foreign-record */
	uint32_t victim_lane_idx, n_idle;
	struct {
		uint64_t seq, object_id;
		uint32_t lane_idx;
	} kept[MAX_KEPT]; /* DONE after this acknowledgement */
	uint32_t n_kept;
};

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
}

static bool lie_is(const struct liar *l, const char *name)
{
	return !l->told && !strcmp(l->lie, name);
}

static void told(struct liar *l, uint64_t object_id)
{
	l->told = true;
	say("lie %s told about object %llx", l->lie, (unsigned long long)object_id);
}

/* ---- what is true ---- */

struct truth {
	struct vg_chain bytes;
	struct vg_digest_values digests;
	bool listed;
	uint32_t entry_idx;
	enum vg_algo algo;
};

static void find_truth(struct liar *l, struct vg_intake *lane, struct vg_intake_object *o, struct truth *t)
{
	static const enum vg_algo algos[] = { VG_ALGO_SHA256, VG_ALGO_SHA1, VG_ALGO_MD5 };
	const uint8_t *values[] = { t->digests.sha256, t->digests.sha1, t->digests.md5 };
	vg_intake_chain(lane, o, l->spans, vg_lane_n_chunks(&lane->geometry), &t->bytes);
	vg_digests_init(l->digests, VG_DIGEST_ALL);
	for (uint32_t i = 0; i < t->bytes.n_spans; i++)
		vg_digests_feed(l->digests, t->bytes.spans[i].at, t->bytes.spans[i].n_bytes);
	vg_digests_done(l->digests, &t->digests);
	t->listed = false;
	for (int i = 0; i < 3 && !t->listed; i++)
		if (vg_index_find(&l->index, algos[i], values[i], &t->entry_idx, 1)) {
			t->listed = true;
			t->algo = algos[i];
		}
}

static struct vg_msg_record make_record(struct liar *l, uint32_t lane_idx, const struct vg_intake_object *o,
					const struct truth *t)
{
	struct vg_msg_record r = { .boot_id = l->handover.boot_id,
				   .object_id = o->object_id,
				   .generation = l->generation,
				   .n_bytes = t->bytes.n_bytes,
				   .core_idx = lane_idx,
				   .state = o->state,
				   .enqueued_ns = o->enqueued_ns,
				   .verdict_ns = o->enqueued_ns,
				   .kind = o->kind,
				   .flags = VG_RECORD_HAS_DIGESTS | VG_RECORD_LAST };
	memcpy(r.md5, t->digests.md5, sizeof(r.md5));
	memcpy(r.sha1, t->digests.sha1, sizeof(r.sha1));
	memcpy(r.sha256, t->digests.sha256, sizeof(r.sha256));
	if (t->listed) {
		r.n_hits = 1;
		r.hits[0] = (struct vg_hit){ .entry_idx = t->entry_idx, .algo = (uint16_t)t->algo };
	}
	return r;
}

/* Sends one record; blocks until it is on the wire. False where there is no link. */
static bool send_record(struct liar *l, struct vg_msg_record *r, int memfd)
{
	enum vg_err err = VG_EAGAIN;
	r->head = vg_msg_head(memfd >= 0 ? VG_MSG_MATCH : VG_MSG_OBJECT, sizeof(*r));
	r->seq = ++l->seq;
	while (l->link_fd >= 0 && err == VG_EAGAIN) {
		struct pollfd p = { .fd = l->link_fd, .events = POLLOUT };
		err = vg_sock_send(l->link_fd, r, sizeof(*r), &memfd, memfd >= 0);
		if (err == VG_EAGAIN)
			(void)poll(&p, 1, 1000);
	}
	return err == VG_OK;
}

static void done_later(struct liar *l, uint32_t lane_idx, uint64_t object_id)
{
	if (l->n_kept == MAX_KEPT)
		return;
	l->kept[l->n_kept].seq = l->seq;
	l->kept[l->n_kept].object_id = object_id;
	l->kept[l->n_kept++].lane_idx = lane_idx;
}

/* ---- lies ---- */

static int memfd_of(const struct vg_chain *bytes, uint64_t n_bytes, int seals)
{
	int fd = vg_memfd_new("lie", n_bytes);
	void *at = n_bytes ? vg_memfd_map(fd, n_bytes, PROT_READ | PROT_WRITE) : NULL;
	if (at) {
		(void)vg_chain_copy(bytes, 0, at, n_bytes);
		munmap(at, n_bytes);
	}
	if (seals)
		(void)vg_memfd_seal(fd, seals);
	return fd;
}

/* A list entry that this body has nothing to do with. */
static void claim_first_entry(const struct liar *l, struct vg_msg_record *r)
{
	r->n_hits = l->index.n_sha256 || l->index.n_md5;
	if (l->index.n_sha256) {
		memcpy(r->sha256, l->index.sha256[0].value, 32);
		r->hits[0] = (struct vg_hit){ .entry_idx = l->index.sha256[0].entry_idx, .algo = VG_ALGO_SHA256 };
	} else if (l->index.n_md5) {
		memcpy(r->md5, l->index.md5[0].value, 16);
		r->hits[0] = (struct vg_hit){ .entry_idx = l->index.md5[0].entry_idx, .algo = VG_ALGO_MD5 };
	}
}

/* Changes a true record and its memfd into the lie. False where this body does not suit it. */
static bool make_lie(struct liar *l, const struct truth *t, struct vg_msg_record *r, int *memfd)
{
	uint64_t n = t->bytes.n_bytes, n_memfd = n;
	int seals = VG_SEALS_FINAL;
	if (lie_is(l, "wrong-digest") || lie_is(l, "bad-hit")) {
		if (t->listed || !n)
			return false;
		claim_first_entry(l, r);
		if (lie_is(l, "bad-hit")) {
			r->n_hits = 255;
			for (int i = 0; i < VG_RECORD_MAX_HITS; i++)
				r->hits[i] = (struct vg_hit){ .entry_idx = UINT32_MAX - (uint32_t)i, .algo = 77 };
		}
	} else if (!t->listed || !n) {
		return false;
	} else if (lie_is(l, "foreign-record")) {
		if (!l->victim_id)
			return false;
		r->object_id = l->victim_id;
	} else if (lie_is(l, "stale-record")) {
		r->object_id += r->object_id >> 33 ? -(1ull << 32) : 1ull << 32;
	} else if (lie_is(l, "unsealed")) {
		seals = 0;
	} else if (lie_is(l, "truncated") || lie_is(l, "short-memfd")) {
		n_memfd = n / 2;
	} else if (!lie_is(l, "huge-length")) {
		return false;
	}
	r->n_sample_bytes = lie_is(l, "short-memfd") ? n_memfd : n;
	if (lie_is(l, "huge-length"))
		r->n_bytes = r->n_sample_bytes = 1ull << 60;
	*memfd = memfd_of(&t->bytes, n_memfd, seals);
	return true;
}

static void lie_to_socket(struct liar *l, struct vg_msg_record *r)
{
	uint8_t garbage[300];
	if (lie_is(l, "garbage-message")) {
		for (size_t i = 0; i < sizeof(garbage); i++)
			garbage[i] = (uint8_t)(i * 37 + 11);
		(void)vg_sock_send(l->link_fd, garbage, sizeof(garbage), NULL, 0);
		told(l, r->object_id);
	} else if (lie_is(l, "flood")) {
		unsigned n = 0;
		while (n < N_FLOOD && send_record(l, r, -1))
			n++;
		say("flood: %u records", n);
		told(l, r->object_id);
	}
}

static void put_return(struct vg_intake *lane, struct vg_return item)
{
	struct vg_return *slots = (struct vg_return *)((uint8_t *)lane->in + VG_LANE_PAGE);
	slots[lane->ret_head++ & (lane->geometry.n_returns - 1)] = item;
	atomic_store_explicit(&lane->in->ret_head, lane->ret_head, memory_order_release);
}

static void lie_to_dataplane(struct liar *l, struct vg_intake *lane, struct vg_intake_object *o)
{
	uint32_t n_chunks = vg_lane_n_chunks(&lane->geometry);
	struct vg_return chunk = { .type = VG_RETURN_CHUNK, .object_id = o->object_id };
	struct vg_return done = { .type = VG_RETURN_DONE, .verdict = 1, .object_id = o->object_id };
	if (lie_is(l, "made-up-chunk")) {
		uint32_t wrong[] = { n_chunks, UINT32_MAX, n_chunks - 1, 0 };
		for (size_t i = 0; i < VG_ARRAY_LEN(wrong); i++) {
			chunk.chunk_idx = wrong[i];
			put_return(lane, chunk);
			put_return(lane, chunk);
		}
		told(l, o->object_id);
	} else if (lie_is(l, "double-done")) {
		put_return(lane, done);
		put_return(lane, done);
		done.object_id = UINT64_MAX;
		put_return(lane, done);
		done.object_id = o->object_id + (1ull << 40);
		put_return(lane, done);
		done.type = 200;
		put_return(lane, done);
		done = (struct vg_return){ VG_RETURN_VERDICT, 77, 0, 0, o->object_id };
		put_return(lane, done);
		told(l, o->object_id);
	} else if (lie_is(l, "ring-index")) {
		atomic_store(&lane->in->tail, lane->tail + (1ull << 40));
		atomic_store(&lane->in->ret_head, lane->ret_head + (1ull << 50));
		l->indices_spoilt = true;
		told(l, o->object_id);
	}
}

/* ---- the hasher around them ---- */

static void on_closed(struct liar *l, uint32_t lane_idx, struct vg_intake_object *o)
{
	struct vg_intake *lane = l->lanes[lane_idx];
	struct truth t;
	struct vg_msg_record r;
	uint64_t object_id = o->object_id;
	int memfd = -1;
	find_truth(l, lane, o, &t);
	r = make_record(l, lane_idx, o, &t);
	if (lie_is(l, "foreign-record") && !t.listed && !l->victim_id && o->n_bytes) {
		l->victim_id = object_id; /* stays open until the lie is told */
		l->victim_lane_idx = lane_idx;
		return;
	}
	if (l->link_fd >= 0 &&
	    (make_lie(l, &t, &r, &memfd) || (!l->told && vg_plugin_lie(l->lie, &l->index, &t.bytes, &r, &memfd)))) {
		(void)send_record(l, &r, memfd);
		close(memfd);
		told(l, object_id);
		done_later(l, lane_idx, object_id);
		if (l->victim_id)
			done_later(l, l->victim_lane_idx, l->victim_id);
		return;
	}
	if (!strcmp(l->lie, "stop-all"))
		put_return(lane, (struct vg_return){ VG_RETURN_VERDICT, VG_VERDICT_STOP, 0, 0, object_id });
	lie_to_socket(l, &r);
	lie_to_dataplane(l, lane, o);
	if (l->wants_objects && !l->indices_spoilt && send_record(l, &r, -1))
		done_later(l, lane_idx, object_id);
	else if (!l->indices_spoilt)
		vg_intake_done(lane, o, 0);
}

static void take(struct liar *l)
{
	for (uint32_t i = 0; i < l->handover.n_cores && !l->indices_spoilt; i++) {
		int n = vg_intake_pending(l->lanes[i]);
		for (int k = 0; k < n && !l->indices_spoilt; k++) {
			struct vg_intake_event ev;
			l->n_idle = 0;
			vg_intake_take(l->lanes[i], &ev);
			if (ev.type == VG_INTAKE_EV_CLOSE)
				on_closed(l, i, ev.object);
		}
		if (n > 0 && !l->indices_spoilt)
			vg_intake_publish(l->lanes[i]);
	}
}

/* Ends every object whose record is acknowledged (or whose link is gone: seq UINT64_MAX). */
static void end_kept(struct liar *l, uint64_t seq)
{
	uint32_t n_left = 0;
	for (uint32_t i = 0; i < l->n_kept; i++) {
		struct vg_intake *lane = l->lanes[l->kept[i].lane_idx];
		struct vg_intake_object *o = &lane->objects[(uint32_t)l->kept[i].object_id];
		if (l->kept[i].seq > seq)
			l->kept[n_left++] = l->kept[i];
		else if (o->phase == VG_INTAKE_CLOSED && o->object_id == l->kept[i].object_id)
			vg_intake_done(lane, o, 0);
	}
	l->n_kept = n_left;
}

static void on_index(struct liar *l, const struct vg_msg_index *m, int fd)
{
	size_t n_bytes;
	void *at;
	struct vg_msg_index_taken answer = { .head = vg_msg_head(VG_MSG_INDEX_TAKEN, sizeof(answer)),
					     .generation = m->generation };
	answer.err = vg_memfd_check(fd, VG_SEALS_FINAL, sizeof(struct vg_index_header), 1u << 30, &n_bytes);
	at = answer.err ? NULL : vg_memfd_map(fd, n_bytes, PROT_READ);
	if (at)
		answer.err = vg_index_open(at, n_bytes, &l->index);
	l->has_index = at && !answer.err;
	l->generation = m->generation;
	(void)vg_sock_send(l->link_fd, &answer, sizeof(answer), NULL, 0);
	say("index generation %llu", (unsigned long long)m->generation);
}

static void on_hello(struct liar *l, const struct vg_msg_control_hello *m)
{
	struct vg_msg_hasher_hello answer = { .head = vg_msg_head(VG_MSG_HASHER_HELLO, sizeof(answer)),
					      .hasher_idx = l->hasher_idx,
					      .boot_id = l->handover.boot_id };
	l->wants_objects = m->flags & VG_HELLO_WANT_OBJECTS;
	(void)vg_sock_send(l->link_fd, &answer, sizeof(answer), &l->stats_fd, 1);
}

/* One message. False: the link is gone. */
static bool serve_link(struct liar *l)
{
	union {
		struct vg_msg_head head;
		struct vg_msg_control_hello hello;
		struct vg_msg_index index;
		struct vg_msg_ack ack;
	} m;
	int fds[VG_SOCK_MAX_FDS];
	size_t n_bytes, n_fds;
	enum vg_err err = vg_sock_recv(l->link_fd, &m, sizeof(m), &n_bytes, fds, &n_fds);
	if (err == VG_EAGAIN)
		return true;
	if (err)
		return false;
	if (vg_msg_is(&m.head, n_bytes, VG_MSG_CONTROL_HELLO, sizeof(m.hello)))
		on_hello(l, &m.hello);
	else if (vg_msg_is(&m.head, n_bytes, VG_MSG_INDEX, sizeof(m.index)) && n_fds == 1)
		on_index(l, &m.index, fds[0]);
	else if (vg_msg_is(&m.head, n_bytes, VG_MSG_ACK, sizeof(m.ack)))
		say("ack %llu", (unsigned long long)m.ack.seq), end_kept(l, m.ack.seq);
	while (n_fds)
		close(fds[--n_fds]);
	return true;
}

static void loop(struct liar *l)
{
	for (;;) {
		struct pollfd p[] = { { .fd = l->listen_fd, .events = POLLIN },
				      { .fd = l->link_fd, .events = POLLIN },
				      { .fd = l->handover.fd, .events = POLLIN } };
		(void)poll(p, VG_ARRAY_LEN(p), 1);
		if (p[0].revents) {
			int fd = accept4(l->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
			if (l->link_fd >= 0)
				close(l->link_fd);
			l->link_fd = fd;
			l->has_index = false;
		} else if (p[1].revents && !serve_link(l)) {
			say("link closed by vigild");
			close(l->link_fd);
			l->link_fd = -1;
			end_kept(l, UINT64_MAX);
		}
		if (l->has_index)
			take(l);
		if (++l->n_idle > IDLE_MS && l->victim_id && !l->told) { /* nobody to accuse came: let the run end */
			l->lie = "";
			l->seq++;
			done_later(l, l->victim_lane_idx, l->victim_id);
			end_kept(l, UINT64_MAX);
			l->victim_id = 0;
		}
		if (p[2].revents) {
			say("dataplane closed");
			return;
		}
	}
}

static bool start(struct liar *l)
{
	char path[128];
	uint32_t n_most = 0;
	l->stats_fd = vg_memfd_new("liar-stats", VG_STATS_BYTES);
	l->stats = vg_memfd_map(l->stats_fd, VG_STATS_BYTES, PROT_READ | PROT_WRITE);
	if (!l->stats || vg_memfd_seal(l->stats_fd, VG_SEALS_OURS))
		return false;
	l->stats->magic = VG_STATS_MAGIC, l->stats->n_counters = VG_H_N;
	l->digests = vg_digests_create();
	snprintf(path, sizeof(path), "%s/hasher-%u.sock", l->run_dir, l->hasher_idx);
	l->listen_fd = vg_sock_listen(path);
	l->link_fd = -1;
	if (l->listen_fd < 0 || !l->digests)
		return false;
	snprintf(path, sizeof(path), "%s/handover.sock", l->run_dir);
	while (vg_handover_get(path, l->hasher_idx, &l->handover))
		usleep(20000);
	for (uint32_t i = 0; i < l->handover.n_cores; i++) {
		const struct vg_handover_lane *h = &l->handover.lanes[i];
		uint32_t n = vg_lane_n_chunks(&h->msg.geometry);
		n_most = n > n_most ? n : n_most;
		if (vg_intake_create(&h->msg.geometry, h->fds, i, h->msg.start_idx, l->stats, &l->lanes[i]))
			return false;
	}
	l->spans = calloc(n_most, sizeof(*l->spans));
	say("holds %u lanes of boot %llx", l->handover.n_cores, (unsigned long long)l->handover.boot_id);
	return l->spans != NULL;
}

int main(int argc, char **argv)
{
	static const char *const lies[] = { "wrong-digest",    "foreign-record", "stale-record",    "unsealed",
					    "truncated",       "short-memfd",    "huge-length",     "bad-hit",
					    "ring-index",      "made-up-chunk",  "double-done",     "stop-all",
					    "garbage-message", "flood",          "film-percent",    "film-frames",
					    "film-order",      "film-entry",     "plugin-distance", "plugin-version",
					    "plugin-name",     "plugin-entry" };
	struct liar *l = calloc(1, sizeof(*l));
	bool known = false, has_idx = false;

	if (!l)
		return 1;
	l->lie = getenv("VIGIL_LIE");
	for (int i = 1; i + 1 < argc; i += 2) {
		if (!strcmp(argv[i], "--run-dir"))
			l->run_dir = argv[i + 1];
		else if (!strcmp(argv[i], "--hasher"))
			has_idx = sscanf(argv[i + 1], "%u", &l->hasher_idx) == 1;
		else if (!strcmp(argv[i], "--lie"))
			l->lie = argv[i + 1];
	}
	for (size_t i = 0; l->lie && i < VG_ARRAY_LEN(lies); i++)
		known |= !strcmp(l->lie, lies[i]);
	if (!l->run_dir || !has_idx || !known || strlen(l->run_dir) > 90) {
		fprintf(stderr,
			"usage: test-hashing_liar --run-dir DIR --hasher N --lie LIE (see the top of its source)\n");
		return 2;
	}
	if (!start(l)) {
		fprintf(stderr, "test-hashing_liar: could not start\n");
		return 1;
	}
	loop(l);
	return l->told ? 0 : 3;
}
