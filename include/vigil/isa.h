#pragma once
/* isa: the instruction-set tiers that code is compiled for (the Makefile gives flags by the suffixes _avx2 and
 * _avx512), whether this machine runs them, and the operator's word. Start-up only; hot code calls what was chosen.
 * */
#include <stdlib.h>
#include <string.h>

/* Before a loop of at most 16 rounds in code that is compiled per tier: the compiler shall write it out. */
#ifdef __clang__
#define VG_UNROLL _Pragma("unroll")
#else
#define VG_UNROLL _Pragma("GCC unroll 16")
#endif

enum vg_isa { VG_ISA_GENERIC, VG_ISA_AVX2, VG_ISA_AVX512 };

static inline const char *vg_isa_str(enum vg_isa isa)
{
	static const char *const names[] = { "generic", "avx2", "avx512" };
	return names[isa];
}
/* True where this machine has every extension that the tier's compiler flags allow (x86-64-v3; v4 with VPOPCNTDQ and
 * BITALG). Asks the operating system's view of the registers too (the compiler's cpu model does). */
static inline int vg_isa_runs_here(enum vg_isa isa)
{
	int v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
		 __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt");
	int v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
		 __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
		 __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vpopcntdq") &&
		 __builtin_cpu_supports("avx512bitalg");
	return isa == VG_ISA_GENERIC || (isa == VG_ISA_AVX2 && v3) || (isa == VG_ISA_AVX512 && v4);
}
/* True where a tier may be chosen: it runs here and VIGIL_FORCE_ISA is unset, or names it. A forced tier that does
 * not run here, or has no code of its own, leaves generic, which always may. */
static inline int vg_isa_chosen(enum vg_isa isa)
{
	const char *forced = getenv("VIGIL_FORCE_ISA");
	if (!vg_isa_runs_here(isa))
		return 0;
	return isa == VG_ISA_GENERIC || !forced || !*forced || !strcmp(forced, vg_isa_str(isa));
}
