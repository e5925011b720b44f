#pragma once
/* crash: names the object whose bytes broke us. A fatal signal of our own (SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT,
 * or when the time limits of one look are used up) writes the object that is being looked at into
 * the lane's `decoding` word on its way out, so that the dataplane offers just that one again without decoding. A
 * hasher that is killed from outside names nobody: its objects come again whole, and no perceptual match is lost. What
 * no handler can see (the sandbox's SIGSYS, the kernel's memory killer) would come back for ever, so an object that is
 * offered again is named from the start. One thread; a signal handler has no context but file scope, hence the one
 * such variable of hashing. */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <vigil/err.h>

/* Start-up, before the sandbox: handlers on a stack of their own (decoders can overflow ours). Sanitizer builds keep
 * their own handlers, and every object is then named from the start. */
enum vg_err vg_crash_install(void);

/* Start-up, after that: ends the process (exit code 128 + SIGPROF or SIGALRM, the object named) where one look takes
 * longer than so much of its CPU time, or of the clock on the wall; at most a quarter of the limit late. The signals
 * interrupt what sleeps. VG_EIO where the system has no such clock. */
enum vg_err vg_crash_limit(uint64_t cpu_ms, uint64_t wall_ms);

/* From now on object_id is looked at; `word` is its lane's. now: name it at once, not only in a crash. */
void vg_crash_begin(_Atomic uint64_t *word, uint64_t object_id, bool now);

/* Nothing is looked at any more. */
void vg_crash_end(_Atomic uint64_t *word);
