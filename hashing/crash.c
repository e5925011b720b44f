/* The handler stores one word and lets the signal have its way: SA_RESETHAND, and the instruction that broke runs
 * again. */
#include "hashing/crash.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <vigil/base.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif
#define STACK_BYTES 65536u

static struct {
	_Atomic(_Atomic uint64_t *) word; /* NULL: nothing is looked at */
	_Atomic uint64_t object_id;
	_Atomic bool installed;
} watch;

static void on_fatal(int signal_no)
{
	_Atomic uint64_t *word = atomic_load(&watch.word);

	if (word)
		atomic_store(word, atomic_load(&watch.object_id));
	if (signal_no == SIGPROF || signal_no == SIGALRM)
		_exit(128 + signal_no);
}

enum vg_err vg_crash_install(void)
{
	static const int signals[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGPROF, SIGALRM };
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

void vg_crash_begin(_Atomic uint64_t *word, uint64_t object_id, bool now)
{
	if (now || !atomic_load_explicit(&watch.installed, memory_order_relaxed))
		atomic_store_explicit(word, object_id, memory_order_release);
	atomic_store(&watch.object_id, object_id);
	atomic_store(&watch.word, word);
}

void vg_crash_end(_Atomic uint64_t *word)
{
	atomic_store(&watch.word, NULL);
	atomic_store_explicit(word, 0, memory_order_release);
}
