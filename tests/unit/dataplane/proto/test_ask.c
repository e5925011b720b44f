/* The texts of a request on a card. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/proto/ask.h"

static void an_ask_becomes_a_card_with_its_texts_and_nothing_else(void **state)
{
	struct vg_proto *p = aligned_alloc(64, (sizeof(*p) + 63) & ~(size_t)63);
	struct vg_ask ask = { .n_method = 3, .method = "PUTx", .n_url = 2, .url = "/a?", .cut = 1 };
	(void)state;

	assert_non_null(p);
	memset(p, 0, sizeof(*p));
	memset(&p->card, 0xff, sizeof(p->card));
	vg_ask_card(p, &(struct vg_flow_ident){ 0 }, &ask);
	assert_int_equal(p->card.n_method, 3);
	assert_memory_equal(p->card.method, "PUT\0", 4);
	assert_memory_equal(p->card.url, "/a\0", 3);
	assert_int_equal(p->card.flags, VG_ATTR_HEAD_CUT);
	assert_int_equal(p->card.n_host, 0);
	vg_ask_card(p, &(struct vg_flow_ident){ 0 }, NULL);
	assert_int_equal(p->card.n_method, 0);
	assert_int_equal(p->card.flags, 0);
	free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(an_ask_becomes_a_card_with_its_texts_and_nothing_else) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
