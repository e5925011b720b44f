#pragma once
/* builder: vigild's helper that reads list files: the same program, started by builder_link.h for one reading, without
 * files but the open ones it is given, without network, under its own system call filter. Foreign lists are parsed
 * here, not where cases and keys are. It has one socket (builder_msg.h) and ends after one answer. */

#define VG_BUILDER_FD     3
#define VG_BUILDER_OPTION "--build-lists"

/* The whole life of the builder: hears what is to be read on fd, builds, answers. Returns its exit code: 0 also where
 * lists are wrong (vigild was told); 1 where nobody could be told. max_bytes: of its memory, 0 = as it comes. */
int vg_builder_run(int fd, unsigned long long max_bytes);
