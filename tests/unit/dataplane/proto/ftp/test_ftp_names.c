/* Paths, and the names of resources. */
#include "tests/lib/ftp_bench.h"

static struct vg_span text(const char *s)
{
	return (struct vg_span){ (const uint8_t *)s, strlen(s) };
}

static void paths_are_joined_without_dots(void **state)
{
	static const char *const rows[][3] = {
		{ "/pub", "a.jpg", "/pub/a.jpg" },
		{ "/pub", "/a.jpg", "/a.jpg" },
		{ "/pub", "../a.jpg", "/a.jpg" },
		{ "", "../../a", "/a" },
		{ "/a/b/", "./c//d/.././e", "/a/b/c/e" },
		{ "", "", "" },
		{ "pub", "..", "" },
		{ "/x", "..a/...", "/x/..a/..." },
	};
	char out[64];
	(void)state;
	for (size_t i = 0; i < VG_ARRAY_LEN(rows); i++) {
		uint16_t n = vg_ftp_join(text(rows[i][0]), text(rows[i][1]), out, sizeof(out));
		assert_int_equal(n, strlen(rows[i][2]));
		assert_memory_equal(out, rows[i][2], n);
	}
	assert_int_equal(vg_ftp_join(text("/0123456789"), text("abc"), out, 8), 8);
}

static void a_file_has_one_name_from_wherever_it_is_asked_for(void **state)
{
	struct ftp_bench *b = *state;
	struct vg_ftp_flow flow = { .base.ident = ftp_ident(b, FTP_PORTS(21, 1), 0) };
	uint64_t whole = vg_ftp_resource(b->proto, &flow, text("/pub/a.jpg"));

	memcpy(flow.cwd, "/pub", 4);
	flow.n_cwd = 4;
	flow.base.ident.port[1] = 9;
	assert_true(whole == vg_ftp_resource(b->proto, &flow, text("a.jpg")));
	assert_true(whole != vg_ftp_resource(b->proto, &flow, text("b.jpg")));
	assert_int_not_equal(whole, 0);
}

static void a_url_names_the_port_where_it_is_not_the_usual_one(void **state)
{
	static const struct {
		unsigned port;
		uint8_t version, has_host;
		const char *url;
	} rows[] = { { 21, 4, 0, "ftp://10.0.0.1/a" },         { 2121, 4, 0, "ftp://10.0.0.1:2121/a" },
		     { 65535, 4, 1, "ftp://h:65535/a" },       { 0, 4, 1, "ftp://h:0/a" },
		     { 2121, 6, 0, "ftp://[a00:1::]:2121/a" }, { 21, 6, 1, "ftp://h/a" } };
	struct ftp_bench *b = *state;
	static struct vg_ftp_transfer t;

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct vg_ftp_flow flow = { .base.ident = ftp_ident(b, FTP_PORTS(21, 1), 0), .client_1 = 2 };
		flow.base.ident.port[0] = (uint16_t)rows[i].port;
		flow.base.ident.ip_version = rows[i].version;
		flow.host[0] = 'h';
		flow.n_host = rows[i].has_host;
		vg_ftp_name(b->proto, &flow, &t, text("a"));
		assert_int_equal(t.n_url, strlen(rows[i].url));
		assert_memory_equal(t.url, rows[i].url, t.n_url);
	}
}

static void names_too_long_are_cut_and_said_to_be(void **state)
{
	struct ftp_bench *b = *state;
	struct vg_ftp_flow flow = { .base.ident = ftp_ident(b, FTP_PORTS(21, 1), 0), .client_1 = 2 };
	static struct vg_ftp_transfer t;
	char path[2000];

	memset(path, 'x', sizeof(path));
	vg_ftp_name(b->proto, &flow, &t, (struct vg_span){ (const uint8_t *)path, sizeof(path) });
	assert_int_equal(t.is_cut, 1);
	assert_int_equal(t.n_filename, VG_ATTR_FILENAME);
	assert_int_equal(t.n_url, VG_ATTR_URL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_are_joined_without_dots),
		cmocka_unit_test_setup_teardown(a_file_has_one_name_from_wherever_it_is_asked_for, ftp_bench_open,
						ftp_bench_close),
		cmocka_unit_test_setup_teardown(a_url_names_the_port_where_it_is_not_the_usual_one, ftp_bench_open,
						ftp_bench_close),
		cmocka_unit_test_setup_teardown(names_too_long_are_cut_and_said_to_be, ftp_bench_open, ftp_bench_close),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
