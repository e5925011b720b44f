#pragma once
/* run: the whole life of the program vigil-hashing: arguments, its snapshot, its sockets, the lanes, the sandbox,
 * the loop. Exit codes: 0 orderly end (TERM, or the dataplane went and all was delivered), 1 failed, 2 usage. */
#include <stdint.h>

#include <vigil/config_snapshot.h>

struct vg_hashing_hooks {
	/* Called once when the configuration is read, before anything is opened; nonzero ends the program (1). */
	int (*configured)(void *ctx, const struct vg_hashing_conf *conf);
	/* Tests only: called inside the sandbox right before a picture of n_bytes is decoded. */
	void (*before_decode)(void *ctx, uint64_t n_bytes);
	void *ctx;
};

/* The program's main; returns its exit code. */
int vg_hashing_run(int argc, char **argv, const struct vg_hashing_hooks *hooks);
