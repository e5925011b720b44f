#include "control/lists/builder_sandbox.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>

#include <vigil/base.h>
#include <vigil/sandbox.h>

/* (with a sanitizer there is no filter) Reading what is open, memory and threads that sort, the socket it has. */
__attribute__((unused)) static const int calls[] = {
	SCMP_SYS(read),
	SCMP_SYS(write), /* the log */
	SCMP_SYS(pread64),
	SCMP_SYS(close),
	SCMP_SYS(lseek),
	SCMP_SYS(fstat),
	SCMP_SYS(newfstatat), /* glibc's fstat(); without openat it could only tell that a path exists */
	SCMP_SYS(recvmsg),
	SCMP_SYS(sendmsg),
	SCMP_SYS(memfd_create),
	SCMP_SYS(ftruncate),
	SCMP_SYS(fallocate),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(madvise),
	SCMP_SYS(brk),
	SCMP_SYS(futex),
	SCMP_SYS(set_robust_list),
	SCMP_SYS(rseq),
	SCMP_SYS(sched_getaffinity),
	SCMP_SYS(sched_yield),
	SCMP_SYS(gettid),
	SCMP_SYS(getpid),
	SCMP_SYS(sysinfo), /* qsort(3) */
	SCMP_SYS(tgkill),  /* abort(3) */
	SCMP_SYS(clock_gettime),
	SCMP_SYS(getrandom),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
};

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum vg_err vg_builder_sandbox(uint64_t max_bytes)
{
	(void)max_bytes;
	return VG_OK;
}
#else
/* Threads, but no processes: clone3 hides its flags in memory, so the C library is sent back to clone. */
static enum vg_err threads_only(void)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	enum vg_err err = VG_EIO;
	if (!ctx)
		return VG_ENOMEM;
	if (!seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) &&
	    !seccomp_rule_add(ctx, SCMP_ACT_KILL_PROCESS, SCMP_SYS(clone), 1,
			      SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0)) &&
	    !seccomp_load(ctx))
		err = VG_OK;
	seccomp_release(ctx);
	return err;
}

enum vg_err vg_builder_sandbox(uint64_t max_bytes)
{
	static const int thread_calls[] = { SCMP_SYS(clone), SCMP_SYS(clone3) };
	int all[VG_ARRAY_LEN(calls) + VG_ARRAY_LEN(thread_calls)];
	struct rlimit files = { VG_BUILDER_MAX_FILES, VG_BUILDER_MAX_FILES }, bytes = { max_bytes, max_bytes };
	enum vg_err err;
	(void)signal(SIGXFSZ, SIG_IGN); /* too large a memfd is an error, not an end */
	if (setrlimit(RLIMIT_NOFILE, &files) ||
	    (max_bytes && (setrlimit(RLIMIT_AS, &bytes) || setrlimit(RLIMIT_FSIZE, &bytes))))
		return VG_EIO;
	for (size_t i = 0; i < VG_ARRAY_LEN(all); i++)
		all[i] = i < VG_ARRAY_LEN(calls) ? calls[i] : thread_calls[i - VG_ARRAY_LEN(calls)];
	err = threads_only();
	return err ? err : vg_sandbox_close(all, VG_ARRAY_LEN(all));
}
#endif
