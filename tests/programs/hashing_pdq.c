/* test-hashing_pdq [-d] FILE...: prints `hash,quality,file` for each picture, as the reference's own tool does; with
 * -d also a line `variant,name,hash,file` for each of the eight dihedral variants; `error,reason,file` where nothing
 * could be decoded. The file is read in small pieces, so that the decoders work over a chain. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vigil/media.h>

#include "hashing/image/luma.h"
#include "hashing/pdq/pdq.h"
#include "hashing/unpack/kind.h"
#include "tests/lib/read_file.h"

#define PIECE_BYTES 4096u

static void print_result(const char *path, const struct vg_pdq_result *result, int with_variants)
{
	static const char *const names[VG_PDQ_N_VARIANTS] = { "original", "rotate90", "rotate180", "rotate270",
							      "flipx",    "flipy",    "flipplus1", "flipminus1" };
	char text[2 * VG_PDQ_BYTES + 1];
	vg_hex(result->hash, VG_PDQ_BYTES, text);
	printf("%s,%d,%s\n", text, result->quality, path);
	for (unsigned v = 0; with_variants && v < VG_PDQ_N_VARIANTS; v++) {
		vg_hex(result->variants[v], VG_PDQ_BYTES, text);
		printf("variant,%s,%s,%s\n", names[v], text, path);
	}
}

static enum vg_err hash_file(struct vg_image *image, struct vg_pdq *pdq, const char *path, struct vg_pdq_result *result)
{
	size_t n_bytes = 0;
	uint8_t *at = read_file(path, &n_bytes);
	size_t n_spans = (n_bytes + PIECE_BYTES - 1) / PIECE_BYTES;
	struct vg_span *spans = calloc(n_spans + 1, sizeof(*spans));
	struct vg_luma luma;
	enum vg_err err = VG_EIO;
	if (!at || !spans)
		goto out;
	for (size_t i = 0; i < n_spans; i++)
		spans[i] = (struct vg_span){ at + i * PIECE_BYTES,
					     i + 1 < n_spans ? PIECE_BYTES : n_bytes - i * PIECE_BYTES };
	struct vg_chain chain = { spans, (uint32_t)n_spans, n_bytes };
	err = vg_image_luma(image, vg_kind_of(at, n_bytes), &chain, &luma);
	if (!err)
		vg_pdq_hash(pdq, &luma, result);
out:
	free(at);
	free(spans);
	return err;
}

int main(int argc, char **argv)
{
	struct vg_image *image = vg_image_create(NULL);
	struct vg_pdq *pdq = vg_pdq_create();
	int with_variants = argc > 1 && !strcmp(argv[1], "-d");
	if (!image || !pdq || argc < 2) {
		fprintf(stderr, "usage: test-hashing_pdq [-d] FILE...\n");
		return 2;
	}
	for (int i = 1 + with_variants; i < argc; i++) {
		struct vg_pdq_result result;
		enum vg_err err = hash_file(image, pdq, argv[i], &result);
		if (err)
			printf("error,%s,%s\n", vg_err_str(err), argv[i]);
		else
			print_result(argv[i], &result, with_variants);
	}
	vg_image_destroy(image);
	vg_pdq_destroy(pdq);
	return 0;
}
