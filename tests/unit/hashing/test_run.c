/* run: the whole program in a child, its real sandbox closed, between a fake dataplane and a fake vigild: pictures,
 * codings and forms go through; TERM, a lost dataplane and a decoder that crashes end it as they must. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <vigil/config_snapshot.h>

#include "hashing/run.h"
#include "tests/lib/coded.h"
#include "tests/lib/index_make.h"
#include "tests/lib/lane_make.h"
#include "tests/lib/picture.h"
#include "tests/lib/vigild_make.h"

#define CRASH_BYTES 4321

struct fixture {
	char dir[64], path[128];
	struct vg_lane_make maker;
	int listen_fd, dataplane_fd, index_fd;
	struct vg_vigild_make vigild;
	pid_t child;
	uint8_t *jpeg, *png;
	size_t n_jpeg, n_png;
};

static const char *in_dir(struct fixture *f, const char *name)
{
	snprintf(f->path, sizeof(f->path), "%s/%s", f->dir, name);
	return f->path;
}

static void crash(void *ctx, uint64_t n_bytes)
{
	volatile int *volatile nowhere = NULL;
	(void)ctx;
	if (n_bytes == CRASH_BYTES)
		*nowhere = 1;
}

static void start(struct fixture *f, bool hooked)
{
	static char name[] = "vigil-hashing", run_dir[] = "--run-dir", hasher[] = "--hasher", three[] = "3";
	char *argv[] = { name, run_dir, f->dir, hasher, three, NULL };
	struct vg_hashing_hooks hooks = { .before_decode = crash };

	f->child = fork();
	if (!f->child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails leaves nobody behind */
		setenv("VIGIL_LOG", "error", 1);
		signal(SIGSEGV, SIG_DFL); /* the test's own handler would go on in the child */
		_exit(vg_hashing_run(5, argv, hooked ? &hooks : NULL));
	}
}

static void write_snapshot(struct fixture *f)
{
	struct vg_hashing_conf conf = { .magic = VG_SNAPSHOT_MAGIC,
					.version = VG_SNAPSHOT_VERSION,
					.n_bytes = sizeof(conf),
					.max_unpacked_bytes = 1 << 24,
					.max_members = 5000,
					.max_pixels = 1 << 24,
					.sample_bytes = 4096,
					.spool_bytes = 1 << 24 };
	FILE *file = fopen(in_dir(f, "hashing.snapshot"), "wb");
	assert_int_equal(fwrite(&conf, sizeof(conf), 1, file), 1);
	fclose(file);
}

static void hand_over(struct fixture *f)
{
	struct vg_msg_hello hello;
	struct vg_msg_welcome w = { .head = vg_msg_head(VG_MSG_WELCOME, sizeof(w)), .boot_id = 55, .n_cores = 1 };
	struct vg_msg_lane m = { .head = vg_msg_head(VG_MSG_LANE, sizeof(m)), .geometry = f->maker.geometry };
	int fds[VG_SOCK_MAX_FDS];
	size_t n_bytes, n_fds;

	f->dataplane_fd = accept(f->listen_fd, NULL, NULL);
	assert_true(f->dataplane_fd >= 0);
	assert_int_equal(vg_sock_recv(f->dataplane_fd, &hello, sizeof(hello), &n_bytes, fds, &n_fds), VG_OK);
	assert_int_equal(hello.hasher_idx, 3);
	assert_int_equal(vg_sock_send(f->dataplane_fd, &w, sizeof(w), NULL, 0), VG_OK);
	assert_int_equal(vg_sock_send(f->dataplane_fd, &m, sizeof(m), f->maker.fds, 3), VG_OK);
}

/* The next message within some seconds. */
static int receive(struct fixture *f, union vg_vigild_message *m)
{
	int memfd;
	for (int i = 0; i < 10000; i++) {
		int got = vg_vigild_receive(&f->vigild, m, &memfd);
		if (memfd >= 0)
			close(memfd);
		if (got)
			return got;
		usleep(1000);
	}
	return 0;
}

