/* sealed: why a format of our own: one random key per file that several readers can unwrap, a length known before the
 * first byte, and every byte of the head authenticated with the first chunk. The offsets are those of
 * docs/formats.md. */
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <vigil/base.h>
#include <vigil/bytes.h>

#include "control/evidence/sealed.h"

#define MAGIC       "VIGILEV1"
#define FIXED_HEAD  64u /* magic 8, version 4, head bytes 4, id 16, epoch 8, n_bytes 8, created 8, chunk 4, wraps 4 */
#define TAG_BYTES   crypto_secretstream_xchacha20poly1305_ABYTES
#define KEY_BYTES   crypto_secretstream_xchacha20poly1305_KEYBYTES
#define WRAPPED     (KEY_BYTES + 16u) /* the file's key and its id, so that a wrap cannot be moved to another file */
#define WRAP_BYTES  (4u + 16u + WRAPPED + crypto_box_SEALBYTES)
#define STREAM_HEAD crypto_secretstream_xchacha20poly1305_HEADERBYTES
#define MAX_HEAD    (FIXED_HEAD + VG_SEALED_MAX_WRAPS * WRAP_BYTES + STREAM_HEAD)

struct vg_sealed_stream {
	int fd;
	struct vg_sealed_info info;
	crypto_secretstream_xchacha20poly1305_state state;
	uint8_t ad[32]; /* digest of the head: additional data of every chunk */
	uint64_t n_left;
	int ended;
	enum vg_err err;
	size_t at, n_plain;
	uint8_t plain[VG_SEALED_CHUNK], cipher[VG_SEALED_CHUNK + TAG_BYTES];
};

static void put_le32(uint8_t *p, uint32_t v)
{
	memcpy(p, &v, sizeof(v));
}
static void put_le64(uint8_t *p, uint64_t v)
{
	memcpy(p, &v, sizeof(v));
}

