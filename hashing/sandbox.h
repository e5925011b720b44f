#pragma once
/* sandbox: what the hashing process keeps when foreign bytes come in: its mappings, its sockets and memfds, and a
 * list of some twenty-five system calls: no files, no sockets, no programs, no threads, no executable memory.
 * Everything else kills it (SIGSYS). Where the machine lets us it is also locked into an empty folder and has no
 * capability left. */
#include <vigil/err.h>

/* Once, after everything is opened, mapped and warm. empty_dir: a folder to be locked into, made where it is missing
 * (NULL: none; that it cannot be done is no failure: the list of calls holds without it). Irreversible.
 * Sanitizer builds keep their system calls (the run-time needs them); nothing is given up there, said in the log. */
enum vg_err vg_hashing_sandbox_close(const char *empty_dir);
