/* Lenient where clients and servers are: any case, blanks, missing brackets. */
#include <arpa/inet.h>
#include <string.h>

#include "dataplane/proto/ftp/ftp_text.h"

static const struct {
	char word[6];
	uint8_t verb;
} words[] = {
	{ "USER", VG_FTP_USER }, { "CWD", VG_FTP_CWD },   { "XCWD", VG_FTP_CWD },  { "CDUP", VG_FTP_CDUP },
	{ "XCUP", VG_FTP_CDUP }, { "PWD", VG_FTP_PWD },   { "XPWD", VG_FTP_PWD },  { "TYPE", VG_FTP_TYPE },
	{ "MODE", VG_FTP_MODE }, { "PASV", VG_FTP_PASV }, { "EPSV", VG_FTP_PASV }, { "PORT", VG_FTP_PORT },
	{ "EPRT", VG_FTP_PORT }, { "REST", VG_FTP_REST }, { "SIZE", VG_FTP_SIZE }, { "HOST", VG_FTP_HOST },
	{ "CLNT", VG_FTP_CLNT }, { "AUTH", VG_FTP_AUTH }, { "REIN", VG_FTP_REIN }, { "EHLO", VG_FTP_MAIL },
	{ "HELO", VG_FTP_MAIL }, { "LHLO", VG_FTP_MAIL }, { "RETR", VG_FTP_RETR }, { "STOR", VG_FTP_STOR },
	{ "STOU", VG_FTP_STOU }, { "APPE", VG_FTP_APPE }, { "LIST", VG_FTP_LIST }, { "NLST", VG_FTP_LIST },
	{ "MLSD", VG_FTP_LIST },
};

static int is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static int is_letter(uint8_t c)
{
	return (c | 32) >= 'a' && (c | 32) <= 'z';
}

static struct vg_span from(struct vg_span text, size_t n)
{
	return (struct vg_span){ text.at + n, text.n_bytes - n };
}

int vg_ftp_line(struct vg_span *rest, struct vg_span *line)
{
	const uint8_t *end = rest->n_bytes ? memchr(rest->at, '\n', rest->n_bytes) : NULL;

	if (!end)
		return 0;
	*line = (struct vg_span){ rest->at, (size_t)(end - rest->at) };
	*rest = from(*rest, line->n_bytes + 1);
	if (line->n_bytes && line->at[line->n_bytes - 1] == '\r')
		line->n_bytes--;
	return 1;
}

enum vg_ftp_verb vg_ftp_command(struct vg_span line, struct vg_span *args)
{
	size_t n = 0;

	/* the urgent bytes of telnet before ABOR (RFC 959 4.1.3) */
	while (line.n_bytes && line.at[0] >= 0xf0)
		line = from(line, 1);
	while (n < line.n_bytes && n < 12 && is_letter(line.at[n]))
		n++;
	*args = from(line, n);
	if (n < 3 || n > 8 || (args->n_bytes && args->at[0] != ' ' && args->at[0] != '\t'))
		return VG_FTP_NO_COMMAND;
	if (args->n_bytes)
		*args = from(*args, 1); /* a name may begin with blanks */
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i].word) == n && !strncasecmp((const char *)line.at, words[i].word, n))
			return (enum vg_ftp_verb)words[i].verb;
	return VG_FTP_OTHER;
}

unsigned vg_ftp_reply(struct vg_span line, int *is_last, struct vg_span *text)
{
	if (line.n_bytes < 3 || line.at[0] < '1' || line.at[0] > '6' || !is_digit(line.at[1]) || !is_digit(line.at[2]))
		return 0;
	if (line.n_bytes > 3 && line.at[3] != ' ' && line.at[3] != '-')
		return 0;
	*is_last = line.n_bytes == 3 || line.at[3] == ' ';
	*text = from(line, line.n_bytes > 3 ? 4 : 3);
	return (unsigned)(line.at[0] - '0') * 100 + (unsigned)(line.at[1] - '0') * 10 + (unsigned)(line.at[2] - '0');
}

/* "h1,h2,h3,h4,p1,p2" anywhere in text (RFC 959 4.1.2; RFC 1123 4.1.2.6: there may be no brackets). */
static int host_port(struct vg_span text, struct vg_ftp_announced *found)
{
	for (size_t begin = 0; begin < text.n_bytes; begin++) {
		unsigned numbers[6], n = 0;
		size_t at = begin;

		if (!is_digit(text.at[begin]) || (begin && is_digit(text.at[begin - 1])))
			continue;
		while (n < 6 && at < text.n_bytes && is_digit(text.at[at])) {
			for (numbers[n] = 0; at < text.n_bytes && is_digit(text.at[at]) && numbers[n] < 1000; at++)
				numbers[n] = numbers[n] * 10 + (unsigned)(text.at[at] - '0');
			if (numbers[n++] > 255 || n == 6)
				break;
			if (at < text.n_bytes && text.at[at] == ',')
				at++;
			while (at < text.n_bytes && text.at[at] == ' ')
				at++;
		}
		if (n < 6 || numbers[5] > 255)
			continue;
		*found = (struct vg_ftp_announced){ .ip_version = 4, .port = (uint16_t)(numbers[4] << 8 | numbers[5]) };
		for (unsigned i = 0; i < 4; i++)
			found->ip[i] = (uint8_t)numbers[i];
		return found->port != 0;
	}
	return 0;
}

