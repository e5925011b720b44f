/* vigil-endpoint: arguments, keys, and waiting. DIR/endpoint.json is written last: who sees it can call. */
#include <errno.h>
#include <getopt.h>
#include <gnutls/gnutls.h>
#include <libxml/parser.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/endpoint/endpoint.h"

static int usage(FILE *to, int code)
{
	fprintf(to, "usage: vigil-endpoint --state DIR [--port N] [--user U] [--clock-scale F] [--fault "
		    "CALL:KIND[:TIMES]]...\n"
		    "A reporting endpoint for tests and demo on 127.0.0.1. Writes DIR/endpoint.json once it is ready.\n"
		    "  --port N         0 (default) = any free port\n"
		    "  --clock-scale F  reports expire F times as fast as by the 24 h / 1 h rule\n"
		    "  --fault ...      arms a fault; others by POST /admin/fault (see admin.c, fault.c)\n"
		    "  --help --version\n");
	return code;
}
static void base64(const char *in, char *out)
{
	static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t n = strlen(in);
	for (size_t i = 0; i < n; i += 3) {
		uint32_t v = (uint32_t)(uint8_t)in[i] << 16 | (i + 1 < n ? (uint32_t)(uint8_t)in[i + 1] << 8 : 0) |
			     (i + 2 < n ? (uint8_t)in[i + 2] : 0);
		*out++ = digit[v >> 18];
		*out++ = digit[v >> 12 & 63];
		*out++ = i + 1 < n ? digit[v >> 6 & 63] : '=';
		*out++ = i + 2 < n ? digit[v & 63] : '=';
	}
	*out = 0;
}
static int prepare(struct endpoint *ep)
{
	char password[128], pair[300], coded[450];

	umask(077);
	if ((mkdir(ep->dir, 0700) && errno != EEXIST) || ep_reports_load(ep) || ep_tls_prepare(ep) ||
	    ep_password_prepare(ep, password, sizeof(password)))
		return -1;
	snprintf(pair, sizeof(pair), "%s:%s", ep->user, password);
	base64(pair, coded);
	snprintf(ep->auth, sizeof(ep->auth), "Basic %s", coded);
	ep->schema = ep_schema_load();
	ep->log = json_array();
	return ep->schema && ep->log ? 0 : -1;
}
static int announce(struct endpoint *ep, struct MHD_Daemon *daemon)
{
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT);
	char path[2100], url[64], password[2100], ca[2100];
	json_t *json;
	char *text;
	int bad;

	ep->port = info ? info->port : ep->port;
	snprintf(url, sizeof(url), "https://127.0.0.1:%u/ispws", ep->port);
	snprintf(path, sizeof(path), "%s/endpoint.json", ep->dir);
	snprintf(password, sizeof(password), "%s/password", ep->dir);
	snprintf(ca, sizeof(ca), "%s/ca.pem", ep->dir);
	json = json_pack("{s:s,s:s,s:s,s:s,s:s}", "url", url, "user", ep->user, "password_file", password, "ca_file",
			 ca, "environment", "test");
	text = json ? json_dumps(json, JSON_INDENT(1) | JSON_PRESERVE_ORDER) : NULL;
	bad = !text || ep_write_file(path, text, strlen(text), 0600);
	free(text);
	json_decref(json);
	if (!bad)
		printf("vigil-endpoint: %s\n", url), fflush(stdout);
	return bad;
}
/* CALL:KIND[:TIMES] */
static int arm(struct endpoint *ep, char *text)
{
	char *kind = strchr(text, ':'), *times;
	if (!kind)
		return -1;
	*kind++ = 0;
	times = strchr(kind, ':');
	if (times)
		*times++ = 0;
	return ep_fault_arm(ep, text, kind, times ? (unsigned)atoi(times) : 1, 0, 1000);
}
static int parse(struct endpoint *ep, int argc, char **argv)
{
	static const struct option options[] = {
		{ "state", required_argument, NULL, 's' },       { "port", required_argument, NULL, 'p' },
		{ "user", required_argument, NULL, 'u' },        { "fault", required_argument, NULL, 'f' },
		{ "clock-scale", required_argument, NULL, 'c' }, { "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },           { 0 }
	};
	int c;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 's') {
			char *real = NULL;
			mkdir(optarg, 0700);
			real = realpath(optarg, NULL);
			snprintf(ep->dir, sizeof(ep->dir), "%s", real ? real : optarg);
			free(real);
		} else if (c == 'p') {
			ep->port = (uint16_t)atoi(optarg);
		} else if (c == 'u') {
			snprintf(ep->user, sizeof(ep->user), "%s", optarg);
		} else if (c == 'c') {
			ep->clock_scale = atof(optarg);
		} else if (c == 'h') {
			exit(usage(stdout, 0));
		} else if (c == 'V') {
			printf("vigil-endpoint %s (%s)\n", VG_VERSION, VG_BUILD_ID);
			exit(0);
		} else if (c != 'f' || arm(ep, optarg)) {
			return -1;
		}
	}
	return ep->dir[0] && optind == argc ? 0 : -1;
}

int main(int argc, char **argv)
{
	struct endpoint ep = { .clock_scale = 1, .user = "vigil" };
	struct MHD_Daemon *daemon;
	sigset_t set;
	int signal_no;

	pthread_mutex_init(&ep.lock, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	if (parse(&ep, argc, argv))
		return usage(stderr, 2);
	xmlInitParser();
	if (prepare(&ep) || !(daemon = ep_http_start(&ep)) || announce(&ep, daemon)) {
		fprintf(stderr, "vigil-endpoint: cannot start in %s: %s\n", ep.dir, strerror(errno));
		return 1;
	}
	sigwait(&set, &signal_no);
	MHD_stop_daemon(daemon);
	ep_fault_clear(&ep);
	while (ep.reports) {
		struct ep_report *next = ep.reports->next;
		free(ep.reports->files);
		free(ep.reports);
		ep.reports = next;
	}
	json_decref(ep.log);
	xmlSchemaFree(ep.schema);
	free(ep.key_pem);
	free(ep.cert_pem);
	xmlCleanupParser();
	return 0;
}
