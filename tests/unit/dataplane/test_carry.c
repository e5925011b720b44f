/* carry: a datagram of any size comes whole into buffers of its own, or not at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/carry.h"
#include "tests/lib/capture_make.h"

static void a_datagram_is_copied_whole_or_not_at_all(void **state)
{
	struct rte_mempool *pool = rte_pktmbuf_pool_create("carry", 15, 0, 0, 2048 + RTE_PKTMBUF_HEADROOM,
							   SOCKET_ID_ANY);
	static uint8_t bytes[40000], back[40000];
	static const uint32_t sizes[] = { 1, 2048, 2049, 30000 };

	(void)state;
	assert_non_null(pool);
	assert_true(vg_carry_clock_off() >= 0);
	assert_int_equal(vg_carry_clock_off(), vg_carry_clock_off()); /* one field for all */
	for (uint32_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 31 + i / 256);
	for (unsigned k = 0; k < VG_ARRAY_LEN(sizes); k++) {
		struct vg_packet pkt = { .frame = bytes, .n_frame_bytes = sizes[k] };
		struct rte_mbuf *m = vg_carry_copy(pool, &pkt);
		assert_non_null(m);
		assert_int_equal(m->pkt_len, sizes[k]);
		assert_int_equal(m->nb_segs, (sizes[k] + 2047) / 2048);
		const uint8_t *at = rte_pktmbuf_read(m, 0, sizes[k], back);
		assert_memory_equal(at, bytes, sizes[k]);
		rte_pktmbuf_free(m);
	}
	struct vg_packet large = { .frame = bytes, .n_frame_bytes = 16 * 2048 };
	assert_null(vg_carry_copy(pool, &large)); /* one buffer more than there are */
	assert_int_equal(rte_mempool_in_use_count(pool), 0);
	rte_mempool_free(pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_datagram_is_copied_whole_or_not_at_all),
	};

	setenv("VIGIL_LOG", "error", 1);
	cm_eal();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
