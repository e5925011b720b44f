#pragma once
/* sandbox: the system calls vigil-dataplane may still make once its captures, devices and sockets are open. */
#include <vigil/err.h>

/* No core dumps, no privileges, no files, no new sockets (accepting on the hand-over socket only); for all threads,
 * irreversible. Sanitizer builds keep their system calls. Cold. */
enum vg_err vg_dataplane_sandbox(void);
