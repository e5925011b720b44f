/* builder: the conversation over its socket, and what its sandbox leaves it. Its life under vigild: test_rebuild.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vigil/memfd.h>
#include <vigil/sock.h>

#include "control/lists/builder.h"
#include "control/lists/builder_msg.h"
#include "control/lists/builder_sandbox.h"
#include "tests/lib/scratch.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

/* How a child ends that closes its sandbox and then tries `what`: its exit code, or 128 and the signal. */
static int end_of(void (*what)(void), uint64_t max_bytes)
{
	int status = 0;
	pid_t pid = fork();
	if (!pid) {
		if (vg_builder_sandbox(max_bytes))
			_exit(99);
		what();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void try_open(void)
{
	_exit(open("/etc/passwd", O_RDONLY) >= 0 ? 50 : 51);
}
static void try_socket(void)
{
	_exit(socket(AF_UNIX, SOCK_STREAM, 0) >= 0 ? 50 : 51);
}
static void try_fork(void)
{
	_exit(fork() >= 0 ? 50 : 51);
}
static void try_exec(void)
{
	execl("/bin/true", "true", (char *)NULL);
	_exit(51);
}
static void *nothing(void *arg)
{
	return arg;
}
static void try_thread(void)
{
	pthread_t thread;
	_exit(pthread_create(&thread, NULL, nothing, NULL) || pthread_join(thread, NULL) ? 51 : 50);
}
static void try_much_memory(void)
{
	void *volatile at = malloc(2ull << 30);
	int fd = vg_memfd_new("large", 2ull << 30);
	_exit(at || fd >= 0 ? 51 : 50);
}
static void try_sorting(void)
{
	static uint32_t numbers[1 << 16];
	qsort(numbers, 1 << 16, sizeof(numbers[0]), (int (*)(const void *, const void *))(void (*)(void))strcmp);
	_exit(50);
}

static void its_sandbox_has_no_files_no_sockets_no_processes(void **state)
{
	(void)state;
	if (SANITIZED)
		skip();
	assert_int_equal(end_of(try_open, 0), 128 + SIGSYS);
	assert_int_equal(end_of(try_socket, 0), 128 + SIGSYS);
	assert_int_equal(end_of(try_fork, 0), 128 + SIGSYS);
	assert_int_equal(end_of(try_exec, 0), 128 + SIGSYS);
}

static void its_sandbox_leaves_threads_sorting_and_bounded_memory(void **state)
{
	(void)state;
	if (SANITIZED)
		skip();
	assert_int_equal(end_of(try_thread, 0), 50);
	assert_int_equal(end_of(try_sorting, 0), 50);
	assert_int_equal(end_of(try_much_memory, 1ull << 30), 50);
	assert_int_equal(end_of(try_much_memory, 64ull << 30), 51);
}

struct talk {
	int fd;
	pid_t pid;
};

static struct talk begin(void)
{
	struct talk t;
	int pair[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	t.pid = fork();
	if (!t.pid) {
		close(pair[0]);
		_exit(vg_builder_run(pair[1], 0));
	}
	close(pair[1]);
	t.fd = pair[0];
	return t;
}

static int end(struct talk *t)
{
	int status = 0;
	close(t->fd);
	assert_int_equal(waitpid(t->pid, &status, 0), t->pid);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void say(struct talk *t, const void *m, size_t n_bytes, int fd)
{
	assert_int_equal(vg_sock_send(t->fd, m, n_bytes, &fd, fd >= 0), VG_OK);
	if (fd >= 0)
		close(fd);
}

/* The next message that is no progress; *fd: the first of its descriptors. */
static uint32_t hear(struct talk *t, void *m, size_t n_m, int *fd, size_t *n_fds)
{
	int fds[VG_SOCK_MAX_FDS];
	size_t n_bytes;
	do
		assert_int_equal(vg_sock_recv(t->fd, m, n_m, &n_bytes, fds, n_fds), VG_OK);
	while (*(uint32_t *)m == VG_BUILD_PROGRESS);
	*fd = *n_fds ? fds[0] : -1;
	for (size_t i = 1; i < *n_fds; i++)
		close(fds[i]);
	return *(uint32_t *)m;
}

static void say_list(struct talk *t, const struct scratch *s, const char *name, const char *text)
{
	struct vg_build_list m;
	memset(&m, 0, sizeof(m));
	m.type = VG_BUILD_LIST;
	vg_config_list_defaults(&m.conf);
	strcpy(m.conf.name, name);
	strcpy(m.conf.file, scratch_write(s, name, text));
	m.conf.kind = strstr(text, "://") ? VG_LIST_URLS : VG_LIST_HASHES;
	int fd = open(m.conf.file, O_RDONLY);
	unlink(m.conf.file); /* it has the descriptor, and needs no name */
	say(t, &m, sizeof(m), fd);
}

static void all_kinds_of_lists_are_built_without_any_file_of_its_own(void **state)
{
	struct scratch s;
	struct talk t = begin();
	struct vg_build_begin b = { .type = VG_BUILD_BEGIN, .number = 3, .n_lists = 3, .has_suppress = 1 };
	struct vg_build_suppress suppress = { .type = VG_BUILD_SUPPRESS, .name = "suppress" };
	union {
		struct vg_build_done done;
		struct vg_build_progress progress;
	} m;
	struct vg_generation g;
	size_t n_fds;
	int fd;
	(void)state;
	scratch_init(&s);
	b.n_declared = 1;
	b.declared[0].version = 1;
	strcpy(b.declared[0].algo, "x");
	say(&t, &b, sizeof(b), -1);
	say_list(&t, &s, "hashes",
		 "md5,0123456789abcdef0123456789abcdef,E\nplugin,x@1,0,aabb,P\nplugin,y@1,0,aabb,Q\n");
	say_list(&t, &s, "urls",
		 "http://b\xc3\xbc"
		 "cher.example/pfad\nhttp://gone.example/\n");
	say_list(&t, &s, "more", "sha1,0123456789abcdef0123456789abcdef01234567,E\n");
	say(&t, &suppress, sizeof(suppress), open(scratch_write(&s, "suppress", "url,gone.example/\n"), O_RDONLY));
	assert_int_equal(hear(&t, &m, sizeof(m), &fd, &n_fds), VG_BUILD_DONE);
	assert_int_equal(n_fds, 1);
	assert_int_equal(vg_generation_take(&g, fd), VG_OK);
	assert_int_equal(g.view.header->generation, 3);
	assert_int_equal(g.view.n_md5 + g.view.n_sha1, 2);
	assert_int_equal(g.view.n_urls, 1);
	assert_int_equal(g.view.n_plugins, 1);
	assert_int_equal(m.done.counts.n_left_out, 1);
	assert_int_equal(m.done.counts.unserved.n_entries, 1);
	vg_generation_fini(&g);
	assert_int_equal(end(&t), 0);
	scratch_fini(&s);
}

static void wrong_lists_are_told_with_file_and_line(void **state)
{
	struct scratch s;
	struct vg_build_begin b = { .type = VG_BUILD_BEGIN, .number = 3, .n_lists = 1, .has_suppress = 1 };
	struct vg_build_suppress suppress = { .type = VG_BUILD_SUPPRESS, .name = "/etc/suppress" };
	union {
		struct vg_build_failed failed;
		struct vg_build_progress progress;
	} m;
	size_t n_fds;
	int fd;
	(void)state;
	scratch_init(&s);
	for (int i = 0; i < 2; i++) {
		struct talk t = begin();
		say(&t, &b, sizeof(b), -1);
		say_list(&t, &s, "hashes", i ? "md5,0123456789abcdef0123456789abcdef,E\n" : "\nmd5,E\n");
		say(&t, &suppress, sizeof(suppress),
		    open(scratch_write(&s, "suppress", i ? "\n\nnonsense\n" : ""), O_RDONLY));
		assert_int_equal(hear(&t, &m, sizeof(m), &fd, &n_fds), VG_BUILD_FAILED);
		assert_int_equal(m.failed.err, VG_EINVAL);
		assert_non_null(strstr(m.failed.why, i ? "/etc/suppress:3: " : "hashes:2: "));
		assert_int_equal(end(&t), 0);
	}
	scratch_fini(&s);
}

static void what_is_no_job_is_refused_and_a_vigild_that_is_gone_ends_it(void **state)
{
	struct vg_build_begin b = { .type = VG_BUILD_BEGIN, .n_lists = VG_CONFIG_MAX_LISTS + 1 };
	struct vg_build_failed m;
	size_t n_fds;
	int fd;
	(void)state;
	struct talk t = begin();
	say(&t, &b, sizeof(b), -1);
	assert_int_equal(hear(&t, &m, sizeof(m), &fd, &n_fds), VG_BUILD_FAILED);
	assert_int_equal(end(&t), 0);
	t = begin();
	b.n_lists = 1;
	say(&t, &b, sizeof(b), -1);
	assert_int_equal(end(&t), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(its_sandbox_has_no_files_no_sockets_no_processes),
		cmocka_unit_test(its_sandbox_leaves_threads_sorting_and_bounded_memory),
		cmocka_unit_test(all_kinds_of_lists_are_built_without_any_file_of_its_own),
		cmocka_unit_test(wrong_lists_are_told_with_file_and_line),
		cmocka_unit_test(what_is_no_job_is_refused_and_a_vigild_that_is_gone_ends_it),
	};
	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
