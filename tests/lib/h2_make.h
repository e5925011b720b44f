#pragma once
/* h2_make: HTTP/2 frames from text, one a line; HPACK by nghttp2's deflater, one per direction:
 *	PRI                         the client's preface        SET                  an empty SETTINGS
 *	H ID FLAGS name=value …     HEADERS                     U ID PROMISED name=value …   PUSH_PROMISE
 *	D ID FLAGS text             DATA                        R ID                 RST_STREAM
 *	X ID FLAGS hex              DATA of these octets        L ID FLAGS text      DATA, "|" for CR LF
 *	T text                      that text, "|" for CR LF
 *	B ID N                      the header of a DATA frame of N bytes, without them
 * FLAGS: e END_STREAM, p padded, r with priority, c the block in pieces of 3 bytes (CONTINUATION), g a gRPC prefix
 * before the text, z: the same, flag "compressed" set; -: none. '~' in a value is a blank. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <nghttp2/nghttp2.h>

#define VG_H2_MAKE_BYTES 4096u

struct vg_h2_make {
	nghttp2_hd_deflater *deflaters[2];
};

static inline size_t vg_h2_frame(uint8_t *at, unsigned type, unsigned flags, unsigned id, const uint8_t *payload,
				 size_t n)
{
	uint8_t header[9] = { (uint8_t)(n >> 16),  (uint8_t)(n >> 8),  (uint8_t)n,
			      (uint8_t)type,       (uint8_t)flags,     (uint8_t)(id >> 24),
			      (uint8_t)(id >> 16), (uint8_t)(id >> 8), (uint8_t)id };

	memcpy(at, header, 9);
	memcpy(at + 9, payload, n);
	return 9 + n;
}

/* "name=value name=value" to a header block. */
static inline size_t vg_h2_block(nghttp2_hd_deflater *deflater, char *fields, uint8_t *block, size_t cap)
{
	nghttp2_nv nvs[16];
	size_t n = 0;
	char *save = NULL;

	for (char *one = strtok_r(fields, " ", &save); one && n < 16; one = strtok_r(NULL, " ", &save)) {
		char *value = strchr(one + 1, '=');
		if (!value)
			continue;
		*value++ = 0;
		for (char *c = value; *c; c++)
			*c = *c == '~' ? ' ' : *c;
		nvs[n++] = (nghttp2_nv){ (uint8_t *)one, (uint8_t *)value, strlen(one), strlen(value), 0 };
	}
	ssize_t got = nghttp2_hd_deflate_hd(deflater, block, cap, nvs, n);
	return got < 0 ? 0 : (size_t)got;
}

static inline size_t vg_h2_headers(struct vg_h2_make *m, unsigned dir, uint8_t *at, unsigned id, unsigned promised,
				   const char *letters, char *fields)
{
	uint8_t block[2048], payload[2100];
	size_t n_block = vg_h2_block(m->deflaters[dir], fields, block, sizeof(block)), n = 0, done, out = 0;
	unsigned flags = (strchr(letters, 'e') ? 1u : 0) | (strchr(letters, 'p') ? 8u : 0) |
			 (strchr(letters, 'r') ? 32u : 0);
	int in_pieces = strchr(letters, 'c') != NULL;

	if (flags & 8)
		payload[n++] = 4;
	if (flags & 32) {
		memcpy(payload + n, "\0\0\0\0\x10", 5);
		n += 5;
	}
	if (promised) {
		memcpy(payload + n, (uint8_t[]){ 0, 0, 0, (uint8_t)promised }, 4);
		n += 4;
	}
	done = in_pieces && n_block > 3 ? 3 : n_block;
	memcpy(payload + n, block, done);
	n += done;
	if (flags & 8) {
		memset(payload + n, 0, 4);
		n += 4;
	}
	out = vg_h2_frame(at, promised ? 5 : 1, flags | (done == n_block ? 4u : 0), id, payload, n);
	while (done < n_block) {
		size_t more = n_block - done > 3 ? 3 : n_block - done;
		out += vg_h2_frame(at + out, 9, done + more == n_block ? 4 : 0, id, block + done, more);
		done += more;
	}
	return out;
}

