/* tls: a CA and a server certificate for 127.0.0.1, ::1 and localhost, and a password, all random, all in DIR (0600).
 * */
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/endpoint/endpoint.h"

static int new_key(gnutls_x509_privkey_t *key)
{
	return gnutls_x509_privkey_init(key) < 0 ||
	       gnutls_x509_privkey_generate(*key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1),
					    0) < 0;
}
static int new_cert(gnutls_x509_crt_t *cert, gnutls_x509_privkey_t key, const char *name)
{
	uint8_t serial[16];
	time_t now = time(NULL);

	if (gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof(serial)) < 0)
		return -1;
	serial[0] &= 0x7f;
	return gnutls_x509_crt_init(cert) < 0 || gnutls_x509_crt_set_version(*cert, 3) < 0 ||
	       gnutls_x509_crt_set_key(*cert, key) < 0 ||
	       gnutls_x509_crt_set_serial(*cert, serial, sizeof(serial)) < 0 ||
	       gnutls_x509_crt_set_activation_time(*cert, now - 86400) < 0 ||
	       gnutls_x509_crt_set_expiration_time(*cert, now + 365 * 86400) < 0 ||
	       gnutls_x509_crt_set_dn_by_oid(*cert, GNUTLS_OID_X520_COMMON_NAME, 0, name, (unsigned)strlen(name)) < 0;
}
static int set_names(gnutls_x509_crt_t cert)
{
	static const uint8_t v4[4] = { 127, 0, 0, 1 }, v6[16] = { [15] = 1 };
	return gnutls_x509_crt_set_subject_alt_name(cert, GNUTLS_SAN_DNSNAME, "localhost", 9, GNUTLS_FSAN_SET) < 0 ||
	       gnutls_x509_crt_set_subject_alt_name(cert, GNUTLS_SAN_IPADDRESS, v4, 4, GNUTLS_FSAN_APPEND) < 0 ||
	       gnutls_x509_crt_set_subject_alt_name(cert, GNUTLS_SAN_IPADDRESS, v6, 16, GNUTLS_FSAN_APPEND) < 0 ||
	       gnutls_x509_crt_set_key_usage(cert, GNUTLS_KEY_DIGITAL_SIGNATURE) < 0 ||
	       gnutls_x509_crt_set_key_purpose_oid(cert, GNUTLS_KP_TLS_WWW_SERVER, 0) < 0 ||
	       gnutls_x509_crt_set_basic_constraints(cert, 0, -1) < 0;
}
static int write_cert(gnutls_x509_crt_t cert, const char *path, char **text)
{
	gnutls_datum_t pem = { NULL, 0 };
	int bad = gnutls_x509_crt_export2(cert, GNUTLS_X509_FMT_PEM, &pem) < 0 ||
		  ep_write_file(path, pem.data, pem.size, 0600);
	if (!bad && text)
		*text = strndup((const char *)pem.data, pem.size);
	gnutls_free(pem.data);
	return bad;
}
static char *read_text(const char *path)
{
	char *text = calloc(1, 16384);
	FILE *file = fopen(path, "rb");
	if (!file || !text || !fread(text, 1, 16383, file)) {
		free(text);
		text = NULL;
	}
	if (file)
		fclose(file);
	return text;
}

int ep_tls_prepare(struct endpoint *ep)
{
	char ca_path[2100], cert_path[2100], key_path[2100];
	gnutls_x509_privkey_t ca_key = NULL, key = NULL;
	gnutls_x509_crt_t ca = NULL, cert = NULL;
	gnutls_datum_t pem = { NULL, 0 };
	int bad;

	snprintf(ca_path, sizeof(ca_path), "%s/ca.pem", ep->dir);
	snprintf(cert_path, sizeof(cert_path), "%s/server.pem", ep->dir);
	snprintf(key_path, sizeof(key_path), "%s/server.key", ep->dir);
	if (!access(ca_path, R_OK) && (ep->cert_pem = read_text(cert_path)) && (ep->key_pem = read_text(key_path)))
		return 0;
	bad = new_key(&ca_key) || new_cert(&ca, ca_key, "Vigil local endpoint: test authority") ||
	      gnutls_x509_crt_set_basic_constraints(ca, 1, 0) < 0 ||
	      gnutls_x509_crt_set_key_usage(ca, GNUTLS_KEY_KEY_CERT_SIGN) < 0 ||
	      gnutls_x509_crt_sign2(ca, ca, ca_key, GNUTLS_DIG_SHA256, 0) < 0 || new_key(&key) ||
	      new_cert(&cert, key, "localhost") || set_names(cert) ||
	      gnutls_x509_crt_sign2(cert, ca, ca_key, GNUTLS_DIG_SHA256, 0) < 0 ||
	      gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, &pem) < 0 ||
	      ep_write_file(key_path, pem.data, pem.size, 0600) || write_cert(cert, cert_path, &ep->cert_pem) ||
	      write_cert(ca, ca_path, NULL);
	if (!bad)
		ep->key_pem = strndup((const char *)pem.data, pem.size);
	gnutls_free(pem.data);
	gnutls_x509_crt_deinit(ca);
	gnutls_x509_crt_deinit(cert);
	gnutls_x509_privkey_deinit(ca_key); /* the authority signs once and its key is gone */
	gnutls_x509_privkey_deinit(key);
	return bad;
}

int ep_password_prepare(struct endpoint *ep, char *password, size_t cap)
{
	static const char digit[] = "0123456789abcdef";
	char path[2100], line[50];
	uint8_t random[24];
	char *old;

	snprintf(path, sizeof(path), "%s/password", ep->dir);
	if ((old = read_text(path))) {
		snprintf(password, cap, "%.*s", (int)strcspn(old, "\n"), old);
		free(old);
		return 0;
	}
	if (gnutls_rnd(GNUTLS_RND_KEY, random, sizeof(random)) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(random); i++) {
		line[2 * i] = digit[random[i] >> 4];
		line[2 * i + 1] = digit[random[i] & 15];
	}
	line[48] = '\n';
	line[49] = 0;
	snprintf(password, cap, "%.48s", line);
	return ep_write_file(path, line, 49, 0600);
}
