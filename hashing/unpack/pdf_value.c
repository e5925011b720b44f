/* One byte forward at a time, brackets counted and not stacked: a closing one of another sort closes, too. */
#include "hashing/unpack/pdf_value.h"

#include "hashing/unpack/letters.h"

static bool is_space(uint8_t c)
{
	return !c || c == '\t' || c == '\n' || c == '\f' || c == '\r' || c == ' ';
}
static bool is_delimiter(uint8_t c)
{
	return c == '(' || c == ')' || c == '<' || c == '>' || c == '[' || c == ']' || c == '{' || c == '}' ||
	       c == '/' || c == '%';
}
static bool is_regular(uint8_t c)
{
	return !is_space(c) && !is_delimiter(c);
}
static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}
static struct vg_span from(struct vg_span s, size_t n)
{
	n = n < s.n_bytes ? n : s.n_bytes;
	return n ? (struct vg_span){ s.at + n, s.n_bytes - n } : s;
}
static bool begins(struct vg_span s, const char *with)
{
	size_t n = strlen(with);

	return s.n_bytes >= n && !memcmp(s.at, with, n);
}

struct vg_span vg_pdf_trim(struct vg_span at)
{
	size_t i = 0;

	for (; i < at.n_bytes && (is_space(at.at[i]) || at.at[i] == '%'); i++)
		if (at.at[i] == '%')
			while (i + 1 < at.n_bytes && at.at[i] != '\r' && at.at[i] != '\n')
				i++;
	return from(at, i);
}

/* How long the string is that begins with this bracket. */
static size_t string_bytes(struct vg_span s)
{
	size_t depth = 0;

	for (size_t i = 0; i < s.n_bytes; i++) {
		if (s.at[i] == '\\')
			i++;
		else if (s.at[i] == '(')
			depth++;
		else if (s.at[i] == ')' && !--depth)
			return i + 1;
	}
	return s.n_bytes;
}

static size_t regular_bytes(struct vg_span s)
{
	size_t n = 0;

	while (n < s.n_bytes && is_regular(s.at[n]))
		n++;
	return n;
}

/* How long the token at s is, and what it does to the depth. */
static size_t token_bytes(struct vg_span s, int *depth)
{
	const uint8_t *end;

	if (begins(s, "<<") || begins(s, ">>")) {
		*depth += s.at[0] == '<' ? 1 : -1;
		return 2;
	}
	switch (s.at[0]) {
	case '(':
		return string_bytes(s);
	case '<':
		end = memchr(s.at, '>', s.n_bytes);
		return end ? (size_t)(end - s.at) + 1 : s.n_bytes;
	case '[':
	case ']':
		*depth += s.at[0] == '[' ? 1 : -1;
		return 1;
	case '/':
		return 1 + regular_bytes(from(s, 1));
	}
	return is_regular(s.at[0]) ? regular_bytes(s) : 1;
}

static bool reference(struct vg_span value, uint32_t *number, struct vg_span *behind)
{
	uint64_t v[2] = { 0, 0 };

	for (unsigned i = 0; i < 2; i++) {
		size_t n = 0;
		value = vg_pdf_trim(value);
		for (; n < value.n_bytes && n < 10 && is_digit(value.at[n]); n++)
			v[i] = v[i] * 10 + (uint64_t)(value.at[n] - '0');
		if (!n || n == value.n_bytes || !(is_space(value.at[n]) || value.at[n] == '%'))
			return false;
		value = from(value, n);
	}
	value = vg_pdf_trim(value);
	if (!value.n_bytes || value.at[0] != 'R' || (value.n_bytes > 1 && is_regular(value.at[1])) || v[0] > UINT32_MAX)
		return false;
	*number = (uint32_t)v[0];
	*behind = from(value, 1);
	return true;
}

struct vg_span vg_pdf_behind(struct vg_span value)
{
	struct vg_span behind;
	uint32_t number;
	int depth = 0;

	if (reference(value, &number, &behind))
		return behind;
	do {
		value = vg_pdf_trim(value);
		if (value.n_bytes)
			value = from(value, token_bytes(value, &depth));
	} while (depth > 0 && value.n_bytes);
	return value;
}

