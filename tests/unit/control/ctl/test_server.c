/* server: polite clients are answered whatever hostile ones do beside them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "control/ctl/command.h"
#include "control/ctl/server.h"

static char path[64], why[512];
static struct vg_loop *loop;
static struct vg_ctl_server *server;
static struct vg_config_control *control;
static size_t answer_bytes;

/* Answers with the line's length, the rights, and as much more as a test wants. "cut" cuts off. */
static char *echo(void *ctx, struct vg_ctl_peer *peer, const char *line, size_t n_bytes)
{
	char *out;
	(void)ctx;
	assert_int_equal(line[n_bytes], 0);
	peer->said_hello = 1;
	if (!strcmp(line, "cut"))
		return NULL;
	out = malloc(answer_bytes + 64);
	int n = snprintf(out, 64, "%zu %u ", n_bytes, peer->rights);
	memset(out + n, 'x', answer_bytes);
	out[(size_t)n + answer_bytes] = 0;
	return out;
}
static int begin(void **state)
{
	(void)state;
	control = calloc(1, sizeof(*control));
	snprintf(path, sizeof(path), "/tmp/vigil-test-ctl.%d", getpid());
	answer_bytes = 0;
	loop = vg_loop_create();
	server = vg_ctl_server_create(loop, path, control, echo, NULL, why, sizeof(why));
	assert_non_null(server);
	return 0;
}
static int end(void **state)
{
	(void)state;
	vg_ctl_server_destroy(server);
	vg_loop_destroy(loop);
	free(control);
	assert_int_equal(access(path, F_OK), -1);
	return 0;
}
static void turn(unsigned n)
{
	while (n--)
		vg_loop_step(loop, 5);
}
static int join(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	strcpy(at.sun_path, path);
	assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	turn(2);
	return fd;
}
static void say(int fd, const char *text, size_t n)
{
	assert_int_equal(send(fd, text, n, MSG_NOSIGNAL), (ssize_t)n);
	turn(3);
}
static void assert_says(int fd, const char *want)
{
	char got[256];
	ssize_t n = recv(fd, got, sizeof(got) - 1, 0);
	assert_true(n > 0);
	got[n] = 0;
	assert_string_equal(got, want);
}
static int is_cut(int fd)
{
	char byte[4096];
	ssize_t n;
	while ((n = recv(fd, byte, sizeof(byte), 0)) > 0)
		;
	return n == 0 || (n < 0 && errno == ECONNRESET);
}

