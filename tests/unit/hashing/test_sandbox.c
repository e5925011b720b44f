/* sandbox: a child that closed it lives on with what the loop needs, and dies by SIGSYS at the first thing it may
 * not do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vigil/clock.h>
#include <vigil/memfd.h>

#include "hashing/sandbox.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SKIP_SANITIZED() (print_message("skip: a sanitizer build has no sandbox\n"), skip())
#else
#define SKIP_SANITIZED() (void)0
#endif

/* Runs act in a child inside the sandbox; the child's wait status. act's return is its exit code. */
static int in_sandbox(int (*act)(void))
{
	char dir[64];
	int status;
	pid_t child;
	snprintf(dir, sizeof(dir), "/tmp/vigil-test-empty.%d", getpid());
	child = fork();
	if (!child) {
		if (vg_hashing_sandbox_close(dir))
			_exit(99);
		_exit(act());
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	rmdir(dir);
	return status;
}

static int do_open(void)
{
	return open("/etc/passwd", O_RDONLY) >= 0;
}
static int do_create(void)
{
	return creat("/tmp/vigil-test-created", 0600) >= 0;
}
static int do_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) >= 0;
}
static int do_connect(void)
{
	return connect(0, NULL, 0);
}
static int do_exec(void)
{
	return execl("/bin/true", "true", (char *)NULL);
}
static int do_fork(void)
{
	return fork() >= 0;
}
static int do_kill(void)
{
	return kill(getppid(), SIGTERM);
}
static int do_signal_another(void)
{
	return (int)syscall(SYS_tgkill, getppid(), getppid(), SIGTERM);
}
static int do_executable(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}
static int do_make_executable(void)
{
	void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return mprotect(at, 4096, PROT_READ | PROT_EXEC) == 0;
}
static int do_ptrace(void)
{
	return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0;
}
static int do_unlink(void)
{
	return unlink("/tmp/x") == 0;
}

static void what_it_may_not_do_kills_it(void **state)
{
	int (*const acts[])(void) = { do_open,   do_create, do_socket,         do_connect,    do_exec,
				      do_fork,   do_kill,   do_signal_another, do_executable, do_make_executable,
				      do_ptrace, do_unlink };
	(void)state;
	SKIP_SANITIZED();
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
		int status = in_sandbox(acts[i]);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), SIGSYS);
	}
}

static int do_work(void)
{
	int fd = vg_memfd_new("m", 5000);
	void *at = fd < 0 ? NULL : vg_memfd_map(fd, 5000, PROT_READ | PROT_WRITE);
	size_t n;
	char *heap;
	if (!at || munmap(at, 5000) || vg_memfd_seal(fd, VG_SEALS_FINAL) ||
	    vg_memfd_check(fd, VG_SEALS_FINAL, 1, 9999, &n))
		return 1;
	for (size_t size = 1; size < 64u << 20; size *= 4) {
		heap = malloc(size);
		if (!heap)
			return 2;
		heap = realloc(heap, size * 2);
		if (!heap)
			return 3;
		free(heap);
	}
	fprintf(stderr, "log lines may be written\n");
	return !vg_mono_now().ns || close(fd);
}

static void what_the_loop_needs_it_still_can(void **state)
{
	int status;
	(void)state;
	SKIP_SANITIZED();
	status = in_sandbox(do_work);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static int do_see(void)
{
	struct stat st;
	return stat("/etc/passwd", &st) == 0;
}

static void as_root_it_does_not_even_see_the_file_system(void **state)
{
	int status;
	(void)state;
	SKIP_SANITIZED();
	if (geteuid()) {
		print_message("skip: needs root\n");
		skip();
	}
	status = in_sandbox(do_see);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_it_may_not_do_kills_it),
		cmocka_unit_test(what_the_loop_needs_it_still_can),
		cmocka_unit_test(as_root_it_does_not_even_see_the_file_system),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
