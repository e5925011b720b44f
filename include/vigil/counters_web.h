#pragma once
/* counters_web: the dataplane's counters of HTTP/2 and what travels with HTTP, a part of the table in counters.h. */
#define VG_WEB_PROTOCOL_COUNTERS(X)                                                                                   \
	X(VG_C_HTTP2_BAD, "http2_bad_total", "HTTP/2 frames or orders of frames that nobody sends")                   \
	X(VG_C_HTTP2_TABLE_LOST, "http2_tables_lost_total", "HPACK tables begun anew: a header block was not read")   \
	X(VG_C_HTTP2_STREAMS, "http2_shed_total:reason=streams", "bodies let go: too many open streams in a flow")    \
	X(VG_C_HTTP2_NO_STATE, "http2_shed_total:reason=pool", "heads or streams let go: no state was free")          \
	X(VG_C_HTTP2_TUNNELS, "http2_tunnels_total", "CONNECT streams, WebSocket's among them")                       \
	X(VG_C_TUNNELS_KNOWN, "tunnels_total:outcome=known", "CONNECT tunnels that were recognised")                  \
	X(VG_C_TUNNELS_OPAQUE, "tunnels_total:outcome=opaque",                                                        \
	  "CONNECT tunnels that are sealed (TLS), or of no interest")                                                 \
	X(VG_C_TUNNELS_UNKNOWN, "tunnels_total:outcome=unknown", "CONNECT tunnels that nobody knows")                 \
	X(VG_C_WEBSOCKET_LOST, "websocket_lost_total", "WebSocket directions let go: what came is no frame")          \
	X(VG_C_PROXY_HEADERS, "proxy_headers_total:outcome=read", "PROXY headers in front of connections")            \
	X(VG_C_PROXY_BAD, "proxy_headers_total:outcome=bad", "PROXY headers that break their format: no claim taken") \
	X(VG_C_FASTCGI_RECORDS, "fastcgi_records_total", "FastCGI records parsed")                                    \
	X(VG_C_FASTCGI_BAD, "fastcgi_bad_total", "FastCGI directions that lost their place")                          \
	X(VG_C_FASTCGI_RESYNC, "fastcgi_resync_total", "FastCGI directions that found a next record")                 \
	X(VG_C_FASTCGI_NO_HEAD, "fastcgi_shed_total:reason=head", "answers without a head that can be read")          \
	X(VG_C_FASTCGI_SHED_PARAMS, "fastcgi_shed_total:reason=params", "requests with too many parameters")          \
	X(VG_C_FASTCGI_SHED_REQUESTS, "fastcgi_shed_total:reason=requests", "requests given up: too many at a time")  \
	X(VG_C_SOCKS_TUNNELS, "socks_total:outcome=tunnel",                                                           \
	  "SOCKS handshakes behind which a flow was recognised again")                                                \
	X(VG_C_SOCKS_REFUSED, "socks_total:outcome=refused", "SOCKS handshakes refused, sealed, or for UDP")          \
	X(VG_C_SOCKS_BAD, "socks_total:outcome=bad", "SOCKS handshakes that break their format, or have a hole")      \
	X(VG_C_HOLD_URL, "hold_urls_stopped_total", "of the stopped: by the URL of their request")                    \
	X(VG_C_REQUESTS_LISTED, "requests_listed_total", "requests for URLs that are on a list")                      \
	X(VG_C_REQUESTS_OUT, "requests_out_of_scope_total", "requests that scope.urls leaves out: bodies skipped")    \
	X(VG_C_REQUESTS_NO_HOST, "requests_without_host_total", "requests whose host no list can have")               \
	X(VG_C_BODIES_OUT, "bodies_skipped_total:reason=scope", "bodies of requests that are out of scope")
