/* dispatch: requests in, answers out: rights, audit, and every handler once, over real rooms. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <vigil/bytes.h>

#include "control/ctl/dispatch.h"
#include "tests/lib/rooms.h"

static struct rooms *rooms;
static struct vg_ctl_env env;

static enum vg_err reload(void *arg, const struct vg_ctl_undo *undo, uint64_t *build_id, char *why, size_t n_why)
{
	(void)undo;
	*build_id = 0;
	return rooms_reload(arg, why, n_why);
}
static void programs(void *arg, vg_ctl_program_fn fn, void *ctx)
{
	const struct vg_ctl_program p = { "vigil-hashing", 0, 1, 3, "a plug-in does not load" };
	(void)arg;
	fn(ctx, &p);
}
static int begin(void **state)
{
	(void)state;
	rooms = rooms_create();
	env = (struct vg_ctl_env){ .config = rooms->config,
				   .store = rooms->store,
				   .audit = rooms->audit,
				   .cases = rooms->cases,
				   .lists = rooms->lists,
				   .intake = rooms->intake,
				   .started_ns = vg_wall_now().ns,
				   .arg = rooms,
				   .reload_lists = reload,
				   .each_program = programs };
	return 0;
}
static int end(void **state)
{
	(void)state;
	rooms_destroy(rooms);
	return 0;
}
static json_t *ask_as(unsigned rights, const char *line)
{
	struct vg_ctl_peer peer = { .uid = 1234, .rights = rights, .said_hello = 1 };
	char *out = vg_ctl_dispatch(&env, &peer, line, strlen(line));
	assert_non_null(out);
	assert_null(strchr(out, '\n'));
	json_t *root = json_loads(out, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(root);
	free(out);
	return root;
}
static json_t *ask(const char *line)
{
	return ask_as(VG_RIGHT_ALL, line);
}
static void assert_code(json_t *answer, int code)
{
	json_int_t got = json_integer_value(json_object_get(answer, "code"));
	if (got != code)
		fail_msg("code %d wanted, got %lld: %s", code, (long long)got,
			 json_string_value(json_object_get(answer, "message")));
	json_decref(answer);
}
static json_int_t number_at(json_t *answer, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(json_object_get(answer, "message"), key));
	json_decref(answer);
	return n;
}

static void nothing_is_answered_before_hello(void **state)
{
	struct vg_ctl_peer peer = { .rights = VG_RIGHT_ALL };
	(void)state;
	char *out = vg_ctl_dispatch(&env, &peer, "{\"command\":\"status\"}", 20);
	assert_non_null(strstr(out, "\"NOK\""));
	free(out);
	out = vg_ctl_dispatch(&env, &peer, "{\"hello\":2}", 11);
	assert_non_null(strstr(out, "\"NOK\""));
	assert_false(peer.said_hello);
	free(out);
	out = vg_ctl_dispatch(&env, &peer, "{\"hello\":1}", 11);
	assert_non_null(strstr(out, "\"OK\""));
	assert_true(peer.said_hello);
	free(out);
}
static void rubbish_is_a_usage_error(void **state)
{
	static const char *const lines[] = {
		"",
		"x",
		"[]",
		"{}",
		"{\"command\":7}",
		"{\"command\":\"\"}",
		"{\"command\":\"nothing\"}",
		"{\"command\":\"cases\"}",
		"{\"command\":\"cases list x y\"}",
		"{\"command\":\"replay\"}",
		"{\"command\":\"cases list\",\"arguments\":{}}",
		"{\"command\":\"cases list\",\"arguments\":[1]}",
		"{\"command\":\"cases list\",\"arguments\":[\"a\",\"b\"]}",
		"{\"command\":\"cases show\",\"arguments\":[]}",
		"{\"command\":\"status\",\"command\":\"stats\"}",
		"{\"command\":\"caf\xc3\xa9\"}",
		"{\"command\":\"\\u0000\"}",
	};
	(void)state;
	for (size_t i = 0; i < VG_ARRAY_LEN(lines); i++)
		assert_code(ask(lines[i]), 2);
}
static void a_right_that_is_missing_is_refused_and_audited(void **state)
{
	(void)state;
	assert_code(ask_as(VG_RIGHT_READ, "{\"command\":\"cases list\"}"), 4);
	assert_code(ask_as(VG_RIGHT_READ | VG_RIGHT_OPERATOR, "{\"command\":\"cases approve\",\"arguments\":[\"1\"]}"),
		    4);
	assert_code(ask_as(VG_RIGHT_OFFICER, "{\"command\":\"lists reload\"}"), 4);
	assert_code(ask_as(VG_RIGHT_OFFICER, "{\"command\":\"audit show\"}"), 4);
	assert_code(ask_as(VG_RIGHT_READ, "{\"command\":\"status\"}"), 0);
	json_t *answer = ask("{\"command\":\"audit show\",\"arguments\":[\"2\"]}");
	json_t *row = json_array_get(json_object_get(answer, "message"), 1);
	assert_string_equal(json_string_value(json_object_get(row, "what")), "ctl.audit.show");
	assert_string_equal(json_string_value(json_object_get(row, "who")), "uid:1234");
	assert_non_null(strstr(json_string_value(json_object_get(row, "details")), "false"));
	json_decref(answer);
}
static void a_case_is_listed_shown_and_decided_once(void **state)
{
	char line[200];
	int64_t id = rooms_add_case(rooms, 1), other = rooms_add_case(rooms, 2);
	(void)state;
	json_t *answer = ask("{\"command\":\"cases list\",\"arguments\":[\"review\"]}");
	json_t *rows = json_object_get(answer, "message");
	assert_int_equal(json_array_size(rows), 2);
	assert_string_equal(json_string_value(json_object_get(json_array_get(rows, 0), "why")), "perceptual");
	json_decref(answer);
	snprintf(line, sizeof(line), "{\"command\":\"cases show\",\"arguments\":[\"%lld\"]}", (long long)id);
	answer = ask(line);
	json_t *shown = json_object_get(answer, "message");
	assert_true(json_is_false(json_object_get(shown, "file_viewed")));
	assert_int_equal(json_array_size(json_object_get(shown, "files")), 1);
	assert_non_null(json_string_value(json_object_get(json_object_get(shown, "origin"), "url")));
	assert_true(json_is_null(json_object_get(json_object_get(shown, "origin"), "vlan")));
	assert_true(json_is_null(json_object_get(json_object_get(shown, "origin"), "profile")));
	assert_true(json_is_false(json_object_get(json_object_get(shown, "origin"), "heads_cut")));
	json_t *mirror = json_array_get(json_object_get(json_object_get(shown, "origin"), "tunnels"), 0);
	assert_string_equal(json_string_value(json_object_get(mirror, "kind")), "erspan");
	assert_int_equal(json_integer_value(json_object_get(mirror, "session")), 31);
	assert_string_equal(json_string_value(json_object_get(mirror, "src_ip")), "192.0.2.8");
	json_decref(answer);
	snprintf(line, sizeof(line), "{\"command\":\"cases approve\",\"arguments\":[\"%lld\",\"looked at the lists\"]}",
		 (long long)id);
	assert_code(ask(line), 0);
	assert_code(ask(line), 6);
	snprintf(line, sizeof(line), "{\"command\":\"cases dismiss\",\"arguments\":[\"%lld\",\"a drawing\"]}",
		 (long long)other);
	assert_code(ask(line), 0);
	assert_code(ask(line), 6);
	assert_code(ask("{\"command\":\"cases show\",\"arguments\":[\"VG-1999-000001\"]}"), 5);
	assert_code(ask("{\"command\":\"cases show\",\"arguments\":[\"'; drop table cases; --\"]}"), 5);
	assert_code(ask("{\"command\":\"cases list\",\"arguments\":[\"no-such-state\"]}"), 6);
	assert_code(ask("{\"command\":\"reports show\",\"arguments\":[\"1\"]}"), 5);
	assert_code(ask("{\"command\":\"reports list\"}"), 0);
	struct vg_case c;
	assert_int_equal(vg_cases_load(rooms->cases, id, &c), VG_OK);
	assert_int_equal(c.state, VG_CASE_QUEUED);
	assert_string_equal(c.approved_by, "uid:1234");
	vg_case_free(&c);
}
static void suppression_acts_at_once_and_is_taken_back(void **state)
{
	json_int_t generation = number_at(ask("{\"command\":\"lists show\"}"), "generation");
	uint8_t md5[16];
	(void)state;
	vg_unhex("00112233445566778899aabbccddeeff", md5, 16);
	assert_int_equal(number_at(ask("{\"command\":\"lists suppress\",\"arguments\":[\"entry-1\"]}"), "generation"),
			 generation + 1);
	assert_true(vg_lists_suppressed(rooms->lists, VG_ALGO_MD5, md5, "first", "entry-1"));
	assert_code(ask("{\"command\":\"lists suppress\",\"arguments\":[\"entry-1\"]}"), 6);
	assert_code(ask("{\"command\":\"lists suppress\",\"arguments\":[\"a,b\"]}"), 6);
	assert_code(ask("{\"command\":\"lists suppress\",\"arguments\":[\"a\\nb\"]}"), 6);
	assert_code(ask("{\"command\":\"lists suppress\",\"arguments\":[\"\"]}"), 6);
	assert_code(ask("{\"command\":\"lists suppress\",\"arguments\":[\"entry-2\",\"first\"]}"), 0);
	json_t *answer = ask("{\"command\":\"lists suppress\",\"arguments\":[\"no-such\"]}");
	assert_non_null(json_object_get(json_object_get(answer, "message"), "note"));
	json_decref(answer);
	assert_code(ask("{\"command\":\"lists unsuppress\",\"arguments\":[\"no-such\"]}"), 0);
	assert_code(ask("{\"command\":\"lists unsuppress\",\"arguments\":[\"entry-1\"]}"), 0);
	assert_false(vg_lists_suppressed(rooms->lists, VG_ALGO_MD5, md5, "first", "entry-1"));
	assert_code(ask("{\"command\":\"lists unsuppress\",\"arguments\":[\"entry-1\"]}"), 5);
	assert_code(ask("{\"command\":\"lists unsuppress\",\"arguments\":[\"entry-2\",\"first\"]}"), 0);
}
static void a_list_that_is_bad_keeps_the_generation_and_the_suppress_file(void **state)
{
	json_int_t generation = number_at(ask("{\"command\":\"lists show\"}"), "generation");
	char text[16] = "";
	(void)state;
	rooms_write(rooms->suppress_path, "");
	rooms_write(rooms->list_path, "md5,nonsense\n");
	json_t *answer = ask("{\"command\":\"lists reload\"}");
	assert_non_null(strstr(json_string_value(json_object_get(answer, "message")), ":1"));
	assert_code(answer, 6);
	assert_code(ask("{\"command\":\"lists suppress\",\"arguments\":[\"entry-1\"]}"), 6);
	FILE *in = fopen(rooms->suppress_path, "r");
	assert_null(fgets(text, sizeof(text), in));
	fclose(in);
	assert_int_equal(number_at(ask("{\"command\":\"lists show\"}"), "generation"), generation);
}
static void the_reading_of_lists_can_be_asked_for(void **state)
{
	(void)state;
	json_t *answer = ask("{\"command\":\"lists build\"}");
	assert_true(json_integer_value(json_object_get(json_object_get(answer, "message"), "generation")) > 0);
	json_decref(answer);
	assert_code(ask("{\"command\":\"lists build\",\"arguments\":[\"3\"]}"), 5);
	assert_code(ask("{\"command\":\"lists build\",\"arguments\":[\"x\"]}"), 6);
	assert_code(ask("{\"command\":\"lists build\",\"arguments\":[\"-1\"]}"), 5);
}
static void status_and_stats_tell_what_is_there(void **state)
{
	(void)state;
	json_t *answer = ask("{\"command\":\"status\"}");
	json_t *s = json_object_get(answer, "message");
	json_t *program = json_array_get(json_object_get(s, "programs"), 0);
	assert_int_equal(json_integer_value(json_object_get(program, "restarts")), 3);
	assert_true(json_is_false(json_object_get(json_object_get(s, "link"), "dataplane_linked")));
	assert_int_equal(json_integer_value(json_object_get(json_object_get(s, "lists"), "entries")), 2);
	json_decref(answer);
	answer = ask("{\"command\":\"stats\",\"arguments\":[\"rx_\"]}");
	assert_int_equal(json_array_size(json_object_get(answer, "message")), 4);
	json_decref(answer);
	assert_code(ask("{\"command\":\"stats\",\"arguments\":[\"nothing_like_it\"]}"), 5);
}
static void the_audit_chain_holds(void **state)
{
	(void)state;
	json_t *answer = ask("{\"command\":\"audit verify\"}");
	assert_string_equal(json_string_value(json_object_get(json_object_get(answer, "message"), "chain")), "intact");
	json_decref(answer);
	assert_code(ask("{\"command\":\"audit show\",\"arguments\":[\"0\"]}"), 6);
	assert_code(ask("{\"command\":\"audit show\",\"arguments\":[\"5x\"]}"), 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nothing_is_answered_before_hello, begin, end),
		cmocka_unit_test_setup_teardown(rubbish_is_a_usage_error, begin, end),
		cmocka_unit_test_setup_teardown(a_right_that_is_missing_is_refused_and_audited, begin, end),
		cmocka_unit_test_setup_teardown(a_case_is_listed_shown_and_decided_once, begin, end),
		cmocka_unit_test_setup_teardown(suppression_acts_at_once_and_is_taken_back, begin, end),
		cmocka_unit_test_setup_teardown(a_list_that_is_bad_keeps_the_generation_and_the_suppress_file, begin,
						end),
		cmocka_unit_test_setup_teardown(the_reading_of_lists_can_be_asked_for, begin, end),
		cmocka_unit_test_setup_teardown(status_and_stats_tell_what_is_there, begin, end),
		cmocka_unit_test_setup_teardown(the_audit_chain_holds, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
