/* The hand-over socket with real peers: who gets what, who is refused, and what the seals keep a peer from. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include <vigil/memfd.h>
#include <vigil/msg.h>
#include <vigil/sock.h>

#include "dataplane/handoff/handoff_priv.h"
#include "dataplane/handoff/server.h"

#define N_CORES 2

struct bench {
	char run_dir[64], path[100];
	struct vg_dataplane_conf conf;
	struct vg_stats_page *stats[N_CORES];
	int stats_fds[N_CORES];
	struct vg_handoff *cores[N_CORES];
	struct vg_handoff_server *server;
};
struct message {
	union {
		struct vg_msg_head head;
		struct vg_msg_welcome welcome;
		struct vg_msg_lane lane;
		struct vg_msg_attr attr;
		struct vg_msg_stats stats;
		uint8_t room[256];
	};
	size_t n_bytes, n_fds;
	int fds[VG_SOCK_MAX_FDS];
};

static int bench_open(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));
	strcpy(b->run_dir, "/tmp/vigil-server-XXXXXX");
	if (!mkdtemp(b->run_dir))
		return -1;
	snprintf(b->path, sizeof(b->path), "%s/handover.sock", b->run_dir);
	b->conf.n_hashers = 2;
	b->conf.lane =
		(struct vg_lane_geometry){ .n_slots = 64, .n_returns = 128, .n_small = 4, .n_large = 4, .n_attr = 8 };
	for (uint32_t i = 0; i < N_CORES; i++) {
		b->stats[i] = vg_handoff_stats_page(&b->stats_fds[i]);
		b->cores[i] = vg_handoff_create(&b->conf, i, 99, b->stats[i], NULL);
	}
	b->server = vg_handoff_server_create(b->run_dir, &b->conf, 99, b->cores, b->stats_fds, N_CORES);
	*state = b;
	return b->server ? 0 : -1;
}

static int bench_close(void **state)
{
	struct bench *b = *state;
	vg_handoff_server_destroy(b->server);
	for (unsigned i = 0; i < N_CORES; i++) {
		vg_handoff_destroy(b->cores[i]);
		munmap(b->stats[i], VG_STATS_BYTES);
		close(b->stats_fds[i]);
	}
	(void)unlink(b->path);
	(void)rmdir(b->run_dir);
	free(b);
	return 0;
}

/* Main thread and workers do their rounds. */
static void rounds(struct bench *b)
{
	for (unsigned i = 0; i < 8; i++) {
		vg_handoff_server_poll(b->server, 0);
		for (unsigned core = 0; core < N_CORES; core++)
			vg_handoff_poll(b->cores[core], 1);
	}
}

static int say_hello(struct bench *b, uint32_t role, uint32_t idx)
{
	struct vg_msg_hello m = { vg_msg_head(VG_MSG_HELLO, sizeof(m)), role, idx };
	int fd = vg_sock_connect(b->path);
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(vg_sock_send(fd, &m, sizeof(m), NULL, 0), VG_OK);
	rounds(b);
	return fd;
}

static struct message next(int fd, enum vg_msg_type type, size_t n_bytes, size_t n_fds)
{
	struct message m;
	memset(&m, 0, sizeof(m));
	assert_int_equal(vg_sock_recv(fd, m.room, sizeof(m.room), &m.n_bytes, m.fds, &m.n_fds), VG_OK);
	assert_true(vg_msg_is(&m.head, m.n_bytes, type, n_bytes));
	assert_int_equal(m.n_fds, n_fds);
	return m;
}

static void message_close(struct message *m)
{
	while (m->n_fds)
		close(m->fds[--m->n_fds]);
}

static void no_more(int fd, enum vg_err why)
{
	uint8_t room[256];
	size_t n_bytes, n_fds;
	int fds[VG_SOCK_MAX_FDS];
	assert_int_equal(vg_sock_recv(fd, room, sizeof(room), &n_bytes, fds, &n_fds), why);
}

