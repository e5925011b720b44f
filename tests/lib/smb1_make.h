#pragma once
/* smb1_make: the SMB 1 half of smb_make.h, and the record of a line. */
#include "tests/lib/smb_make.h"

struct vg_smb1_code {
	const char *name;
	uint8_t code, n_ask, n_answer; /* words */
};
static inline const struct vg_smb1_code *vg_smb1_code(const char *name)
{
	static const struct vg_smb1_code codes[] = {
		{ "setup1", 0x73, 12, 4 },  { "tree1", 0x75, 4, 3 },      { "create1", 0xa2, 24, 34 },
		{ "read1", 0x2e, 12, 12 },  { "write1", 0x2f, 14, 6 },    { "readold", 0x0a, 5, 5 },
		{ "writeold", 0x0b, 5, 1 }, { "writeclose", 0x2c, 6, 1 }, { "close1", 0x04, 3, 0 },
		{ "openold", 0x02, 2, 7 },  { "openx", 0x2d, 15, 15 },    { "plainsetup1", 0x73, 13, 3 },
	};
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (!strcmp(codes[i].name, name))
			return &codes[i];
	return NULL;
}
/* Words at w, bytes at b (offset b_at of the message) of one command; the number of bytes. */
static inline uint32_t vg_smb1_ask(uint8_t *w, uint8_t *b, uint32_t b_at, unsigned code, const struct vg_smb_words *v)
{
	uint32_t n = (uint32_t)strlen(v->data), pad = (b_at & 1) + (uint32_t)v->pad, old = code < 0x2d;
	switch (code) {
	case 0x73:
		n = vg_ntlm_put(b, v->name);
		vg_le_put(w + 14, 2, n);
		return n;
	case 0x75:
		b[0] = b[1] = 0;
		vg_le_put(w + 6, 2, 1);
		pad = (b_at + 1) & 1;
		n = 1 + pad + vg_utf16_put(b + 1 + pad, v->name);
		memcpy(b + n, "\0\0?????", 8);
		return n + 8;
	case 0xa2:
	case 0x2d:
	case 0x02:
		vg_le_put(w + 39, 4, code == 0xa2 ? v->opt : 0);
		b[0] = 4;
		pad = code == 2 ? 1 + ((b_at + 1) & 1) : b_at & 1;
		return pad + vg_utf16_put(b + pad, v->name);
	case 0x2e:
	case 0x0a:
		vg_le_put(w + (old ? 0 : 4), 2, v->fid);
		vg_le_put(w + (old ? 4 : 6), 4, v->off);
		vg_le_put(w + (old ? 2 : 10), 2, v->n);
		return 0;
	case 0x2f:
	case 0x0b:
	case 0x2c:
		vg_le_put(w + (old ? 0 : 4), 2, v->fid);
		vg_le_put(w + (old ? 4 : 6), 4, v->off);
		vg_le_put(w + (old ? 2 : 20), 2, n + v->cut);
		if (!old)
			vg_le_put(w + 22, 2, b_at + pad);
		pad = !old ? pad : code == 0x2c ? 1 : 3;
		memset(b, 0, pad);
		memcpy(b + pad, v->data, n);
		return pad + n;
	case 0x04:
		vg_le_put(w, 2, v->fid);
		return 0;
	default:
		abort();
	}
}
static inline uint32_t vg_smb1_answer(uint8_t *w, uint8_t *b, uint32_t b_at, unsigned code,
				      const struct vg_smb_words *v)
{
	uint32_t n = (uint32_t)strlen(v->data), pad = (b_at & 1) + (uint32_t)v->pad;
	switch (code) {
	case 0x75:
		memcpy(b, v->kind == 2 ? "IPC" : "A:\0", 4);
		return 4;
	case 0xa2:
		vg_le_put(w + 5, 2, v->fid);
		vg_le_put(w + 43, 4, v->attr);
		vg_le_put(w + 55, 8, v->size);
		vg_le_put(w + 63, 2, v->kind);
		return 0;
	case 0x2d:
	case 0x02:
		vg_le_put(w + (code == 2 ? 0 : 4), 2, v->fid);
		vg_le_put(w + (code == 2 ? 8 : 12), 4, v->size);
		return 0;
	case 0x2e:
		vg_le_put(w + 10, 2, n + v->cut);
		vg_le_put(w + 12, 2, b_at + pad);
		memset(b, 0, pad);
		memcpy(b + pad, v->data, n);
		return pad + n;
	case 0x0a:
		vg_le_put(w, 2, n);
		b[0] = 1;
		vg_le_put(b + 1, 2, n);
		memcpy(b + 3, v->data, n);
		return 3 + n;
	default:
		return 0;
	}
}
static inline uint32_t vg_smb1_parts(uint8_t *m, struct vg_smb_words *v, unsigned n_parts, int is_answer)
{
	uint32_t at = 32;
	memset(m, 0, 32);
	memcpy(m, "\xffSMB", 4);
	m[4] = vg_smb1_code(v->command)->code;
	m[9] = is_answer ? 0x80 : 0;
	vg_le_put(m + 10, 2, 0xc000);
	vg_le_put(m + 24, 2, v->tree);
	vg_le_put(m + 26, 2, 77);
	vg_le_put(m + 28, 2, v->session);
	vg_le_put(m + 30, 2, v->id);
	for (unsigned i = 0; i < n_parts; i++) {
		const struct vg_smb1_code *c = vg_smb1_code(v[i].command);
		unsigned n_words = is_answer ? v[i].status ? 0 : c->n_answer : c->n_ask;
		uint8_t *w = m + at + 1, *b = w + 2 * n_words + 2;
		uint32_t b_at = (uint32_t)(b - m), n;
		vg_le_put(m + 5, 4, v[i].status);
		m[at] = (uint8_t)n_words;
		memset(w, 0, 2 * n_words + 2);
		n = !n_words    ? 0
		    : is_answer ? vg_smb1_answer(w, b, b_at, c->code, &v[i])
				: vg_smb1_ask(w, b, b_at, c->code, &v[i]);
		vg_le_put(b - 2, 2, n);
		if (c->code > 0x2c && n_words) {
			w[0] = i + 1 < n_parts ? vg_smb1_code(v[i + 1].command)->code : 0xff;
			vg_le_put(w + 2, 2, b_at + n);
		}
		at = b_at + n;
	}
	return at;
}
/* The record of a line, at out (VG_SMB_MAKE_BYTES); its bytes. */
static inline uint32_t vg_smb_record(uint8_t *out, const char *line, int is_answer)
{
	char text[4096], *rest = text;
	static struct vg_smb_words words[16];
	unsigned n_parts = 0;
	uint32_t at = 4, n;
	snprintf(text, sizeof(text), "%s", line);
	while (rest && n_parts < 16) {
		char *next = strstr(rest, " + ");
		if (next)
			*next = 0;
		words[n_parts++] = vg_smb_words(rest);
		rest = next ? next + 3 : NULL;
	}
	if (vg_smb1_code(words[0].command)) {
		at += vg_smb1_parts(out + 4, words, n_parts, is_answer);
	} else {
		for (unsigned i = 0; i < n_parts; i++, at += n) {
			n = vg_smb2_part(out + at, &words[i], is_answer);
			if (i + 1 == n_parts)
				continue;
			memset(out + at + n, 0, 8);
			n = (n + 7) & ~7u;
			vg_le_put(out + at + 20, 4, n);
		}
	}
	vg_put_be32(out, at - 4);
	return at;
}
