/* Sectors are named by number, the first behind the header; tables of such numbers (FAT) tell which sector follows
 * which, and a table of tables (DIFAT) where the FAT lies. Streams below the cut-off lie in small sectors of the root
 * entry's own stream. */
#include "hashing/unpack/compound.h"

#include <string.h>

#define HEADER_BYTES  512u
#define ENTRY_BYTES   128u
#define HEADER_DIFATS 109u
#define MAX_REGULAR   0xfffffff9u /* numbers above have a meaning of their own ([MS-CFB] 2.1) */
#define END_OF_CHAIN  0xfffffffeu
#define TYPE_STREAM   2
#define TYPE_ROOT     5
#define SHIFT_SMALL   9  /* sectors of 512 bytes (version 3) */
#define SHIFT_LARGE   12 /* of 4096 (version 4) */
#define MINI_SHIFT    6
#define MINI_CUTOFF   4096u
#define NAME_UNITS    32u

/* The bytes of a sector: how many of them the file has (the last one may be cut). */
static size_t sector(const struct vg_compound *c, uint32_t idx, const uint8_t **at)
{
	uint64_t off = ((uint64_t)idx + 1) * c->sector_bytes;

	if (idx >= c->n_sectors || off >= c->n_bytes)
		return 0;
	*at = c->at + off;
	return c->n_bytes - off < c->sector_bytes ? c->n_bytes - off : c->sector_bytes;
}

/* Number n_th of a sector full of them; END_OF_CHAIN where there is none. */
static uint32_t number_in(const struct vg_compound *c, uint32_t idx, uint32_t n_th)
{
	const uint8_t *at;
	size_t n = sector(c, idx, &at);

	return (size_t)n_th * 4 + 4 <= n ? vg_le32(at + (size_t)n_th * 4) : END_OF_CHAIN;
}

/* The sector that holds part `part` of the FAT. */
static uint32_t fat_sector(const struct vg_compound *c, uint32_t part)
{
	uint32_t per = c->sector_bytes / 4 - 1, idx = vg_le32(c->at + 68);

	if (part < HEADER_DIFATS)
		return vg_le32(c->at + 76 + (size_t)part * 4);
	part -= HEADER_DIFATS;
	for (; part >= per; part -= per)
		if ((idx = number_in(c, idx, per)) > MAX_REGULAR)
			return END_OF_CHAIN;
	return number_in(c, idx, part);
}

static uint32_t following(const struct vg_compound *c, uint32_t idx)
{
	uint32_t per = c->sector_bytes / 4, fat = fat_sector(c, idx / per);

	return fat > MAX_REGULAR ? END_OF_CHAIN : number_in(c, fat, idx % per);
}

bool vg_compound_open(struct vg_compound *c, const struct vg_span *bytes)
{
	const uint8_t *h = bytes->at;
	unsigned shift;

	memset(c, 0, sizeof(*c));
	if (bytes->n_bytes < HEADER_BYTES || memcmp(h, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8) ||
	    vg_le16(h + 28) != 0xfffe)
		return false;
	shift = vg_le16(h + 30);
	if ((shift != SHIFT_SMALL && shift != SHIFT_LARGE) || vg_le16(h + 32) != MINI_SHIFT)
		return false;
	c->at = h;
	c->n_bytes = bytes->n_bytes;
	c->sector_bytes = 1u << shift;
	c->mini_sector_bytes = 1u << MINI_SHIFT;
	c->mini_cutoff = MINI_CUTOFF;
	if ((bytes->n_bytes >> shift) > MAX_REGULAR || bytes->n_bytes <= c->sector_bytes)
		return false;
	c->n_sectors = (uint32_t)((bytes->n_bytes - 1) >> shift);
	c->next_dir_sector = c->dir_sector = vg_le32(h + 48);
	c->mini_fat_sector = vg_le32(h + 60);
	c->mini_stream_sector = END_OF_CHAIN;
	return true;
}

/* UTF-16LE as UTF-8; half pairs and control characters as '_'. */
static size_t name_of(const uint8_t *entry, char *to)
{
	size_t n = 0;

	for (unsigned i = 0; i < NAME_UNITS; i++) {
		unsigned u = vg_le16(entry + (size_t)i * 2);
		if (!u)
			break;
		if (u < 0x20 || u == 0x7f || (u >= 0xd800 && u < 0xe000))
			u = '_';
		if (u < 0x80) {
			to[n++] = (char)u;
		} else if (u < 0x800) {
			to[n++] = (char)(0xc0 | u >> 6);
			to[n++] = (char)(0x80 | (u & 63));
		} else {
			to[n++] = (char)(0xe0 | u >> 12);
			to[n++] = (char)(0x80 | (u >> 6 & 63));
			to[n++] = (char)(0x80 | (u & 63));
		}
	}
	to[n] = 0;
	return n;
}

