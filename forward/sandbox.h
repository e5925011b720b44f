#pragma once
/* sandbox: the system calls vigil-forward may still make once its ports and its socket are open. */
#include <vigil/err.h>

/* 0 in sanitizer builds, whose runtimes need more: there the sandbox stays open. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define VG_FORWARD_IS_SANDBOXED 0
#else
#define VG_FORWARD_IS_SANDBOXED 1
#endif

/* No core dumps, no privileges, no files, no new sockets (accepting on the forward socket only); for all threads,
 * irreversible. Cold. */
enum vg_err vg_forward_sandbox(void);
