/* Each thread sorts one band at a time: no two write to the same place, and nothing is shared but the next number. */
#include "control/lists/tables.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

#include <openssl/evp.h>

#include <vigil/memfd.h>

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25 /* linux/mman.h since 6.1 */
#endif

struct job {
	const struct vg_index_view *view;
	const struct vg_tables_header *header;
	uint8_t *base;
	atomic_uint next; /* band of pictures, then of frames */
};

static void sort_one(const struct job *job, unsigned number)
{
	const struct vg_tables_header *h = job->header;
	uint32_t band = number % VG_BANDS_N;
	int is_frames = number >= VG_BANDS_N;
	const struct vg_index_section *first = is_frames ? &h->frame_first : &h->pdq_first;
	const struct vg_index_section *entries = is_frames ? &h->frame_entries : &h->pdq_entries;
	uint64_t n_hashes = entries->n_items / VG_BANDS_N;
	if (!first->n_items)
		return;
	vg_bands_sort(is_frames ? (const void *)job->view->frames : job->view->pdq, n_hashes, band,
		      (uint32_t *)(void *)(job->base + first->off) + (size_t)band * (VG_BANDS_VALUES + 1),
		      (struct vg_band_entry *)(void *)(job->base + entries->off) + band * n_hashes);
}

static void *work(void *ctx)
{
	struct job *job = ctx;
	for (unsigned number; (number = atomic_fetch_add(&job->next, 1)) < 2 * VG_BANDS_N;)
		sort_one(job, number);
	return NULL;
}

static void sort_all(struct job *job)
{
	pthread_t threads[VG_TABLES_MAX_THREADS - 1];
	cpu_set_t cpus;
	int n_cpus = sched_getaffinity(0, sizeof(cpus), &cpus) ? 1 : CPU_COUNT(&cpus); /* sysconf() would open a file */
	unsigned n = 0;
	while (n < VG_TABLES_MAX_THREADS - 1 && (int)n + 1 < n_cpus && !pthread_create(&threads[n], NULL, work, job))
		n++;
	(void)work(job);
	while (n)
		(void)pthread_join(threads[--n], NULL);
}

enum vg_err vg_tables_build(const struct vg_index_view *view, int *fd, uint64_t *n_bytes)
{
	struct vg_tables_header h;
	struct job job = { .view = view, .header = &h };
	enum vg_err err = VG_EIO;
	memset(&h, 0, sizeof(h));
	h.magic = VG_TABLES_MAGIC;
	h.version = VG_TABLES_VERSION;
	h.generation = view->header->generation;
	memcpy(h.index_sha256, view->header->sha256, sizeof(h.index_sha256));
	vg_tables_lay_out(&h, view->n_pdq, view->n_frames);
	*fd = -1;
	*n_bytes = 0;
	if (!h.pdq_first.n_items && !h.frame_first.n_items)
		return VG_OK;
	if (h.n_bytes > VG_TABLES_MAX_BYTES)
		return VG_ENOMEM;
	int made = vg_memfd_new("vigil-tables", h.n_bytes);
	if (made < 0)
		return VG_EIO;
	if (fallocate(made, 0, 0, (off_t)h.n_bytes)) /* no memory: said now, not by SIGBUS */
		goto out;
	job.base = vg_memfd_map_large(made, h.n_bytes, PROT_READ | PROT_WRITE);
	if (!job.base)
		goto out;
	(void)madvise(job.base, h.n_bytes,
		      MADV_COLLAPSE); /* of pages that are there: large ones, where there are some */
	sort_all(&job);
	if (EVP_Digest(job.base + sizeof(h), h.n_bytes - sizeof(h), h.sha256, NULL, EVP_sha256(), NULL)) {
		memcpy(job.base, &h, sizeof(h));
		err = VG_OK;
	}
	munmap(job.base, h.n_bytes);
	if (!err)
		err = vg_memfd_seal(made, VG_SEALS_FINAL);
out:
	if (err) {
		close(made);
		return err;
	}
	*fd = made;
	*n_bytes = h.n_bytes;
	return VG_OK;
}
