/* admin: what tests switch and read, on the same loopback port, without the API's password:
 *   GET  /admin/reports                                  all reports with their state, files, digests
 *   GET  /admin/log                                      every call in order: call, http, code, dropped, fault
 *   POST /admin/fault?call=&kind=&times=1&after=0&ms=0   arms a fault (fault.c)   POST /admin/clear  disarms all
 *   POST /admin/expire?id=ID                             expires one open report, or all without an id */
#include <stdlib.h>
#include <string.h>

#include "tests/endpoint/endpoint.h"

static unsigned number(struct MHD_Connection *c, const char *name, unsigned otherwise)
{
	const char *text = MHD_lookup_connection_value(c, MHD_GET_ARGUMENT_KIND, name);
	return text ? (unsigned)strtoul(text, NULL, 10) : otherwise;
}
char *ep_admin(struct endpoint *ep, struct MHD_Connection *connection, const char *url, unsigned *status)
{
	const char *call = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "call");
	const char *kind = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "kind");
	const char *id = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "id");
	char *text = NULL;

	*status = 200;
	pthread_mutex_lock(&ep->lock);
	if (!strcmp(url, "/admin/reports")) {
		ep_reports_expire(ep, 0);
		json_t *json = ep_reports_json(ep);
		text = json_dumps(json, JSON_INDENT(1) | JSON_PRESERVE_ORDER);
		json_decref(json);
	} else if (!strcmp(url, "/admin/log")) {
		text = json_dumps(ep->log, JSON_PRESERVE_ORDER);
	} else if (!strcmp(url, "/admin/fault")) {
		if (ep_fault_arm(ep, call ? call : "any", kind ? kind : "", number(connection, "times", 1),
				 number(connection, "after", 0), number(connection, "ms", 0)))
			*status = 400;
	} else if (!strcmp(url, "/admin/clear")) {
		ep_fault_clear(ep);
	} else if (!strcmp(url, "/admin/expire")) {
		ep_reports_expire(ep, id ? atoll(id) : -1);
	} else {
		*status = 404;
	}
	pthread_mutex_unlock(&ep->lock);
	return text ? text : strdup(*status == 200 ? "{}" : "{\"error\":\"bad request\"}");
}
