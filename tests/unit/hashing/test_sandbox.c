/* sandbox: a child that closed it lives on with what the loop needs, and dies by SIGSYS at the first thing it may
 * not do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/utsname.h>
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

/* Known beforehand: asking for it is not allowed, and must not be what a test dies of. */
static pid_t parent;

/* Runs act in a child inside the sandbox; the child's wait status. act's return is its exit code. */
static int in_sandbox(int (*act)(void))
{
	char dir[64];
	int status;
	pid_t child;
	snprintf(dir, sizeof(dir), "/tmp/vigil-test-empty.%d", getpid());
	parent = getpid();
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
	return kill(parent, SIGTERM);
}
static int do_signal_another(void)
{
	return (int)syscall(SYS_tgkill, parent, parent, SIGTERM);
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
static int do_dumpable(void)
{
	return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0;
}
static int do_ptrace(void)
{
	return ptrace(PTRACE_ATTACH, parent, NULL, NULL) == 0;
}
static int do_read_other(void)
{
	char byte;
	struct iovec here = { &byte, 1 }, there = { (void *)(uintptr_t)&do_ptrace, 1 };
	return process_vm_readv(parent, &here, 1, &there, 1, 0) == 1;
}
static int do_write_other(void)
{
	char byte = 0;
	struct iovec here = { &byte, 1 }, there = { &byte, 1 };
	return process_vm_writev(parent, &here, 1, &there, 1, 0) == 1;
}
static int do_write_open(void)
{
	return open("/tmp", O_RDWR | O_TMPFILE, 0600) >= 0;
}
static int do_socket_pair(void)
{
	int fds[2];
	return socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0;
}
static int do_bind(void)
{
	return bind(0, NULL, 0) == 0;
}
static int do_vfork(void)
{
	return (int)syscall(SYS_clone, CLONE_VM, NULL, NULL, NULL, NULL) >= 0;
}
static int do_rename(void)
{
	return rename("/tmp/x", "/tmp/y") == 0;
}
static int do_mount(void)
{
	return mount("none", "/tmp", "tmpfs", 0, NULL) == 0;
}
static int do_bpf(void)
{
	return syscall(SYS_bpf, 0, NULL, 0) >= 0;
}
static int do_userfault(void)
{
	return syscall(SYS_userfaultfd, 0) >= 0;
}
static int do_uring(void)
{
	return syscall(SYS_io_uring_setup, 1, NULL) >= 0;
}
static int do_pidfd(void)
{
	return syscall(SYS_pidfd_open, parent, 0) >= 0;
}
static int do_handle(void)
{
	return syscall(SYS_open_by_handle_at, 0, NULL, 0) >= 0;
}
static int do_keyctl(void)
{
	return syscall(SYS_keyctl, 0, 0, 0, 0, 0) >= 0;
}
static int do_perf(void)
{
	return syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0) >= 0;
}
/* What another process holds, the memory of another hasher among it. */
static int do_open_anothers(void)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/fd/0", parent);
	return open(path, O_RDWR) >= 0;
}
static int do_take_anothers(void)
{
	return syscall(SYS_pidfd_getfd, 0, 0, 0) >= 0;
}
static int do_write_memory(void)
{
	return open("/proc/self/mem", O_RDWR) >= 0;
}
static int do_system_v(void)
{
	return syscall(SYS_shmat, 0, NULL, 0) == 0;
}
static int do_advise_another(void)
{
	return syscall(SYS_process_madvise, 0, NULL, 0, 0, 0) == 0;
}
static int do_unlink(void)
{
	return unlink("/tmp/x") == 0;
}

static void what_it_may_not_do_kills_it(void **state)
{
	int (*const acts[])(void) = { do_create,        do_write_open,     do_socket,     do_socket_pair,
				      do_connect,       do_bind,           do_exec,       do_fork,
				      do_vfork,         do_kill,           do_ptrace,     do_read_other,
				      do_write_other,   do_signal_another, do_executable, do_make_executable,
				      do_dumpable,      do_unlink,         do_rename,     do_mount,
				      do_bpf,           do_userfault,      do_uring,      do_pidfd,
				      do_handle,        do_keyctl,         do_perf,       do_open_anothers,
				      do_take_anothers, do_write_memory,   do_system_v,   do_advise_another };
	(void)state;
	SKIP_SANITIZED();
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
		int status = in_sandbox(acts[i]);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), SIGSYS);
	}
}

