/* client: against a real server in another process, and against peers that are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "control/ctl/client.h"
#include "control/ctl/server.h"

static char path[64], why[1024];

/* A peer that answers every line it gets with the next text of `answers`, then goes. */
static pid_t peer(const char *const *answers)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	pid_t pid;
	unlink(path);
	strcpy(at.sun_path, path);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 4), 0);
	pid = fork();
	if (!pid) {
		char buffer[4096];
		int client = accept(fd, NULL, NULL);
		for (; *answers && recv(client, buffer, sizeof(buffer), 0) > 0; answers++)
			(void)!send(client, *answers, strlen(*answers), MSG_NOSIGNAL);
		_exit(0);
	}
	close(fd);
	return pid;
}
static int ask(const char *const *answers, json_t **message)
{
	const char *words[] = { "cases", "show" }, *args[] = { "7" };
	size_t n_used;
	const struct vg_command *command = vg_command_find(words, 2, &n_used, why, sizeof(why));
	pid_t pid = peer(answers);
	*message = NULL;
	why[0] = 0;
	int code = vg_ctl_ask(path, command, args, 1, message, why, sizeof(why));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	unlink(path);
	return code;
}
#define ANSWERS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void an_answer_is_handed_over(void **state)
{
	json_t *message;
	(void)state;
	assert_int_equal(ask(ANSWERS("{\"return\":\"OK\"}\n", "{\"return\":\"OK\",\"message\":{\"a\":1}}\n"), &message),
			 0);
	assert_int_equal(json_integer_value(json_object_get(message, "a")), 1);
	json_decref(message);
}
static void a_refusal_is_an_exit_code(void **state)
{
	json_t *message;
	(void)state;
	assert_int_equal(
		ask(ANSWERS("{\"return\":\"OK\"}\n", "{\"return\":\"NOK\",\"code\":5,\"message\":\"no such\"}\n"),
		    &message),
		5);
	assert_string_equal(why, "no such");
	assert_null(message);
	assert_int_equal(ask(ANSWERS("{\"return\":\"NOK\",\"code\":6,\"message\":\"version\"}\n"), &message), 6);
	assert_int_equal(ask(ANSWERS("{\"return\":\"OK\"}\n", "{\"return\":\"NOK\",\"code\":9999}\n"), &message), 1);
	assert_int_equal(ask(ANSWERS("{\"return\":\"OK\"}\n", "{\"return\":\"NOK\",\"code\":0}\n"), &message), 1);
}
static void a_peer_that_goes_or_talks_rubbish_is_temporary(void **state)
{
	json_t *message;
	(void)state;
	assert_int_equal(ask(ANSWERS("{\"return\":\"OK\"}\n"), &message), 75);
	assert_int_equal(ask(ANSWERS("rubbish\n"), &message), 75);
	assert_int_equal(ask(ANSWERS("[]\n"), &message), 75);
	assert_int_equal(ask(ANSWERS("{\"return\":\"OK\"}\n", "{\"return\":"), &message), 75);
}
static void nobody_there_is_unreachable(void **state)
{
	const char *words[] = { "status" };
	size_t n_used;
	json_t *message = NULL;
	char name[200];
	const struct vg_command *command = vg_command_find(words, 1, &n_used, why, sizeof(why));
	(void)state;
	assert_int_equal(vg_ctl_ask("/no/such/socket", command, NULL, 0, &message, why, sizeof(why)), 3);
	assert_non_null(strstr(why, "is vigild running"));
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	assert_int_equal(vg_ctl_ask(name, command, NULL, 0, &message, why, sizeof(why)), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_is_handed_over),
		cmocka_unit_test(a_refusal_is_an_exit_code),
		cmocka_unit_test(a_peer_that_goes_or_talks_rubbish_is_temporary),
		cmocka_unit_test(nobody_there_is_unreachable),
	};
	snprintf(path, sizeof(path), "/tmp/vigil-test-client.%d", getpid());
	return cmocka_run_group_tests(tests, NULL, NULL);
}