static void a_hasher_gets_its_lanes_of_every_core(void **state)
{
	struct bench *b = *state;
	int fd = say_hello(b, VG_ROLE_HASHER, 1);
	struct message m = next(fd, VG_MSG_WELCOME, sizeof(struct vg_msg_welcome), 0);
	assert_int_equal(m.welcome.boot_id, 99);
	assert_int_equal(m.welcome.n_cores, N_CORES);
	assert_int_equal(m.welcome.n_hashers, 2);
	for (uint32_t core = 0; core < N_CORES; core++) {
		size_t n_bytes;
		m = next(fd, VG_MSG_LANE, sizeof(struct vg_msg_lane), 3);
		assert_int_equal(m.lane.core_idx, core);
		assert_int_equal(m.lane.epoch, 1);
		assert_memory_equal(&m.lane.geometry, &b->conf.lane, sizeof(b->conf.lane));
		assert_int_equal(vg_memfd_check(m.fds[0], VG_SEALS_OURS, vg_lane_out_bytes(&b->conf.lane), SIZE_MAX / 2,
						&n_bytes),
				 0);
		assert_int_equal(vg_memfd_check(m.fds[1], VG_SEALS_PEER, vg_lane_in_bytes(&b->conf.lane), SIZE_MAX / 2,
						&n_bytes),
				 0);
		assert_int_equal(vg_memfd_check(m.fds[2], VG_SEALS_OURS, vg_attr_bytes(8), SIZE_MAX / 2, &n_bytes), 0);
		message_close(&m);
		assert_int_equal(vg_handoff_n_attached(b->cores[core]), 1);
	}
	no_more(fd, VG_EAGAIN);
	close(fd);
	rounds(b);
	assert_int_equal(vg_handoff_n_attached(b->cores[0]), 0);
}

static void the_seals_hold(void **state)
{
	struct bench *b = *state;
	int fd = say_hello(b, VG_ROLE_HASHER, 0);
	struct message m = next(fd, VG_MSG_WELCOME, sizeof(struct vg_msg_welcome), 0);
	m = next(fd, VG_MSG_LANE, sizeof(struct vg_msg_lane), 3);
	for (unsigned i = 0; i < 3; i += 2) { /* out and attr: read only, for ever */
		void *at = mmap(NULL, 4096, PROT_READ, MAP_SHARED, m.fds[i], 0);
		assert_ptr_not_equal(at, MAP_FAILED);
		assert_int_equal(mprotect(at, 4096, PROT_READ | PROT_WRITE), -1);
		munmap(at, 4096);
		assert_ptr_equal(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, m.fds[i], 0), MAP_FAILED);
		assert_int_equal(pwrite(m.fds[i], "x", 1, 0), -1);
	}
	for (unsigned i = 0; i < 3; i++) { /* no size changes, so nobody gets a SIGBUS */
		assert_int_equal(ftruncate(m.fds[i], 0), -1);
		assert_int_equal(ftruncate(m.fds[i], 1 << 24), -1);
		assert_int_equal(fcntl(m.fds[i], F_ADD_SEALS, F_SEAL_WRITE), -1);
		assert_int_equal(fallocate(m.fds[i], FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096),
				 i == 1 ? 0 : -1);
	}
	b->cores[0]->lanes[0].out->head = 0; /* the writer still can */
	message_close(&m);
	close(fd);
}

static void the_second_hasher_of_an_index_is_refused_while_the_first_lives(void **state)
{
	struct bench *b = *state;
	int first = say_hello(b, VG_ROLE_HASHER, 0), second = say_hello(b, VG_ROLE_HASHER, 0), third;
	struct message m;
	no_more(second, VG_ECLOSED);
	m = next(first, VG_MSG_WELCOME, sizeof(struct vg_msg_welcome), 0);
	close(first);
	rounds(b);
	third = say_hello(b, VG_ROLE_HASHER, 0);
	m = next(third, VG_MSG_WELCOME, sizeof(struct vg_msg_welcome), 0);
	m = next(third, VG_MSG_LANE, sizeof(struct vg_msg_lane), 3);
	assert_int_equal(m.lane.epoch, 2);
	message_close(&m);
	close(second);
	close(third);
}

