/* test-hashing_crash: vigil-hashing with a decoder that breaks: it dies of SIGSEGV when it is about to decode a
 * picture of a given size. For the tests of retry and of VG_OPEN_NO_DECODE; everything else is the production
 * program.
 *
 *   test-hashing_crash [--crash-bytes N[,N...]] --run-dir DIR --hasher N
 *   VIGIL_CRASH_BYTES=N[,N...]   the same where the arguments are not ours to choose (vigild --supervise)
 *
 * N is the size in bytes of the picture as it is decoded (of the member, or behind its coding). N = 0 with nothing
 * else: every picture. */
#include <signal.h>
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

static void break_down(void *ctx, uint64_t n_bytes)
{
	const struct sizes *s = ctx;
	volatile int *volatile nowhere = NULL;

	for (unsigned i = 0; i < s->n; i++)
		if (!s->n_bytes[i] || s->n_bytes[i] == n_bytes)
			*nowhere = 1;
}

int main(int argc, char **argv)
{
	struct sizes sizes = { .n = 0 };
	struct vg_hashing_hooks hooks = { .before_decode = break_down, .ctx = &sizes };

	read_sizes(&sizes, getenv("VIGIL_CRASH_BYTES"));
	if (argc > 2 && !strcmp(argv[1], "--crash-bytes")) {
		read_sizes(&sizes, argv[2]);
		argv[2] = argv[0];
		argv += 2;
		argc -= 2;
	}
	return vg_hashing_run(argc, argv, &hooks);
}