static bool same_name(struct vg_span value, const char *name)
{
	size_t i = 1;

	for (; i < value.n_bytes && is_regular(value.at[i]); i++, name++) {
		int c = value.at[i], high, low;
		if (c == '#' && i + 2 < value.n_bytes && (high = vg_hex_value(value.at[i + 1])) >= 0 &&
		    (low = vg_hex_value(value.at[i + 2])) >= 0) {
			c = high << 4 | low;
			i += 2;
		}
		if (!*name || c != (uint8_t)*name)
			return false;
	}
	return !*name;
}
bool vg_pdf_is_any_name(struct vg_span value)
{
	return value.n_bytes && value.at[0] == '/';
}
bool vg_pdf_is_name(struct vg_span value, const char *name)
{
	return vg_pdf_is_any_name(value) && same_name(value, name);
}
bool vg_pdf_is_dict(struct vg_span value)
{
	return begins(value, "<<");
}
bool vg_pdf_is_array(struct vg_span value)
{
	return begins(value, "[");
}
bool vg_pdf_is_true(struct vg_span value)
{
	return begins(value, "true");
}

struct vg_span vg_pdf_key(struct vg_span dict, const char *name)
{
	struct vg_span at = vg_pdf_is_dict(dict) ? vg_pdf_trim(from(dict, 2)) : (struct vg_span){ NULL, 0 };

	while (at.n_bytes && !begins(at, ">>")) {
		int depth = 0;
		bool is_key = vg_pdf_is_any_name(at);
		bool found = is_key && same_name(at, name);
		at = vg_pdf_trim(from(at, token_bytes(at, &depth)));
		if (found)
			return begins(at, ">>") ? (struct vg_span){ NULL, 0 } : at;
		if (is_key && !begins(at, ">>"))
			at = vg_pdf_trim(vg_pdf_behind(at));
	}
	return (struct vg_span){ NULL, 0 };
}

struct vg_span vg_pdf_item(struct vg_span array, unsigned idx)
{
	struct vg_span at = vg_pdf_is_array(array) ? vg_pdf_trim(from(array, 1)) : (struct vg_span){ NULL, 0 };

	for (unsigned i = 0; at.n_bytes && at.at[0] != ']'; i++) {
		if (i == idx)
			return at;
		at = vg_pdf_trim(vg_pdf_behind(at));
	}
	return (struct vg_span){ NULL, 0 };
}

int64_t vg_pdf_number(struct vg_span value, int64_t other)
{
	size_t i = value.n_bytes && (value.at[0] == '-' || value.at[0] == '+'), first = i;
	int64_t v = 0;

	for (; i < value.n_bytes && is_digit(value.at[i]); i++)
		v = v < INT32_MAX ? v * 10 + (value.at[i] - '0') : v;
	if (i == first && !(i < value.n_bytes && value.at[i] == '.'))
		return other;
	return value.at[0] == '-' ? -v : v;
}

bool vg_pdf_reference(struct vg_span value, uint32_t *number)
{
	struct vg_span behind;

	return reference(value, number, &behind);
}

/* What a backslash stands for; i comes as its place and goes as that of its last letter. False: nothing. */
static bool escaped(struct vg_span s, size_t *i, uint8_t *c)
{
	static const char letters[] = "n\nr\rt\tb\bf\f";
	unsigned v = 0;

	if (++*i >= s.n_bytes)
		return false;
	*c = s.at[*i];
	if (*c == '\n' || *c == '\r') { /* the line goes on */
		*i += *c == '\r' && *i + 1 < s.n_bytes && s.at[*i + 1] == '\n';
		return false;
	}
	if (*c >= '0' && *c <= '7') {
		size_t n = 0;
		for (; n < 3 && *i + n < s.n_bytes && s.at[*i + n] >= '0' && s.at[*i + n] <= '7'; n++)
			v = v * 8 + (unsigned)(s.at[*i + n] - '0');
		*i += n - 1;
		*c = (uint8_t)v;
		return true;
	}
	for (unsigned k = 0; letters[k]; k += 2)
		if (*c == (uint8_t)letters[k]) {
			*c = (uint8_t)letters[k + 1];
			break;
		}
	return true;
}

size_t vg_pdf_string(struct vg_span value, uint8_t *to, size_t n_room)
{
	size_t n = 0, n_digits = 0, depth = 1;

	if (begins(value, "<") && !begins(value, "<<")) {
		for (size_t i = 1; i < value.n_bytes && value.at[i] != '>' && n_digits / 2 < n_room; i++) {
			int v = vg_hex_value(value.at[i]);
			if (v < 0)
				continue;
			to[n_digits / 2] = (uint8_t)(n_digits % 2 ? to[n_digits / 2] | v : v << 4);
			n_digits++;
		}
		return (n_digits + 1) / 2;
	}
	if (!begins(value, "("))
		return 0;
	for (size_t i = 1; i < value.n_bytes && n < n_room; i++) {
		uint8_t c = value.at[i];
		if (c == '\\') {
			if (escaped(value, &i, &c))
				to[n++] = c;
			continue;
		}
		depth += c == '(';
		if (c == ')' && !--depth)
			break;
		to[n++] = c;
	}
	return n;
}
