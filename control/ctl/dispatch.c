#include "control/ctl/dispatch.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <vigil/base.h>

#define MAX_TEXT 4096u /* of one argument */
#define NS_PER_S 1000000000

static enum vg_err parse_command(struct vg_ctl_request *request, char *why, size_t n_why)
{
	const char *text = json_string_value(json_object_get(request->root, "command"));
	const char *words[VG_COMMAND_WORDS];
	char buffer[256], *rest = buffer, *word;
	size_t n_words = 0, n_used;
	if (!text || strlen(text) >= sizeof(buffer)) {
		snprintf(why, n_why, "'command' is missing or too long");
		return VG_EINVAL;
	}
	strcpy(buffer, text);
	while ((word = strsep(&rest, " ")) && n_words < VG_COMMAND_WORDS)
		if (*word)
			words[n_words++] = word;
	request->command = vg_command_find(words, n_words, &n_used, why, n_why);
	if (!request->command)
		return VG_EINVAL;
	if (n_used == n_words && !(request->command->flags & VG_COMMAND_LOCAL))
		return VG_OK;
	snprintf(why, n_why, "'%.100s' is not a command of vigild", text);
	return VG_EINVAL;
}

enum vg_err vg_ctl_request_parse(const char *line, size_t n_bytes, struct vg_ctl_request *request, char *why,
				 size_t n_why)
{
	json_error_t at;
	json_t *args, *hello;
	memset(request, 0, sizeof(*request));
	request->root = json_loadb(line, n_bytes, JSON_REJECT_DUPLICATES, &at);
	if (!json_is_object(request->root)) {
		snprintf(why, n_why, "not a JSON object in one line: %.100s", request->root ? "" : at.text);
		return VG_EINVAL;
	}
	hello = json_object_get(request->root, "hello");
	if (json_is_integer(hello)) {
		request->is_hello = 1;
		request->hello = (int)json_integer_value(hello);
		return VG_OK;
	}
	if (parse_command(request, why, n_why))
		return VG_EINVAL;
	args = json_object_get(request->root, "arguments");
	if ((args && !json_is_array(args)) || json_array_size(args) > VG_COMMAND_ARGS) {
		snprintf(why, n_why, "'arguments' is no list of at most %u texts", VG_COMMAND_ARGS);
		return VG_EINVAL;
	}
	for (size_t i = 0; i < json_array_size(args); i++) {
		const char *text = json_string_value(json_array_get(args, i));
		if (!text || strlen(text) > MAX_TEXT) {
			snprintf(why, n_why, "argument %zu is no text of at most %u bytes", i + 1, MAX_TEXT);
			return VG_EINVAL;
		}
		request->args[request->n_args++] = text;
	}
	return vg_command_check(request->command, request->n_args, why, n_why);
}

void vg_ctl_request_fini(struct vg_ctl_request *request)
{
	json_decref(request->root);
	memset(request, 0, sizeof(*request));
}

int vg_ctl_code(enum vg_err err)
{
	switch (err) {
	case VG_OK:
		return 0;
	case VG_EDENIED:
		return 4;
	case VG_ENOTFOUND:
		return 5;
	case VG_ECONFLICT:
	case VG_EINVAL:
		return 6;
	case VG_EAGAIN:
	case VG_ECLOSED:
		return 75;
	default:
		return 1;
	}
}

static char *answer(json_t *root)
{
	char *line = root ? json_dumps(root, JSON_COMPACT) : NULL;
	json_decref(root);
	return line;
}

static char *refuse(int code, const char *why)
{
	json_t *text = vg_ctl_text(why);
	return answer(json_pack("{s:s, s:i, s:o}", "return", "NOK", "code", code, "message", text));
}

static char *greet(struct vg_ctl_peer *peer, int hello)
{
	static const char *const names[] = { "read", "operator", "officer", "auditor" };
	json_t *rights = json_array();
	if (hello != VG_CTL_PROTOCOL) {
		json_decref(rights);
		return refuse(6, "this vigild speaks protocol 1: use the vigilctl of the same version");
	}
	peer->said_hello = 1;
	for (unsigned i = 0; i < VG_ARRAY_LEN(names); i++)
		if (peer->rights & 1u << i)
			json_array_append_new(rights, json_string(names[i]));
	return answer(json_pack("{s:s, s:i, s:s, s:s, s:o}", "return", "OK", "hello", VG_CTL_PROTOCOL, "version",
				VG_VERSION, "build", VG_BUILD_ID, "rights", rights));
}