static void bring_up_vigild(struct fixture *f)
{
	union vg_vigild_message m;
	vg_vigild_connect(&f->vigild, in_dir(f, "hasher-3.sock"));
	vg_vigild_say_hello(&f->vigild, VG_HELLO_WANT_OBJECTS);
	assert_int_equal(receive(f, &m), 1);
	assert_int_equal(m.head.type, VG_MSG_HASHER_HELLO);
	assert_int_equal(m.hello.boot_id, 55);
	vg_vigild_send_index(&f->vigild, f->index_fd, 1);
	assert_int_equal(receive(f, &m), 1);
	assert_int_equal(m.head.type, VG_MSG_INDEX_TAKEN);
	assert_int_equal(m.taken.err, VG_OK);
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct vg_index_make make = { .n_lists = 0 };
	uint8_t *pixels = vg_picture_draw(120, 80, 3, 4), md5[16], *bytes;
	size_t n_bytes;

	snprintf(f->dir, sizeof(f->dir), "/tmp/vigil-test-run.%d", getpid());
	mkdir(f->dir, 0700);
	f->jpeg = vg_picture_to_jpeg(&(struct vg_picture_jpeg){ .width = 120, .height = 80, .n_channels = 3 }, pixels,
				     &f->n_jpeg);
	f->png = vg_picture_to_png(
		&(struct vg_picture_png){
			.width = 120, .height = 80, .bit_depth = 8, .color_type = 2, .row_bytes = 360 },
		pixels, &f->n_png);
	free(pixels);
	vg_index_make_list(&make, VG_ACTION_REPORT, VG_ACTION_REVIEW, 31);
	EVP_Digest(f->png, f->n_png, md5, NULL, EVP_md5(), NULL);
	vg_index_make_add(&make, 0, VG_ALGO_MD5, md5);
	bytes = vg_index_make_bytes(&make, 1, &n_bytes);
	f->index_fd = vg_index_make_memfd(bytes, n_bytes, VG_SEALS_FINAL);
	free(bytes);
	vg_index_make_free(&make);
	vg_lane_make_init(&f->maker, 256, 4, 16);
	f->listen_fd = vg_sock_listen(in_dir(f, "handover.sock"));
	fcntl(f->listen_fd, F_SETFL, 0);
	f->dataplane_fd = f->vigild.fd = f->vigild.stats_fd = -1;
	write_snapshot(f);
	*state = f;
	return 0;
}
static int tear_down(void **state)
{
	struct fixture *f = *state;
	static const char *const names[] = { "hashing.snapshot", "handover.sock", "hasher-3.sock" };
	close(f->listen_fd);
	close(f->dataplane_fd);
	close(f->index_fd);
	vg_vigild_close(&f->vigild);
	vg_lane_make_fini(&f->maker);
	free(f->jpeg);
	free(f->png);
	for (int i = 0; i < 3; i++)
		unlink(in_dir(f, names[i]));
	rmdir(in_dir(f, "empty"));
	rmdir(f->dir);
	free(f);
	return 0;
}

static int wait_child(struct fixture *f)
{
	int status = -1;
	for (int i = 0; i < 10000 && waitpid(f->child, &status, WNOHANG) == 0; i++)
		usleep(1000);
	if (status == -1) {
		kill(f->child, SIGKILL);
		waitpid(f->child, &status, 0);
		fail_msg("the hasher did not end by itself");
	}
	return status;
}

static void send_body(struct fixture *f, uint32_t slot, uint32_t generation, const void *bytes, size_t n,
		      uint32_t codings)
{
	uint64_t id = vg_lane_make_id(slot, generation);
	vg_lane_make_record(&f->maker, id);
	vg_lane_make_open(&f->maker, id, codings, 0);
	vg_lane_make_body(&f->maker, id, bytes, n, 2000);
	vg_lane_make_close(&f->maker, id, VG_STATE_COMPLETE, n);
}

static void wait_done(struct fixture *f, uint32_t n)
{
	struct vg_return r;
	for (int i = 0; n && i < 10000; i++) {
		while (vg_lane_make_return(&f->maker, &r))
			n -= r.type == VG_RETURN_DONE;
		usleep(1000);
	}
	assert_int_equal(n, 0);
}

