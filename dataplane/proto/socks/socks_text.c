/* SOCKS 4: VN CD port address user NUL (4a: address 0.0.0.x, then a name NUL); RFC 1928 3 to 6; RFC 1929 2. */
#include "dataplane/proto/socks/socks_text.h"

#include <arpa/inet.h>
#include <string.h>

#include <vigil/bytes.h>

enum { VER_4 = 4, VER_5 = 5, VER_AUTH = 1 };
enum { CMD_CONNECT = 1, CMD_BIND = 2, CMD_UDP = 3 };
enum { ADDR_IP4 = 1, ADDR_NAME = 3, ADDR_IP6 = 4 };
#define MAX_TEXT 255u

/* Where the text that begins at `at` ends, behind its NUL; 0: it has not ended, UINT32_MAX: it is too long. */
static uint32_t text_end(const uint8_t *bytes, uint32_t n_bytes, uint32_t at)
{
	const uint8_t *nul = n_bytes > at ? memchr(bytes + at, 0, n_bytes - at) : NULL;
	uint32_t n = nul ? (uint32_t)(nul - bytes) - at : n_bytes > at ? n_bytes - at : 0;

	if (n > MAX_TEXT)
		return UINT32_MAX;
	return nul ? at + n + 1 : 0;
}

static int is_4a(const uint8_t *bytes)
{
	return !vg_be24(bytes + 4) && bytes[7];
}

static enum vg_socks_what client_4(const uint8_t *bytes, uint32_t n_bytes)
{
	uint32_t end;

	if (n_bytes > 1 && bytes[1] != CMD_CONNECT && bytes[1] != CMD_BIND)
		return VG_SOCKS_BAD;
	if (n_bytes < 9)
		return VG_SOCKS_MORE;
	end = text_end(bytes, n_bytes, 8);
	if (end && end != UINT32_MAX && is_4a(bytes))
		end = text_end(bytes, n_bytes, end);
	if (end == UINT32_MAX)
		return VG_SOCKS_BAD;
	return !end ? VG_SOCKS_MORE : bytes[1] == CMD_BIND ? VG_SOCKS_BIND : VG_SOCKS_CONNECT;
}

/* Bytes of a message of version 5 that carries an address behind 3 bytes; 0: not known yet, UINT32_MAX: bad. */
static uint32_t n_with_address(const uint8_t *bytes, uint32_t n_bytes)
{
	if (n_bytes > 2 && bytes[2])
		return UINT32_MAX;
	if (n_bytes < 5)
		return 0;
	switch (bytes[3]) {
	case ADDR_IP4:
		return 4 + 4 + 2;
	case ADDR_IP6:
		return 4 + 16 + 2;
	case ADDR_NAME:
		return 4 + 1 + bytes[4] + 2u;
	default:
		return UINT32_MAX;
	}
}

static enum vg_socks_what request_5(const uint8_t *bytes, uint32_t n_bytes)
{
	uint32_t n = n_with_address(bytes, n_bytes);

	if (n == UINT32_MAX || (n_bytes > 1 && (bytes[1] < CMD_CONNECT || bytes[1] > CMD_UDP)))
		return VG_SOCKS_BAD;
	if (!n || n_bytes < n)
		return VG_SOCKS_MORE;
	return bytes[1] == CMD_UDP ? VG_SOCKS_REFUSED : bytes[1] == CMD_BIND ? VG_SOCKS_BIND : VG_SOCKS_CONNECT;
}

enum vg_socks_what vg_socks_client(const uint8_t *bytes, uint32_t n_bytes, int is_first)
{
	uint32_t n_user;

	if (is_first && bytes[0] == VER_4)
		return client_4(bytes, n_bytes);
	if (is_first && bytes[0] == VER_5) {
		if (n_bytes > 1 && !bytes[1])
			return VG_SOCKS_BAD;
		return n_bytes < 2 || n_bytes < 2u + bytes[1] ? VG_SOCKS_MORE : VG_SOCKS_NEXT;
	}
	if (!is_first && bytes[0] == VER_AUTH) {
		n_user = n_bytes > 1 ? bytes[1] : 0;
		if (n_bytes < 3 + n_user || n_bytes < 3 + n_user + bytes[2 + n_user])
			return VG_SOCKS_MORE;
		return VG_SOCKS_NEXT;
	}
	return !is_first && bytes[0] == VER_5 ? request_5(bytes, n_bytes) : VG_SOCKS_BAD;
}

