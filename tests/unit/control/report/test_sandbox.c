/* What the reporter can no longer do: the kernel kills it for trying. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vigil/sandbox.h>

#include "control/report/sandbox.h"

static void run_program(void)
{
	execl("/bin/true", "true", (char *)NULL);
}
static void make_process(void)
{
	(void)fork();
}
static void trace(void)
{
	ptrace(PTRACE_TRACEME, 0, 0, 0);
}
static void map_code(void)
{
	mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}
static void listen_for_others(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	listen(fd, 1);
}
static void nothing(void) {}
static int status_of(void (*act)(void))
{
	int status;
	pid_t pid = fork();
	if (pid == 0) {
		if (vg_sandbox_quiet() || vg_reporter_sandbox())
			_exit(9);
		act();
		_exit(3);
	}
	waitpid(pid, &status, 0);
	return status;
}
static void what_is_not_on_the_list_kills(void **state)
{
	static void (*const acts[])(void) = { run_program, make_process, trace, map_code, listen_for_others };
	int status = status_of(nothing);
	(void)state;
#ifdef __SANITIZE_ADDRESS__
	printf("skip: no filter in builds with a sanitizer\n");
	skip();
#endif
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 3);
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
		status = status_of(acts[i]);
		if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
			fail_msg("act %zu: status %x", i, (unsigned)status);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(what_is_not_on_the_list_kills) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