static inline size_t vg_h2_data(uint8_t *at, unsigned id, const char *letters, const char *text)
{
	uint8_t payload[2100];
	size_t n = 0, n_text = strlen(text);
	unsigned flags = (strchr(letters, 'e') ? 1u : 0) | (strchr(letters, 'p') ? 8u : 0);

	if (flags & 8)
		payload[n++] = 4;
	if (strchr(letters, 'g') || strchr(letters, 'z')) {
		memcpy(payload + n, (uint8_t[]){ strchr(letters, 'z') != NULL, 0, 0, 0, (uint8_t)n_text }, 5);
		n += 5;
	}
	memcpy(payload + n, text, n_text);
	n += n_text;
	if (flags & 8) {
		memset(payload + n, 0, 4);
		n += 4;
	}
	return vg_h2_frame(at, 0, flags, id, payload, n);
}

/* DATA of "hex", or of a text with "|" for CR LF. */
static inline size_t vg_h2_octets(uint8_t *at, unsigned id, const char *letters, const char *text, int is_hex)
{
	uint8_t payload[2100];
	size_t n = 0;
	unsigned octet;

	for (; *text && n + 2 < sizeof(payload); text += is_hex ? 2 : 1) {
		if (is_hex && sscanf(text, "%2x", &octet) != 1)
			break;
		if (!is_hex && *text == '|')
			payload[n++] = '\r';
		payload[n++] = is_hex ? (uint8_t)octet : *text == '|' ? '\n' : (uint8_t)*text;
	}
	return vg_h2_frame(at, 0, strchr(letters, 'e') ? 1 : 0, id, payload, n);
}

static inline size_t vg_h2_line(struct vg_h2_make *m, unsigned dir, char *line, uint8_t *at)
{
	static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
	unsigned id = 0, promised = 0, n = 0;
	char letters[16] = "";
	int skip = 0;

	if (!strcmp(line, "PRI")) {
		memcpy(at, preface, 24);
		return 24;
	}
	if (!strcmp(line, "SET"))
		return vg_h2_frame(at, 4, 0, 0, at, 0);
	if (sscanf(line, "H %u %15s %n", &id, letters, &skip) == 2)
		return vg_h2_headers(m, dir, at, id, 0, letters, line + skip);
	if (sscanf(line, "U %u %u %n", &id, &promised, &skip) == 2)
		return vg_h2_headers(m, dir, at, id, promised, "-", line + skip);
	if (sscanf(line, "D %u %15s %n", &id, letters, &skip) == 2)
		return vg_h2_data(at, id, letters, line + skip);
	if (sscanf(line, "X %u %15s %n", &id, letters, &skip) == 2)
		return vg_h2_octets(at, id, letters, line + skip, 1);
	if (sscanf(line, "L %u %15s %n", &id, letters, &skip) == 2)
		return vg_h2_octets(at, id, letters, line + skip, 0);
	if (sscanf(line, "B %u %u", &id, &n) == 2) {
		(void)vg_h2_frame(at, 0, 0, id, at, 0);
		at[2] = (uint8_t)n;
		return 9;
	}
	if (sscanf(line, "R %u", &id) == 1)
		return vg_h2_frame(at, 3, 0, id, (const uint8_t *)"\0\0\0\x08", 4);
	for (line += 2; *line && at; line++) {
		if (*line == '|')
			at[n++] = '\r';
		at[n++] = *line == '|' ? '\n' : (uint8_t)*line;
	}
	return n;
}

/* The bytes of a text of lines; at has VG_H2_MAKE_BYTES. */
static inline size_t vg_h2_make(struct vg_h2_make *m, unsigned dir, const char *lines, uint8_t *at)
{
	char text[2048], *save = NULL;
	size_t n = 0;

	snprintf(text, sizeof(text), "%s", lines);
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		n += vg_h2_line(m, dir, line, at + n);
	return n;
}
static inline void vg_h2_make_init(struct vg_h2_make *m)
{
	for (unsigned dir = 0; dir < 2; dir++)
		(void)nghttp2_hd_deflate_new(&m->deflaters[dir], 4096);
}
static inline void vg_h2_make_fini(struct vg_h2_make *m)
{
	for (unsigned dir = 0; dir < 2; dir++)
		nghttp2_hd_deflate_del(m->deflaters[dir]);
}
