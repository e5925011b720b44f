#pragma once
/* sandbox: gives up rights before foreign bytes are touched. Each program names its own system calls in its sandbox.c;
 * everything else kills the process (SIGSYS), so that an escape is seen and not tried twice. Cold code only. */
#include <fcntl.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <vigil/err.h>

/* No core dumps, not traceable, no new privileges: pictures must not reach a disk by accident. */
static inline enum vg_err vg_sandbox_quiet(void)
{
	struct rlimit none = { 0, 0 };
	if (setrlimit(RLIMIT_CORE, &none) || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return VG_EIO;
	return VG_OK;
}
/* Allows the n_calls system calls of `calls` (SCMP_SYS numbers) with any arguments, plus memory mappings that are never
 * executable; all else kills. Irreversible; for all threads. */
static inline enum vg_err vg_sandbox_close(const int *calls, size_t n_calls)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
	enum vg_err err = VG_EIO;
	if (!ctx)
		return VG_ENOMEM;
	if (seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1))
		goto out;
	for (size_t i = 0; i < n_calls; i++)
		if (seccomp_rule_add(ctx, SCMP_ACT_ALLOW, calls[i], 0))
			goto out;
	if (seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
			     SCMP_A2(SCMP_CMP_MASKED_EQ, 4 /* PROT_EXEC */, 0)) ||
	    seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, 4, 0)) ||
	    seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1, SCMP_A1(SCMP_CMP_EQ, F_ADD_SEALS, 0)) ||
	    seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1, SCMP_A1(SCMP_CMP_EQ, F_GET_SEALS, 0)) ||
	    seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1, SCMP_A1(SCMP_CMP_EQ, F_GETFL, 0)) ||
	    seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1, SCMP_A1(SCMP_CMP_EQ, F_SETFL, 0)))
		goto out;
	if (seccomp_load(ctx))
		goto out;
	err = VG_OK;
out:
	seccomp_release(ctx);
	return err;
}
