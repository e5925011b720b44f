/* libarchive pulls; its callbacks read a chain, with seeking, or ask for the next piece. Only the formats of the kind
 * at hand are switched on, and no filter that would run a program. */
#include "hashing/unpack/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>
#include <string.h>

#include <vigil/base.h>
#include <vigil/media.h>

#include "hashing/unpack/packed.h"

#define MAX_BAD_HEADS 64 /* entries in a row that libarchive cannot read */
#define PIECE_BYTES   65536u

struct job {
	struct archive *archive;
	struct vg_budget *budget;
	const struct vg_entry_sink *sink;
	struct vg_chain_reader reader;
	vg_archive_read_fn read;
	void *read_ctx;
	struct vg_packed *packed; /* what the archive, or the file, is packed as; NULL: it is not */
	bool stopped, is_cut;     /* is_cut: unpacking ended before its end */
};

static struct vg_span next_bytes(void *ctx)
{
	struct job *job = ctx;

	if (!vg_budget_time(job->budget))
		return (struct vg_span){ NULL, 0 };
	return job->read ? job->read(job->read_ctx) : vg_chain_next(&job->reader, PIECE_BYTES);
}

static la_ssize_t on_read(struct archive *a, void *ctx, const void **at)
{
	struct job *job = ctx;
	struct vg_span piece = { NULL, 0 };

	(void)a;
	if (!job->packed)
		piece = next_bytes(job);
	else if (vg_packed_next(job->packed, &piece) == VG_BAD)
		job->is_cut = true;
	*at = piece.at;
	if (!vg_budget_time(job->budget))
		return ARCHIVE_FATAL;
	return (la_ssize_t)piece.n_bytes;
}
static la_int64_t on_skip(struct archive *a, void *ctx, la_int64_t n_bytes)
{
	struct job *job = ctx;

	(void)a;
	return job->read || job->packed || n_bytes < 0 ? 0 : (la_int64_t)vg_chain_skip(&job->reader, (uint64_t)n_bytes);
}
static la_int64_t on_seek(struct archive *a, void *ctx, la_int64_t off, int whence)
{
	struct job *job = ctx;
	const struct vg_chain *chain = job->reader.chain;
	int64_t from = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? (int64_t)job->reader.off : (int64_t)chain->n_bytes;
	int64_t to;

	(void)a;
	if (__builtin_add_overflow(from, off, &to) || to < 0)
		return ARCHIVE_FATAL;
	vg_chain_reader_init(&job->reader, chain);
	(void)vg_chain_skip(&job->reader, (uint64_t)to);
	return (la_int64_t)job->reader.off;
}

/* Unpacked, it is an archive of files, or a file. */
static void choose_packed(struct archive *a)
{
	(void)archive_read_support_format_tar(a);
	(void)archive_read_support_format_cpio(a);
	(void)archive_read_support_format_raw(a);
}

static enum vg_err choose(struct archive *a, unsigned kind, bool can_seek)
{
	switch (kind) {
	case VG_KIND_ZIP:
		(void)(can_seek ? archive_read_support_format_zip(a) : archive_read_support_format_zip_streamable(a));
		return VG_OK;
	case VG_KIND_7Z:
		(void)archive_read_support_format_7zip(a);
		return can_seek ? VG_OK : VG_EUNSUPPORTED;
	case VG_KIND_RAR:
		(void)archive_read_support_format_rar(a);
		(void)archive_read_support_format_rar5(a);
		return VG_OK;
	case VG_KIND_CAB:
		(void)archive_read_support_format_cab(a);
		return VG_OK;
	case VG_KIND_TAR:
		(void)archive_read_support_format_tar(a);
		return VG_OK;
	case VG_KIND_GZIP:
	case VG_KIND_BZIP2:
	case VG_KIND_XZ:
	case VG_KIND_ZSTD:
		choose_packed(a);
		return VG_OK;
	default:
		return VG_EUNSUPPORTED;
	}
}

