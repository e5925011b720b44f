/* newfstatat is what glibc's fstat() is; it could tell that a path exists, which the empty root answers. read is the
 * signal descriptor; write is the log. getpid, gettid, tgkill (to ourselves only) and rt_sigprocmask are abort(3), so
 * that a broken invariant dies of SIGABRT and names its object (crash.h). */
#include "hashing/sandbox.h"

#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
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

#define MEMORY_BYTES (4ull << 30) /* private memory beyond what start-up took: decoders, and lists taken later */
#define MAX_FILES    65536        /* descriptors: one for each match that waits */

static const int calls[] = {
	SCMP_SYS(accept4),      SCMP_SYS(recvmsg),       SCMP_SYS(sendmsg),      SCMP_SYS(poll),
	SCMP_SYS(ppoll),        SCMP_SYS(read),          SCMP_SYS(write),        SCMP_SYS(close),
	SCMP_SYS(memfd_create), SCMP_SYS(ftruncate),     SCMP_SYS(fstat),        SCMP_SYS(newfstatat),
	SCMP_SYS(munmap),       SCMP_SYS(mremap),        SCMP_SYS(madvise),      SCMP_SYS(brk),
	SCMP_SYS(futex),        SCMP_SYS(clock_gettime), SCMP_SYS(rt_sigreturn), SCMP_SYS(restart_syscall),
	SCMP_SYS(getpid),       SCMP_SYS(gettid),        SCMP_SYS(tgkill),       SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(exit),         SCMP_SYS(exit_group),
};

/* What libraries merely try: they are told no, and go on without. Nothing of it happens: no file is opened (writing
 * ones kill), no thread begins, nothing is learnt of the machine. */
static const int tried[] = {
	SCMP_SYS(open),      SCMP_SYS(access), SCMP_SYS(readlink),     SCMP_SYS(sched_getaffinity),
	SCMP_SYS(sysinfo),   SCMP_SYS(uname),  SCMP_SYS(clone3),       SCMP_SYS(set_mempolicy),
	SCMP_SYS(prlimit64), SCMP_SYS(ioctl),  SCMP_SYS(getcwd),       SCMP_SYS(get_mempolicy),
	SCMP_SYS(getrandom), SCMP_SYS(rseq),   SCMP_SYS(rt_sigaction),
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

/* Private writable memory that is ours already (VmData): buffers are address space long before they are memory. */
static uint64_t memory_now(void)
{
	unsigned long long kib = 0;
	char line[128];
	FILE *file = fopen("/proc/self/status", "r");

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "VmData: %llu", &kib) == 1)
			break;
	if (file)
		fclose(file);
	return (uint64_t)kib << 10;
}

static enum vg_err set_limits(void)
{
	struct rlimit files, no_children = { 0, 0 }, memory = { memory_now() + MEMORY_BYTES, 0 };

	memory.rlim_max = memory.rlim_cur;

	if (getrlimit(RLIMIT_NOFILE, &files))
		return VG_EIO;
	files.rlim_cur = files.rlim_max < MAX_FILES ? files.rlim_max : MAX_FILES;
	return setrlimit(RLIMIT_DATA, &memory) || setrlimit(RLIMIT_NOFILE, &files) ||
			       setrlimit(RLIMIT_NPROC, &no_children)
		       ? VG_EIO
		       : VG_OK;
}

/* A second filter, because the shared one knows no arguments and only how to kill; of two filters' answers the
 * stricter counts, so that this one's refusals need the calls allowed there. Signals reach ourselves and nobody else.
 */
static enum vg_err refuse_softly(void)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	enum vg_err err = VG_EIO;

	if (!ctx)
		return VG_ENOMEM;
	if (seccomp_rule_add(ctx, SCMP_ACT_KILL_PROCESS, SCMP_SYS(tgkill), 1,
			     SCMP_A0(SCMP_CMP_NE, (scmp_datum_t)getpid(), 0)) ||
	    seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(openat), 1,
			     SCMP_A2(SCMP_CMP_MASKED_EQ, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY)) ||
	    seccomp_rule_add(ctx, SCMP_ACT_KILL_PROCESS, SCMP_SYS(openat), 1,
			     SCMP_A2(SCMP_CMP_MASKED_EQ, O_WRONLY, O_WRONLY)) ||
	    seccomp_rule_add(ctx, SCMP_ACT_KILL_PROCESS, SCMP_SYS(openat), 1,
			     SCMP_A2(SCMP_CMP_MASKED_EQ, O_RDWR, O_RDWR)) ||
	    seccomp_rule_add(ctx, SCMP_ACT_KILL_PROCESS, SCMP_SYS(openat), 1,
			     SCMP_A2(SCMP_CMP_MASKED_EQ, O_CREAT, O_CREAT)) ||
	    seccomp_rule_add(ctx, SCMP_ACT_KILL_PROCESS, SCMP_SYS(openat), 1,
			     SCMP_A2(SCMP_CMP_MASKED_EQ, O_TRUNC, O_TRUNC)))
		goto out;
	for (size_t i = 0; i < VG_ARRAY_LEN(tried); i++)
		if (seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), tried[i], 0))
			goto out;
	if (!seccomp_load(ctx))
		err = VG_OK;
out:
	seccomp_release(ctx);
	return err;
}

/* The list of what is allowed, with what the first filter answers. */
static enum vg_err close_with_tried(void)
{
	int all[VG_ARRAY_LEN(calls) + VG_ARRAY_LEN(tried) + 1];

	memcpy(all, calls, sizeof(calls));
	memcpy(all + VG_ARRAY_LEN(calls), tried, sizeof(tried));
	all[VG_ARRAY_LEN(all) - 1] = SCMP_SYS(openat);
	return vg_sandbox_close(all, VG_ARRAY_LEN(all));
}

enum vg_err vg_hashing_sandbox_close(const char *empty_dir)
{
	enum vg_err err;

	if (SANITIZED) {
		vg_log(VG_LOG_WARN, "hashing", "sanitizer build: no sandbox");
		return VG_OK;
	}
	err = set_limits(); /* reads /proc */
	lock_into(empty_dir);
	if (!err)
		err = drop_capabilities();
	if (!err)
		err = vg_sandbox_quiet();
	if (!err)
		err = refuse_softly();
	return err ? err : close_with_tried();
}
