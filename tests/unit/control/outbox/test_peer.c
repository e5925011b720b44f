/* A reporter that does not keep to the protocol: its link ends, the outbox lives, nothing is filed by its word. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <vigil/sock.h>

#include "tests/lib/filing_more.h"

/* The harness with our own hand in place of the reporter's. */
static struct filing *begin(int *fd)
{
	struct filing *f = calloc(1, sizeof(*f));
	filing_start(f);
	filing_kill(&f->reporter, SIGKILL);
	for (int i = 0; i < 5; i++)
		vg_loop_step(f->loop, 10);
	*fd = vg_sock_connect(filing_path(f, "reporter.sock"));
	assert_true(*fd >= 0);
	return f;
}
static void end(struct filing *f, int fd)
{
	close(fd);
	filing_end(f);
	free(f);
}
static struct vg_link_hello hello_of(struct filing *f)
{
	struct vg_link_hello hello = { .head = vg_link_head(VG_LINK_HELLO, sizeof(hello)),
				       .link_version = VG_LINK_VERSION,
				       .demo = 1,
				       .epoch = vg_evidence_epoch(f->evidence) };
	char name[64];
	snprintf(name, sizeof(name), "reporter/epoch-%llu.pub", (unsigned long long)hello.epoch);
	assert_int_equal(vg_key_read(filing_path(f, name), hello.public_key), VG_OK);
	return hello;
}
static void steps(struct filing *f)
{
	for (int i = 0; i < 10; i++)
		vg_loop_step(f->loop, 5);
}
/* Next message of vigild, or 0 where it closed the link. */
static size_t receive(int fd, void *msg, size_t cap, int *fds, size_t *n_fds)
{
	size_t n;
	return vg_sock_recv(fd, msg, cap, &n, fds, n_fds) ? 0 : n;
}
/* Says hello and takes the settings and the first order. */
static struct vg_link_do first_order(struct filing *f, int fd)
{
	struct vg_link_hello hello = hello_of(f);
	struct vg_link_conf conf;
	struct vg_link_do order;
	int fds[VG_SOCK_MAX_FDS];
	size_t n_fds;

	assert_int_equal(vg_sock_send(fd, &hello, sizeof(hello), NULL, 0), VG_OK);
	filing_add(f, 1, 1000);
	steps(f);
	assert_int_equal(receive(fd, &conf, sizeof(conf), fds, &n_fds), sizeof(conf));
	assert_int_equal(receive(fd, &order, sizeof(order), fds, &n_fds), sizeof(order));
	assert_true(vg_link_is(&order, sizeof(order), VG_LINK_DO, sizeof(order)));
	assert_int_equal(order.call, VG_CALL_SUBMIT);
	assert_int_equal(n_fds, 1);
	close(fds[0]);
	return order;
}
static void assert_dropped(struct filing *f, int fd)
{
	char msg[4096];
	int fds[VG_SOCK_MAX_FDS];
	size_t n_fds;
	steps(f);
	assert_int_equal(receive(fd, msg, sizeof(msg), fds, &n_fds), 0);
	assert_true(f->outbox->peer_fd < 0);
}

