/* What the three have in common: lines of any length, and messages of any bytes undone of their dots. */
#include "tests/lib/talks.h"

#include "dataplane/proto/mail/mail_priv.h"

static void a_line_keeps_what_fits_and_ends_at_its_end(void **state)
{
	struct vg_mail_line line = { 0 };
	char text[3000];
	(void)state;
	memset(text, 'a', sizeof(text));
	memcpy(text + 2997, "\r\nb", 3);
	assert_int_equal(vg_mail_line_add(&line, (const uint8_t *)text, 100), 100);
	assert_int_equal(vg_mail_line_add(&line, (const uint8_t *)text + 100, 2900), 2899);
	assert_true(line.has_lf && line.is_cut);
	assert_int_equal(line.n, VG_MAIL_LINE);
	vg_mail_line_drop(&line);
	assert_int_equal(vg_mail_line_add(&line, (const uint8_t *)"rcpt x\r", 7), 7);
	assert_int_equal(vg_mail_line_add(&line, (const uint8_t *)"\nmore", 5), 1);
	assert_true(vg_mail_line_is(&line, "RCPT"));
	assert_false(vg_mail_line_is(&line, "RCP"));
	assert_int_equal(line.n, 6);
}

/* A random message with many dots and line ends, its dots doubled, comes back as it was. */
static void doubled_dots_are_undone_in_any_message(void **state)
{
	static const char letters[] = "..\r\n\r\nab";
	unsigned seed = (unsigned)time(NULL);
	(void)state;
	printf("seed %u\n", seed);
	srandom(seed);
	for (unsigned round = 0; round < 300; round++) {
		char plain[300], sent[1000], want[2000] = "up DATA a  0: ";
		size_t n = (size_t)random() % 200, at = 0;
		int bol = 1;
		for (size_t i = 0; i < n; i++)
			plain[i] = letters[random() % 8];
		memcpy(plain + n, "\r\n", 3);
		at += (size_t)sprintf(sent, ">EHLO a\r\nDATA\r\n");
		for (const char *c = plain; *c; c++) {
			if (bol && *c == '.')
				sent[at++] = '.';
			sent[at++] = *c;
			bol = *c == '\n';
		}
		sprintf(sent + at, ".\r\n");
		at = strlen(want);
		for (const char *c = plain; *c; c++)
			at += (size_t)sprintf(want + at, "%c", *c < ' ' ? '.' : *c);
		sprintf(want + at, " = complete\n");
		struct vg_talk talk = { "random", { sent }, want, 0, 0 };
		vg_talk_hold(&talk, VG_APP_SMTP, VG_CONF_MAIL, VG_TALK_RANDOM);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_keeps_what_fits_and_ends_at_its_end),
		cmocka_unit_test(doubled_dots_are_undone_in_any_message),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
