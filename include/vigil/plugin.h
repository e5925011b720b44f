#pragma once
/* plugin: the ABI of licensed hash algorithms, version 2. A plug-in is a shared object that exports one function,
 * vg_plugin_v1(); this header is all it needs and the whole manual. C11, x86-64 System V, little-endian.
 *
 *	VG_PLUGIN_EXPORT const struct vg_plugin *vg_plugin_v1(void);
 *
 * Where it lives: in every hasher, where `hashing.plugins` of vigil.yaml names it, and in no other program. A hasher
 * is a process without files, sockets, programs, threads and capabilities. The order of its life:
 *   1. dlopen(RTLD_NOW | RTLD_LOCAL), vg_plugin_v1(), init(): before the sandbox closes. Here, and only here, it may
 *      read files (a licence, tables); nothing it starts may go on.
 *   2. hash() of a drawn picture, so that it does what it does the first time: also before the sandbox closes.
 *   3. The sandbox closes. From now on it may use memory (malloc included, within the hasher's limit) and the
 *      processor, nothing else: open(2) for reading answers EPERM; sockets, writing files, exec end the process.
 *   4. hash() for pictures, until the process ends; fini() at an orderly end, still inside the sandbox.
 * Threads: all calls come from one thread, one at a time; it may make none. Signals are the hasher's.
 * Ownership: the returned struct, its algo and all code stay valid and unchanged until the process ends; `state` is the
 * plug-in's; picture and value belong to the caller and end with the call.
 * Faults: a crash, an abort or too much time (hashing.max_object_ms, all of an object) ends the hasher as a decoder's
 * fault does; its object is tried again without decoding and without plug-ins, all others as before. It shares memory
 * with the decoders: it is as trusted as they are and must come from whom you trust with your pictures. */
#include <stddef.h>
#include <stdint.h>

#define VG_PLUGIN_ABI         2u /* 1 is loaded, too: it ends before algo_version, its values are only shown */
#define VG_PLUGIN_ENTRY       "vg_plugin_v1"
#define VG_PLUGIN_MAX         4u   /* in one hasher */
#define VG_PLUGIN_ALGO_BYTES  16u  /* with its NUL */
#define VG_PLUGIN_VALUE_BYTES 256u /* of all plug-ins of a hasher together, hence of one */
#define VG_PLUGIN_MAX_QUALITY 100u
#define VG_PLUGIN_MAX_SIDE    512u /* of a plane */
#define VG_PLUGIN_EXPORT      __attribute__((visibility("default")))

/* The plane that PDQ gets: luma (0.299 R + 0.587 G + 0.114 B, rounded to 0 .. 255), of a picture wider or higher than
 * 512 the samples of column floor(x * width / 512), row floor(y * height / 512). Row r begins at luma + r * stride. */
struct vg_plugin_picture {
	const uint8_t *luma;
	uint32_t n_cols, n_rows; /* of the plane, 1 .. 512 */
	uint32_t stride;         /* bytes, >= n_cols */
	uint32_t width, height;  /* of the picture itself */
	uint32_t is_partial;     /* 1: cut or damaged; what is missing is grey or black */
};

struct vg_plugin {
	uint32_t abi;     /* VG_PLUGIN_ABI */
	uint32_t n_bytes; /* sizeof(struct vg_plugin); a later version appends fields */
	char algo
		[VG_PLUGIN_ALGO_BYTES]; /* its name: 1 to 15 of a-z 0-9 _, none of Vigil's own and no other plug-in's */
	uint32_t n_value_bytes;         /* of each of its values, 1 .. 256 */
	uint32_t reserved;              /* 0 */
	/* Once. 0, else a number of its own that goes into the log: the hasher does not start. NULL: nothing to do. */
	int (*init)(void **state);
	/* Once, after init() gave 0. NULL: nothing to do. */
	void (*fini)(void *state);
	/* Writes all n_value_bytes of value and sets *quality, 0 .. 100 (how much of a picture there was to hash;
	 * 0: of nothing, never searched). 0;
	 * else there is no value for this picture (counted). The value must depend on the picture alone. */
	int (*hash)(void *state, const struct vg_plugin_picture *picture, uint8_t *value, uint32_t *quality);
	/* Since version 2. algo_version: 1 .., another number where the same picture may get another value than before;
	 * list entries name it. distance: enum vg_plugin_distance_kind. Both 0: its values are shown, not searched. */
	uint32_t algo_version, distance;
};
#define VG_PLUGIN_BYTES_V1 offsetof(struct vg_plugin, algo_version)

/* How far apart two of its values are. HAMMING: the bits in which they differ. What only the plug-in could compute is
 * not searched: vigild, which loads none, could not check what it is told. */
enum vg_plugin_distance_kind { VG_PLUGIN_DISTANCE_NONE, VG_PLUGIN_DISTANCE_HAMMING };

typedef const struct vg_plugin *(*vg_plugin_entry_fn)(void);
VG_PLUGIN_EXPORT const struct vg_plugin *vg_plugin_v1(void);