/* First of version 5: the choice of a method. Where that was lost this is a reply already, which has a 0 behind it. */
static enum vg_socks_what server_5(const uint8_t *bytes, uint32_t n_bytes, int is_first)
{
	uint32_t n;

	if (is_first && n_bytes == 2 && bytes[1] != 0 && bytes[1] != 2)
		return VG_SOCKS_REFUSED;
	if (is_first)
		return n_bytes < 2 ? VG_SOCKS_MORE : VG_SOCKS_NEXT;
	n = n_with_address(bytes, n_bytes);
	if (n_bytes > 1 && bytes[1])
		return VG_SOCKS_REFUSED;
	if (n == UINT32_MAX)
		return VG_SOCKS_BAD;
	return !n || n_bytes < n ? VG_SOCKS_MORE : VG_SOCKS_TUNNEL;
}

enum vg_socks_what vg_socks_server(const uint8_t *bytes, uint32_t n_bytes, int is_first)
{
	if (bytes[0] == VER_5)
		return server_5(bytes, n_bytes, is_first);
	if (is_first && bytes[0] == 0) {
		if (n_bytes > 1 && bytes[1] != 0x5a)
			return VG_SOCKS_REFUSED;
		return n_bytes < 8 ? VG_SOCKS_MORE : VG_SOCKS_TUNNEL;
	}
	if (!is_first && bytes[0] == 0) /* the first two bytes were those of a reply */
		return VG_SOCKS_AGAIN;
	if (!is_first && bytes[0] == VER_AUTH) {
		if (n_bytes < 2)
			return VG_SOCKS_MORE;
		return bytes[1] ? VG_SOCKS_REFUSED : VG_SOCKS_NEXT;
	}
	return VG_SOCKS_BAD;
}

static uint32_t put(char *out, uint32_t n, uint32_t cap, const void *text, uint32_t n_text)
{
	n_text = n_text < cap - n ? n_text : cap - n;
	memcpy(out + n, text, n_text);
	return n + n_text;
}

static uint32_t put_port(char *out, uint32_t n, uint32_t cap, uint16_t port)
{
	char digits[6], *at = digits + sizeof(digits);

	do
		*--at = (char)('0' + port % 10);
	while (port /= 10);
	*--at = ':';
	return put(out, n, cap, at, (uint32_t)(digits + sizeof(digits) - at));
}

static uint32_t put_address(char *out, uint32_t n, uint32_t cap, int family, const uint8_t *ip)
{
	char text[INET6_ADDRSTRLEN] = "";

	(void)inet_ntop(family, ip, text, sizeof(text));
	n = family == AF_INET6 ? put(out, n, cap, "[", 1) : n;
	n = put(out, n, cap, text, (uint32_t)strlen(text));
	return family == AF_INET6 ? put(out, n, cap, "]", 1) : n;
}

uint32_t vg_socks_target(const uint8_t *bytes, uint32_t n_bytes, char *out, uint32_t cap)
{
	uint32_t n = 0, at;

	if (bytes[0] == VER_4 && is_4a(bytes)) {
		at = text_end(bytes, n_bytes, 8);
		n = put(out, n, cap, bytes + at, n_bytes - at - 1);
		return put_port(out, n, cap, vg_be16(bytes + 2));
	}
	if (bytes[0] == VER_4) {
		n = put_address(out, n, cap, AF_INET, bytes + 4);
		return put_port(out, n, cap, vg_be16(bytes + 2));
	}
	if (bytes[3] == ADDR_NAME)
		n = put(out, n, cap, bytes + 5, bytes[4]);
	else
		n = put_address(out, n, cap, bytes[3] == ADDR_IP4 ? AF_INET : AF_INET6, bytes + 4);
	return put_port(out, n, cap, vg_be16(bytes + n_bytes - 2));
}
