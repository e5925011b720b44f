#include "control/replay/endpoint.h"

#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/outbox/link.h"

/* Paths of endpoint.json are taken from its folder. */
static enum vg_err take_path(const json_t *root, const char *key, const char *file, char *to, size_t cap)
{
	const char *path = json_string_value(json_object_get(root, key)), *slash = strrchr(file, '/');
	int n;
	if (!path || !*path)
		return VG_EINVAL;
	if (*path == '/' || !slash)
		n = snprintf(to, cap, "%s", path);
	else
		n = snprintf(to, cap, "%.*s/%s", (int)(slash - file), file, path);
	return n < 0 || (size_t)n >= cap ? VG_EINVAL : VG_OK;
}

static enum vg_err from_file(const char *file, struct vg_config_endpoint *endpoint, char *why, size_t n_why)
{
	json_error_t at;
	json_t *root = json_load_file(file, JSON_REJECT_DUPLICATES, &at);
	const char *url = json_string_value(json_object_get(root, "url"));
	const char *user = json_string_value(json_object_get(root, "user"));
	const char *environment = json_string_value(json_object_get(root, "environment"));
	enum vg_err err = VG_EINVAL;
	if (!root) {
		snprintf(why, n_why,
			 "--report-to %s: neither an https URL nor the endpoint.json of a test endpoint: %s", file,
			 at.text);
	} else if (!environment || strcmp(environment, "test")) {
		snprintf(why, n_why, "--report-to %s: refused: it is not marked \"environment\": \"test\"", file);
		err = VG_EDENIED;
	} else if (!url || !user || strlen(url) >= sizeof(endpoint->url) || strlen(user) >= sizeof(endpoint->user) ||
		   take_path(root, "password_file", file, endpoint->password_file, sizeof(endpoint->password_file)) ||
		   take_path(root, "ca_file", file, endpoint->ca_file, sizeof(endpoint->ca_file))) {
		snprintf(why, n_why, "--report-to %s: must name url, user, password_file and ca_file", file);
	} else {
		strcpy(endpoint->url, url);
		strcpy(endpoint->user, user);
		err = VG_OK;
	}
	json_decref(root);
	return err;
}

static enum vg_err make_absolute(char *path, size_t cap, char *why, size_t n_why)
{
	char whole[PATH_MAX];
	if (!realpath(path, whole) || access(whole, R_OK) || strlen(whole) >= cap) {
		snprintf(why, n_why, "--report-to: %s cannot be read", path);
		return VG_EINVAL;
	}
	strcpy(path, whole);
	return VG_OK;
}

enum vg_err vg_run_endpoint(const char *report_to, const struct vg_config_endpoint *from_config,
			    struct vg_config_endpoint *endpoint, char *why, size_t n_why)
{
	enum vg_err err;
	memset(endpoint, 0, sizeof(*endpoint));
	if (strstr(report_to, "://")) {
		if (vg_endpoint_allowed(report_to, VG_ENVIRONMENT_TEST, "", 1) || !vg_endpoint_is_loopback(report_to)) {
			snprintf(why, n_why,
				 "--report-to %.200s: refused: a replay reports to https on this machine (loopback) "
				 "or to an endpoint marked test, never to a real one",
				 report_to);
			return VG_EDENIED;
		}
		*endpoint = *from_config;
		if (strlen(report_to) >= sizeof(endpoint->url) || !endpoint->user[0] || !endpoint->password_file[0] ||
		    !endpoint->ca_file[0]) {
			snprintf(why, n_why,
				 "--report-to with a URL needs --config FILE with test_endpoint: user, password_file "
				 "and ca_file");
			return VG_EINVAL;
		}
		strcpy(endpoint->url, report_to);
	} else {
		err = from_file(report_to, endpoint, why, n_why);
		if (err)
			return err;
		if (vg_endpoint_allowed(endpoint->url, VG_ENVIRONMENT_TEST, "", 1)) {
			snprintf(why, n_why, "--report-to %s: refused: %.200s is no test endpoint", report_to,
				 endpoint->url);
			return VG_EDENIED;
		}
	}
	err = make_absolute(endpoint->password_file, sizeof(endpoint->password_file), why, n_why);
	return err ? err : make_absolute(endpoint->ca_file, sizeof(endpoint->ca_file), why, n_why);
}
