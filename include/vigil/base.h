#pragma once
/* base: the few macros every room uses. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define VG_ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define VG_CACHE_LINE   64
#define VG_PAGE         4096u

/* A freshly made object that must be released by `destroyer` (gcc checks the pairing, clang ignores it). */
#if defined(__GNUC__) && !defined(__clang__)
#define VG_DEALLOC(destroyer) __attribute__((malloc(destroyer, 1)))
#else
#define VG_DEALLOC(destroyer)
#endif

/* A bug of ours: says where and aborts; the supervisor restarts. Bytes from outside must never reach one.
 * Hot rooms use VG_INVARIANT_HOT, which traps without naming stdio. */
#define VG_INVARIANT(x)                                                                                    \
	do {                                                                                               \
		if (__builtin_expect(!(x), 0)) {                                                           \
			fprintf(stderr, "vigil: invariant broken: %s at %s:%d\n", #x, __FILE__, __LINE__); \
			abort();                                                                           \
		}                                                                                          \
	} while (0)
#define VG_INVARIANT_HOT(x)                    \
	do {                                   \
		if (__builtin_expect(!(x), 0)) \
			__builtin_trap();      \
	} while (0)
