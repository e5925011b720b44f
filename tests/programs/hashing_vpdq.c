/* test-hashing_vpdq [-r SECONDS] FILE...: prints the line `frame,quality,hash,timestamp` of each frame that is hashed,
 * as the reference's own tool does (SECONDS between two; 0, the default: every frame), and on stderr what became of the
 * file. It is read in small pieces, so that FFmpeg works over a chain. Exit 1 where a file gave no frame. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vigil/media.h>

#include "hashing/pdq/wide.h"
#include "hashing/unpack/kind.h"
#include "hashing/video/video.h"
#include "tests/lib/film_hash.h"
#include "tests/lib/read_file.h"

#define PIECE_BYTES 4096u

static bool print_frame(void *pdq, const struct vg_film_frame *frame)
{
	struct vg_pdq_result result;
	char text[2 * VG_PDQ_BYTES + 1];
	film_hash(pdq, frame, &result);
	vg_hex(result.hash, VG_PDQ_BYTES, text);
	printf("%u,%d,%s,%u.%03u\n", frame->frame_no, result.quality, text, frame->timestamp_ms / 1000,
	       frame->timestamp_ms % 1000);
	return true;
}

static enum vg_err hash_file(struct vg_video *video, struct vg_pdq *pdq, const char *path)
{
	size_t n_bytes = 0;
	uint8_t *at = read_file(path, &n_bytes);
	size_t n_spans = (n_bytes + PIECE_BYTES - 1) / PIECE_BYTES;
	struct vg_span *spans = calloc(n_spans + 1, sizeof(*spans));
	struct vg_chain chain = { spans, (uint32_t)n_spans, n_bytes };
	struct vg_film film = { .bytes = &chain, .n_bytes = n_bytes, .on_frame = print_frame, .ctx = pdq };
	struct vg_film_end end = { 0 };
	enum vg_err err = VG_EIO;
	if (!at || !spans)
		goto out;
	for (size_t i = 0; i < n_spans; i++)
		spans[i] = (struct vg_span){ at + i * PIECE_BYTES,
					     i + 1 < n_spans ? PIECE_BYTES : n_bytes - i * PIECE_BYTES };
	film.kind = vg_kind_of(at, n_bytes);
	err = vg_video_frames(video, &film, &end);
	fprintf(stderr, "%s: %s: %s, %u of %u frames%s%s\n", path, vg_kind_str(film.kind), vg_err_str(err),
		end.n_frames, end.n_decoded, end.partial ? ", partial" : "", end.over_budget ? ", over budget" : "");
out:
	free(at);
	free(spans);
	return err;
}

int main(int argc, char **argv)
{
	struct vg_video_limits limits = { .ms_per_hash = -1, .max_ms = 600000 };
	int first = 1, code = 0;
	if (argc > 2 && !strcmp(argv[1], "-r")) {
		int ms = (int)(atof(argv[2]) * 1000);
		limits.ms_per_hash = ms ? ms : -1;
		first = 3;
	}
	struct vg_video *video = vg_video_create(&limits);
	struct vg_pdq *pdq = vg_pdq_create();
	if (!video || !pdq || first >= argc) {
		fprintf(stderr, "usage: test-hashing_vpdq [-r SECONDS] FILE...\n");
		return 2;
	}
	for (int i = first; i < argc; i++)
		code |= hash_file(video, pdq, argv[i]) != VG_OK;
	vg_video_destroy(video);
	vg_pdq_destroy(pdq);
	return code;
}
