/* pcap_file: files drawn at random, whole, cut and damaged, give what libpcap gives, record by record. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pcap/pcap.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dataplane/port/pcap_file.h"

#define MAX_FILE_BYTES (8u << 20)

struct drawn {
	uint8_t *bytes;
	size_t n_bytes;
};

static void put(struct drawn *d, const void *at, size_t n)
{
	if (d->n_bytes + n > MAX_FILE_BYTES)
		n = MAX_FILE_BYTES - d->n_bytes;
	memcpy(d->bytes + d->n_bytes, at, n);
	d->n_bytes += n;
}

static uint32_t size_of_any(void)
{
	switch (rand() % 16) {
	case 0:
		return 0;
	case 1:
		return VG_PCAP_MAX_BYTES - (uint32_t)(rand() % 3);
	case 2:
		return (uint32_t)rand() % VG_PCAP_MAX_BYTES;
	default:
		return (uint32_t)rand() % 1600;
	}
}

static void draw(struct drawn *d, uint32_t magic, uint32_t n_snap_bytes, unsigned n_records)
{
	static uint8_t payload[VG_PCAP_MAX_BYTES];
	uint32_t head[6] = { magic, 4u << 16 | 2u, 0, 0, n_snap_bytes, DLT_EN10MB };

	d->n_bytes = 0;
	put(d, head, sizeof(head));
	for (unsigned i = 0; i < n_records; i++) {
		uint32_t n = size_of_any(), record[4] = { (uint32_t)rand() * 2u, (uint32_t)rand() % 1000000000, n, n };
		for (size_t k = 0; k < 64; k++)
			payload[(size_t)rand() % sizeof(payload)] = (uint8_t)rand();
		put(d, record, sizeof(record));
		put(d, payload, n);
	}
}

/* A file of these bytes, at its beginning. */
static int file_of(const struct drawn *d)
{
	int fd = memfd_create("drawn", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, d->bytes, d->n_bytes), (ssize_t)d->n_bytes);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

/* How many records both gave. */
static unsigned compare(const struct drawn *d)
{
	char why[PCAP_ERRBUF_SIZE];
	int fd = file_of(d), copy = file_of(d), filled = 0;
	pcap_t *reader = pcap_fopen_offline(fdopen(copy, "rb"), why);
	struct vg_pcap_file *file;
	struct pcap_pkthdr *head;
	struct vg_pcap_record r;
	const u_char *bytes;
	unsigned n = 0;

	assert_non_null(reader);
	assert_true(vg_pcap_file_knows(d->bytes));
	file = vg_pcap_file_create(fd, (uint32_t)pcap_snapshot(reader));
	assert_non_null(file);
	while (pcap_next_ex(reader, &head, &bytes) == 1) {
		filled = !vg_pcap_file_next(file, &r);
		if (filled) {
			assert_true(vg_pcap_file_fill(file));
			assert_true(vg_pcap_file_next(file, &r));
		}
		if (rand() % 4 == 0) {
			vg_pcap_file_again(file);
			assert_true(vg_pcap_file_next(file, &r));
		}
		assert_int_equal(r.n_bytes, head->caplen);
		assert_int_equal(r.wall_us, (uint64_t)head->ts.tv_sec * 1000000 + (uint64_t)head->ts.tv_usec);
		assert_memory_equal(r.at, bytes, head->caplen);
		n++;
	}
	assert_false(vg_pcap_file_next(file, &r));
	assert_false(vg_pcap_file_fill(file));
	assert_false(vg_pcap_file_next(file, &r));
	assert_false(vg_pcap_file_fill(file));
	vg_pcap_file_destroy(file);
	pcap_close(reader);
	close(fd);
	return n;
}

static void any_file_gives_what_libpcap_gives(void **state)
{
	static const uint32_t snaps[] = { 262144, 65535, 1500, 0, 96 };
	struct drawn d = { malloc(MAX_FILE_BYTES), 0 };

	(void)state;
	assert_non_null(d.bytes);
	for (unsigned i = 0; i < 60; i++) {
		unsigned n = 1 + (unsigned)rand() % 200;
		draw(&d, i & 1 ? 0xa1b2c3d4u : 0xa1b23c4du, snaps[i % 5], n);
		if (d.n_bytes < MAX_FILE_BYTES)
			assert_int_equal(compare(&d), n);
		d.n_bytes = VG_PCAP_HEAD_BYTES + (size_t)rand() % (d.n_bytes - VG_PCAP_HEAD_BYTES);
		(void)compare(&d); /* cut off */
		for (unsigned k = 0; k < 8; k++)
			d.bytes[VG_PCAP_HEAD_BYTES + (size_t)rand() % 4096] ^= (uint8_t)(1 << rand() % 8);
		(void)compare(&d); /* damaged */
	}
	free(d.bytes);
}

static void a_file_without_records_is_over_at_once(void **state)
{
	struct drawn d = { malloc(MAX_FILE_BYTES), 0 };

	(void)state;
	assert_non_null(d.bytes);
	draw(&d, 0xa1b2c3d4u, 262144, 0);
	assert_int_equal(compare(&d), 0);
	free(d.bytes);
}

static void other_dialects_are_left_to_libpcap(void **state)
{
	static const uint32_t heads[][2] = { { 0xd4c3b2a1u, 0x04000200u },
					     { 0xa1b2cd34u, 4u << 16 | 2u },
					     { 0xa1b2c3d4u, 3u << 16 | 2u },
					     { 0xa1b2c3d4u, 4u << 16 | 543u },
					     { 0x0a0d0d0au, 28 } };
	uint32_t head[6] = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		memcpy(head, heads[i], sizeof(heads[i]));
		assert_false(vg_pcap_file_knows((const uint8_t *)head));
	}
}

static void what_is_no_file_is_refused(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_null(vg_pcap_file_create(ends[0], 65535));
	close(ends[0]);
	close(ends[1]);
	vg_pcap_file_destroy(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_file_gives_what_libpcap_gives),
		cmocka_unit_test(a_file_without_records_is_over_at_once),
		cmocka_unit_test(other_dialects_are_left_to_libpcap),
		cmocka_unit_test(what_is_no_file_is_refused),
	};
	unsigned seed = getenv("SEED") ? (unsigned)atoi(getenv("SEED")) : (unsigned)time(NULL);

	print_message("SEED=%u\n", seed);
	srand(seed);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
