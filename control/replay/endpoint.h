#pragma once
/* endpoint: where a replay may report to, and nowhere else: a loopback https URL (user, password and CA from
 * test_endpoint of --config), or the endpoint.json of a test endpoint
 * ({"url","user","password_file","ca_file","environment":"test"}). Production bases are refused whatever a file
 * says. */
#include <stddef.h>

#include <vigil/err.h>

#include "control/config/config.h"

/* Fills endpoint from the word behind --report-to; `from_config` is test_endpoint of --config. All paths come out
 * absolute. VG_OK; VG_EDENIED (refused) or VG_EINVAL with the reason in why. */
enum vg_err vg_run_endpoint(const char *report_to, const struct vg_config_endpoint *from_config,
			    struct vg_config_endpoint *endpoint, char *why, size_t n_why);
