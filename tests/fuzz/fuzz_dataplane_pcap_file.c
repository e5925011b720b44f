/* A capture file of any bytes: the records are those of a walk over the bytes in memory. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <vigil/bytes.h>

#include "dataplane/port/pcap_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int is_so)
{
	if (!is_so)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t n_max_bytes = size ? 1 + data[0] * 64u : 1;
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct vg_pcap_record r;
	struct vg_pcap_file *file;
	size_t at = VG_PCAP_HEAD_BYTES;

	must(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	if (size >= VG_PCAP_HEAD_BYTES)
		(void)vg_pcap_file_knows(data);
	file = vg_pcap_file_create(fd, n_max_bytes);
	must(file != NULL);
	while (vg_pcap_file_next(file, &r) || (vg_pcap_file_fill(file) && vg_pcap_file_next(file, &r))) {
		uint32_t n = vg_le32(data + at + 8);
		must(at + VG_PCAP_RECORD_BYTES + n <= size && r.n_bytes == (n < n_max_bytes ? n : n_max_bytes));
		must(!memcmp(r.at, data + at + VG_PCAP_RECORD_BYTES, r.n_bytes));
		at += VG_PCAP_RECORD_BYTES + n;
	}
	must(!vg_pcap_file_fill(file));
	must(at + VG_PCAP_RECORD_BYTES > size || vg_le32(data + at + 8) > VG_PCAP_MAX_BYTES ||
	     at + VG_PCAP_RECORD_BYTES + vg_le32(data + at + 8) > size);
	vg_pcap_file_destroy(file);
	close(fd);
	return 0;
}
