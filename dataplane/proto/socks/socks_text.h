#pragma once
/* socks_text: the messages of a handshake: where one ends, and what it says. Pure, any thread. */
#include <stdint.h>

enum vg_socks_what {
	VG_SOCKS_MORE,    /* it is not whole yet */
	VG_SOCKS_BAD,     /* it breaks its format */
	VG_SOCKS_REFUSED, /* the server says no, or the client wants what is not followed */
	VG_SOCKS_NEXT,    /* it is whole, another one follows */
	VG_SOCKS_CONNECT, /* it is whole: the client's last, the connection is a tunnel behind it */
	VG_SOCKS_BIND,    /* the same; the server answers twice (RFC 1928 6) */
	VG_SOCKS_TUNNEL,  /* it is whole: the server's last */
	VG_SOCKS_AGAIN,   /* server: the first two bytes were no choice of a method but begin a reply */
};
/* The client's message: bytes of it so far; is_first: nothing came before it. */
enum vg_socks_what vg_socks_client(const uint8_t *bytes, uint32_t n_bytes, int is_first);
/* The server's. */
enum vg_socks_what vg_socks_server(const uint8_t *bytes, uint32_t n_bytes, int is_first);
/* "host:port" of a whole request (CONNECT or BIND); its bytes, at most cap. */
uint32_t vg_socks_target(const uint8_t *bytes, uint32_t n_bytes, char *out, uint32_t cap);
