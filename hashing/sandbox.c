/* newfstatat is what glibc's fstat() is; it could tell that a path exists, which the empty root answers. setitimer
 * is the CPU limit of a decoder; read is the signal descriptor; write is the log. getpid, gettid, tgkill (to
 * ourselves only) and rt_sigprocmask are abort(3), so that a broken invariant dies of SIGABRT and names its object
 * (crash.h). */
#include "hashing/sandbox.h"

#include <linux/capability.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <vigil/base.h>
#include <vigil/log.h>
#include <vigil/sandbox.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

#define MAX_FILES 65536 /* descriptors: one for each match that waits */

static const int calls[] = {
	SCMP_SYS(accept4),         SCMP_SYS(recvmsg),   SCMP_SYS(sendmsg),       SCMP_SYS(poll),
	SCMP_SYS(ppoll),           SCMP_SYS(read),      SCMP_SYS(write),         SCMP_SYS(close),
	SCMP_SYS(memfd_create),    SCMP_SYS(ftruncate), SCMP_SYS(fstat),         SCMP_SYS(newfstatat),
	SCMP_SYS(munmap),          SCMP_SYS(mremap),    SCMP_SYS(madvise),       SCMP_SYS(brk),
	SCMP_SYS(futex),           SCMP_SYS(setitimer), SCMP_SYS(clock_gettime), SCMP_SYS(rt_sigreturn),
	SCMP_SYS(restart_syscall), SCMP_SYS(getpid),    SCMP_SYS(gettid),        SCMP_SYS(tgkill),
	SCMP_SYS(rt_sigprocmask),  SCMP_SYS(exit),      SCMP_SYS(exit_group),
};

static void lock_into(const char *empty_dir)
{
	if (!empty_dir)
		return;
	(void)mkdir(empty_dir, 0500);
	if (geteuid() != 0)
		(void)unshare(CLONE_NEWUSER);
	if (chroot(empty_dir) || chdir("/"))
		vg_log(VG_LOG_DEBUG, "hashing", "not locked into an empty folder; the list of system calls holds");
}

static enum vg_err drop_capabilities(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { { 0, 0, 0 } };

	for (int cap = 0; cap <= CAP_LAST_CAP; cap++)
		(void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	return syscall(SYS_capset, &head, none) ? VG_EIO : VG_OK;
}

static enum vg_err set_limits(void)
{
	struct rlimit files, no_children = { 0, 0 };

	if (getrlimit(RLIMIT_NOFILE, &files))
		return VG_EIO;
	files.rlim_cur = files.rlim_max < MAX_FILES ? files.rlim_max : MAX_FILES;
	return setrlimit(RLIMIT_NOFILE, &files) || setrlimit(RLIMIT_NPROC, &no_children) ? VG_EIO : VG_OK;
}

/* A filter of its own, because the shared one knows no arguments: signals reach ourselves and nobody else. */
static enum vg_err signal_only_us(void)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	enum vg_err err = VG_EIO;

	if (!ctx)
		return VG_ENOMEM;
	if (!seccomp_rule_add(ctx, SCMP_ACT_KILL_PROCESS, SCMP_SYS(tgkill), 1,
			      SCMP_A0(SCMP_CMP_NE, (scmp_datum_t)getpid(), 0)) &&
	    !seccomp_load(ctx))
		err = VG_OK;
	seccomp_release(ctx);
	return err;
}

enum vg_err vg_hashing_sandbox_close(const char *empty_dir)
{
	enum vg_err err;

	if (SANITIZED) {
		vg_log(VG_LOG_WARN, "hashing", "sanitizer build: no sandbox");
		return VG_OK;
	}
	lock_into(empty_dir);
	err = set_limits();
	if (!err)
		err = drop_capabilities();
	if (!err)
		err = vg_sandbox_quiet();
	if (!err)
		err = signal_only_us();
	return err ? err : vg_sandbox_close(calls, VG_ARRAY_LEN(calls));
}
