/* The card of a body: sender and receiver, sizes, cuts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/proto/http1/http1_priv.h"

static struct vg_http1_flow flow = {
	.base.ident = { .ip_version = 4,
			.ip = { { 10, 0, 0, 1 }, { 192, 0, 2, 9 } },
			.port = { 40000, 80 },
			.vlan = { 7, 0xffff },
			.capture_idx = 3,
			.flow_id = 77,
			.midstream = 1 },
};

static struct vg_http1_head head_of(const char *text)
{
	struct vg_http1_head head;
	assert_int_equal(vg_http1_head_parse((const uint8_t *)text, strlen(text), &head), VG_DONE);
	return head;
}

static void the_sender_of_the_body_is_its_source(void **state)
{
	struct vg_proto *p = *state;
	struct vg_http1_head head =
		head_of("PUT /a%20b.jpg HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nContent-Type: t/x\r\n\r\n");
	vg_http1_card_upload(p, &flow, 0, &head);
	assert_int_equal(p->card.direction, VG_UPLOAD);
	assert_int_equal(p->card.src_port, 40000);
	assert_int_equal(p->card.dst_port, 80);
	assert_int_equal(p->card.src_ip[0], 10);
	assert_int_equal(p->card.dst_ip[0], 192);
	assert_int_equal(p->card.size_hint, 5);
	assert_int_equal(p->card.proto, VG_PROTO_HTTP);
	assert_int_equal(p->card.flow_id, 77);
	assert_int_equal(p->card.capture_idx, 3);
	assert_int_equal(p->card.vlan[0], 7);
	assert_int_equal(p->card.flags, VG_ATTR_MIDSTREAM);
	flow.is_ambiguous = 1;
	vg_http1_card_upload(p, &flow, 0, &head);
	assert_int_equal(p->card.flags, VG_ATTR_MIDSTREAM | VG_ATTR_AMBIGUOUS);
	flow.is_ambiguous = 0;
	assert_memory_equal(p->card.filename, "a%20b.jpg", p->card.n_filename);
	head = head_of("HTTP/1.1 206 OK\r\n\r\n");
	vg_http1_card_download(p, &flow, 1, &head, NULL, 0);
	assert_int_equal(p->card.direction, VG_DOWNLOAD);
	assert_int_equal(p->card.src_port, 80);
	assert_int_equal(p->card.src_ip[0], 192);
	assert_int_equal(p->card.http_status, 206);
	assert_true(p->card.size_hint == UINT64_MAX);
	assert_int_equal(p->card.n_type + p->card.n_host + p->card.n_filename + p->card.n_method, 0);
}

static void a_length_beside_a_transfer_coding_announces_nothing(void **state)
{
	struct vg_proto *p = *state;
	struct vg_http1_head head =
		head_of("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n");
	vg_http1_card_download(p, &flow, 1, &head, NULL, 0);
	assert_true(p->card.size_hint == UINT64_MAX);
	assert_false(p->card.flags & VG_ATTR_CHUNKED); /* its first line decides */
	head = head_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n");
	vg_http1_card_download(p, &flow, 1, &head, NULL, 0);
	assert_true(p->card.flags & VG_ATTR_CHUNKED);
	assert_int_equal(p->card.codings, VG_CODING_GZIP);
}

static void a_text_beyond_its_field_is_cut_and_flagged(void **state)
{
	struct vg_proto *p = *state;
	static char text[3000];
	memset(text, 'u', sizeof(text));
	memcpy(text, "GET /", 5);
	strcpy(text + 2000, " HTTP/1.1\r\nHost: h\r\n\r\n");
	struct vg_http1_head head = head_of(text);
	struct vg_http1_ask ask;
	vg_http1_ask_fill(&ask, &head);
	struct vg_http1_head response = head_of("HTTP/1.1 200 OK\r\nContent-Disposition: a;filename=own\r\n\r\n");
	vg_http1_card_download(p, &flow, 1, &response, &ask, 0);
	assert_int_equal(p->card.n_url, VG_ATTR_URL);
	assert_true(p->card.flags & VG_ATTR_HEAD_CUT);
	assert_int_equal(p->card.n_filename, 3); /* the response's name goes before the address's */
	assert_memory_equal(p->card.filename, "own", 3);
}

static void nothing_of_an_earlier_card_is_left(void **state)
{
	struct vg_proto *p = *state;
	struct vg_http1_head head = head_of("HTTP/1.1 200 OK\r\n\r\n");
	static const uint8_t zero[sizeof(p->card.url)];
	memset(&p->card, 0xee, sizeof(p->card));
	vg_http1_card_download(p, &flow, 1, &head, NULL, 0);
	assert_memory_equal(p->card.url, zero, sizeof(zero));
}

static int proto_make(void **state)
{
	*state = aligned_alloc(64, (sizeof(struct vg_proto) + 63) & ~(size_t)63);
	memset(*state, 0, sizeof(struct vg_proto));
	return 0;
}

static int proto_free(void **state)
{
	free(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_sender_of_the_body_is_its_source),
		cmocka_unit_test(a_length_beside_a_transfer_coding_announces_nothing),
		cmocka_unit_test(a_text_beyond_its_field_is_cut_and_flagged),
		cmocka_unit_test(nothing_of_an_earlier_card_is_left),
	};
	return cmocka_run_group_tests(tests, proto_make, proto_free);
}
