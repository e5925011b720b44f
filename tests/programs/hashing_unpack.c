/* test-hashing_unpack [--sandbox] FILE...: opens and decodes files as a hasher does, without its links. A line for
 * each file and for each file found in it:
 *     kind|outcome|frames|quality|hash|bytes|sha256|path|member
 * outcome: decoded, partial, opened, budget, encrypted, broken, none (nothing to decode), or why a picture or a film
 * was refused.
 * --sandbox reads everything first, then closes the hashers' sandbox: a library that calls what is not on the list ends
 * it (SIGSYS). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hashing/body.h"
#include "hashing/image/luma.h"
#include "hashing/pdq/wide.h"
#include "hashing/sandbox.h"
#include "hashing/unpack/archive.h"
#include "hashing/unpack/kind.h"
#include "hashing/video/video.h"
#include "tests/lib/film_hash.h"

#define MAX_FILES   100000
#define PIECE_BYTES 65536u

struct file {
	const char *path;
	uint8_t *at;
	size_t n;
};
struct rig {
	struct vg_image *image;
	struct vg_video *video;
	struct vg_pdq *pdq;
	struct vg_body *body;
	struct vg_digests *digests;
	const char *path;
};
struct look {
	struct rig *rig;
	unsigned n_frames, n_partial;
	struct vg_pdq_result first;
};

static bool on_frame(void *ctx, const struct vg_luma *luma)
{
	struct look *l = ctx;
	struct vg_pdq_result result;
	vg_pdq_hash(l->rig->pdq, luma, &result);
	if (!l->n_frames++)
		l->first = result;
	l->n_partial += luma->partial;
	return true;
}

static bool on_film_frame(void *ctx, const struct vg_film_frame *frame)
{
	struct look *l = ctx;
	struct vg_pdq_result result;
	film_hash(l->rig->pdq, frame, &result);
	if (!l->n_frames++)
		l->first = result;
	return true;
}

static const char *refusal(enum vg_err err)
{
	return err == VG_ERANGE         ? "pixels"
	       : err == VG_EBUDGET      ? "budget"
	       : err == VG_EUNSUPPORTED ? "sort"
	       : err == VG_ESMALL       ? "small"
					: "decoder";
}

static void line(struct rig *rig, const struct vg_chain *bytes, uint64_t n_bytes, const uint8_t *sha256,
		 const char *outcome, const char *member, size_t n_member)
{
	uint8_t head[VG_KIND_HEAD_BYTES];
	unsigned kind = vg_kind_of(head, vg_chain_copy(bytes, 0, head, sizeof(head)));
	struct look look = { .rig = rig };
	char hash[65] = "", digest[65], name[VG_PART_NAME_BYTES + 1];

	if (VG_KIND_IS_IMAGE(kind)) {
		enum vg_err err = vg_image_frames(rig->image, kind, bytes, on_frame, &look);
		outcome = err ? refusal(err) : look.n_partial ? "partial" : "decoded";
		if (!err)
			vg_hex(look.first.hash, VG_PDQ_BYTES, hash);
	}
	if (VG_KIND_IS_VIDEO(kind)) {
		const struct vg_film film = {
			.kind = kind, .bytes = bytes, .n_bytes = n_bytes, .on_frame = on_film_frame, .ctx = &look
		};
		struct vg_film_end end;
		enum vg_err err = vg_video_frames(rig->video, &film, &end);
		outcome = err ? refusal(err) : end.partial || end.over_budget ? "partial" : "decoded";
		if (!err)
			vg_hex(look.first.hash, VG_PDQ_BYTES, hash);
	}
	for (size_t i = 0; i < n_member; i++)
		name[i] = (unsigned char)member[i] < ' ' || member[i] == '|' ? '?' : member[i];
	name[n_member] = 0;
	vg_hex(sha256, 32, digest);
	printf("%s|%s|%u|%d|%s|%llu|%s|%s|%s\n", vg_kind_str(kind), outcome, look.n_frames, look.first.quality, hash,
	       (unsigned long long)n_bytes, digest, rig->path, name);
}

static void on_member(void *ctx, const struct vg_body_member *m)
{
	line(ctx, &m->bytes, m->n_bytes, m->digests.sha256, m->whole ? "none" : "cut", m->n_name ? m->name : "?",
	     m->n_name ? m->n_name : 1);
}

static void one(struct rig *rig, const struct file *f)
{
	size_t n_spans = (f->n + PIECE_BYTES - 1) / PIECE_BYTES;
	struct vg_span *spans = calloc(n_spans + 1, sizeof(*spans));
	struct vg_chain chain = { spans, (uint32_t)n_spans, f->n };
	struct vg_digest_values values;
	struct vg_body_end end;
	const char *outcome = "none";

	if (!spans)
		abort();
	for (size_t i = 0; i < n_spans; i++)
		spans[i] = (struct vg_span){ f->at + i * PIECE_BYTES,
					     i + 1 < n_spans ? PIECE_BYTES : f->n - i * PIECE_BYTES };
	rig->path = f->path;
	vg_digests_init(rig->digests, VG_DIGEST_ALL);
	vg_digests_feed(rig->digests, f->at, f->n);
	vg_digests_done(rig->digests, &values);
	vg_body_begin(rig->body,
		      &(struct vg_body_begin){
			      .digests = VG_DIGEST_ALL, .held = &chain, .on_member = on_member, .ctx = rig });
	for (size_t i = 0; i < n_spans; i++)
		vg_body_feed(rig->body, spans[i].at, spans[i].n_bytes);
	vg_body_end(rig->body, &end);
	if (end.n_containers || end.n_bad || end.n_unread || end.over_budget)
		outcome = end.over_budget             ? "budget"
			  : end.n_bad || end.n_unread ? "broken"
			  : end.n_encrypted           ? "encrypted"
						      : "opened";
	line(rig, &chain, f->n, values.sha256, outcome, "", 0);
	vg_body_release(rig->body);
	free(spans);
}

static void load(struct file *f)
{
	FILE *file = fopen(f->path, "rb");
	long size = 0;

	if (!file || fseek(file, 0, SEEK_END) || (size = ftell(file)) < 0) {
		fprintf(stderr, "%s: cannot be read\n", f->path);
		exit(1);
	}
	rewind(file);
	f->n = (size_t)size;
	f->at = malloc(f->n ? f->n : 1);
	if (!f->at || fread(f->at, 1, f->n, file) != f->n)
		exit(1);
	fclose(file);
}

int main(int argc, char **argv)
{
	const struct vg_image_limits limits = { .max_pixels = 100000000,
						.max_memory_bytes = 512u << 20,
						.min_side = 5 };
	struct vg_nest *nest = vg_nest_create(256u << 20);
	struct vg_body_setup setup = { .keep_bytes = 1u << 20,
				       .member_keep_bytes = 1u << 20,
				       .max_unpacked_bytes = 256u << 20,
				       .max_ratio = 2048,
				       .max_members = 4000,
				       .max_spans = 4096,
				       .max_depth = 6,
				       .max_cpu_ns = 20000000000u,
				       .nest = nest };
	struct rig rig = { .image = vg_image_create(&limits),
			   .video = vg_video_create(NULL),
			   .pdq = vg_pdq_create(),
			   .digests = vg_digests_create() };
	struct file *files = calloc(MAX_FILES, sizeof(*files));
	bool in_sandbox = argc > 1 && !strcmp(argv[1], "--sandbox");
	int n_files = 0;

	rig.body = vg_body_create(&setup);
	if (!nest || !rig.image || !rig.video || !rig.pdq || !rig.digests || !rig.body || !files || argc < 2) {
		fprintf(stderr, "usage: test-hashing_unpack [--sandbox] FILE...\n");
		return 2;
	}
	for (int i = 1 + in_sandbox; i < argc && n_files < MAX_FILES; i++)
		files[n_files++].path = argv[i];
	for (int i = 0; in_sandbox && i < n_files; i++)
		load(&files[i]);
	vg_image_warm(rig.image);
	vg_video_warm(rig.video);
	vg_archive_warm();
	if (in_sandbox && vg_hashing_sandbox_close(NULL))
		return 1;
	for (int i = 0; i < n_files; i++) {
		if (!in_sandbox)
			load(&files[i]);
		one(&rig, &files[i]);
		free(files[i].at);
	}
	fflush(stdout);
	vg_body_destroy(rig.body);
	vg_nest_destroy(nest);
	vg_image_destroy(rig.image);
	vg_video_destroy(rig.video);
	vg_pdq_destroy(rig.pdq);
	vg_digests_destroy(rig.digests);
	free(files);
	return 0;
}
