/* See capture.h. libpcap opens its own copy of the descriptor, so that the caller's stays good. */
#include <errno.h>
#include <fcntl.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rte_mbuf.h>
#include <rte_mbuf_dyn.h>

#include <vigil/bytes.h>
#include <vigil/log.h>

#include "dataplane/port/capture.h"

#define ROOM           "dataplane/port"
/* pcap file header (tcpdump.org/manpages/pcap-savefile.5): microseconds and nanoseconds, either byte order */
#define MAGIC_US       0xa1b2c3d4u
#define MAGIC_NS       0xa1b23c4du
#define MBUF_MAX_BYTES 65535u /* of a borrowed buffer: its length is 16 bits wide */

static enum vg_link link_of(int dlt)
{
	switch (dlt) {
	case DLT_EN10MB:
		return VG_LINK_ETHERNET;
	case DLT_LINUX_SLL:
		return VG_LINK_SLL;
	case DLT_LINUX_SLL2:
		return VG_LINK_SLL2;
	case DLT_RAW:
	case DLT_IPV4:
	case DLT_IPV6:
		return VG_LINK_RAW;
	case DLT_NULL:
	case DLT_LOOP:
		return VG_LINK_NULL;
	case DLT_NFLOG:
		return VG_LINK_NFLOG;
	case DLT_C_HDLC:
		return VG_LINK_HDLC;
	default:
		return VG_LINK_NONE;
	}
}

/* A reader from the start of the file; NULL: logged. */
static pcap_t *open_reader(const char *path, int fd)
{
	char why[PCAP_ERRBUF_SIZE] = "";
	int copy = dup(fd);
	FILE *file = copy < 0 || lseek(copy, 0, SEEK_SET) < 0 ? NULL : fdopen(copy, "rb");
	pcap_t *reader;

	if (!file) {
		vg_log(VG_LOG_ERROR, ROOM, "%s: %s", path, strerror(errno));
		if (copy >= 0)
			close(copy);
		return NULL;
	}
	reader = pcap_fopen_offline(file, why);
	if (!reader) {
		vg_log(VG_LOG_ERROR, ROOM, "%s: not a capture: %s", path, why);
		fclose(file);
	}
	return reader;
}

static void count_packets(const char *path, pcap_t *reader, struct vg_capture_info *info)
{
	struct pcap_pkthdr *head;
	const u_char *bytes;
	int got;

	info->n_packets = 0;
	while ((got = pcap_next_ex(reader, &head, &bytes)) == 1)
		info->n_packets++;
	if (got == PCAP_ERROR) {
		info->is_cut = 1;
		vg_log(VG_LOG_WARN, ROOM, "%s: cut short or damaged after %llu packets: %s", path,
		       (unsigned long long)info->n_packets, pcap_geterr(reader));
	}
}

enum vg_err vg_capture_probe(const char *path, struct vg_capture_info *info)
{
	uint8_t head[VG_PCAP_HEAD_BYTES];
	uint32_t magic;
	struct stat st;
	pcap_t *reader = NULL;
	enum vg_err err = VG_EIO;

	memset(info, 0, sizeof(*info));
	info->n_packets = UINT64_MAX;
	info->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (info->fd < 0 || fstat(info->fd, &st)) {
		vg_log(VG_LOG_ERROR, ROOM, "%s: %s", path, strerror(errno));
		err = errno == ENOENT ? VG_ENOTFOUND : VG_EIO;
		goto out;
	}
	if (!S_ISREG(st.st_mode)) {
		vg_log(VG_LOG_ERROR, ROOM, "%s: not a regular file", path);
		goto out;
	}
	info->n_file_bytes = (uint64_t)st.st_size;
	err = VG_ECORRUPT;
	reader = open_reader(path, info->fd);
	if (!reader)
		goto out;
	info->link = link_of(pcap_datalink(reader));
	if (info->link == VG_LINK_NONE)
		vg_log(VG_LOG_WARN, ROOM, "%s: link type %d cannot be read, its frames count as not IP", path,
		       pcap_datalink(reader));
	if (pread(info->fd, head, sizeof(head), 0) != (ssize_t)sizeof(head))
		goto out;
	magic = vg_le32(head);
	info->n_snap_bytes = (uint32_t)pcap_snapshot(reader);
	info->is_plain = info->link != VG_LINK_NONE && vg_pcap_file_knows(head);
	if (magic == MAGIC_US || magic == MAGIC_NS || magic == __builtin_bswap32(MAGIC_US) ||
	    magic == __builtin_bswap32(MAGIC_NS)) {
		info->n_head_bytes = VG_PCAP_HEAD_BYTES;
		info->n_record_bytes = VG_PCAP_RECORD_BYTES;
	} else {
		count_packets(path, reader, info);
	}
	err = VG_OK;
out:
	if (reader)
		pcap_close(reader);
	if (err != VG_OK && info->fd >= 0) {
		close(info->fd);
		info->fd = -1;
	}
	return err;
}