static void lines_are_answered_however_they_are_cut(void **state)
{
	int fd = join();
	(void)state;
	say(fd, "ab", 2);
	say(fd, "c\nd", 3);
	assert_says(fd, "3 15 \n");
	say(fd, "\n\n", 2);
	assert_says(fd, "1 15 \n0 15 \n");
	close(fd);
	turn(2);
	assert_int_equal(vg_ctl_server_n_clients(server), 0);
	assert_int_equal(vg_ctl_server_n_cut(server), 0);
}
static void a_line_without_end_is_cut(void **state)
{
	char *huge = calloc(1, VG_CTL_MAX_LINE);
	int fd = join(), polite = join();
	(void)state;
	memset(huge, 'a', VG_CTL_MAX_LINE);
	for (size_t at = 0; at < VG_CTL_MAX_LINE;) {
		ssize_t n = send(fd, huge + at, VG_CTL_MAX_LINE - at, MSG_NOSIGNAL);
		at += n > 0 ? (size_t)n : 0;
		turn(1);
	}
	turn(5);
	assert_true(is_cut(fd));
	assert_int_equal(vg_ctl_server_n_cut(server), 1);
	say(polite, "x\n", 2);
	assert_says(polite, "1 15 \n");
	close(fd);
	close(polite);
	free(huge);
}
static void the_longest_line_is_answered(void **state)
{
	char *line = malloc(VG_CTL_MAX_LINE);
	int fd = join();
	(void)state;
	memset(line, 'a', VG_CTL_MAX_LINE);
	line[VG_CTL_MAX_LINE - 1] = '\n';
	for (size_t at = 0; at < VG_CTL_MAX_LINE;) {
		ssize_t n = send(fd, line + at, VG_CTL_MAX_LINE - at, MSG_NOSIGNAL);
		at += n > 0 ? (size_t)n : 0;
		turn(1);
	}
	turn(3);
	assert_says(fd, "65535 15 \n");
	close(fd);
	free(line);
}
static void bytes_that_are_no_text_are_only_a_line(void **state)
{
	int fd = join();
	(void)state;
	say(fd, "\0\xff\r\n", 4);
	assert_says(fd, "3 15 \n");
	close(fd);
}
static void a_client_that_takes_no_answer_waits_alone(void **state)
{
	int lazy = join(), polite = join();
	char drain[65536];
	size_t n_got = 0;
	(void)state;
	answer_bytes = 4u << 20;
	say(lazy, "a\nb\n", 4);
	answer_bytes = 0;
	say(polite, "x\n", 2);
	assert_says(polite, "1 15 \n");
	for (unsigned i = 0; i < 4000 && n_got < (4u << 20) + 2 * 6; i++) {
		ssize_t n = recv(lazy, drain, sizeof(drain), 0);
		n_got += n > 0 ? (size_t)n : 0;
		turn(1);
	}
	assert_int_equal(n_got, (4u << 20) + 2 * 6); /* the second line was answered after the first answer went */
	turn(10);
	assert_int_equal(recv(lazy, drain, sizeof(drain), 0), -1); /* and nothing else was said */
	close(lazy);
	close(polite);
}
static void an_answer_that_is_too_large_cuts(void **state)
{
	int fd = join();
	(void)state;
	answer_bytes = VG_CTL_MAX_ANSWER;
	say(fd, "a\n", 2);
	assert_true(is_cut(fd));
	close(fd);
}
static void a_handler_may_cut_a_client_off(void **state)
{
	int fd = join();
	(void)state;
	say(fd, "cut\nx\n", 6);
	assert_true(is_cut(fd));
	close(fd);
}
static void more_clients_than_there_is_room_for_are_turned_away(void **state)
{
	int fds[VG_CTL_MAX_CLIENTS], late;
	(void)state;
	for (unsigned i = 0; i < VG_CTL_MAX_CLIENTS; i++)
		fds[i] = join();
	late = join();
	turn(3);
	assert_true(is_cut(late));
	assert_int_equal(vg_ctl_server_n_clients(server), VG_CTL_MAX_CLIENTS);
	close(fds[3]);
	turn(3);
	close(late);
	late = join();
	say(late, "x\n", 2);
	assert_says(late, "1 15 \n");
	close(late);
	for (unsigned i = 0; i < VG_CTL_MAX_CLIENTS; i++)
		if (i != 3)
			close(fds[i]);
}
static void clients_that_vanish_leave_nothing(void **state)
{
	unsigned seed = (unsigned)getpid();
	(void)state;
	print_message("seed %u\n", seed);
	for (unsigned i = 0; i < 300; i++) {
		struct sockaddr_un at = { .sun_family = AF_UNIX };
		int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		strcpy(at.sun_path, path);
		assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
		answer_bytes = (size_t)rand_r(&seed) % 300000;
		if (rand_r(&seed) % 2)
			(void)!send(fd, "abc\nabc\nabc", (size_t)rand_r(&seed) % 12, MSG_NOSIGNAL);
		if (rand_r(&seed) % 2)
			turn(1);
		close(fd);
		if (rand_r(&seed) % 2)
			turn(1);
	}
	turn(400);
	assert_int_equal(vg_ctl_server_n_clients(server), 0);
}
static void the_socket_is_for_owner_and_group(void **state)
{
	struct stat st;
	(void)state;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
}
static void a_name_that_is_too_long_is_refused(void **state)
{
	char name[200];
	(void)state;
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	assert_null(vg_ctl_server_create(loop, name, control, echo, NULL, why, sizeof(why)));
	assert_non_null(strstr(why, "longer"));
	assert_null(vg_ctl_server_create(loop, "/no/such/folder/x", control, echo, NULL, why, sizeof(why)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(lines_are_answered_however_they_are_cut, begin, end),
		cmocka_unit_test_setup_teardown(a_line_without_end_is_cut, begin, end),
		cmocka_unit_test_setup_teardown(the_longest_line_is_answered, begin, end),
		cmocka_unit_test_setup_teardown(bytes_that_are_no_text_are_only_a_line, begin, end),
		cmocka_unit_test_setup_teardown(a_client_that_takes_no_answer_waits_alone, begin, end),
		cmocka_unit_test_setup_teardown(an_answer_that_is_too_large_cuts, begin, end),
		cmocka_unit_test_setup_teardown(a_handler_may_cut_a_client_off, begin, end),
		cmocka_unit_test_setup_teardown(more_clients_than_there_is_room_for_are_turned_away, begin, end),
		cmocka_unit_test_setup_teardown(clients_that_vanish_leave_nothing, begin, end),
		cmocka_unit_test_setup_teardown(the_socket_is_for_owner_and_group, begin, end),
		cmocka_unit_test_setup_teardown(a_name_that_is_too_long_is_refused, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
