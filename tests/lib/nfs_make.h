#pragma once
/* nfs_make: RPC records of NFS out of words (smb_make.h), for tests: `command xid key=value ...`, fid= is the handle.
 * NFS 2: lookup2, create2 fid= name= | fid= size= ; read2 fid= off= n= | data= size= ; write2 fid= off= data= | size= ;
 *        setattr2 fid= size=
 * NFS 3: lookup3, create3 fid= name= | fid= size= ; read3 fid= off= n= | data= size= kind=1 (end) ;
 *        write3 fid= off= data= | size= kind= (stable) ; commit3 fid= | size= ; setattr3 fid= size= ; null
 * NFS 4: open4, lookup4 fid= name= | fid= size= ; read4, write4 fid= off= n= data= | data= kind= ; close4 fid=
 * All: status=, pad= (bytes of a first fragment). */
#include "tests/lib/smb_make.h"

static inline uint8_t *vg_u32(uint8_t *at, uint32_t v)
{
	vg_put_be32(at, v);
	return at + 4;
}
static inline uint8_t *vg_u64(uint8_t *at, uint64_t v)
{
	return vg_u32(vg_u32(at, (uint32_t)(v >> 32)), (uint32_t)v);
}
static inline uint8_t *vg_opaque(uint8_t *at, const void *bytes, uint32_t n)
{
	at = vg_u32(at, n);
	memset(at, 0, (n + 3) & ~3u);
	memcpy(at, bytes, n);
	return at + ((n + 3) & ~3u);
}
static inline uint8_t *vg_zeros(uint8_t *at, uint32_t n)
{
	memset(at, 0, n);
	return at + n;
}
static inline uint8_t *vg_handle(uint8_t *at, unsigned long id)
{
	uint8_t bytes[12] = { 'h' };
	vg_put_be32(bytes + 8, (uint32_t)id);
	return vg_opaque(at, bytes, sizeof(bytes));
}
/* post_op_attr of a regular file */
static inline uint8_t *vg_post(uint8_t *at, uint64_t size)
{
	at = vg_u32(at, 1);
	memset(at, 0, 84);
	at[3] = 1;
	vg_u64(at + 20, size);
	return at + 84;
}
static inline uint8_t *vg_handle2(uint8_t *at, unsigned long id)
{
	memset(at, 'h', 32);
	vg_put_be32(at + 28, (uint32_t)id);
	return at + 32;
}
/* fattr of a regular file */
static inline uint8_t *vg_attr2(uint8_t *at, uint64_t size)
{
	memset(at, 0, 68);
	at[3] = 1;
	vg_put_be32(at + 20, (uint32_t)size);
	return at + 68;
}
static inline uint8_t *vg_nfs2(uint8_t *at, const struct vg_smb_words *w, int is_answer)
{
	uint32_t n_data = (uint32_t)strlen(w->data), off = (uint32_t)w->off;
	char c = w->command[0];
	int names = c == 'l' || c == 'c';
	if (is_answer) {
		at = vg_u32(at, (uint32_t)w->status);
		if (w->status)
			return at;
		at = vg_attr2(names ? vg_handle2(at, w->fid) : at, w->size);
		return c == 'r' ? vg_opaque(at, w->data, n_data) : at;
	}
	at = vg_handle2(at, w->fid);
	if (names)
		at = vg_opaque(at, w->name, (uint32_t)strlen(w->name));
	if (c == 'c' || c == 's') {
		memset(at, 0xff, 32);
		vg_put_be32(at + 12, c == 's' ? (uint32_t)w->size : UINT32_MAX);
		return at + 32;
	}
	if (c == 'r')
		return vg_u32(vg_u32(vg_u32(at, off), (uint32_t)w->n), 0);
	return c == 'w' ? vg_opaque(vg_u32(vg_u32(vg_u32(at, 0), off), n_data), w->data, n_data) : at;
}
static inline uint8_t *vg_nfs3(uint8_t *at, const struct vg_smb_words *w, int is_answer)
{
	uint32_t n_data = (uint32_t)strlen(w->data);
	char c = w->command[0];
	if (!is_answer) {
		at = vg_handle(at, w->fid);
		if (c == 'l' || !strcmp(w->command, "create3"))
			return vg_opaque(at, w->name, (uint32_t)strlen(w->name));
		if (c == 's')
			return vg_u64(vg_u32(vg_zeros(at, 12), 1), w->size);
		at = vg_u32(vg_u64(at, w->off), c == 'w' ? n_data : (uint32_t)w->n);
		return c == 'w' ? vg_opaque(vg_u32(at, 0), w->data, n_data) : at;
	}
	at = vg_u32(at, (uint32_t)w->status);
	if (w->status)
		return at;
	if (c == 'l')
		return vg_zeros(vg_post(vg_handle(at, w->fid), w->size), 4);
	if (!strcmp(w->command, "create3"))
		return vg_zeros(vg_post(vg_handle(vg_u32(at, 1), w->fid), w->size), 8);
	if (c == 'r')
		return vg_opaque(vg_u32(vg_u32(vg_post(at, w->size), n_data), (uint32_t)w->kind), w->data, n_data);
	at = vg_post(vg_zeros(vg_u32(at, 1), 24), w->size);
	return vg_zeros(vg_u32(vg_u32(at, 1), (uint32_t)w->kind), 8);
}
static inline uint8_t *vg_nfs4_start(uint8_t *at, const struct vg_smb_words *w, int is_answer, uint32_t n_ops)
{
	at = is_answer ? vg_u32(at, 0) : at;
	at = vg_opaque(at, "tag", 3);
	at = is_answer ? at : vg_u32(at, 1);
	at = vg_u32(vg_u32(at, n_ops), 53); /* SEQUENCE */
	at = is_answer ? vg_zeros(at, 4 + 36) : vg_zeros(at, 32);
	at = vg_u32(at, 22); /* PUTFH */
	return is_answer ? vg_u32(at, 0) : vg_handle(at, w->fid);
}
static inline uint8_t *vg_nfs4(uint8_t *at, const struct vg_smb_words *w, int is_answer)
{
	uint32_t n_data = (uint32_t)strlen(w->data);
	char c = w->command[0];
	int names = c == 'o' || c == 'l';
	at = vg_nfs4_start(at, w, is_answer, names ? 5 : 3);
	at = vg_u32(at, c == 'o' ? 18 : c == 'l' ? 15 : c == 'r' ? 25 : c == 'w' ? 38 : 4);
	at = is_answer ? vg_u32(at, (uint32_t)w->status) : at;
	if (is_answer && w->status)
		return at;
	if (c == 'o' && !is_answer)
		at = vg_u32(vg_u32(vg_u32(vg_opaque(vg_zeros(at, 20), "own", 3), 1), 3), 0); /* CREATE, EXCLUSIVE4_1 */
	if (c == 'o' && !is_answer)
		at = vg_u32(vg_zeros(at, 4 + 8), 0); /* verifier, no attributes, CLAIM_NULL */
	if (names && !is_answer)
		at = vg_u32(vg_opaque(at, w->name, (uint32_t)strlen(w->name)), 10); /* GETFH */
	if (names && !is_answer)
		return vg_u32(vg_u32(vg_u32(at, 9), 1), 0x1a); /* GETATTR */
	if (names) { /* OPEN: stateid, change, flags, bitmap, no delegation for want of */
		at = c == 'o' ? vg_u32(vg_u32(vg_zeros(at, 16 + 20 + 4 + 4), 3), 0) : at;
		at = vg_handle(vg_u32(vg_u32(at, 10), 0), w->fid);
		at = vg_u32(vg_u32(vg_u32(vg_u32(at, 9), 0), 1), 0x1a);
		return vg_u64(vg_u64(vg_u32(vg_u32(at, 20), 1), 7), w->size);
	}
	if (c == 'c')
		return vg_zeros(at, is_answer ? 16 : 20);
	if (!is_answer) {
		at = vg_u64(vg_zeros(at, 16), w->off);
		return c == 'w' ? vg_opaque(vg_u32(at, 0), w->data, n_data) : vg_u32(at, (uint32_t)w->n);
	}
	return c == 'w' ? vg_zeros(vg_u32(vg_u32(at, n_data), (uint32_t)w->kind), 8)
			: vg_opaque(vg_u32(at, (uint32_t)w->kind), w->data, n_data);
}
/* The record of a line, at out; its bytes. */
static inline uint32_t vg_nfs_record(uint8_t *out, const char *line, int is_answer)
{
	static const struct {
		const char *name;
		uint8_t proc, version;
	} procs[] = { { "null", 0, 3 },    { "setattr3", 2, 3 }, { "lookup3", 3, 3 },  { "read3", 6, 3 },
		      { "write3", 7, 3 },  { "create3", 8, 3 },  { "commit3", 21, 3 }, { "setattr2", 2, 2 },
		      { "lookup2", 4, 2 }, { "read2", 6, 2 },    { "write2", 8, 2 },   { "create2", 9, 2 },
		      { "", 1, 4 } };
	const unsigned n_procs = sizeof(procs) / sizeof(procs[0]) - 1;
	static struct vg_smb_words w;
	char text[4096];
	uint8_t *at = out + 4;
	unsigned i = 0;
	uint32_t n;
	snprintf(text, sizeof(text), "%s", line);
	w = vg_smb_words(text);
	while (i < n_procs && strcmp(procs[i].name, w.command))
		i++;
	at = vg_u32(vg_u32(at, (uint32_t)w.id), (uint32_t)is_answer);
	if (is_answer)
		at = vg_zeros(at, 16);
	else
		at = vg_zeros(vg_u32(vg_u32(vg_u32(vg_u32(at, 2), 100003), procs[i].version), procs[i].proc), 16);
	if (i)
		at = procs[i].version == 2   ? vg_nfs2(at, &w, is_answer)
		     : procs[i].version == 3 ? vg_nfs3(at, &w, is_answer)
					     : vg_nfs4(at, &w, is_answer);
	n = (uint32_t)(at - out) - 4;
	vg_put_be32(out, 0x80000000u | n);
	if (!w.pad)
		return n + 4;
	memmove(out + 4 + w.pad + 4, out + 4 + w.pad, n - w.pad);
	vg_put_be32(out, (uint32_t)w.pad);
	vg_put_be32(out + 4 + w.pad, 0x80000000u | (n - (uint32_t)w.pad));
	return n + 8;
}
