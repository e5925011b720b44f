/* completion: every command and option is offered, and bash takes the script. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "control/completion.h"
#include "control/ctl/command.h"
#include "control/replay/options.h"

static char *script;

static int write_script(void **state)
{
	size_t n;
	FILE *out = open_memstream(&script, &n);
	(void)state;
	vg_completion_bash(out);
	return fclose(out);
}
static int drop_script(void **state)
{
	(void)state;
	free(script);
	return 0;
}
static void every_word_is_in_it(void **state)
{
	size_t n;
	char word[64];
	const struct vg_command *all = vg_commands(&n);
	(void)state;
	for (size_t i = 0; i < n; i++) {
		assert_non_null(strstr(script, all[i].noun));
		if (all[i].verb)
			assert_non_null(strstr(script, all[i].verb));
	}
	const struct vg_run_option *options = vg_run_options(&n);
	for (size_t i = 0; i < n; i++) {
		snprintf(word, sizeof(word), "--%s ", options[i].name);
		assert_non_null(strstr(script, word));
	}
}
static void offers(const char *line, const char *want)
{
	char command[512], got[4096] = "";
	char path[] = "/tmp/vigil-test-completion.XXXXXX";
	int fd = mkstemp(path);
	assert_int_equal(write(fd, script, strlen(script)), (ssize_t)strlen(script));
	close(fd);
	snprintf(command, sizeof(command),
		 "bash -c '. %s; COMP_WORDS=(%s); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _vigilctl; echo \" "
		 "${COMPREPLY[@]} \"'",
		 path, line);
	FILE *in = popen(command, "r");
	assert_non_null(fgets(got, sizeof(got), in));
	assert_int_equal(pclose(in), 0);
	unlink(path);
	if (!strstr(got, want))
		fail_msg("%s: '%s' is not in %s", line, want, got);
}
static void bash_completes_nouns_verbs_and_options(void **state)
{
	(void)state;
	if (system("command -v bash >/dev/null")) {
		print_message("skip: bash is not here\n");
		skip();
	}
	offers("vigilctl ca", " cases ");
	offers("vigilctl cases d", " dismiss ");
	offers("vigilctl -s x lists s", " show suppress ");
	offers("vigilctl replay --obj", " --objects ");
	offers("vigilctl hash --j", " --json ");
	offers("vigilctl cases show \"\"", "  ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_word_is_in_it),
		cmocka_unit_test(bash_completes_nouns_verbs_and_options),
	};
	return cmocka_run_group_tests(tests, write_script, drop_script);
}
