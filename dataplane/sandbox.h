#pragma once
/* sandbox: the system calls vigil-dataplane may still make once its captures, devices and sockets are open. */
#include <vigil/err.h>

/* 0 in sanitizer builds, whose runtimes need more: there the sandbox stays open. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define VG_DATAPLANE_IS_SANDBOXED 0
#else
#define VG_DATAPLANE_IS_SANDBOXED 1
#endif

/* No core dumps, no privileges, no files, no new sockets (accepting on the hand-over socket only); for all threads,
 * irreversible. Cold. */
enum vg_err vg_dataplane_sandbox(void);
