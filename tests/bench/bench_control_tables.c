/* Search tables as vigild makes them: time and bytes a hash, 1 M random ones; 10 M (3.2 GB) only where
 * memory suffices; TABLES_LARGE=1 or 0 decides. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "control/lists/tables.h"
#include "tests/bench/bench.h"
#include "tests/lib/picture.h"

int main(void)
{
	static const uint64_t sizes[] = { 1000000, 10000000 };
	uint64_t seed = 7;
	unsigned n_sizes = vg_bench_large("tables_10m", "TABLES_LARGE") ? 2 : 1;
	for (unsigned s = 0; s < n_sizes; s++) {
		struct vg_index_pdq *records = calloc(sizes[s], sizeof(*records));
		struct vg_index_header header = { .generation = 1 };
		struct vg_index_view view = { .header = &header, .pdq = records, .n_pdq = sizes[s] };
		char name[64];
		uint64_t n_bytes;
		int fd;
		if (!records)
			return 1;
		for (uint64_t i = 0; i < sizes[s]; i++)
			for (unsigned k = 0; k < 32; k += 8) {
				uint64_t word = vg_random(&seed);
				word = word << 32 ^ vg_random(&seed);
				memcpy(records[i].value + k, &word, 8);
			}
		double begin_s = vg_bench_now_s();
		if (vg_tables_build(&view, &fd, &n_bytes))
			return 1;
		snprintf(name, sizeof(name), "tables_%lum_build", (unsigned long)(sizes[s] / 1000000));
		vg_bench_print(name, (vg_bench_now_s() - begin_s) * 1e3, "ms");
		snprintf(name, sizeof(name), "tables_%lum_bytes", (unsigned long)(sizes[s] / 1000000));
		vg_bench_print(name, (double)n_bytes / (double)sizes[s], "B/hash");
		close(fd);
		free(records);
	}
	return 0;
}