static void *thread(void *ctx)
{
	return ctx;
}
/* What libraries merely try fails and does nothing. */
static int do_try(void)
{
	char text[64];
	cpu_set_t set;
	pthread_t id;
	struct utsname name;
	struct rlimit limit;
	if (open("/etc/passwd", O_RDONLY) >= 0 || errno != EPERM || open("/", O_RDONLY | O_DIRECTORY) >= 0)
		return 1;
	snprintf(text, sizeof(text), "/proc/%d/fd/0", parent);
	if (open(text, O_RDONLY) >= 0 || errno != EPERM)
		return 7;
	if (open("/proc/self/mem", O_RDONLY) >= 0 || fopen("/etc/localtime", "r") || access("/", R_OK) == 0)
		return 2;
	if (readlink("/proc/self/exe", text, sizeof(text)) >= 0 || getcwd(text, sizeof(text)))
		return 3;
	if (!pthread_create(&id, NULL, thread, NULL) || sched_getaffinity(0, sizeof(set), &set) >= 0)
		return 4;
	if (!uname(&name) || !getrlimit(RLIMIT_NOFILE, &limit))
		return 5;
	return dlopen("libcurl.so.4", RTLD_NOW) != NULL ? 6 : 0;
}

static void what_libraries_merely_try_fails_and_does_nothing(void **state)
{
	int status;
	(void)state;
	SKIP_SANITIZED();
	status = in_sandbox(do_try);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* What another process made, sealed against writing, as the dataplane makes the arena: the descriptor is all we have.
 */
static int arena_fd;
static int do_map_arena_for_writing(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, arena_fd, 0) != MAP_FAILED;
}
static int do_write_arena(void)
{
	return write(arena_fd, "x", 1) == 1;
}
static int do_unprotect_arena(void)
{
	void *at = mmap(NULL, 4096, PROT_READ, MAP_SHARED, arena_fd, 0);
	return at == MAP_FAILED ? 2 : mprotect(at, 4096, PROT_READ | PROT_WRITE) == 0;
}
static int do_shrink_arena(void)
{
	return ftruncate(arena_fd, 0) == 0;
}

static void the_arena_stays_as_the_dataplane_wrote_it(void **state)
{
	int (*const acts[])(void) = { do_map_arena_for_writing, do_write_arena, do_unprotect_arena, do_shrink_arena };
	(void)state;
	SKIP_SANITIZED();
	arena_fd = vg_memfd_new("arena", 4096);
	assert_true(arena_fd >= 0);
	void *ours = vg_memfd_map(arena_fd, 4096, PROT_READ | PROT_WRITE);
	assert_non_null(ours);
	assert_int_equal(vg_memfd_seal(arena_fd, VG_SEALS_OURS), VG_OK);
	memset(ours, 7, 4096);
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
		int status = in_sandbox(acts[i]);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
		assert_int_equal(*(uint8_t *)ours, 7);
	}
	munmap(ours, 4096);
	close(arena_fd);
}

/* Memory has an end: a decoder that wants all of it is told no, and everybody else lives on. */
static int do_eat_memory(void)
{
	size_t n_bytes = 0;
	for (void *at; n_bytes < 64ull << 30; n_bytes += 256u << 20) {
		at = mmap(NULL, 256u << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (at == MAP_FAILED)
			return n_bytes < 1u << 30 ? 2 : 0;
	}
	return 1;
}

static void memory_has_a_limit(void **state)
{
	int status;
	(void)state;
	SKIP_SANITIZED();
	status = in_sandbox(do_eat_memory);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
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
		cmocka_unit_test(what_libraries_merely_try_fails_and_does_nothing),
		cmocka_unit_test(the_arena_stays_as_the_dataplane_wrote_it),
		cmocka_unit_test(memory_has_a_limit),
		cmocka_unit_test(what_the_loop_needs_it_still_can),
		cmocka_unit_test(as_root_it_does_not_even_see_the_file_system),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