static void vigild_gets_records_and_stats_and_may_come_again(void **state)
{
	struct bench *b = *state;
	for (unsigned round = 0; round < 2; round++) {
		int fd = say_hello(b, VG_ROLE_CONTROL, 0), second = say_hello(b, VG_ROLE_CONTROL, 0);
		struct message m = next(fd, VG_MSG_WELCOME, sizeof(struct vg_msg_welcome), 0);
		no_more(second, VG_ECLOSED);
		for (unsigned i = 0; i < N_CORES * 2; i++) {
			m = next(fd, VG_MSG_ATTR, sizeof(struct vg_msg_attr), 1);
			assert_int_equal(m.attr.core_idx, i / 2);
			assert_int_equal(m.attr.hasher_idx, i % 2);
			assert_int_equal(m.attr.n_attr, 8);
			message_close(&m);
		}
		for (unsigned core = 0; core < N_CORES; core++) {
			m = next(fd, VG_MSG_STATS, sizeof(struct vg_msg_stats), 1);
			assert_int_equal(m.stats.core_idx, core);
			message_close(&m);
		}
		no_more(fd, VG_EAGAIN);
		close(fd);
		close(second);
		rounds(b);
	}
}

static void drained_is_said_when_every_core_is_through(void **state)
{
	struct bench *b = *state;
	struct message m;
	int fd = say_hello(b, VG_ROLE_CONTROL, 0);
	for (unsigned i = 0; i < 1 + N_CORES * 2 + N_CORES; i++) {
		memset(&m, 0, sizeof(m));
		assert_int_equal(vg_sock_recv(fd, m.room, sizeof(m.room), &m.n_bytes, m.fds, &m.n_fds), VG_OK);
		message_close(&m);
	}
	vg_handoff_input_done(b->cores[0]);
	b->stats[1]->n_objects_out = 1;
	vg_handoff_input_done(b->cores[1]);
	rounds(b);
	no_more(fd, VG_EAGAIN);
	assert_false(vg_handoff_server_drained(b->server));
	b->stats[1]->n_objects_out = 0;
	rounds(b);
	m = next(fd, VG_MSG_DRAINED, sizeof(struct vg_msg_drained), 0);
	assert_true(vg_handoff_server_drained(b->server));
	assert_false(vg_handoff_server_released(b->server));
	close(fd);
	rounds(b);
	assert_true(vg_handoff_server_released(b->server));
}

/* The main thread's rounds alone: no worker comes by. */
static void server_rounds(struct bench *b)
{
	for (unsigned i = 0; i < 8; i++)
		vg_handoff_server_poll(b->server, 0);
}

static int say_hello_unserved(struct bench *b, uint32_t role, uint32_t idx)
{
	struct vg_msg_hello m = { vg_msg_head(VG_MSG_HELLO, sizeof(m)), role, idx };
	int fd = vg_sock_connect(b->path);
	assert_true(fd >= 0 && !fcntl(fd, F_SETFL, O_NONBLOCK));
	assert_int_equal(vg_sock_send(fd, &m, sizeof(m), NULL, 0), VG_OK);
	return fd;
}

static void the_next_hasher_waits_while_a_worker_holds_a_dead_ones_lane(void **state)
{
	struct bench *b = *state;
	int first = say_hello(b, VG_ROLE_HASHER, 0), second, third;
	struct message m;
	close(first);
	second = say_hello_unserved(b, VG_ROLE_HASHER, 0);
	server_rounds(b);
	no_more(second, VG_EAGAIN); /* neither refused nor served */
	third = say_hello_unserved(b, VG_ROLE_HASHER, 0);
	server_rounds(b);
	no_more(third, VG_ECLOSED); /* one may wait */
	close(second);
	close(third);
	second = say_hello_unserved(b, VG_ROLE_HASHER, 0); /* who waited is gone: the next may */
	rounds(b);
	m = next(second, VG_MSG_WELCOME, sizeof(struct vg_msg_welcome), 0);
	m = next(second, VG_MSG_LANE, sizeof(struct vg_msg_lane), 3);
	assert_int_equal(m.lane.epoch, 2);
	message_close(&m);
	close(second);
}

