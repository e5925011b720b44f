/* test-hashing_crash: vigil-hashing with a decoder that breaks: it dies of SIGSEGV when it is about to decode a
 * picture of a given size. For the tests of retry and of VG_OPEN_NO_DECODE; everything else is the production
 * program.
 *
 *   test-hashing_crash [--crash-bytes N[,N...]] --run-dir DIR --hasher N
 *   VIGIL_CRASH_BYTES=N[,N...]   the same where the arguments are not ours to choose (vigild --supervise)
 *   VIGIL_SPIN_BYTES, VIGIL_HANG_BYTES, VIGIL_EAT_BYTES   it never comes back, busy or waiting, or eats all memory
 *
 * N is the size in bytes of the picture as it is decoded (of the member, or behind its coding). N = 0 with nothing
 * else: every picture. */
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "hashing/run.h"

#define MAX_SIZES 16

struct sizes {
	uint64_t n_bytes[MAX_SIZES];
	unsigned n;
};

static void read_sizes(struct sizes *s, const char *text)
{
	char *end;

	while (text && *text && s->n < MAX_SIZES) {
		s->n_bytes[s->n++] = strtoull(text, &end, 10);
		if (end == text)
			exit(2);
		text = *end == ',' ? end + 1 : end;
	}
}

static bool among(const struct sizes *s, uint64_t n_bytes)
{
	for (unsigned i = 0; i < s->n; i++)
		if (!s->n_bytes[i] || s->n_bytes[i] == n_bytes)
			return true;
	return false;
}

struct evils {
	struct sizes crash, spin, hang, eat;
};

static void break_down(void *ctx, uint64_t n_bytes)
{
	const struct evils *e = ctx;
	volatile int *volatile nowhere = NULL;
	volatile bool forever = true;
	sem_t never;

	if (among(&e->crash, n_bytes))
		*nowhere = 1;
	while (among(&e->spin, n_bytes) && forever)
		;
	if (among(&e->hang, n_bytes) && !sem_init(&never, 0, 0))
		while (forever)
			(void)sem_wait(&never);
	while (among(&e->eat, n_bytes)) {
		char *at = malloc(64u << 20);
		if (!at)
			abort(); /* as C++ libraries do */
		memset(at, 1, 4096);
	}
}

int main(int argc, char **argv)
{
	struct evils evils = { .crash = { .n = 0 } };
	struct vg_hashing_hooks hooks = { .before_decode = break_down, .ctx = &evils };

	read_sizes(&evils.crash, getenv("VIGIL_CRASH_BYTES"));
	read_sizes(&evils.spin, getenv("VIGIL_SPIN_BYTES"));
	read_sizes(&evils.hang, getenv("VIGIL_HANG_BYTES"));
	read_sizes(&evils.eat, getenv("VIGIL_EAT_BYTES"));
	if (argc > 2 && !strcmp(argv[1], "--crash-bytes")) {
		read_sizes(&evils.crash, argv[2]);
		argv[2] = argv[0];
		argv += 2;
		argc -= 2;
	}
	return vg_hashing_run(argc, argv, &hooks);
}
