/* test-cpu: runs a command and says on stderr what processor time each program that it started took: `NAME MS` a line,
 * then `all MS`. The kernel's own count of each thread (/proc/TID/schedstat, ns) is read at its last moment, where
 * ptrace stops it; the name is that of the file the process ran in the end. What the kernel does after that moment
 * (giving back memory) is not in it. Exit code: the command's. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_PROGRAMS 64
#define OPTIONS                                                                                                     \
	(PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXIT | PTRACE_O_TRACEEXEC | \
	 PTRACE_O_EXITKILL)

struct tally {
	char names[MAX_PROGRAMS][64];
	double ms[MAX_PROGRAMS];
	unsigned n;
};

static void add(struct tally *t, pid_t tid)
{
	char path[64], exe[4096] = "";
	unsigned long long ns = 0;
	const char *name;
	unsigned i;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/exe", tid); /* of a thread, too */
	if (readlink(path, exe, sizeof(exe) - 1) < 0)
		return;
	snprintf(path, sizeof(path), "/proc/%d/schedstat", tid);
	f = fopen(path, "r");
	if (f && fscanf(f, "%llu", &ns) != 1)
		ns = 0;
	if (f)
		fclose(f);
	name = strrchr(exe, '/') ? strrchr(exe, '/') + 1 : exe;
	for (i = 0; i < t->n && strcmp(t->names[i], name) != 0; i++)
		;
	if (i == MAX_PROGRAMS)
		return;
	if (i == t->n)
		snprintf(t->names[t->n++], sizeof(t->names[0]), "%.63s", name);
	t->ms[i] += (double)ns / 1e6;
}

/* Goes on with what stopped, as it would have without us. */
static void go_on(struct tally *t, pid_t tid, int status)
{
	int signal = WSTOPSIG(status), event = status >> 16;

	if (event == PTRACE_EVENT_EXIT)
		add(t, tid);
	if (event == PTRACE_EVENT_STOP &&
	    signal != SIGTRAP) { /* stopped by a signal: it stays so until it is continued */
		(void)ptrace(PTRACE_LISTEN, tid, NULL, NULL);
		return;
	}
	(void)ptrace(PTRACE_CONT, tid, NULL, (void *)(long)(event ? 0 : signal));
}

int main(int argc, char **argv)
{
	struct tally t = { .n = 0 };
	int status, code = 1;
	double all = 0;
	pid_t first, tid;

	if (argc < 2) {
		fputs("usage: test-cpu COMMAND...\n", stderr);
		return 2;
	}
	first = fork();
	if (!first) {
		raise(SIGSTOP);
		execvp(argv[1], argv + 1);
		perror(argv[1]);
		_exit(127);
	}
	if (first < 0 || waitpid(first, &status, WUNTRACED) != first || ptrace(PTRACE_SEIZE, first, NULL, OPTIONS) ||
	    kill(first, SIGCONT)) {
		perror("test-cpu");
		return 1;
	}
	while ((tid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR) {
		if (tid > 0 && WIFSTOPPED(status))
			go_on(&t, tid, status);
		else if (tid == first)
			code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	}
	for (unsigned i = 0; i < t.n; i++) {
		fprintf(stderr, "%s %.2f\n", t.names[i], t.ms[i]);
		all += t.ms[i];
	}
	fprintf(stderr, "all %.2f\n", all);
	return code;
}
