#pragma once
/* trusted_path: may code be loaded from this path? Only root can have put it there and nobody else can change it: an
 * absolute path without symbolic links of a regular file of root, in a folder of root, neither writable for others; the
 * folders above are root's and writable for others only where these cannot rename what is not theirs (sticky). Cold. */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

/* NULL: it may. Else what is wrong and what to do, for people. */
static inline const char *vg_trusted_path_fault(const char *path)
{
	char folder[PATH_MAX];
	struct stat st;
	size_t n = strlen(path);

	if (path[0] != '/')
		return "is no absolute path; write it from / on";
	if (n >= sizeof(folder))
		return "is too long a path";
	if (lstat(path, &st))
		return errno == ENOENT ? "is not there" : "cannot be looked at";
	if (S_ISLNK(st.st_mode))
		return "is a symbolic link; write where it leads to";
	if (!S_ISREG(st.st_mode))
		return "is no regular file";
	if (st.st_uid || st.st_mode & (S_IWGRP | S_IWOTH))
		return "is not root's alone; chown it to root, and chmod go-w";
	memcpy(folder, path, n + 1);
	for (int is_own = 1;; is_own = 0) {
		char *slash = strrchr(folder, '/');
		*(slash == folder ? slash + 1 : slash) = 0;
		if (lstat(folder, &st) || !S_ISDIR(st.st_mode))
			return "lies behind a symbolic link; write where it leads to";
		if (st.st_uid || (st.st_mode & (S_IWGRP | S_IWOTH) && (is_own || !(st.st_mode & S_ISVTX))))
			return "lies in a folder that is not root's alone; chown that to root, and chmod go-w";
		if (!folder[1])
			return NULL;
	}
}