/* Peers of a dataplane that is just starting: all that came before the first round, in any order of their ends. */
static void the_living_are_served_after_any_number_of_dead(void **state)
{
	struct bench *b = *state;
	unsigned seed = (unsigned)time(NULL), n_lanes = 0, n_stats = 0;
	print_message("seed %u\n", seed);
	srandom(seed);
	for (unsigned turn = 0; turn < 200; turn++) {
		int hasher, control;
		for (unsigned n = (unsigned)random() % 5; n; n--) {
			int dead[2] = { -1, -1 };
			if (random() % 4)
				dead[0] = say_hello_unserved(b, VG_ROLE_HASHER, 0);
			if (random() % 4)
				dead[1] = say_hello_unserved(b, VG_ROLE_CONTROL, 0);
			for (unsigned i = (unsigned)random() % 8; i; i--)
				if (random() % 3)
					vg_handoff_server_poll(b->server, 0);
				else
					vg_handoff_poll(b->cores[random() % N_CORES], 1);
			for (unsigned i = 0; i < 2; i++)
				if (dead[i] >= 0)
					close(dead[i]);
		}
		hasher = say_hello_unserved(b, VG_ROLE_HASHER, 0);
		control = say_hello_unserved(b, VG_ROLE_CONTROL, 0);
		for (unsigned i = 0; i < 4; i++) {
			server_rounds(b);
			rounds(b);
		}
		for (unsigned i = 0; i < 2; i++) {
			struct message m;
			while (!vg_sock_recv(i ? control : hasher, m.room, sizeof(m.room), &m.n_bytes, m.fds,
					     &m.n_fds)) {
				n_lanes += m.head.type == VG_MSG_LANE;
				n_stats += m.head.type == VG_MSG_STATS;
				message_close(&m);
			}
			close(i ? control : hasher);
		}
		assert_int_equal(n_lanes, N_CORES * (turn + 1));
		assert_int_equal(n_stats, N_CORES * (turn + 1));
	}
}