uint64_t vg_capture_missing(const struct vg_capture_info *info, uint64_t n_packets, uint64_t n_bytes)
{
	uint64_t n_seen;

	if (info->n_packets != UINT64_MAX)
		return info->n_packets - n_packets;
	n_seen = info->n_head_bytes + n_packets * info->n_record_bytes + n_bytes;
	return n_seen < info->n_file_bytes ? info->n_file_bytes - n_seen : 0;
}

struct record {
	uint64_t at_off;
	uint64_t wall_us;
	uint32_t n_bytes;
};
struct vg_capture_memory {
	uint8_t *bytes;
	size_t n_mapped_bytes;
	struct record *records;
	uint64_t n_records, next;
};

static void keep_borrowed(void *addr, void *opaque)
{
	(void)addr;
	(void)opaque;
}

static void release(struct vg_capture_memory *memory)
{
	if (!memory)
		return;
	if (memory->bytes)
		munmap(memory->bytes, memory->n_mapped_bytes);
	free(memory->records);
	free(memory);
}

static int read_all(struct vg_capture_memory *memory, pcap_t *reader)
{
	struct pcap_pkthdr *head;
	const u_char *bytes;
	uint64_t cap = 0, off = 0;

	while (pcap_next_ex(reader, &head, &bytes) == 1) {
		if (memory->n_records == cap) {
			cap = cap ? 2 * cap : 4096;
			struct record *more = realloc(memory->records, cap * sizeof(*more));
			if (!more)
				return -1;
			memory->records = more;
		}
		if (head->caplen > memory->n_mapped_bytes - off)
			return -1;
		memcpy(memory->bytes + off, bytes, head->caplen);
		memory->records[memory->n_records++] = (struct record){
			off, (uint64_t)head->ts.tv_sec * 1000000 + (uint64_t)head->ts.tv_usec, head->caplen
		};
		off += head->caplen;
	}
	return 0;
}

struct vg_capture_memory *vg_capture_memory_create(const char *path, const struct vg_capture_info *info)
{
	struct vg_capture_memory *memory = calloc(1, sizeof(*memory));
	pcap_t *reader = memory ? open_reader(path, info->fd) : NULL;
	int failed = 1;

	if (reader) {
		memory->n_mapped_bytes = info->n_file_bytes + 1;
		void *at = mmap(NULL, memory->n_mapped_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
				0);
		memory->bytes = at == MAP_FAILED ? NULL : at;
		failed = !memory->bytes || read_all(memory, reader);
		pcap_close(reader);
	}
	if (failed) {
		vg_log(VG_LOG_ERROR, ROOM, "%s: cannot be held in memory", path);
		release(memory);
		return NULL;
	}
	return memory;
}

void vg_capture_memory_destroy(struct vg_capture_memory *memory)
{
	release(memory);
}

void vg_capture_memory_rewind(struct vg_capture_memory *memory)
{
	memory->next = 0;
}

/* Points m at n_bytes of the capture. What counts its holders lies where m's own bytes would: one word for all would go
 * from core to core with every frame. */
static void borrow(struct rte_mbuf *m, uint8_t *at, uint32_t n_bytes)
{
	struct rte_mbuf_ext_shared_info *shared = m->buf_addr;

	shared->free_cb = keep_borrowed;
	shared->fcb_opaque = NULL;
	rte_mbuf_ext_refcnt_set(shared, 1);
	rte_pktmbuf_attach_extbuf(m, at, RTE_BAD_IOVA, (uint16_t)n_bytes, shared);
	m->data_off = 0;
	m->data_len = (uint16_t)n_bytes;
}

static void copy(struct rte_mbuf *m, const uint8_t *at, uint32_t n_bytes)
{
	memcpy(rte_pktmbuf_mtod(m, uint8_t *), at, n_bytes);
	m->data_len = (uint16_t)n_bytes;
}