static void objects_go_through_the_real_sandbox_and_term_ends_it(void **state)
{
	struct fixture *f = *state;
	struct vg_coded gz = vg_coded_gzip(f->png, f->n_png), br = vg_coded_brotli(f->jpeg, f->n_jpeg);
	union vg_vigild_message m;
	int status;

	start(f, false);
	hand_over(f);
	send_body(f, 0, 1, f->jpeg, f->n_jpeg, 0); /* before there is an index: waits */
	bring_up_vigild(f);
	send_body(f, 1, 1, gz.at, gz.n_bytes, VG_CODING_GZIP);
	send_body(f, 2, 1, br.at, br.n_bytes, VG_CODING_BR);
	send_body(f, 3, 1, f->png, f->n_png, 0);
	for (int i = 0; i < 4; i++) { /* in the order of their turns */
		assert_int_equal(receive(f, &m), 1);
		bool is_png = m.record.object_id & 1;
		assert_int_equal(m.head.type, is_png ? VG_MSG_MATCH : VG_MSG_OBJECT);
		assert_true(m.record.flags & VG_RECORD_HAS_PDQ);
		assert_int_equal(m.record.n_bytes, is_png ? f->n_png : f->n_jpeg);
	}
	vg_vigild_ack(&f->vigild, m.record.seq);
	wait_done(f, 4);
	kill(f->child, SIGTERM);
	status = wait_child(f);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	free(gz.at);
	free(br.at);
}

