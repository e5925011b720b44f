/* The handler stores one word and lets the signal have its way: SA_RESETHAND, and the instruction that broke runs
 * again. The time limits cost a look nothing: clocks tick all the time, and count how often they find the same one. */
#include "hashing/crash.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

#include <vigil/base.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif
#define STACK_BYTES 65536u
#define N_TICKS     4u /* of a limit: it ends at most a tick late */

/* How often in a row a clock found the same look going on. Only its handler uses it. */
struct ticks {
	uint64_t look;
	unsigned n;
};
static struct {
	_Atomic(_Atomic uint64_t *) word; /* NULL: nothing is looked at */
	_Atomic uint64_t object_id;
	_Atomic uint64_t look; /* counts them */
	_Atomic bool installed;
	struct ticks cpu, wall;
} watch;

static void on_fatal(int signal_no)
{
	_Atomic uint64_t *word = atomic_load(&watch.word);

	(void)signal_no;
	if (word)
		atomic_store(word, atomic_load(&watch.object_id));
}

static void on_tick(int signal_no)
{
	_Atomic uint64_t *word = atomic_load(&watch.word);
	struct ticks *ticks = signal_no == SIGPROF ? &watch.cpu : &watch.wall;
	uint64_t look = atomic_load(&watch.look);

	if (!word || ticks->look != look) {
		*ticks = (struct ticks){ .look = look };
		return;
	}
	if (++ticks->n < N_TICKS)
		return;
	atomic_store(word, atomic_load(&watch.object_id));
	_exit(128 + signal_no);
}

enum vg_err vg_crash_install(void)
{
	static const int signals[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT };
	struct sigaction act = { .sa_handler = on_fatal, .sa_flags = SA_ONSTACK | SA_RESETHAND };
	stack_t stack = { .ss_size = STACK_BYTES };

	if (SANITIZED)
		return VG_OK;
	stack.ss_sp = malloc(STACK_BYTES); /* the process's, to its end */
	if (!stack.ss_sp)
		return VG_ENOMEM;
	if (sigaltstack(&stack, NULL))
		return VG_EIO;
	for (size_t i = 0; i < VG_ARRAY_LEN(signals); i++)
		if (sigaction(signals[i], &act, NULL))
			return VG_EIO;
	atomic_store(&watch.installed, true);
	return VG_OK;
}

static enum vg_err tick(int which, int signal_no, uint64_t limit_ms)
{
	struct sigaction act = { .sa_handler = on_tick, .sa_flags = SA_ONSTACK | SA_RESTART };
	uint64_t us = limit_ms * 1000 / N_TICKS;
	struct timeval each = { .tv_sec = (time_t)(us / 1000000), .tv_usec = (suseconds_t)(us % 1000000) };

	if (sigaction(signal_no, &act, NULL) || setitimer(which, &(struct itimerval){ each, each }, NULL))
		return VG_EIO;
	return VG_OK;
}

enum vg_err vg_crash_limit(uint64_t cpu_ms, uint64_t wall_ms)
{
	enum vg_err err = tick(ITIMER_PROF, SIGPROF, cpu_ms);

	return err ? err : tick(ITIMER_REAL, SIGALRM, wall_ms);
}

void vg_crash_begin(_Atomic uint64_t *word, uint64_t object_id, bool now)
{
	if (now || !atomic_load_explicit(&watch.installed, memory_order_relaxed))
		atomic_store_explicit(word, object_id, memory_order_release);
	atomic_store_explicit(&watch.object_id, object_id, memory_order_relaxed);
	atomic_store_explicit(&watch.look, atomic_load_explicit(&watch.look, memory_order_relaxed) + 1,
			      memory_order_relaxed);
	atomic_signal_fence(memory_order_seq_cst); /* only a handler of this thread looks */
	atomic_store_explicit(&watch.word, word, memory_order_release);
}

void vg_crash_end(_Atomic uint64_t *word)
{
	atomic_store_explicit(&watch.word, NULL, memory_order_release);
	atomic_store_explicit(word, 0, memory_order_release);
}