/* A frame as a chain that begins with `first`; 0: no further buffer was free, first is freed. */
static int frame_of(const struct vg_pcap_record *r, struct rte_mempool *pool, int borrows, struct rte_mbuf *first)
{
	uint32_t n_max = borrows ? MBUF_MAX_BYTES : rte_pktmbuf_tailroom(first), off = 0;
	struct rte_mbuf *m = first;

	for (;;) {
		uint32_t n = r->n_bytes - off < n_max ? r->n_bytes - off : n_max;

		if (borrows)
			borrow(m, (uint8_t *)(uintptr_t)r->at + off, n);
		else
			copy(m, r->at + off, n);
		off += n;
		if (off >= r->n_bytes)
			break;
		m->next = rte_pktmbuf_alloc(pool);
		m = m->next;
		if (!m) {
			rte_pktmbuf_free(first);
			return 0;
		}
		first->nb_segs++;
	}
	first->pkt_len = r->n_bytes;
	return 1;
}

/* So many buffers (fewer, where there are not as many) that still hold what their last user left. They may come from
 * another core's cache: all are asked for at once. */
static uint32_t take_buffers(struct rte_mempool *pool, struct rte_mbuf **mbufs, uint32_t n)
{
	while (n && rte_mempool_get_bulk(pool, (void **)mbufs, n))
		n /= 2;
	for (uint32_t i = 0; i < n; i++) {
		__builtin_prefetch(mbufs[i], 1);
		__builtin_prefetch((uint8_t *)mbufs[i] + RTE_CACHE_LINE_SIZE, 1);
	}
	return n;
}

static int fill(const struct vg_pcap_record *r, struct rte_mempool *pool, int timestamp_off, int borrows,
		struct rte_mbuf *m)
{
	rte_pktmbuf_reset(m);
	if (!frame_of(r, pool, borrows, m))
		return 0;
	*RTE_MBUF_DYNFIELD(m, timestamp_off, rte_mbuf_timestamp_t *) = r->wall_us;
	return 1;
}

uint32_t vg_capture_rx(struct vg_capture_memory *memory, struct rte_mempool *pool, int timestamp_off,
		       struct rte_mbuf **mbufs, uint32_t n_mbufs, uint64_t *n_nombuf)
{
	uint64_t n_left = memory->n_records - memory->next;
	uint32_t n_wanted = n_left < n_mbufs ? (uint32_t)n_left : n_mbufs;
	uint32_t n_taken = take_buffers(pool, mbufs, n_wanted), n = 0;

	while (n < n_taken) {
		const struct record *kept = &memory->records[memory->next];
		struct vg_pcap_record r = { memory->bytes + kept->at_off, kept->n_bytes, kept->wall_us };

		if (!fill(&r, pool, timestamp_off, 1, mbufs[n])) {
			rte_mempool_put_bulk(pool, (void **)(mbufs + n + 1), n_taken - n - 1);
			break;
		}
		memory->next++;
		n++;
	}
	*n_nombuf += n < n_wanted;
	return n;
}

uint32_t vg_capture_file_rx(struct vg_pcap_file *file, struct rte_mempool *pool, int timestamp_off, int borrows,
			    struct rte_mbuf **mbufs, uint32_t n_mbufs, uint64_t *n_nombuf)
{
	struct vg_pcap_record r;
	int has_next = vg_pcap_file_next(file, &r);

	if (!has_next) {
		VG_INVARIANT(!borrows || !rte_mempool_in_use_count(pool));
		has_next = vg_pcap_file_fill(file) && vg_pcap_file_next(file, &r);
	}
	uint32_t n_taken = has_next ? take_buffers(pool, mbufs, n_mbufs) : 0, n = 0, n_used;

	while (n < n_taken && has_next && fill(&r, pool, timestamp_off, borrows, mbufs[n])) {
		n++;
		has_next = vg_pcap_file_next(file, &r);
	}
	if (has_next) /* no buffer is left for it */
		vg_pcap_file_again(file);
	*n_nombuf += has_next && n < n_mbufs;
	n_used = n + (has_next && n < n_taken); /* fill() freed that one */
	if (n_used < n_taken)
		rte_mempool_put_bulk(pool, (void **)(mbufs + n_used), n_taken - n_used);
	return n;
}