/* The entry at hand, and one step on; NULL behind the last. */
static const uint8_t *next_entry(struct vg_compound *c)
{
	const uint8_t *at;
	size_t n, off;

	while (c->next_dir_sector <= MAX_REGULAR && c->n_dirs_seen <= c->n_sectors) {
		n = sector(c, c->next_dir_sector, &at);
		off = (size_t)c->next_entry * ENTRY_BYTES;
		if (off + ENTRY_BYTES <= n) {
			c->next_entry++;
			return at + off;
		}
		c->next_entry = 0;
		c->n_dirs_seen++;
		c->next_dir_sector = following(c, c->next_dir_sector);
	}
	return NULL;
}

bool vg_compound_next(struct vg_compound *c, struct vg_compound_stream *stream)
{
	const uint8_t *e;

	while ((e = next_entry(c))) {
		if (e[66] == TYPE_ROOT && c->mini_stream_sector == END_OF_CHAIN)
			c->mini_stream_sector = vg_le32(e + 116);
		if (e[66] != TYPE_STREAM)
			continue;
		stream->sector = vg_le32(e + 116);
		/* The upper half of a size is noise in version 3 ([MS-CFB] 2.6.1). */
		stream->n_bytes = c->sector_bytes == 1u << SHIFT_SMALL ? vg_le32(e + 120) : vg_le64(e + 120);
		if (!stream->n_bytes)
			continue;
		stream->n_name = name_of(e, stream->name);
		return true;
	}
	return false;
}

/* A place in a chain of sectors, to go on from: chains are read forward nearly always. */
struct place {
	uint32_t first, idx, nth, n_steps;
};

/* The nth sector of the chain; END_OF_CHAIN behind its end, and where it has more steps than the file has sectors. */
static uint32_t nth_sector(const struct vg_compound *c, struct place *p, uint32_t nth)
{
	if (nth < p->nth) {
		p->idx = p->first;
		p->nth = 0;
	}
	for (; p->nth < nth && p->idx <= MAX_REGULAR; p->nth++)
		p->idx = p->n_steps++ > 4 * c->n_sectors ? END_OF_CHAIN : following(c, p->idx);
	return p->idx;
}

static size_t read_mini(const struct vg_compound *c, const struct vg_compound_stream *s, uint8_t *to, size_t n_want)
{
	struct place fat = { c->mini_fat_sector, c->mini_fat_sector, 0, 0 };
	struct place root = { c->mini_stream_sector, c->mini_stream_sector, 0, 0 };
	uint32_t idx = s->sector, per_fat = c->sector_bytes / 4, per = c->sector_bytes / c->mini_sector_bytes;
	const uint8_t *at;
	size_t n_done = 0;

	while (n_done < n_want && idx <= MAX_REGULAR) {
		size_t n_have = sector(c, nth_sector(c, &root, idx / per), &at);
		size_t off = (size_t)(idx % per) * c->mini_sector_bytes, n;
		if (n_have <= off)
			break;
		n = n_have - off < c->mini_sector_bytes ? n_have - off : c->mini_sector_bytes;
		n = n < n_want - n_done ? n : n_want - n_done;
		memcpy(to + n_done, at + off, n);
		n_done += n;
		idx = number_in(c, nth_sector(c, &fat, idx / per_fat), idx % per_fat);
	}
	return n_done;
}

size_t vg_compound_read(const struct vg_compound *c, const struct vg_compound_stream *s, uint8_t *to, size_t n_room)
{
	size_t n_want = s->n_bytes < n_room ? (size_t)s->n_bytes : n_room, n_done = 0;
	uint32_t idx = s->sector;
	const uint8_t *at;

	if (s->n_bytes < c->mini_cutoff)
		return read_mini(c, s, to, n_want);
	while (n_done < n_want && idx <= MAX_REGULAR) {
		size_t n = sector(c, idx, &at);
		n = n < n_want - n_done ? n : n_want - n_done;
		if (!n)
			break;
		memcpy(to + n_done, at, n);
		n_done += n;
		idx = following(c, idx);
	}
	return n_done;
}