static void rubbish_ends_the_link(void **state)
{
	int fd;
	struct filing *f = begin(&fd);
	char rubbish[100];
	(void)state;
	memset(rubbish, 0x5a, sizeof(rubbish));
	assert_int_equal(vg_sock_send(fd, rubbish, sizeof(rubbish), NULL, 0), VG_OK);
	assert_dropped(f, fd);
	end(f, fd);
}
static void a_hello_of_another_version_or_key_ends_the_link(void **state)
{
	int fd;
	struct filing *f = begin(&fd);
	struct vg_link_hello hello = hello_of(f);
	(void)state;
	hello.link_version++;
	assert_int_equal(vg_sock_send(fd, &hello, sizeof(hello), NULL, 0), VG_OK);
	assert_dropped(f, fd);
	close(fd);
	fd = vg_sock_connect(filing_path(f, "reporter.sock"));
	hello = hello_of(f);
	hello.public_key[0] ^= 1;
	assert_int_equal(vg_sock_send(fd, &hello, sizeof(hello), NULL, 0), VG_OK);
	assert_dropped(f, fd);
	assert_true(f->n_alarms >= 1);
	end(f, fd);
}
static void a_result_that_was_not_asked_for_ends_the_link(void **state)
{
	struct vg_link_result r = { .head = vg_link_head(VG_LINK_RESULT, sizeof(r)) };
	int fd;
	struct filing *f = begin(&fd);
	struct vg_link_do order = first_order(f, fd);
	(void)state;
	r.job = order.job + 1;
	r.call = VG_CALL_SUBMIT;
	r.report_id = 5;
	assert_int_equal(vg_sock_send(fd, &r, sizeof(r), NULL, 0), VG_OK);
	assert_dropped(f, fd);
	end(f, fd);
}
static void a_finish_in_place_of_a_submit_files_nothing(void **state)
{
	struct vg_link_result r = { .head = vg_link_head(VG_LINK_RESULT, sizeof(r)) };
	int fd;
	struct filing *f = begin(&fd);
	struct vg_link_do order = first_order(f, fd);
	(void)state;
	r.job = order.job;
	r.call = VG_CALL_FINISH;
	assert_int_equal(vg_sock_send(fd, &r, sizeof(r), NULL, 0), VG_OK);
	assert_dropped(f, fd);
	assert_int_equal(f->n_filed, 0);
	end(f, fd);
}
static void documents_must_be_sealed_and_there(void **state)
{
	(void)state;
	for (int what = 0; what < 3; what++) {
		struct vg_link_result r = { .head = vg_link_head(VG_LINK_RESULT, sizeof(r)) };
		int fd, text = vg_memfd_new("open", 10);
		struct filing *f = begin(&fd);
		struct vg_link_do order = first_order(f, fd);
		r.job = order.job;
		r.call = order.call;
		r.report_id = 5;
		/* said but not sent; sent but not said; not sealed */
		r.has = what == 1 ? 0 : VG_HAS_DOCUMENT;
		assert_int_equal(vg_sock_send(fd, &r, sizeof(r), &text, what == 0 ? 0 : 1), VG_OK);
		assert_dropped(f, fd);
		close(text);
		end(f, fd);
	}
}
static void texts_without_an_end_do_no_harm(void **state)
{
	struct vg_link_result r = { .head = vg_link_head(VG_LINK_RESULT, sizeof(r)) };
	struct vg_outbox_row row;
	int fd;
	struct filing *f = begin(&fd);
	struct vg_link_do order = first_order(f, fd);
	(void)state;
	r.job = order.job;
	r.call = order.call;
	r.code = 1000;
	memset(r.description, 'd', sizeof(r.description));
	memset(r.request_id, '"', sizeof(r.request_id));
	memset(r.file_id, 'f', sizeof(r.file_id));
	assert_int_equal(vg_sock_send(fd, &r, sizeof(r), NULL, 0), VG_OK);
	steps(f);
	assert_int_equal(vg_outbox_find(f->outbox, 1, &row), VG_OK);
	assert_true(row.n_attempts == 1 && strlen(row.last_text) == sizeof(row.last_text) - 1);
	end(f, fd);
}
static void a_newer_reporter_replaces_the_older(void **state)
{
	int fd, newer;
	struct filing *f = begin(&fd);
	(void)state;
	(void)first_order(f, fd);
	newer = vg_sock_connect(filing_path(f, "reporter.sock"));
	steps(f);
	char msg[4096];
	int fds[VG_SOCK_MAX_FDS];
	size_t n_fds;
	assert_int_equal(receive(fd, msg, sizeof(msg), fds, &n_fds), 0);
	close(newer);
	filing_reporter(f);
	assert_true(filing_run(f, 10000));
	assert_int_equal(f->n_filed, 1);
	end(f, fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rubbish_ends_the_link),
		cmocka_unit_test(a_hello_of_another_version_or_key_ends_the_link),
		cmocka_unit_test(a_result_that_was_not_asked_for_ends_the_link),
		cmocka_unit_test(a_finish_in_place_of_a_submit_files_nothing),
		cmocka_unit_test(documents_must_be_sealed_and_there),
		cmocka_unit_test(texts_without_an_end_do_no_harm),
		cmocka_unit_test(a_newer_reporter_replaces_the_older),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