/* "(|||6446|)", any delimiter (RFC 2428 3). */
static int extended_passive(struct vg_span text, struct vg_ftp_announced *found)
{
	for (size_t i = 0; i + 4 < text.n_bytes; i++) {
		const uint8_t *t = text.at + i;
		uint64_t port;

		if (is_digit(t[0]) || t[0] <= ' ' || t[1] != t[0] || t[2] != t[0] || !is_digit(t[3]))
			continue;
		port = vg_ftp_number(from(text, i + 3));
		*found = (struct vg_ftp_announced){ .port = (uint16_t)port };
		return port && port <= 65535;
	}
	return 0;
}

/* "|1|132.235.1.2|6275|", "|2|1080::8:800:200C:417A|5282|" (RFC 2428 2). */
static int extended_port(struct vg_span text, struct vg_ftp_announced *found)
{
	char address[48];
	const uint8_t *end;
	uint64_t port;
	size_t n;

	while (text.n_bytes && text.at[0] == ' ')
		text = from(text, 1);
	if (text.n_bytes < 8 || text.at[2] != text.at[0] || (text.at[1] != '1' && text.at[1] != '2'))
		return 0;
	end = memchr(text.at + 3, text.at[0], text.n_bytes - 3);
	n = end ? (size_t)(end - text.at) - 3 : sizeof(address);
	if (n >= sizeof(address))
		return 0;
	memcpy(address, text.at + 3, n);
	address[n] = 0;
	port = vg_ftp_number(from(text, n + 4));
	*found = (struct vg_ftp_announced){ .ip_version = text.at[1] == '1' ? 4 : 6, .port = (uint16_t)port };
	return inet_pton(text.at[1] == '1' ? AF_INET : AF_INET6, address, found->ip) == 1 && port && port <= 65535;
}

int vg_ftp_announces(struct vg_span line, struct vg_ftp_announced *found)
{
	struct vg_span args;

	if (line.n_bytes < 8)
		return 0;
	if (!memcmp(line.at, "227", 3))
		return host_port(from(line, 4), found);
	if (!memcmp(line.at, "229", 3))
		return extended_passive(from(line, 4), found);
	if (vg_ftp_command(line, &args) != VG_FTP_PORT)
		return 0;
	return (line.at[0] | 32) == 'e' ? extended_port(args, found) : host_port(args, found);
}

uint64_t vg_ftp_number(struct vg_span text)
{
	uint64_t number = 0;
	size_t at = 0;

	while (at < text.n_bytes && !is_digit(text.at[at]))
		at++;
	if (at == text.n_bytes)
		return UINT64_MAX;
	for (; at < text.n_bytes && is_digit(text.at[at]); at++) {
		if (number > (UINT64_MAX - 10) / 10)
			return UINT64_MAX;
		number = number * 10 + (uint64_t)(text.at[at] - '0');
	}
	return number;
}

struct vg_span vg_ftp_quoted(struct vg_span text)
{
	const uint8_t *begin = text.n_bytes ? memchr(text.at, '"', text.n_bytes) : NULL;
	const uint8_t *end = text.at + text.n_bytes, *at;

	if (!begin)
		return from(text, text.n_bytes);
	for (at = ++begin; at < end; at++) {
		if (*at != '"')
			continue;
		if (at + 1 == end || at[1] != '"')
			break;
		at++;
	}
	return (struct vg_span){ begin, at < end ? (size_t)(at - begin) : 0 };
}

uint64_t vg_ftp_opening(struct vg_span text, struct vg_span *name)
{
	static const char marks[2][12] = { " for ", "FILE: " };
	uint64_t n_bytes = UINT64_MAX;
	const uint8_t *at = NULL;
	size_t end = text.n_bytes;

	for (size_t i = 0; i + 8 < text.n_bytes; i++)
		if (text.at[i] == '(' && is_digit(text.at[i + 1]))
			end = i;
	if (end < text.n_bytes && memmem(text.at + end, text.n_bytes - end, " byte", 5))
		n_bytes = vg_ftp_number(from(text, end));
	else
		end = text.n_bytes;
	*name = from(text, text.n_bytes);
	for (unsigned i = 0; i < 2 && !at; i++) {
		at = memmem(text.at, end, marks[i], strlen(marks[i]));
		at = at ? at + strlen(marks[i]) : NULL;
	}
	if (!at)
		return n_bytes;
	*name = (struct vg_span){ at, (size_t)(text.at + end - at) };
	while (name->n_bytes && (name->at[name->n_bytes - 1] == ' ' || name->at[name->n_bytes - 1] == '.'))
		name->n_bytes--;
	return n_bytes;
}
