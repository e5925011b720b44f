/* FastCGI as conversations and the bodies they carry: whole, byte by byte and at random cuts. Texts of steps are made
 * into records by fastcgi_make.h. */
#include "tests/lib/proto_talk.h"

#include "dataplane/proto/fastcgi/fastcgi_priv.h"
#include "tests/lib/fastcgi_make.h"

#define CARD  " GET h /1.jpg"
#define UP    "up POST h /1.jpg 0 file=1.jpg client=192.0.2.7: "
#define DOWN  "down GET h /1.jpg 200 file=1.jpg client=192.0.2.7: "
#define ASK   "B1|P1|p1|I1"
#define HEAD  "o1:Content-type: image/jpeg~~"
#define TYPED "down GET h /1.jpg 200 type=image/jpeg file=1.jpg client=192.0.2.7: "

static const struct talk {
	const char *name;
	int midstream;
	struct vg_talk_step steps[10];
	const char *bodies;
} talks[] = {
	{ "a page", 0, { { '>', ASK, 0 }, { '<', HEAD "|o1:abc|o1:def|E1", 0 } }, TYPED "abcdef = complete\n" },
	{ "an upload",
	  0,
	  { { '>', "B1|P1:POST 5|p1|i1:hel|i1:lo|I1", 0 }, { '<', "o1:Status: 201 Made~~|E1", 0 } },
	  UP "hello = complete\n" },
	{ "an upload of unknown length, an answer with another status",
	  0,
	  { { '>', "B1|P1:POST|p1|i1:hello|I1", 0 }, { '<', "o1:Status: 404 No~X: y~~gone|E1", 0 } },
	  UP "hello = complete\ndown POST h /1.jpg 404 file=1.jpg client=192.0.2.7: gone = complete\n" },
	{ "an upload that is shorter than it said",
	  0,
	  { { '>', "B1|P1:POST 9|p1|i1:hello|I1", 0 }, { '<', "E1", 0 } },
	  UP "hello = truncated\n" },
	{ "an aborted upload",
	  0,
	  { { '>', "B1|P1:POST 9|p1|i1:hello|A1", 0 }, { '<', "E1", 0 } },
	  UP "hello = aborted\n" },
	{ "several requests at a time",
	  0,
	  { { '>', "B1|B2|P2|P1|p2|p1|I1|I2", 0 },
	    { '<', HEAD "|o2:X: y~~2|o1:1|o2:2|E2|o1:1|E1", 0 },
	    { '>', ASK, 0 },
	    { '<', "o1:X: y~~3|E1", 0 } },
	  "down GET h /2.jpg 200 file=2.jpg client=192.0.2.7: 22 = complete\n" TYPED "11 = complete\n" DOWN
	  "3 = complete\n" },
	{ "what was logged is no body, an empty answer is none",
	  0,
	  { { '>', ASK, 0 }, { '<', "e1:oh|" HEAD "|O1|E1", 0 } },
	  "" },
	{ "an end without its last word",
	  0,
	  { { '>', ASK, 0 }, { '<', HEAD "|o1:abc", 0 }, { 'F', 0, 0 } },
	  TYPED "abc = truncated\n" },
	{ "all of an announced length, without its last word",
	  0,
	  { { '>', ASK, 0 }, { '<', "o1:Content-Length: 3~~abc", 0 }, { 'R', 0, 0 } },
	  DOWN "abc = complete\n" },
	{ "less than an announced length",
	  0,
	  { { '>', ASK, 0 }, { '<', "o1:Content-Length: 4~~abc|E1", 0 } },
	  DOWN "abc = truncated\n" },
	{ "a reset", 0, { { '>', ASK, 0 }, { '<', HEAD "|o1:abc", 0 }, { 'R', 0, 0 } }, TYPED "abc = aborted\n" },
	{ "the answer is heard first, its request while it lasts",
	  0,
	  { { '<', HEAD "|o1:abc", 0 }, { '>', ASK, 0 }, { '<', "o1:def|E1", 0 } },
	  TYPED "abcdef = complete\n" },
	{ "only answers are heard",
	  0,
	  { { '<', HEAD "|o1:abc|E1|o1:X: y~~d|E1", 0 } },
	  "down    200 type=image/jpeg: abc = complete\ndown    200: d = complete\n" },
	{ "an answer without a head", 0, { { '<', "o1:no head~~abc|E1", 0 } }, "" },
	{ "picked up midway",
	  1,
	  { { '>', "i1:abc|I1", 0 }, { '<', "o1:abc|E1", 0 }, { '>', ASK, 0 }, { '<', HEAD "|o1:abc|E1", 0 } },
	  "down GET h /1.jpg 200 type=image/jpeg file=1.jpg client=192.0.2.7 flags=2: abc = complete\n" },
	{ "a hole in what is uploaded, and over records",
	  0,
	  { { '>', "B1|P1:POST|p1|i1:hello", 0 }, { '(', 0, 400 }, { '>', "i1:you|I1", 0 }, { '<', "E1", 0 } },
	  UP "hello{0}you = gap\n" },
	{ "a hole in an answer",
	  0,
	  { { '>', ASK, 0 }, { '<', HEAD "|o1:ab", 0 }, { ')', 0, 99 }, { '<', "o1:cd|E1", 0 } },
	  TYPED "ab{0}cd = gap\n" },
	{ "conflicts",
	  0,
	  { { '>', ASK, 0 }, { '<', HEAD "|o1:ab", 0 }, { 'C', 0, 0 }, { '<', "o1:cd|E1", 0 } },
	  "down GET h /1.jpg 200 type=image/jpeg file=1.jpg client=192.0.2.7 flags=1: abcd = complete\n" },
};

