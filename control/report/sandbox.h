#pragma once
/* sandbox: the system calls vigil-reporter has left once it talks to the outside: files of its own, sockets, memory,
 * threads (the resolver's); no process can be made, no program run, nothing traced. All else kills. */
#include <vigil/err.h>

/* Irreversible, for all threads. Builds with a sanitizer keep everything allowed (it needs calls of its own). */
enum vg_err vg_reporter_sandbox(void);
