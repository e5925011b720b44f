#include "control/lists/check.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <openssl/evp.h>

#include <vigil/bands_format.h>
#include <vigil/memfd.h>

void vg_check_init(struct vg_check *check)
{
	memset(check, 0, sizeof(*check));
	check->index_fd = check->tables.fd = -1;
	vg_lists_next_init(&check->next);
}

void vg_check_fini(struct vg_check *check)
{
	if (check->index_fd >= 0)
		close(check->index_fd);
	if (check->tables.fd >= 0)
		close(check->tables.fd);
	vg_lists_next_fini(&check->next);
	vg_check_init(check);
}

static void refuse(struct vg_check *check, enum vg_err err, const char *what)
{
	check->err = err;
	snprintf(check->why, sizeof(check->why), "%s that the builder made is refused: %s", what, vg_err_str(err));
}

static enum vg_err look_at_tables(const void *base, size_t n_bytes, const struct vg_generation *index)
{
	const struct vg_tables_header *h = base;
	struct vg_bands pdq, frames;
	uint8_t sha256[32];
	enum vg_err err = vg_tables_open(base, n_bytes, &index->view, &pdq, &frames);
	if (err)
		return err;
	return EVP_Digest((const uint8_t *)base + sizeof(*h), n_bytes - sizeof(*h), sha256, NULL, EVP_sha256(), NULL) &&
			       !memcmp(sha256, h->sha256, sizeof(sha256))
		       ? VG_OK
		       : VG_ECORRUPT;
}

void vg_check_tables(struct vg_check *check, const struct vg_generation *index)
{
	size_t n_bytes = 0;
	void *base;
	enum vg_err err;
	check->err = VG_OK;
	if (check->tables.fd < 0)
		return;
	err = index->base ? vg_memfd_check(check->tables.fd, VG_SEALS_FINAL, sizeof(struct vg_tables_header),
					   VG_TABLES_MAX_BYTES, &n_bytes)
			  : VG_EPROTO;
	if (!err) {
		base = vg_memfd_map_large(check->tables.fd, n_bytes, PROT_READ);
		err = base ? look_at_tables(base, n_bytes, index) : VG_EIO;
		if (base)
			(void)munmap(base, n_bytes);
	}
	check->tables.n_bytes = n_bytes;
	if (err)
		refuse(check, err, "a set of search tables");
}

void vg_check_next(struct vg_check *check)
{
	struct vg_generation *g = &check->next.generation;
	check->err = vg_generation_take(g, check->index_fd);
	if (!check->err)
		check->index_fd = -1;
	if (!check->err && g->view.header->generation != check->number)
		check->err = VG_EVERSION;
	if (check->err) {
		refuse(check, check->err, "an index");
		return;
	}
	vg_check_tables(check, g);
	if (check->err)
		return;
	check->err = vg_generation_store(g, check->dir);
	if (check->err) {
		snprintf(check->why, sizeof(check->why), "%s: the generation could not be written", check->dir);
		return;
	}
	check->next.tables = check->tables;
	check->tables.fd = -1;
}