static void without_a_dataplane_it_delivers_what_it_has_and_ends(void **state)
{
	struct fixture *f = *state;
	union vg_vigild_message m;
	uint64_t id = vg_lane_make_id(1, 1);
	int status;

	start(f, false);
	hand_over(f);
	bring_up_vigild(f);
	send_body(f, 0, 1, f->png, f->n_png, 0);
	vg_lane_make_record(&f->maker, id);
	vg_lane_make_open(&f->maker, id, 0, 0);
	vg_lane_make_body(&f->maker, id, f->jpeg, f->n_jpeg / 2, 2000);
	close(f->dataplane_fd);
	assert_int_equal(receive(f, &m), 1);
	assert_int_equal(m.head.type, VG_MSG_MATCH);
	assert_int_equal(receive(f, &m), 1);
	assert_int_equal(m.record.state, VG_STATE_TRUNCATED);
	usleep(20000);
	assert_int_equal(waitpid(f->child, &status, WNOHANG), 0); /* not before they are durable */
	vg_vigild_close(&f->vigild);
	bring_up_vigild(f); /* vigild died and came back: both come again */
	assert_int_equal(receive(f, &m), 1);
	assert_int_equal(receive(f, &m), 1);
	vg_vigild_ack(&f->vigild, m.record.seq);
	status = wait_child(f);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void what_came_before_the_first_index_is_not_lost_with_the_dataplane(void **state)
{
	struct fixture *f = *state;
	union vg_vigild_message m;
	int status;

	start(f, false);
	hand_over(f);
	send_body(f, 0, 1, f->png, f->n_png, 0);
	close(f->dataplane_fd);
	usleep(100000);
	assert_int_equal(waitpid(f->child, &status, WNOHANG), 0);
	bring_up_vigild(f);
	assert_int_equal(receive(f, &m), 1);
	assert_int_equal(m.head.type, VG_MSG_MATCH);
	vg_vigild_ack(&f->vigild, m.record.seq);
	status = wait_child(f);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void slots_are_used_again_and_again_and_across_a_vigild_that_dies(void **state)
{
	struct fixture *f = *state;
	union vg_vigild_message m;
	uint64_t id, last = 0;
	int status;

	start(f, false);
	hand_over(f);
	bring_up_vigild(f);
	for (uint32_t i = 0; i < 200; i++) {
		id = vg_lane_make_id(i % 16, 1 + i / 16);
		send_body(f, i % 16, 1 + i / 16, f->png, f->n_png, 0);
		assert_int_equal(receive(f, &m), 1);
		last = m.record.seq;
		if (i == 100) { /* dies with one record not acknowledged */
			vg_vigild_close(&f->vigild);
			bring_up_vigild(f);
			assert_int_equal(receive(f, &m), 1);
			assert_int_equal(m.record.seq, last);
		}
		vg_vigild_ack(&f->vigild, last);
		wait_done(f, 1);
		assert_int_equal(m.record.object_id, id);
	}
	kill(f->child, SIGTERM);
	status = wait_child(f);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* More files in one body than the link keeps records: the hasher waits in the middle of it, and vigild dies just
 * then. */
static void a_vigild_that_dies_while_the_hasher_waits_for_it_is_served_again(void **state)
{
	struct fixture *f = *state;
	union vg_vigild_message m;
	uint64_t id = vg_lane_make_id(0, 1), n_records = 4097, seq = 0;
	struct vg_attribution *a;
	char *body = calloc(1, 1 << 20);
	size_t n = 0;

	for (int i = 0; i < 4096; i++)
		n += (size_t)sprintf(body + n, "--b\r\nContent-Disposition: x; filename=%d\r\n\r\nx\r\n", i);
	n += (size_t)sprintf(body + n, "--b--");
	start(f, false);
	hand_over(f);
	bring_up_vigild(f);
	a = vg_lane_make_record(&f->maker, id);
	a->n_boundary = 1;
	a->boundary[0] = 'b';
	vg_lane_make_open(&f->maker, id, 0, 0);
	vg_lane_make_body(&f->maker, id, body, n, 4000);
	vg_lane_make_close(&f->maker, id, VG_STATE_COMPLETE, n);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(receive(f, &m), 1);
	usleep(200000);
	vg_vigild_close(&f->vigild);
	bring_up_vigild(f);
	while (seq < n_records) {
		assert_int_equal(receive(f, &m), 1);
		seq = m.record.seq;
		if (seq % 64 == 0 || seq == n_records)
			vg_vigild_ack(&f->vigild, seq);
	}
	assert_true(m.record.flags & VG_RECORD_LAST);
	wait_done(f, 1);
	kill(f->child, SIGTERM);
	(void)wait_child(f);
	free(body);
}

static void a_crash_in_a_decoder_names_its_object_and_no_other(void **state)
{
	struct fixture *f = *state;
	union vg_vigild_message m;
	uint8_t body[CRASH_BYTES] = { 0xff, 0xd8, 0xff };
	int status;

	start(f, true);
	hand_over(f);
	bring_up_vigild(f);
	send_body(f, 0, 1, f->png, f->n_png, 0);
	assert_int_equal(receive(f, &m), 1);
	assert_int_equal(atomic_load(&f->maker.in->decoding), 0);
	send_body(f, 5, 9, body, sizeof(body), 0);
	status = wait_child(f);
	assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) != 0);
	assert_int_equal(atomic_load(&f->maker.in->decoding), vg_lane_make_id(5, 9));
}

static void it_waits_for_whoever_is_not_there_yet_and_ends_when_told(void **state)
{
	struct fixture *f = *state;
	int status;

	unlink(in_dir(f, "hashing.snapshot"));
	start(f, false);
	usleep(50000);
	assert_int_equal(waitpid(f->child, &status, WNOHANG), 0);
	write_snapshot(f);
	hand_over(f);
	bring_up_vigild(f);
	kill(f->child, SIGTERM);
	status = wait_child(f);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	close(f->listen_fd);
	unlink(in_dir(f, "handover.sock"));
	start(f, false);
	usleep(50000);
	kill(f->child, SIGTERM);
	status = wait_child(f);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void wrong_arguments_are_usage_errors(void **state)
{
	static char name[] = "vigil-hashing", run_dir[] = "--run-dir", dir[] = "/tmp", hasher[] = "--hasher",
		    bad[] = "64", word[] = "x", help[] = "--help", version[] = "--version";
	char *none[] = { name, NULL }, *no_hasher[] = { name, run_dir, dir, NULL },
	     *too_high[] = { name, run_dir, dir, hasher, bad, NULL },
	     *no_number[] = { name, run_dir, dir, hasher, word, NULL }, *helped[] = { name, help, NULL },
	     *versioned[] = { name, version, NULL };
	(void)state;
	assert_int_equal(vg_hashing_run(1, none, NULL), 2);
	assert_int_equal(vg_hashing_run(3, no_hasher, NULL), 2);
	assert_int_equal(vg_hashing_run(5, too_high, NULL), 2);
	assert_int_equal(vg_hashing_run(5, no_number, NULL), 2);
	assert_int_equal(vg_hashing_run(2, helped, NULL), 0);
	assert_int_equal(vg_hashing_run(2, versioned, NULL), 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(objects_go_through_the_real_sandbox_and_term_ends_it),
		T(without_a_dataplane_it_delivers_what_it_has_and_ends),
		T(what_came_before_the_first_index_is_not_lost_with_the_dataplane),
		T(slots_are_used_again_and_again_and_across_a_vigild_that_dies),
		T(a_vigild_that_dies_while_the_hasher_waits_for_it_is_served_again),
		T(a_crash_in_a_decoder_names_its_object_and_no_other),
		T(it_waits_for_whoever_is_not_there_yet_and_ends_when_told),
		cmocka_unit_test(wrong_arguments_are_usage_errors),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
