#pragma once
/* answer: reads what the reporting API answers: `reportResponse` or `reportDoneResponse`. Foreign bytes: at most 1
 * MiB, no document type or entities, depth and count bounded, other roots refused. Pure, any thread. */
#include <stddef.h>
#include <stdint.h>

#include <vigil/err.h>

#define VG_ANSWER_MAX_BYTES (1u << 20)
#define VG_ANSWER_MAX_DEPTH 8
#define VG_ANSWER_MAX_NODES 20000

struct vg_answer {
	int done; /* a reportDoneResponse */
	int32_t code;
	int64_t report_id; /* 0 = none */
	int has_md5;
	uint8_t md5[16];
	unsigned n_files; /* fileId elements of a reportDoneResponse */
	char file_id[72]; /* of an upload: an opaque token, [A-Za-z0-9_-] only */
	char description[256];
};
/* VG_DONE: understood; VG_BAD: not an answer of this API. Elements it does not know are passed over. */
enum vg_step vg_answer_parse(const void *bytes, size_t n_bytes, struct vg_answer *answer);
