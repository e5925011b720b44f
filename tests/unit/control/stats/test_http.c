/* http: three paths, GET only, and hostile peers that change nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/socket.h>

#include "control/stats/http.h"
#include "tests/lib/rooms.h"

static struct rooms *rooms;
static struct vg_stats_env env;
static struct vg_stats_http *http;
static char got[262144], why[512];

static int begin(void **state)
{
	(void)state;
	rooms = rooms_create();
	env = (struct vg_stats_env){ .intake = rooms->intake,
				     .lists = rooms->lists,
				     .cases = rooms->cases,
				     .n_hashers = 1,
				     .started_ns = vg_wall_now().ns };
	http = vg_stats_http_create(rooms->loop, "127.0.0.1", 0, &env, why, sizeof(why));
	assert_non_null(http);
	return 0;
}
static int end(void **state)
{
	(void)state;
	vg_stats_http_destroy(http);
	rooms_destroy(rooms);
	return 0;
}
static int join(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)vg_stats_http_port(http)) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	inet_pton(AF_INET, "127.0.0.1", &at.sin_addr);
	assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}
static const char *ask(const char *request)
{
	int fd = join();
	size_t n = 0;
	assert_int_equal(send(fd, request, strlen(request), MSG_NOSIGNAL), (ssize_t)strlen(request));
	for (unsigned i = 0; i < 300; i++) {
		ssize_t k;
		vg_loop_step(rooms->loop, 5);
		k = recv(fd, got + n, sizeof(got) - 1 - n, 0);
		if (k == 0)
			break;
		n += k > 0 ? (size_t)k : 0;
	}
	got[n] = 0;
	close(fd);
	return got;
}
static void the_three_paths_answer(void **state)
{
	(void)state;
	ask("GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
	assert_non_null(strstr(got, "200 OK"));
	assert_non_null(strstr(got, "text/plain; version=0.0.4"));
	assert_non_null(strstr(got, "vigil_build_info"));
	assert_non_null(strstr(ask("GET /livez HTTP/1.0\r\n\r\n"), "\r\n\r\nok\n"));
	ask("GET /readyz HTTP/1.0\r\n\r\n");
	assert_non_null(strstr(got, "503"));
	assert_non_null(strstr(got, "no dataplane"));
}
static void everything_else_is_refused(void **state)
{
	(void)state;
	assert_non_null(strstr(ask("GET /../etc/passwd HTTP/1.0\r\n\r\n"), "404"));
	assert_non_null(strstr(
		ask("POST /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc"), "405"));
	assert_non_null(strstr(ask("DELETE /metrics HTTP/1.0\r\n\r\n"), "405"));
	assert_null(strstr(ask("\x16\x03\x01 rubbish\r\n\r\n"), "vigil_"));
}
static void hostile_peers_change_nothing(void **state)
{
	char *huge = malloc(100000);
	int fds[40];
	(void)state;
	memset(huge, 'a', 100000);
	for (unsigned i = 0; i < 40; i++) {
		fds[i] = join();
		(void)!send(fds[i], i % 2 ? huge : "GET /met", i % 2 ? 50000 : 8, MSG_NOSIGNAL);
		vg_loop_step(rooms->loop, 1);
	}
	for (unsigned i = 0; i < 40; i++)
		close(fds[i]);
	for (unsigned i = 0; i < 250; i++) /* the next turn comes within a second */
		vg_loop_step(rooms->loop, 10);
	assert_non_null(strstr(ask("GET /livez HTTP/1.0\r\n\r\n"), "200"));
	free(huge);
}
static void a_port_that_is_taken_is_said(void **state)
{
	(void)state;
	assert_null(vg_stats_http_create(rooms->loop, "127.0.0.1", vg_stats_http_port(http), &env, why, sizeof(why)));
	assert_non_null(strstr(why, "metrics_port"));
	assert_null(vg_stats_http_create(rooms->loop, "nowhere", 0, &env, why, sizeof(why)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_three_paths_answer, begin, end),
		cmocka_unit_test_setup_teardown(everything_else_is_refused, begin, end),
		cmocka_unit_test_setup_teardown(hostile_peers_change_nothing, begin, end),
		cmocka_unit_test_setup_teardown(a_port_that_is_taken_is_said, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
