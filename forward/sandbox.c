/* Which call is there for what; found with strace over net_af_packet ports, inspectors that come and go, and vigild. */
#include <vigil/base.h>
#include <vigil/log.h>
#include <vigil/sandbox.h>

#include "forward/sandbox.h"

enum vg_err vg_forward_sandbox(void)
{
	static const int calls[] = {
		/* EAL's pipes between threads, signals by descriptor, the log */
		SCMP_SYS(read),
		SCMP_SYS(write),
		SCMP_SYS(readv), /* net_tap */
		SCMP_SYS(writev),
		SCMP_SYS(lseek), /* the links' states are read again */
		SCMP_SYS(close),
		/* net_af_packet: waiting for room, the kick, its statistics */
		SCMP_SYS(poll),
		SCMP_SYS(ppoll),
		SCMP_SYS(sendto),
		SCMP_SYS(getsockopt),
		/* the forward socket and its peers */
		SCMP_SYS(accept4),
		SCMP_SYS(recvmsg),
		SCMP_SYS(sendmsg),
		SCMP_SYS(epoll_wait),
		SCMP_SYS(epoll_pwait),
		/* the page of an inspector that comes again */
		SCMP_SYS(memfd_create),
		SCMP_SYS(ftruncate),
		SCMP_SYS(munmap),
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

	if (err || VG_FORWARD_IS_SANDBOXED)
		return err ? err : vg_sandbox_close(calls, VG_ARRAY_LEN(calls));
	vg_log(VG_LOG_WARN, "forward/sandbox", "sanitizer build: the sandbox stays open");
	return VG_OK;
}
