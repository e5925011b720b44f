/* The buffer: room for the beginning of one record, then one piece. What is left of a piece moves before the place
 * where the next one comes, so that the kernel always copies whole pages to whole pages. A record longer than that
 * is put together by several pieces, each moved up to the one before. */
#include "dataplane/port/pcap_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <vigil/bytes.h>

#define MAGIC_US    0xa1b2c3d4u
#define MAGIC_NS    0xa1b23c4du
#define VERSION_2_4 0x00040002u
#define PIECE_BYTES (256u << 10)
#define FRONT_BYTES (VG_PCAP_MAX_BYTES + 4096u) /* >= a record and its head; whole pages */
#define ALIGN       4096u

struct vg_pcap_file {
	int fd;
	uint32_t n_max_bytes;
	uint32_t begin_off, end_off; /* of what is read and not told yet, in bytes[] */
	uint32_t n_last_bytes;       /* of the record told last */
	uint8_t has_begun, is_ns, is_over;
	uint8_t *bytes; /* FRONT_BYTES + PIECE_BYTES */
};

_Static_assert(FRONT_BYTES >= VG_PCAP_MAX_BYTES + VG_PCAP_RECORD_BYTES && FRONT_BYTES % ALIGN == 0, "a record fits");

int vg_pcap_file_knows(const uint8_t head[VG_PCAP_HEAD_BYTES])
{
	uint32_t magic = vg_le32(head);

	return (magic == MAGIC_US || magic == MAGIC_NS) && vg_le32(head + 4) == VERSION_2_4;
}

static void release(struct vg_pcap_file *file)
{
	if (!file)
		return;
	free(file->bytes);
	free(file);
}

void vg_pcap_file_destroy(struct vg_pcap_file *file)
{
	release(file);
}

struct vg_pcap_file *vg_pcap_file_create(int fd, uint32_t n_max_bytes)
{
	struct vg_pcap_file *file = calloc(1, sizeof(*file));

	if (!file)
		return NULL;
	file->fd = fd;
	file->n_max_bytes = n_max_bytes < VG_PCAP_MAX_BYTES ? n_max_bytes : VG_PCAP_MAX_BYTES;
	file->begin_off = file->end_off = FRONT_BYTES;
	file->bytes = aligned_alloc(ALIGN, FRONT_BYTES + PIECE_BYTES);
	if (!file->bytes || lseek(fd, 0, SEEK_SET) < 0) {
		release(file);
		return NULL;
	}
	return file;
}

/* Where its seconds are beyond 2038 libpcap takes them for negative. */
static uint64_t time_of(const struct vg_pcap_file *file, const uint8_t *head)
{
	int64_t s = (int32_t)vg_le32(head), part = (int32_t)vg_le32(head + 4);

	return (uint64_t)s * 1000000u + (uint64_t)(file->is_ns ? part / 1000 : part);
}

int vg_pcap_file_next(struct vg_pcap_file *file, struct vg_pcap_record *record)
{
	uint32_t n_left = file->end_off - file->begin_off, n_told, n_bytes;
	const uint8_t *head = file->bytes + file->begin_off;

	if (!file->has_begun || n_left < VG_PCAP_RECORD_BYTES)
		return 0;
	n_told = vg_le32(head + 8);
	if (n_told > VG_PCAP_MAX_BYTES) /* fill says the same, for good */
		return 0;
	n_bytes = n_told < file->n_max_bytes ? n_told : file->n_max_bytes;
	if (n_left < VG_PCAP_RECORD_BYTES + n_told)
		return 0;
	*record = (struct vg_pcap_record){ head + VG_PCAP_RECORD_BYTES, n_bytes, time_of(file, head) };
	file->n_last_bytes = VG_PCAP_RECORD_BYTES + n_told;
	file->begin_off += file->n_last_bytes;
	return 1;
}

void vg_pcap_file_again(struct vg_pcap_file *file)
{
	file->begin_off -= file->n_last_bytes;
	file->n_last_bytes = 0;
}

/* One more piece behind what is left. 0: nothing came. */
static int read_piece(struct vg_pcap_file *file)
{
	uint32_t n_left = file->end_off - file->begin_off;
	ssize_t n;

	memmove(file->bytes + FRONT_BYTES - n_left, file->bytes + file->begin_off, n_left);
	file->begin_off = FRONT_BYTES - n_left;
	file->end_off = FRONT_BYTES;
	do
		n = read(file->fd, file->bytes + FRONT_BYTES, PIECE_BYTES);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return 0;
	file->end_off += (uint32_t)n;
	return 1;
}

static int has_record(struct vg_pcap_file *file)
{
	uint32_t n_left = file->end_off - file->begin_off, n_told;

	if (!file->has_begun) {
		if (n_left < VG_PCAP_HEAD_BYTES)
			return 0;
		file->is_ns = vg_le32(file->bytes + file->begin_off) == MAGIC_NS;
		file->has_begun = 1;
		file->begin_off += VG_PCAP_HEAD_BYTES;
		n_left -= VG_PCAP_HEAD_BYTES;
	}
	if (n_left < VG_PCAP_RECORD_BYTES)
		return 0;
	n_told = vg_le32(file->bytes + file->begin_off + 8);
	file->is_over |= n_told > VG_PCAP_MAX_BYTES;
	return n_left >= VG_PCAP_RECORD_BYTES + n_told;
}

int vg_pcap_file_fill(struct vg_pcap_file *file)
{
	file->n_last_bytes = 0;
	while (!file->is_over && !has_record(file))
		file->is_over |= !read_piece(file);
	return !file->is_over;
}
