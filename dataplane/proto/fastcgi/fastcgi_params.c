/* A pair is two lengths (one byte, or four with the top bit set), the name, the value. */
#include "dataplane/proto/fastcgi/fastcgi_params.h"

#include <string.h>

enum { NAME_LENGTH, VALUE_LENGTH, NAME, VALUE, REFUSED };

static const struct {
	const char *name;
	uint16_t at, cap;
} fields[VG_FCGI_FIELDS] = {
	[VG_FCGI_METHOD] = { "REQUEST_METHOD", 0, 16 },
	[VG_FCGI_URI] = { "REQUEST_URI", 16, 768 },
	[VG_FCGI_HOST] = { "HTTP_HOST", 784, 256 },
	[VG_FCGI_SERVER] = { "SERVER_NAME", 1040, 256 },
	[VG_FCGI_TYPE] = { "CONTENT_TYPE", 1296, 200 },
	[VG_FCGI_LENGTH] = { "CONTENT_LENGTH", 1496, 24 },
	[VG_FCGI_AGENT] = { "HTTP_USER_AGENT", 1520, 160 },
	[VG_FCGI_ADDRESS] = { "REMOTE_ADDR", 1680, 64 },
	[VG_FCGI_CODING] = { "HTTP_CONTENT_ENCODING", 1744, 64 },
	[VG_FCGI_FORWARDED_FOR] = { "HTTP_X_FORWARDED_FOR", 1808, VG_FCGI_LIST_BYTES },
	[VG_FCGI_FORWARDED] = { "HTTP_FORWARDED", 1808 + VG_FCGI_LIST_BYTES, VG_FCGI_LIST_BYTES },
};

struct vg_span vg_fcgi_text(const struct vg_fcgi_texts *texts, enum vg_fcgi_field field)
{
	return (struct vg_span){ (const uint8_t *)texts->text + fields[field].at, texts->n[field] };
}

static uint8_t field_of(const struct vg_fcgi_params *params)
{
	for (uint8_t i = 0; params->n_name < VG_FCGI_NAME_BYTES && i < VG_FCGI_FIELDS; i++)
		if (strlen(fields[i].name) == params->n_name && !memcmp(fields[i].name, params->name, params->n_name))
			return i;
	return VG_FCGI_FIELDS;
}

/* A length, byte by byte: true where it is whole. */
static int length_take(struct vg_fcgi_params *params, uint8_t byte, uint32_t *n)
{
	params->length[params->n_length++] = byte;
	if (!(params->length[0] & 0x80))
		*n = byte;
	else if (params->n_length == 4)
		*n = vg_be32(params->length) & 0x7fffffffu;
	else
		return 0;
	params->n_length = 0;
	params->at = 0;
	return 1;
}

/* What follows is the value, or the next pair where it is empty. */
static void value_begin(struct vg_fcgi_params *params, struct vg_fcgi_texts *texts)
{
	params->field = field_of(params);
	params->at = 0;
	params->phase = params->n_value ? VALUE : NAME_LENGTH;
	if (params->field < VG_FCGI_FIELDS)
		texts->n[params->field] = 0; /* the last one counts */
}

static uint32_t name_take(struct vg_fcgi_params *params, struct vg_fcgi_texts *texts, const uint8_t *bytes, uint32_t n)
{
	uint32_t room = params->at < VG_FCGI_NAME_BYTES ? VG_FCGI_NAME_BYTES - params->at : 0;

	n = params->n_name - params->at < n ? params->n_name - params->at : n;
	if (room)
		memcpy(params->name + params->at, bytes, n < room ? n : room);
	params->at += n;
	if (params->at == params->n_name)
		value_begin(params, texts);
	return n;
}

static uint32_t value_take(struct vg_fcgi_params *params, struct vg_fcgi_texts *texts, const uint8_t *bytes, uint32_t n)
{
	uint8_t field = params->field;

	n = params->n_value - params->at < n ? params->n_value - params->at : n;
	if (field < VG_FCGI_FIELDS) {
		uint32_t room = fields[field].cap - (uint32_t)texts->n[field], n_kept = n < room ? n : room;
		memcpy(texts->text + fields[field].at + texts->n[field], bytes, n_kept);
		texts->n[field] = (uint16_t)(texts->n[field] + n_kept);
		texts->is_cut |= n_kept < n;
	}
	params->at += n;
	if (params->at == params->n_value)
		params->phase = NAME_LENGTH;
	return n;
}

enum vg_step vg_fcgi_params_feed(struct vg_fcgi_params *params, struct vg_fcgi_texts *texts, const uint8_t *bytes,
				 uint32_t n_bytes)
{
	uint32_t n = VG_FCGI_MAX_PARAM_BYTES - params->n_total < n_bytes ? VG_FCGI_MAX_PARAM_BYTES - params->n_total
									 : n_bytes;

	params->n_total += n;
	for (uint32_t at = 0; at < n;) {
		switch (params->phase) {
		case NAME_LENGTH:
			if (length_take(params, bytes[at++], &params->n_name))
				params->phase = VALUE_LENGTH;
			break;
		case VALUE_LENGTH:
			if (!length_take(params, bytes[at++], &params->n_value))
				break;
			params->phase = NAME;
			if (!params->n_name)
				value_begin(params, texts);
			break;
		case NAME:
			at += name_take(params, texts, bytes + at, n - at);
			break;
		case VALUE:
			at += value_take(params, texts, bytes + at, n - at);
			break;
		default:
			return VG_BAD;
		}
	}
	if (n == n_bytes)
		return params->phase == REFUSED ? VG_BAD : VG_MORE;
	params->phase = REFUSED;
	return VG_BAD;
}
