#pragma once
/* scratch: a folder of one test, removed with everything in it, and a text file in it. */
#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct scratch {
	char dir[64];
};

static inline void scratch_init(struct scratch *s)
{
	strcpy(s->dir, "/tmp/vigil-test-XXXXXX");
	if (!mkdtemp(s->dir))
		abort();
}
/* DIR/name into one of four buffers that are used in turn. */
static inline const char *scratch_path(const struct scratch *s, const char *name)
{
	static char paths[4][512];
	static unsigned next;
	char *path = paths[next++ & 3];
	snprintf(path, sizeof(paths[0]), "%s/%s", s->dir, name);
	return path;
}
static inline const char *scratch_write(const struct scratch *s, const char *name, const char *text)
{
	const char *path = scratch_path(s, name);
	FILE *out = fopen(path, "we");
	if (!out || fputs(text, out) < 0 || fclose(out))
		abort();
	return path;
}
static inline int scratch_remove(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	return at->level ? remove(path) : 0;
}
static inline unsigned scratch_count(const char *dir)
{
	unsigned n = 0;
	DIR *d = opendir(dir);
	for (struct dirent *e; d && (e = readdir(d));)
		n += e->d_name[0] != '.';
	if (d)
		closedir(d);
	return n;
}
static inline void scratch_fini(struct scratch *s)
{
	(void)nftw(s->dir, scratch_remove, 16, FTW_DEPTH | FTW_PHYS);
	(void)rmdir(s->dir);
}
