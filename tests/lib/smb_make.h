#pragma once
/* smb_make: SMB records out of words, for tests. A line is a record: `command id key=value …`, more messages of a
 * compound (SMB 2) or commands of a chain (SMB 1) after " + ". Whether they are requests or answers the caller says.
 * SMB 2:  setup user= · tree name= kind= · create name= opt= fid= size= attr= · read fid= off= n= data= ·
 *         write fid= off= data= · close fid= size= · eof fid= size= · other
 * SMB 1:  setup1 user= · tree1 name= kind= · create1, openx, openold as create · read1, readold · write1, writeold,
 *         writeclose · close1
 * All: status= (hex) tree= session= pad= (before data) short= (data claimed beyond the record). fid=same: related. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vigil/bytes.h>

#define VG_SMB_MAKE_BYTES 8192u

struct vg_smb_words {
	char command[16], name[256], data[4096];
	int is_same;
	unsigned long id, fid, off, n, size, attr, opt, status, tree, session, pad, cut, kind;
};

static inline void vg_le_put(uint8_t *at, unsigned n_bytes, uint64_t v)
{
	for (unsigned i = 0; i < n_bytes; i++)
		at[i] = (uint8_t)(v >> (8 * i));
}
static inline uint32_t vg_utf16_put(uint8_t *at, const char *text)
{
	uint32_t n = 0;
	for (; *text; text++, n += 2)
		vg_le_put(at + n, 2, (uint8_t)*text);
	return n;
}
static inline struct vg_smb_words vg_smb_words(char *part)
{
	struct vg_smb_words w = { .session = 9, .tree = 5 };
	char *save = NULL;
	for (char *word = strtok_r(part, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		char *value = strchr(word, '=');
		if (!value) {
			if (!w.command[0])
				snprintf(w.command, sizeof(w.command), "%s", word);
			else
				w.id = strtoul(word, NULL, 0);
			continue;
		}
		*value++ = 0;
		if (!strcmp(word, "data"))
			snprintf(w.data, sizeof(w.data), "%s", value);
		else if (!strcmp(word, "name") || !strcmp(word, "user"))
			snprintf(w.name, sizeof(w.name), "%s", value);
		else if (!strcmp(word, "fid") && !strcmp(value, "same"))
			w.is_same = 1;
#define VG_WORD(key, field)                    \
	else if (!strcmp(word, key)) w.field = \
		strtoul(value, NULL, !strcmp(key, "status") || !strcmp(key, "attr") || !strcmp(key, "opt") ? 16 : 0)
		VG_WORD("fid", fid);
		VG_WORD("off", off);
		VG_WORD("n", n);
		VG_WORD("size", size);
		VG_WORD("attr", attr);
		VG_WORD("opt", opt);
		VG_WORD("status", status);
		VG_WORD("tree", tree);
		VG_WORD("session", session);
		VG_WORD("pad", pad);
		VG_WORD("short", cut);
		VG_WORD("kind", kind);
#undef VG_WORD
		else abort();
	}
	return w;
}
/* NTLMSSP AUTHENTICATE of DOMAIN and a user. */
static inline uint32_t vg_ntlm_put(uint8_t *at, const char *user)
{
	uint32_t n_domain, n_user;
	memset(at, 0, 72);
	memcpy(at, "NTLMSSP", 8);
	at[8] = 3;
	at[60] = 1;
	n_domain = vg_utf16_put(at + 72, "DOM");
	n_user = vg_utf16_put(at + 72 + n_domain, user);
	vg_le_put(at + 28, 2, n_domain);
	vg_le_put(at + 32, 4, 72);
	vg_le_put(at + 36, 2, n_user);
	vg_le_put(at + 40, 4, 72 + n_domain);
	return 72 + n_domain + n_user;
}
static inline void vg_fid_put(uint8_t *at, const struct vg_smb_words *w)
{
	memset(at, w->is_same ? 0xff : 0, 16);
	if (!w->is_same)
		vg_le_put(at, 8, w->fid);
}
static inline uint32_t vg_smb2_io_body(uint8_t *m, const struct vg_smb_words *w, int is_answer)
{
	uint8_t *b = m + 64;
	uint32_t n_data = (uint32_t)strlen(w->data);
	const char *c = w->command;
	if (!strcmp(c, "read") && is_answer) {
		b[2] = (uint8_t)(64 + 16 + w->pad);
		vg_le_put(b + 4, 4, n_data + w->cut);
		memcpy(b + 16 + w->pad, w->data, n_data);
		return (uint32_t)(16 + w->pad) + n_data;
	}
	if (!strcmp(c, "read") || !strcmp(c, "write")) {
		int is_write = c[0] == 'w';
		vg_le_put(b + 2, 2, is_write ? 64 + 48 + w->pad : 0);
		vg_le_put(b + 4, 4, is_write ? n_data + w->cut : w->n);
		vg_le_put(b + 8, 8, w->off);
		vg_fid_put(b + 16, w);
		memcpy(b + 48 + w->pad, w->data, is_write ? n_data : 0);
		return is_answer ? 16 : is_write ? (uint32_t)(48 + w->pad) + n_data : 49;
	}
	if (!strcmp(c, "close")) {
		vg_fid_put(b + 8, w);
		b[2] = is_answer && w->size;
		vg_le_put(b + 48, 8, is_answer ? w->size : 0);
		return is_answer ? 60 : 24;
	}
	if (!strcmp(c, "eof")) {
		b[2] = 1;
		b[3] = 20;
		vg_le_put(b + 8, 2, 64 + 32);
		vg_fid_put(b + 16, w);
		vg_le_put(b + 32, 8, w->size);
		return is_answer ? 2 : 40;
	}
	return 4;
}
/* The body of an SMB 2 message behind its head m; its bytes. */
static inline uint32_t vg_smb2_body(uint8_t *m, const struct vg_smb_words *w, int is_answer)
{
	uint8_t *b = m + 64;
	uint32_t n;
	const char *c = w->command;
	memset(b, 0, 128);
	if (!strcmp(c, "setup")) {
		n = is_answer ? 8 : vg_ntlm_put(b + 24, w->name);
		vg_le_put(b + 2, 2, is_answer ? w->attr : 0);
		vg_le_put(b + 12, 2, 64 + 24);
		vg_le_put(b + 14, 2, n);
		return is_answer ? 8 : 24 + n;
	}
	if (!strcmp(c, "tree")) {
		b[2] = (uint8_t)(is_answer ? w->kind : 0);
		vg_le_put(b + 4, 2, is_answer ? 0 : 64 + 8);
		n = is_answer ? 0 : vg_utf16_put(b + 8, w->name);
		vg_le_put(b + 6, 2, n);
		return is_answer ? 16 : 8 + n;
	}
	if (!strcmp(c, "create") && is_answer) {
		vg_le_put(b + 48, 8, w->size);
		vg_le_put(b + 56, 4, w->attr);
		vg_fid_put(b + 64, w);
		return 88;
	}
	if (!strcmp(c, "create")) {
		vg_le_put(b + 40, 4, w->opt);
		vg_le_put(b + 44, 2, 64 + 56);
		n = vg_utf16_put(b + 56, w->name);
		vg_le_put(b + 46, 2, n);
		return 56 + n;
	}
	return vg_smb2_io_body(m, w, is_answer);
}
static inline uint32_t vg_smb2_part(uint8_t *m, const struct vg_smb_words *w, int is_answer)
{
	static const char *const names[] = { "",      "setup", "", "tree", "untree", "create", "close", "", "read",
					     "write", "",      "", "",     "other",  "",       "",      "", "eof" };
	unsigned command = 0;
	while (command < 17 && strcmp(names[command], w->command))
		command++;
	memset(m, 0, 64);
	memcpy(m, "\xfeSMB\x40", 5);
	vg_le_put(m + 8, 4, is_answer ? w->status : 0);
	m[12] = (uint8_t)command;
	m[16] = (uint8_t)((is_answer ? 1 : 0) | (w->is_same ? 4 : 0));
	vg_le_put(m + 24, 8, w->id);
	vg_le_put(m + 36, 4, w->tree);
	vg_le_put(m + 40, 8, w->session);
	return 64 + (is_answer && w->status && strcmp(w->command, "read") ? 9 : vg_smb2_body(m, w, is_answer));
}