/* As another user of a group (the file's mode aside): 1 it is welcome, 0 it is refused. */
static int other_user_is_welcome(struct bench *b, gid_t gid, gid_t second)
{
	struct vg_msg_hello m = { vg_msg_head(VG_MSG_HELLO, sizeof(m)), VG_ROLE_CONTROL, 0 };
	int status, to_child[2];
	assert_int_equal(pipe(to_child), 0);
	assert_int_equal(chmod(b->path, 0666), 0);
	pid_t child = fork();
	if (!child) {
		char c;
		int fds[VG_SOCK_MAX_FDS], fd;
		size_t n_bytes, n_fds;
		uint8_t room[256];
		if (setgroups(1, &second) || setgid(gid) || setuid(65533) || (fd = vg_sock_connect(b->path)) < 0)
			_exit(2);
		(void)!read(to_child[0], &c, 1);
		(void)vg_sock_send(fd, &m, sizeof(m), NULL, 0);
		_exit(vg_sock_recv(fd, room, sizeof(room), &n_bytes, fds, &n_fds) ? 0 : 1);
	}
	for (unsigned i = 0; i < 100 && !waitpid(child, &status, WNOHANG); i++) {
		rounds(b);
		if (i == 20)
			(void)!write(to_child[1], "x", 1);
		usleep(5000);
	}
	close(to_child[0]);
	close(to_child[1]);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void other_users_meet_in_the_group_of_the_socket(void **state)
{
	struct bench *b = *state;
	if (geteuid())
		skip();
	assert_int_equal(chmod(b->run_dir, 0755), 0);
	vg_handoff_server_destroy(b->server);
	assert_int_equal(setegid(4321), 0);
	b->server = vg_handoff_server_create(b->run_dir, &b->conf, 99, b->cores, b->stats_fds, N_CORES);
	assert_int_equal(setegid(0), 0);
	assert_non_null(b->server);
	assert_int_equal(other_user_is_welcome(b, 4321, 4000), 1);
	assert_int_equal(other_user_is_welcome(b, 4000, 4321), 1);
	assert_int_equal(other_user_is_welcome(b, 4000, 4001), 0);
}

static void what_is_no_hello_ends_the_link(void **state)
{
	struct bench *b = *state;
	struct vg_msg_hello good = { vg_msg_head(VG_MSG_HELLO, sizeof(good)), VG_ROLE_CONTROL, 0 };
	for (unsigned i = 0; i < 8; i++) {
		struct vg_msg_hello m = good;
		uint8_t large[400] = { 0 };
		int fd = vg_sock_connect(b->path), extra = i == 6 ? dup(0) : -1;
		assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
		m.head.magic ^= i == 0;
		m.head.version += i == 1;
		m.head.type = i == 2 ? VG_MSG_WELCOME : m.head.type;
		m.head.n_bytes += i == 3;
		m.role = i == 7 ? 3 : m.role;
		memcpy(large, &m, sizeof(m));
		size_t n = i == 4 ? sizeof(m) - 1 : i == 5 ? sizeof(large) : sizeof(m);
		assert_int_equal(vg_sock_send(fd, large, n, &extra, i == 6), VG_OK);
		rounds(b);
		if (i == 6) { /* descriptors beside it are closed and do no harm */
			(void)next(fd, VG_MSG_WELCOME, sizeof(struct vg_msg_welcome), 0);
			close(extra);
		} else {
			no_more(fd, VG_ECLOSED);
		}
		close(fd);
		rounds(b);
	}
}

static void a_peer_that_speaks_again_is_put_off(void **state)
{
	struct bench *b = *state;
	struct vg_msg_hello m = { vg_msg_head(VG_MSG_HELLO, sizeof(m)), VG_ROLE_HASHER, 0 };
	int fd = say_hello(b, VG_ROLE_HASHER, 0);
	assert_int_equal(vg_handoff_n_attached(b->cores[1]), 1);
	assert_int_equal(vg_sock_send(fd, &m, sizeof(m), NULL, 0), VG_OK);
	rounds(b);
	assert_int_equal(vg_handoff_n_attached(b->cores[1]), 0);
	close(fd);
}

static void a_hasher_that_breaks_one_lane_loses_all(void **state)
{
	struct bench *b = *state;
	int fd = say_hello(b, VG_ROLE_HASHER, 0);
	struct message m = next(fd, VG_MSG_WELCOME, sizeof(struct vg_msg_welcome), 0);
	m = next(fd, VG_MSG_LANE, sizeof(struct vg_msg_lane), 3);
	struct vg_lane_in *in = vg_memfd_map(m.fds[1], vg_lane_in_bytes(&b->conf.lane), PROT_READ | PROT_WRITE);
	assert_non_null(in);
	message_close(&m);
	in->ret_head = 1 << 20;
	rounds(b);
	assert_int_equal(vg_handoff_n_attached(b->cores[0]) + vg_handoff_n_attached(b->cores[1]), 0);
	assert_int_equal(b->stats[0]->counters[VG_C_INDEX_BAD], 1);
	m = next(fd, VG_MSG_LANE, sizeof(struct vg_msg_lane), 3); /* was sent before */
	message_close(&m);
	no_more(fd, VG_ECLOSED);
	munmap(in, vg_lane_in_bytes(&b->conf.lane));
	close(fd);
	fd = say_hello(b, VG_ROLE_HASHER, 0);
	assert_int_equal(vg_handoff_n_attached(b->cores[0]), 1);
	close(fd);
}

static void silent_links_are_few(void **state)
{
	struct bench *b = *state;
	int fds[9];
	for (unsigned i = 0; i < 9; i++) {
		fds[i] = vg_sock_connect(b->path);
		assert_int_equal(fcntl(fds[i], F_SETFL, O_NONBLOCK), 0);
		vg_handoff_server_poll(b->server, 0);
	}
	no_more(fds[8], VG_ECLOSED);
	no_more(fds[7], VG_EAGAIN);
	for (unsigned i = 0; i < 9; i++)
		close(fds[i]);
}

int main(void)
{
#define ON_BENCH(test) cmocka_unit_test_setup_teardown(test, bench_open, bench_close)
	const struct CMUnitTest tests[] = {
		ON_BENCH(a_hasher_gets_its_lanes_of_every_core),
		ON_BENCH(the_seals_hold),
		ON_BENCH(the_second_hasher_of_an_index_is_refused_while_the_first_lives),
		ON_BENCH(the_next_hasher_waits_while_a_worker_holds_a_dead_ones_lane),
		ON_BENCH(the_living_are_served_after_any_number_of_dead),
		ON_BENCH(vigild_gets_records_and_stats_and_may_come_again),
		ON_BENCH(drained_is_said_when_every_core_is_through),
		ON_BENCH(other_users_meet_in_the_group_of_the_socket),
		ON_BENCH(what_is_no_hello_ends_the_link),
		ON_BENCH(a_peer_that_speaks_again_is_put_off),
		ON_BENCH(a_hasher_that_breaks_one_lane_loses_all),
		ON_BENCH(silent_links_are_few),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
