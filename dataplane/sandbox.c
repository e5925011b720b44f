/* Which call is there for what; found with strace over replays, live ports and dying hashers. */
#include <vigil/base.h>
#include <vigil/log.h>
#include <vigil/sandbox.h>

#include "dataplane/sandbox.h"

enum vg_err vg_dataplane_sandbox(void)
{
	static const int calls[] = {
		/* captures that are open, EAL's pipes between threads, the log */
		SCMP_SYS(read),
		SCMP_SYS(write),
		SCMP_SYS(readv), /* net_tap */
		SCMP_SYS(writev),
		SCMP_SYS(lseek),
		SCMP_SYS(close),
		SCMP_SYS(fstat),
		SCMP_SYS(newfstatat),
		/* the hand-over socket and its peers, signals by descriptor */
		SCMP_SYS(accept4),
		SCMP_SYS(accept), /* net_memif */
		SCMP_SYS(recvmsg),
		SCMP_SYS(sendmsg),
		SCMP_SYS(recvfrom),
		SCMP_SYS(sendto),
		SCMP_SYS(getsockopt),
		SCMP_SYS(shutdown),
		SCMP_SYS(poll),
		SCMP_SYS(ppoll),
		SCMP_SYS(epoll_wait),
		SCMP_SYS(epoll_pwait),
		SCMP_SYS(epoll_ctl),
		SCMP_SYS(epoll_create), /* EAL's interrupts */
		SCMP_SYS(memfd_create),
		SCMP_SYS(ftruncate),
		SCMP_SYS(munmap),
		SCMP_SYS(mremap),
		SCMP_SYS(madvise),
		SCMP_SYS(brk),
		/* waiting, threads, time */
		SCMP_SYS(futex),
		SCMP_SYS(nanosleep),
		SCMP_SYS(clock_nanosleep),
		SCMP_SYS(clock_gettime),
		SCMP_SYS(gettimeofday),
		SCMP_SYS(sched_yield),
		SCMP_SYS(gettid),
		SCMP_SYS(getpid),
		SCMP_SYS(getrandom),
		SCMP_SYS(restart_syscall),
		SCMP_SYS(rseq),
		SCMP_SYS(set_robust_list),
		/* ending, aborting */
		SCMP_SYS(rt_sigreturn),
		SCMP_SYS(rt_sigprocmask),
		SCMP_SYS(rt_sigaction),
		SCMP_SYS(tgkill),
		SCMP_SYS(exit),
		SCMP_SYS(exit_group),
	};
	enum vg_err err = vg_sandbox_quiet();

	if (err || VG_DATAPLANE_IS_SANDBOXED)
		return err ? err : vg_sandbox_close(calls, VG_ARRAY_LEN(calls));
	vg_log(VG_LOG_WARN, "dataplane/sandbox", "sanitizer build: the sandbox stays open");
	return VG_OK;
}