static int write_all(int fd, const uint8_t *bytes, size_t n_bytes)
{
	while (n_bytes) {
		ssize_t n = write(fd, bytes, n_bytes);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		bytes += n;
		n_bytes -= (size_t)n;
	}
	return 0;
}
/* Reads exactly n_bytes; *n says how many came before the end. */
static int read_full(int fd, uint8_t *bytes, size_t n_bytes, size_t *n)
{
	for (*n = 0; *n < n_bytes;) {
		ssize_t got = read(fd, bytes + *n, n_bytes - *n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		*n += (size_t)got;
	}
	return 0;
}
static int pread_all(int fd, uint8_t *bytes, size_t n_bytes, uint64_t off)
{
	while (n_bytes) {
		ssize_t n = pread(fd, bytes, n_bytes, (off_t)off);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		bytes += n;
		off += (uint64_t)n;
		n_bytes -= (size_t)n;
	}
	return 0;
}
static void key_name(const uint8_t public_key[32], uint8_t name[16])
{
	crypto_generichash(name, 16, public_key, 32, NULL, 0);
}

static enum vg_err put_head(uint8_t *head, size_t n_head, const struct vg_sealed_info *info, const uint8_t *key,
			    const struct vg_sealed_key *keys, unsigned n_keys)
{
	uint8_t secret[WRAPPED];
	enum vg_err err = VG_OK;

	memcpy(head, MAGIC, 8);
	put_le32(head + 8, VG_SEALED_VERSION);
	put_le32(head + 12, (uint32_t)n_head);
	memcpy(head + 16, info->id, 16);
	put_le64(head + 32, info->epoch);
	put_le64(head + 40, info->n_bytes);
	put_le64(head + 48, (uint64_t)info->created_ns);
	put_le32(head + 56, VG_SEALED_CHUNK);
	put_le32(head + 60, n_keys);
	memcpy(secret, key, KEY_BYTES);
	memcpy(secret + KEY_BYTES, info->id, 16);
	for (unsigned i = 0; i < n_keys && !err; i++) {
		uint8_t *wrap = head + FIXED_HEAD + i * WRAP_BYTES;
		put_le32(wrap, keys[i].reader);
		key_name(keys[i].public_key, wrap + 4);
		if (crypto_box_seal(wrap + 20, secret, sizeof(secret), keys[i].public_key))
			err = VG_EINVAL;
	}
	sodium_memzero(secret, sizeof(secret));
	return err;
}

enum vg_err vg_sealed_write(int out_fd, int in_fd, const struct vg_sealed_info *info, const struct vg_sealed_key *keys,
			    unsigned n_keys)
{
	struct vg_sealed_stream *s;
	uint8_t head[MAX_HEAD], key[KEY_BYTES];
	size_t n_head = FIXED_HEAD + n_keys * WRAP_BYTES + STREAM_HEAD;
	enum vg_err err;

	if (!n_keys || n_keys > VG_SEALED_MAX_WRAPS || sodium_init() < 0)
		return VG_EINVAL;
	s = malloc(sizeof(*s));
	if (!s)
		return VG_ENOMEM;
	crypto_secretstream_xchacha20poly1305_keygen(key);
	err = put_head(head, n_head, info, key, keys, n_keys);
	if (err)
		goto out;
	crypto_secretstream_xchacha20poly1305_init_push(&s->state, head + n_head - STREAM_HEAD, key);
	crypto_generichash(s->ad, sizeof(s->ad), head, n_head, NULL, 0);
	err = VG_EIO;
	if (write_all(out_fd, head, n_head))
		goto out;
	for (uint64_t off = 0, n_left = info->n_bytes;;) {
		size_t n = n_left < VG_SEALED_CHUNK ? (size_t)n_left : VG_SEALED_CHUNK;
		uint8_t tag = n == n_left ? crypto_secretstream_xchacha20poly1305_TAG_FINAL : 0;
		if (pread_all(in_fd, s->plain, n, off))
			goto out;
		crypto_secretstream_xchacha20poly1305_push(&s->state, s->cipher, NULL, s->plain, n, s->ad,
							   sizeof(s->ad), tag);
		if (write_all(out_fd, s->cipher, n + TAG_BYTES))
			goto out;
		off += n;
		n_left -= n;
		if (tag)
			break;
	}
	err = VG_OK;
out:
	sodium_memzero(key, sizeof(key));
	sodium_memzero(s, sizeof(*s));
	free(s);
	return err;
}

/* Reads and checks the head from the descriptor's present offset. */
static enum vg_err get_head(int fd, uint8_t *head, size_t *n_head, struct vg_sealed_info *info, unsigned *n_wraps)
{
	size_t n;

	if (read_full(fd, head, FIXED_HEAD, &n))
		return VG_EIO;
	if (n != FIXED_HEAD || memcmp(head, MAGIC, 8))
		return VG_ECORRUPT;
	if (vg_le32(head + 8) != VG_SEALED_VERSION || vg_le32(head + 56) != VG_SEALED_CHUNK)
		return VG_EVERSION;
	*n_head = vg_le32(head + 12);
	*n_wraps = vg_le32(head + 60);
	if (!*n_wraps || *n_wraps > VG_SEALED_MAX_WRAPS || *n_head != FIXED_HEAD + *n_wraps * WRAP_BYTES + STREAM_HEAD)
		return VG_ECORRUPT;
	if (read_full(fd, head + FIXED_HEAD, *n_head - FIXED_HEAD, &n))
		return VG_EIO;
	if (n != *n_head - FIXED_HEAD)
		return VG_ECORRUPT;
	memcpy(info->id, head + 16, 16);
	info->epoch = vg_le64(head + 32);
	info->n_bytes = vg_le64(head + 40);
	info->created_ns = (int64_t)vg_le64(head + 48);
	return VG_OK;
}
enum vg_err vg_sealed_peek(int fd, struct vg_sealed_info *info)
{
	uint8_t head[MAX_HEAD];
	size_t n_head;
	unsigned n_wraps;
	return get_head(fd, head, &n_head, info, &n_wraps);
}

/* Finds the wrap made for this key and opens it. */
static enum vg_err unwrap(const uint8_t *head, unsigned n_wraps, const uint8_t public_key[32],
			  const uint8_t secret_key[32], uint8_t key[KEY_BYTES])
{
	uint8_t name[16], secret[WRAPPED];
	enum vg_err err = VG_EDENIED;

	key_name(public_key, name);
	for (unsigned i = 0; i < n_wraps; i++) {
		const uint8_t *wrap = head + FIXED_HEAD + i * WRAP_BYTES;
		if (memcmp(wrap + 4, name, sizeof(name)))
			continue;
		if (crypto_box_seal_open(secret, wrap + 20, WRAPPED + crypto_box_SEALBYTES, public_key, secret_key) ||
		    memcmp(secret + KEY_BYTES, head + 16, 16)) {
			err = VG_ECORRUPT;
			break;
		}
		memcpy(key, secret, KEY_BYTES);
		err = VG_OK;
		break;
	}
	sodium_memzero(secret, sizeof(secret));
	return err;
}

void vg_sealed_close(struct vg_sealed_stream *stream)
{
	if (!stream)
		return;
	sodium_memzero(stream, sizeof(*stream));
	free(stream);
}
struct vg_sealed_stream *vg_sealed_open(int fd, const uint8_t public_key[32], const uint8_t secret_key[32],
					struct vg_sealed_info *info, enum vg_err *err)
{
	struct vg_sealed_stream *s = NULL;
	uint8_t head[MAX_HEAD], key[KEY_BYTES];
	size_t n_head = 0;
	unsigned n_wraps = 0;

	*err = VG_ENOMEM;
	if (sodium_init() < 0 || !(s = calloc(1, sizeof(*s))))
		return NULL;
	*err = get_head(fd, head, &n_head, info, &n_wraps);
	if (*err)
		goto out;
	*err = unwrap(head, n_wraps, public_key, secret_key, key);
	if (*err)
		goto out;
	s->fd = fd;
	s->info = *info;
	s->n_left = info->n_bytes;
	crypto_generichash(s->ad, sizeof(s->ad), head, n_head, NULL, 0);
	if (crypto_secretstream_xchacha20poly1305_init_pull(&s->state, head + n_head - STREAM_HEAD, key))
		*err = VG_ECORRUPT;
out:
	sodium_memzero(key, sizeof(key));
	if (*err) {
		vg_sealed_close(s);
		s = NULL;
	}
	return s;
}

/* Opens the next chunk into s->plain; the last one must carry the final tag and be followed by nothing. */
static enum vg_err next_chunk(struct vg_sealed_stream *s)
{
	size_t n_plain = s->n_left < VG_SEALED_CHUNK ? (size_t)s->n_left : VG_SEALED_CHUNK, n;
	int last = n_plain == s->n_left;
	unsigned long long n_out = 0;
	uint8_t tag = 0, beyond;

	if (read_full(s->fd, s->cipher, n_plain + TAG_BYTES, &n))
		return VG_EIO;
	if (n != n_plain + TAG_BYTES ||
	    crypto_secretstream_xchacha20poly1305_pull(&s->state, s->plain, &n_out, &tag, s->cipher, n, s->ad,
						       sizeof(s->ad)) ||
	    (tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL) != last)
		return VG_ECORRUPT;
	if (last) {
		if (read_full(s->fd, &beyond, 1, &n))
			return VG_EIO;
		if (n)
			return VG_ECORRUPT;
		s->ended = 1;
	}
	s->n_left -= n_plain;
	s->n_plain = n_plain;
	s->at = 0;
	return VG_OK;
}

enum vg_err vg_sealed_read(struct vg_sealed_stream *stream, void *to, size_t cap, size_t *n)
{
	*n = 0;
	while (!stream->err && *n < cap) {
		if (stream->at == stream->n_plain) {
			if (stream->ended)
				break;
			stream->err = next_chunk(stream);
			continue;
		}
		size_t take = stream->n_plain - stream->at;
		take = take < cap - *n ? take : cap - *n;
		memcpy((uint8_t *)to + *n, stream->plain + stream->at, take);
		stream->at += take;
		*n += take;
	}
	return *n ? VG_OK : stream->err;
}

enum vg_err vg_evidence_open(int fd, const uint8_t public_key[32], const uint8_t secret_key[32],
			     vg_evidence_chunk_fn *fn, void *user)
{
	struct vg_sealed_info info;
	enum vg_err err;
	struct vg_sealed_stream *s = vg_sealed_open(fd, public_key, secret_key, &info, &err);
	uint8_t *piece = NULL;
	size_t n;

	if (!s)
		return err;
	piece = malloc(VG_SEALED_CHUNK);
	err = piece ? VG_OK : VG_ENOMEM;
	while (!err) {
		err = vg_sealed_read(s, piece, VG_SEALED_CHUNK, &n);
		if (err || !n)
			break;
		if (fn(user, piece, n))
			err = VG_EIO;
	}
	if (piece)
		sodium_memzero(piece, VG_SEALED_CHUNK);
	free(piece);
	vg_sealed_close(s);
	return err;
}
