#include "control/ctl/client.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <vigil/clock.h>

#include "control/ctl/server.h"

#define CODE_FAILED      1
#define CODE_UNREACHABLE 3
#define CODE_DENIED      4
#define CODE_INVALID     6
#define CODE_TEMPORARY   75

struct line {
	char *at;
	size_t n, room;
};

static int connect_to(const char *path, char *why, size_t n_why)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd, code;
	if (strlen(path) >= sizeof(at.sun_path)) {
		snprintf(why, n_why, "%s: longer than a socket's name may be", path);
		return -CODE_UNREACHABLE;
	}
	strcpy(at.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && !connect(fd, (struct sockaddr *)&at, sizeof(at)))
		return fd;
	code = errno == EACCES || errno == EPERM ? CODE_DENIED : CODE_UNREACHABLE;
	snprintf(why, n_why, "%s: %s%s", path, strerror(errno),
		 code == CODE_DENIED ? " (operators are in the group of the socket)"
				     : " (is vigild running? -s names another socket)");
	if (fd >= 0)
		close(fd);
	return -code;
}

static int send_line(int fd, json_t *request)
{
	char *text = request ? json_dumps(request, JSON_COMPACT) : NULL;
	size_t n = text ? strlen(text) : 0, done = 0;
	json_decref(request);
	if (!text)
		return -1;
	text[n++] = '\n'; /* in place of the NUL */
	while (done < n) {
		ssize_t k = send(fd, text + done, n - done, MSG_NOSIGNAL);
		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			break;
		done += (size_t)k;
	}
	free(text);
	return done == n ? 0 : -1;
}

/* The next whole line as JSON; NULL where the peer closed, was too slow or said too much or no JSON. */
static json_t *read_line(int fd, struct line *line, uint64_t until_ns)
{
	line->n = 0;
	for (;;) {
		struct pollfd wait = { fd, POLLIN, 0 };
		uint64_t now_ns = vg_mono_now().ns;
		ssize_t k;
		if (line->n + 65536 > line->room) {
			char *more = realloc(line->at, line->room ? 2 * line->room : 131072);
			if (!more)
				return NULL;
			line->at = more;
			line->room = line->room ? 2 * line->room : 131072;
		}
		if (now_ns >= until_ns || line->n > VG_CTL_MAX_ANSWER ||
		    poll(&wait, 1, (int)((until_ns - now_ns) / 1000000) + 1) < 0)
			return NULL;
		k = wait.revents ? recv(fd, line->at + line->n, line->room - line->n, MSG_DONTWAIT) : -1;
		if (!wait.revents || (k < 0 && (errno == EAGAIN || errno == EINTR)))
			continue;
		if (k <= 0)
			return NULL;
		line->n += (size_t)k;
		if (line->at[line->n - 1] == '\n')
			return json_loadb(line->at, line->n, 0, NULL);
	}
}

static int take_answer(json_t *answer, json_t **message, char *why, size_t n_why)
{
	const char *result = json_string_value(json_object_get(answer, "return"));
	const char *text = json_string_value(json_object_get(answer, "message"));
	json_int_t code = json_integer_value(json_object_get(answer, "code"));
	if (!result) {
		snprintf(why, n_why, "vigild closed the connection or took too long; try again");
		return CODE_TEMPORARY;
	}
	if (strcmp(result, "OK")) {
		snprintf(why, n_why, "%s", text ? text : "refused");
		return code >= 1 && code <= 255 ? (int)code : CODE_FAILED;
	}
	if (message)
		*message = json_incref(json_object_get(answer, "message"));
	return 0;
}

int vg_ctl_ask(const char *socket_path, const struct vg_command *command, const char *const *args, size_t n_args,
	       json_t **message, char *why, size_t n_why)
{
	uint64_t until_ns = vg_mono_now().ns + VG_CTL_ANSWER_MS * 1000000ull;
	struct line line = { 0 };
	json_t *list = json_array(), *answer = NULL;
	char words[200];
	int fd = connect_to(socket_path, why, n_why), code = CODE_TEMPORARY;
	if (fd < 0) {
		json_decref(list);
		return -fd;
	}
	snprintf(words, sizeof(words), "%s%s%s", command->noun, command->verb ? " " : "",
		 command->verb ? command->verb : "");
	for (size_t i = 0; i < n_args; i++)
		if (json_array_append_new(list, json_string(args[i]))) {
			snprintf(why, n_why, "argument %zu is no UTF-8", i + 1);
			code = CODE_INVALID;
			goto out;
		}
	if (!send_line(fd, json_pack("{s:i}", "hello", VG_CTL_PROTOCOL)))
		answer = read_line(fd, &line, until_ns);
	code = take_answer(answer, NULL, why, n_why);
	if (code)
		goto out;
	json_decref(answer);
	answer = NULL;
	if (!send_line(fd, json_pack("{s:s, s:O}", "command", words, "arguments", list)))
		answer = read_line(fd, &line, until_ns);
	code = take_answer(answer, message, why, n_why);
out:
	close(fd);
	json_decref(answer);
	json_decref(list);
	free(line.at);
	return code;
}
