#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "control/notify.h"
#include "tests/lib/scratch.h"

static int listen_at(const char *name, socklen_t n_name)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	memcpy(at.sun_path, name, n_name);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n_name)),
			 0);
	return fd;
}

static void expect(int fd, const char *text)
{
	char got[64] = "";
	assert_int_equal(recv(fd, got, sizeof(got) - 1, MSG_DONTWAIT), (ssize_t)strlen(text));
	assert_string_equal(got, text);
}

static void the_state_reaches_a_named_or_abstract_socket(void **state)
{
	struct scratch scratch;
	char abstract[40];
	(void)state;
	scratch_init(&scratch);
	const char *path = scratch_path(&scratch, "n.sock");
	int fd = listen_at(path, (socklen_t)strlen(path) + 1);
	setenv("NOTIFY_SOCKET", path, 1);
	vg_notify("READY=1");
	expect(fd, "READY=1");
	close(fd);
	snprintf(abstract, sizeof(abstract), "@vigil-test-%d", getpid());
	setenv("NOTIFY_SOCKET", abstract, 1);
	abstract[0] = 0;
	fd = listen_at(abstract, (socklen_t)strlen(abstract + 1) + 1);
	vg_notify("STOPPING=1");
	expect(fd, "STOPPING=1");
	close(fd);
	setenv("NOTIFY_SOCKET", "relative", 1);
	vg_notify("READY=1");
	unsetenv("NOTIFY_SOCKET");
	vg_notify("READY=1");
	scratch_fini(&scratch);
}

static void the_watchdog_is_for_this_process_only(void **state)
{
	char pid[20];
	(void)state;
	unsetenv("WATCHDOG_PID");
	unsetenv("WATCHDOG_USEC");
	assert_int_equal(vg_notify_watchdog_ms(), 0);
	setenv("WATCHDOG_USEC", "30000000", 1);
	assert_int_equal(vg_notify_watchdog_ms(), 15000);
	setenv("WATCHDOG_PID", "1", 1);
	assert_int_equal(vg_notify_watchdog_ms(), 0);
	snprintf(pid, sizeof(pid), "%d", getpid());
	setenv("WATCHDOG_PID", pid, 1);
	assert_int_equal(vg_notify_watchdog_ms(), 15000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_state_reaches_a_named_or_abstract_socket),
		cmocka_unit_test(the_watchdog_is_for_this_process_only),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
