/* capture: what is told about a file before it is read, and whether all of it was. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "dataplane/port/capture.h"
#include "tests/lib/capture_make.h"

static const uint8_t frame[60] = { 1, 2, 3 };

static void every_pcap_dialect_is_known_by_its_size(void **state)
{
	static const uint32_t magics[] = { 0xa1b2c3d4u, 0xa1b23c4du };
	struct vg_capture_info info;
	struct cm_file c;

	(void)state;
	for (int i = 0; i < 4; i++) {
		cm_pcap(&c, magics[i & 1], i >> 1, 1);
		for (int k = 0; k < 5; k++)
			cm_frame(&c, 1, 2, frame, sizeof(frame));
		cm_close(&c);
		assert_int_equal(vg_capture_probe(c.path, &info), VG_OK);
		assert_int_equal(info.link, VG_LINK_ETHERNET);
		assert_true(info.n_packets == UINT64_MAX);
		assert_int_equal(vg_capture_missing(&info, 5, 5 * sizeof(frame)), 0);
		assert_int_equal(vg_capture_missing(&info, 4, 4 * sizeof(frame)), 16 + sizeof(frame));
		close(info.fd);
		cm_remove(&c);
	}
}

static void link_types_are_told(void **state)
{
	static const struct {
		uint32_t dlt;
		enum vg_link link;
	} table[] = { { 1, VG_LINK_ETHERNET }, { 113, VG_LINK_SLL },   { 276, VG_LINK_SLL2 }, { 101, VG_LINK_RAW },
		      { 12, VG_LINK_RAW },     { 228, VG_LINK_RAW },   { 229, VG_LINK_RAW },  { 0, VG_LINK_NULL },
		      { 108, VG_LINK_NULL },   { 239, VG_LINK_NFLOG }, { 104, VG_LINK_HDLC }, { 129, VG_LINK_NONE } };
	struct vg_capture_info info;
	struct cm_file c;

	(void)state;
	setenv("VIGIL_LOG", "error", 1);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		cm_pcap(&c, 0xa1b2c3d4u, 0, table[i].dlt);
		cm_close(&c);
		assert_int_equal(vg_capture_probe(c.path, &info), VG_OK);
		assert_int_equal(info.link, table[i].link);
		close(info.fd);
		cm_remove(&c);
	}
}

/* pcapng (draft-ietf-opsawg-pcapng 4): section header, interface description, n enhanced packets. */
static void write_pcapng(struct cm_file *c, unsigned n)
{
	static const uint32_t head[] = { 0x0a0d0d0a, 28, 0x1a2b3c4d, 1, 0xffffffff, 0xffffffff, 28 };
	static const uint32_t interface[] = { 1, 20, 1, 0, 20 };
	static const uint32_t packet[] = { 6, 32 + 60, 0, 0x5e000, 0, 60, 60 };
	static const uint32_t tail = 32 + 60;

	cm_open(c);
	fwrite(head, 1, sizeof(head), c->file);
	fwrite(interface, 1, sizeof(interface), c->file);
	while (n--) {
		fwrite(packet, 1, sizeof(packet), c->file);
		fwrite(frame, 1, 60, c->file);
		fwrite(&tail, 1, 4, c->file);
	}
}

static void pcapng_is_counted_beforehand(void **state)
{
	struct vg_capture_info info;
	struct cm_file c;

	(void)state;
	write_pcapng(&c, 7);
	cm_close(&c);
	assert_int_equal(vg_capture_probe(c.path, &info), VG_OK);
	assert_int_equal(info.n_packets, 7);
	assert_int_equal(vg_capture_missing(&info, 7, 420), 0);
	assert_int_equal(vg_capture_missing(&info, 5, 300), 2);
	assert_false(info.is_cut);
	close(info.fd);
	cm_remove(&c);
}

static void a_pcapng_that_is_cut_is_told(void **state)
{
	struct vg_capture_info info;
	struct cm_file c;

	(void)state;
	write_pcapng(&c, 3);
	cm_close(&c);
	assert_int_equal(truncate(c.path, 28 + 20 + 92 + 50), 0);
	assert_int_equal(vg_capture_probe(c.path, &info), VG_OK);
	assert_int_equal(info.n_packets, 1);
	assert_true(info.is_cut);
	close(info.fd);
	cm_remove(&c);
}

static void what_is_no_capture_is_refused(void **state)
{
	struct vg_capture_info info;
	struct cm_file c;

	(void)state;
	assert_int_equal(vg_capture_probe("/tmp/vigil-test-there-is-no-such-file", &info), VG_ENOTFOUND);
	assert_int_equal(info.fd, -1);
	assert_int_equal(vg_capture_probe("/tmp", &info), VG_EIO);
	cm_open(&c);
	cm_close(&c);
	assert_int_equal(vg_capture_probe(c.path, &info), VG_ECORRUPT);
	cm_remove(&c);
	cm_open(&c);
	fputs("this is text and not a capture at all", c.file);
	cm_close(&c);
	assert_int_equal(vg_capture_probe(c.path, &info), VG_ECORRUPT);
	cm_remove(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_pcap_dialect_is_known_by_its_size),
		cmocka_unit_test(link_types_are_told),
		cmocka_unit_test(pcapng_is_counted_beforehand),
		cmocka_unit_test(a_pcapng_that_is_cut_is_told),
		cmocka_unit_test(what_is_no_capture_is_refused),
	};

	setenv("VIGIL_LOG", "none", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