static bool give(struct job *job, const uint8_t *bytes, size_t n_bytes)
{
	if (n_bytes && (!vg_budget_time(job->budget) || !vg_budget_make(job->budget, n_bytes) ||
			!job->sink->bytes(job->sink->ctx, bytes, n_bytes)))
		job->stopped = true;
	return !job->stopped;
}

/* A hole in a sparse file is zeros. */
static bool give_zeros(struct job *job, uint64_t n_bytes)
{
	static const uint8_t zeros[4096];

	while (n_bytes && give(job, zeros, n_bytes < sizeof(zeros) ? n_bytes : sizeof(zeros)))
		n_bytes -= n_bytes < sizeof(zeros) ? n_bytes : sizeof(zeros);
	return !job->stopped;
}

/* All bytes of the entry at hand. False where they broke. */
static bool entry_bytes(struct job *job)
{
	uint64_t n_so_far = 0;

	for (;;) {
		const void *at;
		size_t n;
		la_int64_t off;
		int r = archive_read_data_block(job->archive, &at, &n, &off);
		if (r == ARCHIVE_EOF) /* a single file ends with its packing, wherever that is */
			return !job->is_cut || archive_format(job->archive) != ARCHIVE_FORMAT_RAW;
		if (r != ARCHIVE_OK && r != ARCHIVE_WARN)
			return false;
		if (off > 0 && (uint64_t)off > n_so_far) {
			if (!give_zeros(job, (uint64_t)off - n_so_far))
				return false;
			n_so_far = (uint64_t)off;
		}
		if (!give(job, at, n))
			return false;
		n_so_far += n;
	}
}

static void one(struct job *job, struct archive_entry *entry)
{
	const char *name = archive_entry_pathname(entry);
	bool whole;

	if (archive_entry_is_data_encrypted(entry) || archive_entry_is_metadata_encrypted(entry)) {
		job->budget->n_encrypted++;
		return;
	}
	if (archive_entry_filetype(entry) != AE_IFREG && archive_entry_filetype(entry) != 0)
		return;
	if (archive_entry_hardlink(entry) && !archive_entry_size(entry))
		return;
	if (job->packed && archive_format(job->archive) == ARCHIVE_FORMAT_RAW && *vg_packed_name(job->packed))
		name = vg_packed_name(job->packed);
	name = name ? name : "";
	if (!job->sink->begin(job->sink->ctx, name, strlen(name), true)) {
		job->stopped = true;
		return;
	}
	whole = entry_bytes(job);
	job->budget->n_bad += !whole && !job->stopped && !job->budget->spent;
	job->sink->end(job->sink->ctx, whole);
}

static enum vg_err entries(struct job *job)
{
	struct archive_entry *entry;
	uint32_t n_broken = job->budget->n_bad;
	unsigned n_bad = 0;

	while (!job->stopped && vg_budget_time(job->budget)) {
		int r = archive_read_next_header(job->archive, &entry);
		if (r == ARCHIVE_EOF && job->is_cut && !job->budget->spent) {
			job->budget->n_bad += job->budget->n_bad == n_broken;
			return VG_ECORRUPT;
		}
		if (r == ARCHIVE_EOF)
			return VG_OK;
		if (r == ARCHIVE_FATAL)
			break;
		if (r != ARCHIVE_OK && r != ARCHIVE_WARN) {
			if (++n_bad == MAX_BAD_HEADS)
				break;
			continue;
		}
		n_bad = 0;
		one(job, entry);
	}
	if (job->stopped || job->budget->spent)
		return VG_OK;
	/* A list of names that is encrypted itself ends so. */
	if (archive_read_has_encrypted_entries(job->archive) > 0 && !job->budget->n_encrypted)
		job->budget->n_encrypted++;
	else
		job->budget->n_bad++;
	return VG_ECORRUPT;
}

/* Nothing in it that could be read at all. An empty file, packed, is no more than that. */
static enum vg_err not_opened(struct job *job)
{
	struct vg_span piece;