static void conversations_give_their_bodies_at_any_cut(void **state)
{
	static struct vg_fcgi_made made[10];
	for (size_t i = 0; i < VG_ARRAY_LEN(talks); i++) {
		struct vg_talk_step steps[10];
		for (size_t k = 0; k < 10; k++) {
			steps[k] = talks[i].steps[k];
			if (steps[k].what != '>' && steps[k].what != '<')
				continue;
			vg_fcgi_make(&made[k], steps[k].bytes);
			steps[k].bytes = made[k].bytes;
			steps[k].n = made[k].n;
		}
		vg_talk_all_cuts(*state, talks[i].name, VG_APP_FASTCGI, talks[i].midstream, steps, 10, talks[i].bodies);
		assert_int_equal(vg_pool_n_out(&vg_fcgi_of(((struct vg_talk_bench *)*state)->proto)->requests.items),
				 0);
	}
}

static void a_trusted_web_server_names_the_client(void **state)
{
	struct vg_talk_bench *b = *state;
	static struct vg_fcgi_made ask, answer;
	vg_fcgi_make(&ask, ASK);
	vg_fcgi_make(&answer, HEAD "|o1:abc|E1");
	const struct vg_talk_step steps[] = { { '>', ask.bytes, ask.n }, { '<', answer.bytes, answer.n } };
	b->proto->trust.n_rules = 1;
	b->proto->trust.rules[0] = (struct vg_scope_rule){ .ip = { [10] = 0xff, 0xff, 10, 0, 0, 1 }, .n_bits = 128 };
	vg_talk_all_cuts(
		b, "trusted", VG_APP_FASTCGI, 0, steps, 2,
		"down GET h /1.jpg 200 type=image/jpeg file=1.jpg client=192.0.2.7 flags=40: abc = complete\n");
	b->proto->trust.rules[0].ip[15] = 2; /* another one */
	vg_talk_all_cuts(b, "not trusted", VG_APP_FASTCGI, 0, steps, 2, TYPED "abc = complete\n");
}

static void only_beginnings_are_recognised(void **state)
{
	struct vg_fcgi_made made;
	(void)state;
	vg_fcgi_make(&made, "B1");
	for (uint32_t n = 1; n <= 16; n++) {
		uint8_t *copy = vg_guard_copy(made.bytes, n);
		assert_int_equal(vg_fastcgi_first(copy, n), n < 16 ? VG_APP_NONE : VG_APP_FASTCGI);
		assert_int_equal(vg_fastcgi_begins(copy, n), n == 16);
		vg_guard_free(copy, n);
	}
	for (uint32_t i = 0; i < 16; i++) {
		if (i == 2 || i == 3 || i == 6) /* id, padding */
			continue;
		made.bytes[i] ^= 0x44;
		assert_int_equal(vg_fastcgi_first((uint8_t *)made.bytes, 16), VG_APP_UNKNOWN);
		made.bytes[i] ^= 0x44;
	}
	vg_fcgi_make(&made, "o1:Content-type: x~~");
	assert_int_equal(vg_fastcgi_first((uint8_t *)made.bytes, 12), VG_APP_NONE);
	assert_int_equal(vg_fastcgi_first((uint8_t *)made.bytes, 22), VG_APP_FASTCGI);
	vg_fcgi_make(&made, "o1:Content type: x~~");
	assert_int_equal(vg_fastcgi_first((uint8_t *)made.bytes, 22), VG_APP_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(conversations_give_their_bodies_at_any_cut, vg_talk_open,
						vg_talk_close),
		cmocka_unit_test_setup_teardown(a_trusted_web_server_names_the_client, vg_talk_open, vg_talk_close),
		cmocka_unit_test(only_beginnings_are_recognised),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
