#pragma once
/* counters_scan: what only vigil-feed counts; rows of the dataplane's table, see counters.h. */
#define VG_SCAN_COUNTERS(X)                                                                                      \
	X(VG_C_FILES_UNREADABLE, "files_shed_total:reason=unreadable",                                           \
	  "scan: files and folders that could not be read")                                                      \
	X(VG_C_FILES_SPECIAL, "files_skipped_total:reason=special",                                              \
	  "scan: devices, sockets and pipes: not looked into")                                                   \
	X(VG_C_FILES_LINK, "files_skipped_total:reason=link", "scan: symbolic links below a path: not followed") \
	X(VG_C_FILES_EMPTY, "files_skipped_total:reason=empty", "scan: files without a byte")                    \
	X(VG_C_FILES_BEFORE, "files_skipped_total:reason=done", "scan: done before it was interrupted")          \
	X(VG_C_FILES_CHANGED, "files_changed_total", "scan: files that were written to while they were read")
