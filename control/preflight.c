/* A password under /run/credentials is there only while its unit runs, and only for that unit: absent is no fault. */
#include "control/preflight.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/evidence/keys.h"
#include "control/outbox/link.h"

#define CREDENTIALS "/run/credentials/"

static int ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), n_end = strlen(end);
	return n >= n_end && !strcmp(text + n - n_end, end);
}

/* Why this file is no custodian's public key, or NULL. */
static const char *custodian_fault(const char *path, uint8_t key[32])
{
	enum vg_err err;
	if (ends_with(path, ".key"))
		return "by its name a secret key, which must never be on this machine; name the .pub";
	err = vg_key_read(path, key);
	if (err == VG_EIO)
		return strerror(errno);
	return err ? "no key file of 64 hex digits; make a pair with vigil-custodian keygen" : NULL;
}

enum vg_err vg_preflight_custodians(const struct vg_config *config, char *why, size_t n_why)
{
	const struct vg_config_evidence *e = &config->evidence;
	uint8_t keys[VG_CONFIG_MAX_KEYS][32];
	if (e->n_custodian_keys < 2) {
		snprintf(why, n_why,
			 "evidence.custodian_keys needs two keys or more: matched bytes are sealed to them; "
			 "name the .pub files of vigil-custodian keygen");
		return VG_EINVAL;
	}
	for (uint32_t i = 0; i < e->n_custodian_keys && i < VG_CONFIG_MAX_KEYS; i++) {
		const char *fault = custodian_fault(e->custodian_keys[i], keys[i]);
		for (uint32_t k = 0; !fault && k < i; k++)
			if (!memcmp(keys[k], keys[i], sizeof(keys[i])))
				fault = "the same key as another custodian's; each needs an own one";
		if (fault) {
			snprintf(why, n_why, "%s: %s (evidence.custodian_keys)", e->custodian_keys[i], fault);
			return VG_EINVAL;
		}
	}
	return VG_OK;
}

static unsigned check_password(const char *path, FILE *out)
{
	struct stat st;
	if (stat(path, &st)) {
		if (!strncmp(path, CREDENTIALS, strlen(CREDENTIALS))) {
			fprintf(out, "note: %s: to be seen only while the reporter's unit runs\n", path);
			return 0;
		}
		fprintf(out, "%s: %s (password_file)\n", path, strerror(errno));
		return 1;
	}
	if (!S_ISREG(st.st_mode) || !st.st_size) {
		fprintf(out, "%s: holds no password; write it into this file (password_file)\n", path);
		return 1;
	}
	if (st.st_mode & (S_IRWXO | S_IWGRP)) {
		fprintf(out, "%s: mode %04o lets others at the password; chmod 0600 (password_file)\n", path,
			(unsigned)st.st_mode & 07777);
		return 1;
	}
	return 0;
}

static unsigned check_endpoint(const struct vg_config *config, FILE *out)
{
	const struct vg_config_reporting *r = &config->reporting;
	int is_production = r->environment == VG_ENV_PRODUCTION;
	const struct vg_config_endpoint *e = is_production ? &r->endpoint : &config->test_endpoint;
	unsigned n_bad = 0;
	if (r->environment == VG_ENV_OFF) {
		fputs("note: reporting.environment is off: nothing is filed, reports wait\n", out);
		return 0;
	}
	switch (vg_endpoint_allowed(e->url, is_production ? VG_ENVIRONMENT_PRODUCTION : VG_ENVIRONMENT_TEST,
				    r->production_key, 0)) {
	case VG_OK:
		break;
	case VG_EDENIED:
		fprintf(out, "%s: reports there are real ones; environment test must not go there\n", e->url);
		n_bad++;
		break;
	default:
		fprintf(out, "%s: no https url of an endpoint; correct it\n", e->url);
		n_bad++;
	}
	n_bad += check_password(e->password_file, out);
	if (e->ca_file[0] && access(e->ca_file, R_OK)) {
		fprintf(out, "%s: %s (ca_file)\n", e->ca_file, strerror(errno));
		n_bad++;
	}
	return n_bad;
}

unsigned vg_preflight(const struct vg_config *config, FILE *out)
{
	char why[VG_CONFIG_PATH + 256];
	unsigned n_bad = 0;
	if (vg_preflight_custodians(config, why, sizeof(why))) {
		fprintf(out, "%s\n", why);
		n_bad++;
	}
	n_bad += check_endpoint(config, out);
	if (!config->dataplane.n_ports)
		fputs("note: dataplane.ports is empty: no traffic is looked at\n", out);
	if (!config->n_lists)
		fputs("note: lists is empty: nothing can match\n", out);
	return n_bad;
}
