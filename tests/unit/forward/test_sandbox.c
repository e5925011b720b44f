/* sandbox: what is forbidden kills, what is needed does not. Each question is asked in a child of its own. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "forward/sandbox.h"

static void open_file(void)
{
	(void)open("/etc/passwd", O_RDONLY);
}

static void make_socket(void)
{
	(void)socket(AF_INET, SOCK_STREAM, 0);
}

static void run_program(void)
{
	(void)execl("/bin/true", "true", (char *)NULL);
}

static void map_code(void)
{
	(void)mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void fork_child(void)
{
	(void)fork();
}

static void what_it_needs(void)
{
	struct timespec t = { 0, 1000 };
	void *at = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = memfd_create("x", MFD_ALLOW_SEALING | MFD_CLOEXEC);

	if (at == MAP_FAILED || munmap(at, 1 << 20) || fd < 0 || ftruncate(fd, 4096) ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK) || nanosleep(&t, NULL))
		_exit(1);
}

/* 0: it lived. */
static int fate(void (*deed)(void))
{
	int status;
	pid_t child = fork();

	if (!child) {
		if (vg_forward_sandbox())
			_exit(2);
		deed();
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
}

static void files_sockets_programs_and_code_are_death(void **state)
{
	(void)state;
	if (!VG_FORWARD_IS_SANDBOXED)
		skip();
	assert_int_equal(fate(open_file), SIGSYS);
	assert_int_equal(fate(make_socket), SIGSYS);
	assert_int_equal(fate(run_program), SIGSYS);
	assert_int_equal(fate(map_code), SIGSYS);
	assert_int_equal(fate(fork_child), SIGSYS);
}

static void memory_seals_and_sleep_are_allowed(void **state)
{
	(void)state;
	assert_int_equal(fate(what_it_needs), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_sockets_programs_and_code_are_death),
		cmocka_unit_test(memory_seals_and_sleep_are_allowed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
