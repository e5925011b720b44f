/* Two contexts that take turns: feed() wakes the walk, the walk's read callback falls asleep when the piece is used up.
 * libarchive keeps nothing of a piece once it asks for the next one. */
#include "hashing/unpack/pull.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>

#include <vigil/media.h>

#include "hashing/unpack/archive.h"

#define GUARD_BYTES 65536u /* below the stack: an overflow is a crash, not a write somewhere */

struct vg_pull {
	ucontext_t feeder, walk;
	uint8_t *stack;
	unsigned kind;
	struct vg_budget *budget;
	struct vg_entry_sink sink;
	struct vg_span piece;
	bool active, has_piece, at_end;
};

/* The body of destroy, for create to use as well (gcc checks create/destroy pairs by name). */
static void discard(struct vg_pull *pull)
{
	if (pull->stack)
		munmap(pull->stack, VG_PULL_STACK);
	free(pull);
}

void vg_pull_destroy(struct vg_pull *pull)
{
	if (pull)
		discard(pull);
}

struct vg_pull *vg_pull_create(void)
{
	struct vg_pull *pull = calloc(1, sizeof(*pull));

	if (!pull)
		return NULL;
	pull->stack = mmap(NULL, VG_PULL_STACK, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
	if (pull->stack != MAP_FAILED && !mprotect(pull->stack, GUARD_BYTES, PROT_NONE))
		return pull;
	pull->stack = pull->stack == MAP_FAILED ? NULL : pull->stack;
	discard(pull);
	return NULL;
}

bool vg_pull_reads(unsigned kind)
{
	return VG_KIND_IS_ARCHIVE(kind) && kind != VG_KIND_7Z && kind != VG_KIND_PDF && kind != VG_KIND_OLE;
}

/* On the walk's side: sleeps until there is a piece or the end. */
static struct vg_span next_piece(void *ctx)
{
	struct vg_pull *pull = ctx;

	while (!pull->has_piece && !pull->at_end)
		(void)swapcontext(&pull->walk, &pull->feeder);
	if (!pull->has_piece)
		return (struct vg_span){ NULL, 0 };
	pull->has_piece = false;
	return pull->piece;
}

/* makecontext(3) passes ints only. */
static void walk(unsigned high, unsigned low)
{
	struct vg_pull *pull = (struct vg_pull *)(uintptr_t)((uint64_t)high << 32 | low);

	(void)vg_archive_walk_forward(pull->kind, next_piece, pull, pull->budget, &pull->sink);
	pull->active = false; /* and back to the feeder, by uc_link */
}

void vg_pull_begin(struct vg_pull *pull, unsigned kind, struct vg_budget *budget, const struct vg_entry_sink *sink)
{
	uint64_t self = (uint64_t)(uintptr_t)pull;

	pull->kind = kind;
	pull->budget = budget;
	pull->sink = *sink;
	pull->has_piece = pull->at_end = false;
	if (getcontext(&pull->walk))
		return;
	pull->walk.uc_stack.ss_sp = pull->stack + GUARD_BYTES;
	pull->walk.uc_stack.ss_size = VG_PULL_STACK - GUARD_BYTES;
	pull->walk.uc_link = &pull->feeder;
	makecontext(&pull->walk, (void (*)(void))walk, 2, (unsigned)(self >> 32), (unsigned)self);
	pull->active = true;
}

void vg_pull_feed(struct vg_pull *pull, const uint8_t *bytes, size_t n_bytes)
{
	if (!pull->active || !n_bytes)
		return;
	pull->piece = (struct vg_span){ bytes, n_bytes };
	pull->has_piece = true;
	(void)swapcontext(&pull->feeder, &pull->walk);
}

void vg_pull_end(struct vg_pull *pull)
{
	pull->at_end = true;
	while (pull->active)
		(void)swapcontext(&pull->feeder, &pull->walk);
	/* The pages it touched go back. */
	(void)madvise(pull->stack + GUARD_BYTES, VG_PULL_STACK - GUARD_BYTES, MADV_DONTNEED);
}