/* Who asked for what: the words of the request, never what came of it. */
static enum vg_err write_audit(const struct vg_ctl_env *env, const struct vg_ctl_request *request, const char *who,
			       int allowed)
{
	char what[100], *details;
	json_t *list = json_array(), *root;
	enum vg_err err;
	for (unsigned i = 0; i < request->n_args; i++)
		json_array_append_new(list, json_string(request->args[i]));
	root = json_pack("{s:o, s:b}", "arguments", list, "allowed", allowed);
	details = root ? json_dumps(root, JSON_COMPACT) : NULL;
	json_decref(root);
	if (!details)
		return VG_ENOMEM;
	snprintf(what, sizeof(what), "ctl.%s.%s", request->command->noun,
		 request->command->verb ? request->command->verb : "");
	err = vg_audit_append(env->audit, who, what, request->n_args ? request->args[0] : "", details);
	free(details);
	return err;
}

static char *run(const struct vg_ctl_env *env, const struct vg_ctl_request *request, const struct vg_ctl_peer *peer)
{
	struct vg_ctl_call call = { .env = env, .command = request->command };
	int allowed = (peer->rights & request->command->rights) != 0;
	char who[32], *line;
	enum vg_err err;
	snprintf(who, sizeof(who), "uid:%lu", (unsigned long)peer->uid);
	call.who = who;
	memcpy(call.args, request->args, sizeof(call.args));
	if (request->command->flags & VG_COMMAND_AUDITED && write_audit(env, request, who, allowed))
		return refuse(1, "the audit log cannot be written, so nothing was done; see vigild's log");
	if (!allowed)
		return refuse(4, "not permitted: your groups do not give this right (control.*_group)");
	err = request->command->run(&call);
	if (err) {
		json_decref(call.result);
		return refuse(vg_ctl_code(err), call.why[0] ? call.why : vg_err_str(err));
	}
	line = answer(json_pack("{s:s, s:o}", "return", "OK", "message", call.result ? call.result : json_object()));
	if (line && strlen(line) <= VG_CTL_MAX_ANSWER)
		return line;
	free(line);
	return refuse(1, "the answer is larger than the socket carries: ask for less");
}

char *vg_ctl_dispatch(void *ctx, struct vg_ctl_peer *peer, const char *line, size_t n_bytes)
{
	struct vg_ctl_request request;
	char why[512] = "", *out;
	enum vg_err err = vg_ctl_request_parse(line, n_bytes, &request, why, sizeof(why));
	if (err)
		out = refuse(2, why);
	else if (request.is_hello)
		out = greet(peer, request.hello);
	else if (!peer->said_hello)
		out = refuse(6, "say hello first");
	else
		out = run(ctx, &request, peer);
	vg_ctl_request_fini(&request);
	return out;
}

json_t *vg_ctl_time(int64_t wall_ns)
{
	time_t seconds = (time_t)(wall_ns / NS_PER_S);
	struct tm t;
	char text[32];
	if (wall_ns <= 0 || !gmtime_r(&seconds, &t) || !strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &t))
		return json_null();
	return json_string(text);
}

json_t *vg_ctl_text(const char *text)
{
	json_t *value = text && text[0] ? json_string(text) : NULL;
	char *legal;
	if (value || !text || !text[0])
		return value ? value : json_null();
	legal = strdup(text);
	for (char *at = legal; at && *at; at++)
		*at = *at & 0x80 ? '?' : *at;
	value = legal ? json_string(legal) : NULL;
	free(legal);
	return value ? value : json_null();
}

enum vg_err vg_ctl_refuse(struct vg_ctl_call *call, enum vg_err err, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(call->why, sizeof(call->why), format, args);
	va_end(args);
	return err;
}
