/* forward_link: a forwarder's pages are taken and summed, a dead one's counters stay, a liar is dropped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <vigil/memfd.h>
#include <vigil/msg.h>
#include <vigil/sock.h>

#include "control/ports/forward_link.h"

static struct vg_loop *loop;
static struct vg_forward_link *forward;
static char dir[64], path[128];
static int listener, peer;

static int begin(void **state)
{
	(void)state;
	setenv("VIGIL_LOG", "none", 1);
	strcpy(dir, "/tmp/vigil-test-forward.XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/forward.sock", dir);
	listener = vg_sock_listen(path);
	loop = vg_loop_create();
	forward = vg_forward_link_create(loop, dir);
	return listener < 0 || !forward ? -1 : 0;
}

static int end(void **state)
{
	(void)state;
	vg_forward_link_destroy(forward);
	vg_loop_destroy(loop);
	close(listener);
	unlink(path);
	return rmdir(dir);
}

/* The next link of vigild, with its HELLO as it must be. */
static void meet(void)
{
	struct vg_msg_hello hello;
	int fds[VG_SOCK_MAX_FDS];
	size_t n_bytes, n_fds;
	while ((peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) < 0)
		assert_int_equal(vg_loop_step(loop, 50), VG_OK);
	assert_int_equal(vg_sock_recv(peer, &hello, sizeof(hello), &n_bytes, fds, &n_fds), VG_OK);
	assert_true(vg_msg_is(&hello.head, n_bytes, VG_MSG_HELLO, sizeof(hello)));
	assert_int_equal(hello.role, VG_ROLE_CONTROL);
}

static void say_welcome(uint32_t n_pairs)
{
	struct vg_msg_welcome m = { vg_msg_head(VG_MSG_WELCOME, sizeof(m)), 1, n_pairs, 0 };
	assert_int_equal(vg_sock_send(peer, &m, sizeof(m), NULL, 0), VG_OK);
}

/* A page of pair with n frames; n_bytes of the memfd. */
static void give_page(uint32_t pair, uint64_t n, size_t n_bytes, int seals)
{
	struct vg_msg_stats m = { vg_msg_head(VG_MSG_STATS, sizeof(m)), pair, 0 };
	int fd = vg_memfd_new("page", n_bytes);
	struct vg_stats_page *page = vg_memfd_map(fd, n_bytes, PROT_READ | PROT_WRITE);
	page->magic = VG_STATS_MAGIC;
	page->counters[VG_F_RX_PACKETS] = n;
	page->counters[VG_F_INSPECTOR_HERE] = 1;
	assert_int_equal(vg_memfd_seal(fd, seals), VG_OK);
	assert_int_equal(vg_sock_send(peer, &m, sizeof(m), &fd, 1), VG_OK);
	munmap(page, n_bytes);
	close(fd);
}

static void steps(void)
{
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(vg_loop_step(loop, 10), VG_OK);
}

static void pages_of_all_pairs_are_summed_and_outlive_their_forwarder(void **state)
{
	uint64_t n[VG_F_N];
	(void)state;
	meet();
	say_welcome(2);
	give_page(0, 3, VG_STATS_BYTES, VG_SEALS_OURS);
	steps();
	assert_false(vg_forward_link_is_up(forward));
	give_page(1, 4, VG_STATS_BYTES, VG_SEALS_OURS);
	steps();
	assert_true(vg_forward_link_is_up(forward));
	assert_int_equal(vg_forward_link_n_pairs(forward), 2);
	vg_forward_link_sum(forward, -1, n);
	assert_int_equal(n[VG_F_RX_PACKETS], 7);
	assert_int_equal(n[VG_F_INSPECTOR_HERE], 2);
	close(peer);
	steps();
	assert_false(vg_forward_link_is_up(forward));
	assert_null(vg_forward_link_page(forward, 0));
	vg_forward_link_sum(forward, 1, n);
	assert_int_equal(n[VG_F_RX_PACKETS], 4);
	assert_int_equal(n[VG_F_INSPECTOR_HERE], 0);
	meet();
	say_welcome(2);
	give_page(1, 10, VG_STATS_BYTES, VG_SEALS_OURS);
	steps();
	vg_forward_link_sum(forward, 1, n);
	assert_int_equal(n[VG_F_RX_PACKETS], 14);
	close(peer);
	steps();
}

/* What follows the HELLO is a lie: the link ends, nothing is mapped. */
static void refused(void (*lie)(void))
{
	char byte;
	meet();
	lie();
	steps();
	assert_int_equal(recv(peer, &byte, 1, 0), 0);
	assert_null(vg_forward_link_page(forward, 0));
	close(peer);
}

static void many_pairs(void)
{
	say_welcome(VG_FORWARD_MAX_PAIRS + 1);
}
static void page_before_welcome(void)
{
	give_page(0, 1, VG_STATS_BYTES, VG_SEALS_OURS);
}
static void unsealed_page(void)
{
	say_welcome(1);
	give_page(0, 1, VG_STATS_BYTES, F_SEAL_SEAL);
}
static void short_page(void)
{
	say_welcome(1);
	give_page(0, 1, 8192, VG_SEALS_OURS);
}
static void page_of_no_pair(void)
{
	say_welcome(1);
	give_page(1, 1, VG_STATS_BYTES, VG_SEALS_OURS);
}
static void page_twice(void)
{
	say_welcome(1);
	give_page(0, 1, VG_STATS_BYTES, VG_SEALS_OURS);
	give_page(0, 1, VG_STATS_BYTES, VG_SEALS_OURS);
}
static void rubbish(void)
{
	assert_int_equal(send(peer, "x", 1, 0), 1);
}

static void a_forwarder_that_breaks_the_rules_is_dropped(void **state)
{
	(void)state;
	refused(many_pairs);
	refused(page_before_welcome);
	refused(unsealed_page);
	refused(short_page);
	refused(page_of_no_pair);
	refused(page_twice);
	refused(rubbish);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages_of_all_pairs_are_summed_and_outlive_their_forwarder),
		cmocka_unit_test(a_forwarder_that_breaks_the_rules_is_dropped),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
