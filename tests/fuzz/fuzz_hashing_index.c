/* A list index as it comes from outside: taken as it is and, with its checksum made right, once more, so that what lies
 * behind the checksum is reached; then queried with values that stand in it, as pictures, films and by plug-ins. What
 * follows the size that its header names are search tables for it; the same with them. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/sha.h>

#include <vigil/bands_format.h>
#include <vigil/memfd.h>

#include "hashing/index/snapshot.h"

#define N_FILM 200u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int memfd_of(const uint8_t *bytes, size_t n_bytes)
{
	int fd = vg_memfd_new("fuzz", n_bytes);
	if (fd < 0 || (n_bytes && pwrite(fd, bytes, n_bytes, 0) != (ssize_t)n_bytes) ||
	    vg_memfd_seal(fd, VG_SEALS_FINAL))
		abort();
	return fd;
}

static enum vg_err take(struct vg_index *index, const uint8_t *bytes, size_t n_bytes, size_t n_tables,
			uint64_t generation)
{
	int fd = memfd_of(bytes, n_bytes), tables_fd = n_tables ? memfd_of(bytes + n_bytes, n_tables) : -1;
	enum vg_err err = vg_index_take(index, fd, tables_fd, generation);
	close(fd);
	if (tables_fd >= 0)
		close(tables_fd);
	return err;
}

static void check(const struct vg_index *index, const struct vg_hit *hits, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (hits[i].entry_idx >= vg_index_peek(index)->n_entries ||
		    hits[i].distance > (hits[i].algo == VG_ALGO_PLUGIN ? 512 : VG_PDQ_WIDE_DISTANCE) ||
		    hits[i].query_percent > 100 || hits[i].compared_percent > 100)
			abort();
}

static void query(struct vg_index *index, const uint8_t *bytes, size_t n_bytes)
{
	static struct vg_frame_hash film[N_FILM];
	struct vg_digest_values digests;
	struct vg_pdq_result pdq;
	struct vg_hit hits[8];
	uint32_t n_film = 0;
	bool cut_short;
	memset(&pdq, 0, sizeof(pdq));
	for (size_t at = sizeof(struct vg_index_header); at + sizeof(pdq.variants) <= n_bytes; at += 36) {
		memcpy(&digests, bytes + at, sizeof(digests));
		memcpy(pdq.variants, bytes + at, sizeof(pdq.variants));
		pdq.quality = 100;
		check(index, hits, vg_index_query(index, &digests, &pdq, hits, 8));
		memcpy(film[n_film % N_FILM].pdq, bytes + at, 32);
		film[n_film % N_FILM].quality = bytes[at] % 101;
		film[n_film % N_FILM].frame_no = n_film;
		n_film++;
	}
	n_film = n_film < N_FILM ? n_film : N_FILM;
	check(index, hits, vg_index_query_video(index, film, n_film, hits, 8, &cut_short));
	if (cut_short)
		abort();
}

/* A picture of which every plug-in of the index made a value that is listed there. */
static void query_plugins(struct vg_index *index)
{
	const struct vg_index_view *view = vg_index_peek(index);
	struct vg_hit hits[8];
	for (uint64_t g = 0; g < view->n_groups; g++) {
		const struct vg_index_group *group = &view->groups[g];
		struct vg_plugin_values values = { .n = 1 };
		memcpy(values.at[0].algo, group->algo, sizeof(group->algo));
		values.at[0].version = group->version;
		values.at[0].n_bytes = (uint16_t)group->n_value_bytes;
		values.at[0].quality = 50;
		memcpy(values.bytes, view->plugin_values + group->values_off, group->n_value_bytes);
		if (!vg_plugin_values_ok(&values))
			abort();
		uint32_t n = vg_index_query_plugins(index, &values, hits, 0, 8);
		if (!n || hits[0].distance) /* the first one is its own */
			abort();
		check(index, hits, n);
	}
}

/* The checksums that would be right. */
static void make_right(uint8_t *bytes, size_t n_index, size_t n_tables)
{
	struct vg_index_header h;
	struct vg_tables_header t;
	memcpy(&h, bytes, sizeof(h));
	SHA256(bytes + sizeof(h), n_index - sizeof(h), h.sha256);
	memcpy(bytes, &h, sizeof(h));
	if (n_tables < sizeof(t))
		return;
	memcpy(&t, bytes + n_index, sizeof(t));
	memcpy(t.index_sha256, h.sha256, sizeof(t.index_sha256));
	t.generation = h.generation;
	SHA256(bytes + n_index + sizeof(t), n_tables - sizeof(t), t.sha256);
	memcpy(bytes + n_index, &t, sizeof(t));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vg_index *index = vg_index_create();
	uint8_t *bytes = malloc(size + 1);
	struct vg_index_header h;
	size_t n_index = size;
	if (!index || !bytes)
		abort();
	memcpy(bytes, data, size);
	memset(&h, 0, sizeof(h));
	if (size >= sizeof(h))
		memcpy(&h, bytes, sizeof(h));
	if (h.n_bytes >= sizeof(h) && h.n_bytes < size)
		n_index = (size_t)h.n_bytes;
	(void)take(index, bytes, n_index, size - n_index, 1);
	if (n_index >= sizeof(h)) {
		make_right(bytes, n_index, size - n_index);
		if (take(index, bytes, n_index, size - n_index, h.generation) == VG_OK) {
			query(index, bytes, n_index);
			query_plugins(index);
		}
	}
	free(bytes);
	vg_index_destroy(index);
	return 0;
}