	if (job->budget->spent)
		return VG_OK;
	if (job->packed && vg_packed_next(job->packed, &piece) == VG_DONE)
		return VG_OK;
	job->budget->n_bad++;
	return VG_ECORRUPT;
}

static enum vg_err walk_archive(struct job *job, unsigned kind)
{
	enum vg_err err;

	job->archive = archive_read_new();
	if (!job->archive)
		return VG_EBUDGET;
	err = choose(job->archive, kind, !job->read);
	if (!err) {
		(void)archive_read_set_read_callback(job->archive, on_read);
		(void)archive_read_set_skip_callback(job->archive, on_skip);
		if (!job->read && !job->packed)
			(void)archive_read_set_seek_callback(job->archive, on_seek);
		(void)archive_read_set_callback_data(job->archive, job);
		err = archive_read_open1(job->archive) == ARCHIVE_OK ? entries(job) : not_opened(job);
		job->budget->n_containers++;
	}
	(void)archive_read_free(job->archive);
	return err;
}

static enum vg_err walk(struct job *job, struct vg_packed *room, unsigned kind)
{
	enum vg_err err;

	if (!vg_packed_reads(kind))
		return walk_archive(job, kind);
	job->packed = room;
	err = vg_packed_begin(job->packed, kind, next_bytes, job);
	if (!err)
		err = walk_archive(job, kind);
	vg_packed_end(job->packed);
	return err;
}

enum vg_err vg_archive_walk(unsigned kind, const struct vg_chain *bytes, struct vg_budget *budget,
			    const struct vg_entry_sink *sink)
{
	struct vg_packed room;
	struct job job = { .budget = budget, .sink = sink };

	vg_chain_reader_init(&job.reader, bytes);
	return walk(&job, &room, kind);
}

enum vg_err vg_archive_walk_forward(unsigned kind, vg_archive_read_fn read, void *ctx, struct vg_budget *budget,
				    const struct vg_entry_sink *sink)
{
	struct vg_packed room;
	struct job job = { .budget = budget, .sink = sink, .read = read, .read_ctx = ctx };

	return walk(&job, &room, kind);
}

static bool no_begin(void *ctx, const char *name, size_t n_name, bool is_file)
{
	(void)ctx, (void)name, (void)n_name, (void)is_file;
	return true;
}
static bool no_bytes(void *ctx, const uint8_t *bytes, size_t n_bytes)
{
	(void)ctx, (void)bytes, (void)n_bytes;
	return true;
}
static void no_end(void *ctx, bool whole)
{
	(void)ctx, (void)whole;
}

void vg_archive_warm(void)
{
	/* An empty file "a", stored, and the end of a ZIP: names are converted, local time is asked for. */
	static const uint8_t zip[] =
		"PK\3\4\n\0\0\0\0\0\0\0!\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0a"
		"PK\1\2\n\0\n\0\0\0\0\0\0\0!\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0a"
		"PK\5\6\0\0\0\0\1\0\1\0/\0\0\0\x1f\0\0\0\0";
	static const unsigned kinds[] = { VG_KIND_ZIP,  VG_KIND_7Z, VG_KIND_RAR,   VG_KIND_CAB, VG_KIND_TAR,
					  VG_KIND_GZIP, VG_KIND_XZ, VG_KIND_BZIP2, VG_KIND_ZSTD };
	struct vg_span span = { zip, sizeof(zip) };
	struct vg_entry_sink sink = { NULL, no_begin, no_bytes, no_end, NULL };

	/* Names in UTF-8, whatever the environment says; the locale's files are read now. */
	(void)setlocale(LC_CTYPE, "C.UTF-8");
	tzset();
	for (unsigned i = 0; i < VG_ARRAY_LEN(kinds); i++) {
		struct vg_budget budget = { .max_bytes = 1000 };
		(void)vg_archive_walk(kinds[i], &(struct vg_chain){ &span, 1, span.n_bytes }, &budget, &sink);
	}
}
