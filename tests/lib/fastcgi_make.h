#pragma once
/* fastcgi_make: FastCGI records for tests, out of texts. */
#include <stdint.h>
#include <string.h>

struct vg_fcgi_made {
	uint32_t n;
	char bytes[4096];
};
static inline void vg_fcgi_put(struct vg_fcgi_made *m, unsigned type, unsigned id, const void *content, size_t n,
			       unsigned n_padding)
{
	const uint8_t head[8] = {
		1, (uint8_t)type, (uint8_t)(id >> 8), (uint8_t)id, (uint8_t)(n >> 8), (uint8_t)n, (uint8_t)n_padding, 0
	};
	memcpy(m->bytes + m->n, head, 8);
	if (n)
		memcpy(m->bytes + m->n + 8, content, n);
	memset(m->bytes + m->n + 8 + n, 0xee, n_padding);
	m->n += 8 + (uint32_t)n + n_padding;
}
static inline size_t vg_fcgi_pair(char *at, const char *name, const char *value)
{
	size_t n_name = strlen(name), n_value = strlen(value), n = 0;
	at[n++] = (char)n_name;
	if (n_value > 127) {
		at[n++] = (char)(0x80 | n_value >> 24);
		at[n++] = (char)(n_value >> 16);
		at[n++] = (char)(n_value >> 8);
	}
	at[n++] = (char)n_value;
	memcpy(at + n, name, n_name);
	memcpy(at + n + n_name, value, n_value);
	return n + n_name + n_value;
}
/* Words, each done in turn: B(egin), P (a request of /id.jpg, method of `rest`), p (end of params), i (stdin), I (its
 * end), o (stdout), O (its end), e (stderr), E (end), A (abort): letter, id, ':' text up to '|': "B1|P1:POST 5|p1". */
static inline void vg_fcgi_make(struct vg_fcgi_made *m, const char *words)
{
	static const uint8_t begin[8] = { 0, 1, 1 }, end[8] = { 0 };
	m->n = 0;
	while (*words) {
		size_t n_word = strcspn(words, "|");
		char word[512], params[512];
		memcpy(word, words, n_word);
		word[n_word] = 0;
		char *text = strchr(word, ':');
		unsigned id = (unsigned)(word[1] - '0');
		size_t n = 0, n_text = text ? strlen(++text) : 0;
		switch (word[0]) {
		case 'B':
			vg_fcgi_put(m, 1, id, begin, 8, 0);
			break;
		case 'P': {
			char uri[16] = { '/', word[1], '.', 'j', 'p', 'g', 0 },
			     *length = text ? strchr(text, ' ') : NULL;
			if (length)
				*length++ = 0;
			n += vg_fcgi_pair(params + n, "REQUEST_METHOD", text ? text : "GET");
			n += vg_fcgi_pair(params + n, "DOCUMENT_ROOT", "/var/www");
			n += vg_fcgi_pair(params + n, "REQUEST_URI", uri);
			n += vg_fcgi_pair(params + n, "HTTP_HOST", "h");
			n += vg_fcgi_pair(params + n, "EMPTY", "");
			n += vg_fcgi_pair(params + n, "REMOTE_ADDR", "192.0.2.7");
			n += vg_fcgi_pair(params + n, "CONTENT_LENGTH", length ? length : "");
			vg_fcgi_put(m, 4, id, params, n, 8 - n % 8);
			break;
		}
		case 'p':
			vg_fcgi_put(m, 4, id, NULL, 0, 0);
			break;
		case 'i':
		case 'I':
			vg_fcgi_put(m, 5, id, text, n_text, n_text ? 3 : 0);
			break;
		case 'o':
		case 'O':
			for (size_t i = 0; i < n_text; i++) /* ~ is a line end */
				text[i] = text[i] == '~' ? '\n' : text[i];
			vg_fcgi_put(m, 6, id, text, n_text, n_text ? 7 : 0);
			break;
		case 'e':
			vg_fcgi_put(m, 7, id, text, n_text, 1);
			break;
		case 'E':
			vg_fcgi_put(m, 3, id, end, 8, 0);
			break;
		default: /* A */
			vg_fcgi_put(m, 2, id, NULL, 0, 0);
			break;
		}
		words += n_word + (words[n_word] == '|');
	}
}
