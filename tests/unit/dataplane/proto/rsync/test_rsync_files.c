/* Heads of files are found in data of any kind, at any place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "dataplane/proto/rsync/rsync_priv.h"
#include "tests/lib/body_log.h"

static void a_head_is_found_after_random_bytes_and_nowhere_in_them(void **state)
{
	static const uint8_t head[] = "\x00\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\2\0\0\0ok\0\0\0";
	struct vg_stats_page *stats = calloc(1, sizeof(*stats));
	static struct vg_body_log log;
	struct vg_proto *p = aligned_alloc(64, (sizeof(*p) + 63) & ~(size_t)63);
	static struct vg_rsync_flow flow = { .client_1 = 2, .server_sends = 1 };
	unsigned seed = (unsigned)time(NULL);
	(void)state;
	assert_true(p && stats);
	memset(p, 0, sizeof(*p));
	p->stats = stats;
	p->sink = vg_body_log_sink(&log);
	flow.base.ident.ip_version = 4;
	print_message("seed %u\n", seed);
	for (unsigned round = 0; round < 1000; round++) {
		uint8_t noise[300];
		uint32_t n = (uint32_t)rand_r(&seed) % sizeof(noise);
		for (uint32_t i = 0; i < n; i++)
			noise[i] = (uint8_t)(1 + rand_r(&seed) % 127);
		log.n_text = 0;
		log.text[0] = 0;
		vg_rsync_files_feed(p, &flow, 0, noise, n, 1);
		assert_int_equal(log.n_open, 0);
		vg_rsync_files_feed(p, &flow, 0, head, sizeof(head), 1);
		assert_string_equal(log.text, "down   rsync://0.0.0.0/ 0: ok = complete\n");
		vg_rsync_files_end(p, &flow.dir[0], VG_STATE_TRUNCATED, 1);
	}
	free(p);
	free(stats);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_head_is_found_after_random_bytes_and_nowhere_in_them),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
