/* Lines of a control connection, as servers and clients really write them. */
#include "tests/lib/body_log.h"

#include "dataplane/proto/ftp/ftp_text.h"
#include "tests/lib/guard.h"

#include <vigil/base.h>

static void announcements_are_read_in_all_their_forms(void **state)
{
	static const struct {
		const char *line;
		uint8_t version, first;
		uint16_t port;
	} rows[] = {
		{ "227 Entering Passive Mode (10,99,0,2,200,100).", 4, 10, 51300 },
		{ "227 Entering Passive Mode 127,0,0,1,4,18", 4, 127, 1042 },
		{ "227 =10,0,0,1,16,1", 4, 10, 4097 },
		{ "227 Entering Passive Mode (10, 0, 0, 1, 16, 1)", 4, 10, 4097 },
		{ "227 Version 2 (10,0,0,1,16,1)", 4, 10, 4097 },
		{ "227 Entering Passive Mode (10,0,0,1,16)", 0, 0, 0 },
		{ "227 Entering Passive Mode (10,0,0,1,256,1)", 0, 0, 0 },
		{ "227 Entering Passive Mode (10,0,0,1,0,0)", 0, 0, 0 },
		{ "227 nothing", 0, 0, 0 },
		{ "229 Entering Extended Passive Mode (|||6446|)", 0, 0, 6446 },
		{ "229 ok (!!!80!)", 0, 0, 80 },
		{ "229 ok (|||65536|)", 0, 0, 0 },
		{ "229 ok (|||)", 0, 0, 0 },
		{ "PORT 192,168,1,2,7,138", 4, 192, 1930 },
		{ "port 192,168,1,2,7,138", 4, 192, 1930 },
		{ "EPRT |1|132.235.1.2|6275|", 4, 132, 6275 },
		{ "EPRT |2|1080::8:800:200C:417A|5282|", 6, 0x10, 5282 },
		{ "EPRT |3|1.2.3.4|5282|", 0, 0, 0 },
		{ "EPRT |1|1.2.3|5282|", 0, 0, 0 },
		{ "EPRT |1|1.2.3.4", 0, 0, 0 },
		{ "RETR 227 (1,2,3,4,5,6)", 0, 0, 0 },
	};
	(void)state;
	for (size_t i = 0; i < VG_ARRAY_LEN(rows); i++) {
		size_t n = strlen(rows[i].line);
		uint8_t *copy = vg_guard_copy(rows[i].line, n);
		struct vg_ftp_announced said = { 0 };
		int is_one = vg_ftp_announces((struct vg_span){ copy, n }, &said);
		if (is_one != (rows[i].port != 0) ||
		    (is_one &&
		     (said.port != rows[i].port || said.ip_version != rows[i].version || said.ip[0] != rows[i].first)))
			fail_msg("%s: %d, port %u", rows[i].line, is_one, said.port);
		vg_guard_free(copy, n);
	}
}

static struct vg_span text(const char *s)
{
	return (struct vg_span){ (const uint8_t *)s, strlen(s) };
}

static void commands_are_words_of_any_case(void **state)
{
	struct vg_span args;
	(void)state;
	assert_int_equal(vg_ftp_command(text("retr  a b"), &args), VG_FTP_RETR);
	assert_int_equal(args.n_bytes, 4);
	assert_int_equal(vg_ftp_command(text("\xff\xf4\xff\xf2QUIT"), &args), VG_FTP_OTHER);
	assert_int_equal(vg_ftp_command(text("PWD"), &args), VG_FTP_PWD);
	assert_int_equal(vg_ftp_command(text("RETRx a"), &args), VG_FTP_OTHER);
	assert_int_equal(vg_ftp_command(text("RETR/a"), &args), VG_FTP_NO_COMMAND);
	assert_int_equal(vg_ftp_command(text("1234"), &args), VG_FTP_NO_COMMAND);
	assert_int_equal(vg_ftp_command(text(""), &args), VG_FTP_NO_COMMAND);
}

static void replies_have_a_code_and_may_go_on(void **state)
{
	struct vg_span rest;
	int is_last = 0;
	(void)state;
	assert_int_equal(vg_ftp_reply(text("226 done"), &is_last, &rest), 226);
	assert_int_equal(is_last, 1);
	assert_int_equal(vg_ftp_reply(text("230-hello"), &is_last, &rest), 230);
	assert_int_equal(is_last, 0);
	assert_int_equal(vg_ftp_reply(text("200"), &is_last, &rest), 200);
	assert_int_equal(vg_ftp_reply(text("2000"), &is_last, &rest), 0);
	assert_int_equal(vg_ftp_reply(text("7 x"), &is_last, &rest), 0);
}

static void an_opening_names_file_and_size(void **state)
{
	struct vg_span name;
	(void)state;
	assert_int_equal(vg_ftp_opening(text("Opening BINARY mode data connection for a (1).jpg (17 bytes)."), &name),
			 17);
	assert_int_equal(name.n_bytes, 9);
	assert_memory_equal(name.at, "a (1).jpg", 9);
	assert_true(vg_ftp_opening(text("Ok to send data."), &name) == UINT64_MAX);
	assert_int_equal(name.n_bytes, 0);
	assert_true(vg_ftp_opening(text("FILE: u1.png"), &name) == UINT64_MAX);
	assert_memory_equal(name.at, "u1.png", 6);
	assert_true(vg_ftp_opening(text("Data connection accepted from 1.2.3.4:5; transfer starting."), &name) ==
		    UINT64_MAX);
	assert_int_equal(vg_ftp_opening(text("about to open data connection for x. (9 bytes)"), &name), 9);
}

static void numbers_and_quotes(void **state)
{
	(void)state;
	assert_int_equal(vg_ftp_number(text("size 0123 and 9")), 123);
	assert_true(vg_ftp_number(text("99999999999999999999999")) == UINT64_MAX);
	assert_true(vg_ftp_number(text("none")) == UINT64_MAX);
	assert_int_equal(vg_ftp_quoted(text("\"/a \"\"b\"\"\" is it")).n_bytes, 8);
	assert_int_equal(vg_ftp_quoted(text("\"/a")).n_bytes, 0);
	assert_int_equal(vg_ftp_quoted(text("none")).n_bytes, 0);
}

static void lines_end_with_or_without_cr(void **state)
{
	struct vg_span rest = text("a\r\nb\n\r\nc"), line;
	(void)state;
	assert_int_equal(vg_ftp_line(&rest, &line), 1);
	assert_int_equal(line.n_bytes, 1);
	assert_int_equal(vg_ftp_line(&rest, &line), 1);
	assert_int_equal(line.at[0], 'b');
	assert_int_equal(vg_ftp_line(&rest, &line), 1);
	assert_int_equal(line.n_bytes, 0);
	assert_int_equal(vg_ftp_line(&rest, &line), 0);
	assert_int_equal(rest.n_bytes, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(announcements_are_read_in_all_their_forms),
		cmocka_unit_test(commands_are_words_of_any_case),
		cmocka_unit_test(replies_have_a_code_and_may_go_on),
		cmocka_unit_test(an_opening_names_file_and_size),
		cmocka_unit_test(numbers_and_quotes),
		cmocka_unit_test(lines_end_with_or_without_cr),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
