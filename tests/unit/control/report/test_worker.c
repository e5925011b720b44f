/* Orders that cannot be carried out say so before anything is sent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <unistd.h>

#include "control/report/worker.h"
#include "tests/lib/case_make.h"

static struct vg_link_result order(struct vg_worker *w, unsigned call, unsigned file_idx, int case_fd, int evidence_fd)
{
	struct vg_link_do o = { .job = 7, .call = call, .file_idx = file_idx, .report_id = 1 };
	struct vg_link_result r;
	int fds[2] = { case_fd, evidence_fd }, out[2];
	size_t n_out;
	vg_worker_do(w, &o, fds, evidence_fd >= 0 ? 2 : case_fd >= 0 ? 1 : 0, &r, out, &n_out);
	while (n_out)
		close(out[--n_out]);
	assert_int_equal(r.job, 7);
	assert_int_equal(r.call, call);
	return r;
}
static void orders_that_cannot_be_carried_out_say_so(void **state)
{
	struct vg_epoch_keys keys = { .dir = "/nonexistent" };
	struct vg_worker w = { .client_err = VG_EDENIED, .keys = &keys, .card = case_card() };
	struct vg_case *c = case_make(VG_UPLOAD, 1);
	int fd = vg_link_case_pack(c), rubbish = vg_link_text_pack("x", 1);
	(void)state;

	w.schema = vg_schema_create();
	assert_int_equal(order(&w, VG_CALL_SUBMIT, 0, fd, -1).outcome, VG_OUTCOME_REFUSED);
	/* A client that is never used: what is wrong is found before. */
	w.client = (struct vg_client *)&w;
	assert_int_equal(order(&w, VG_CALL_SUBMIT, 0, -1, -1).outcome, VG_OUTCOME_INVALID);
	assert_int_equal(order(&w, VG_CALL_SUBMIT, 0, rubbish, -1).outcome, VG_OUTCOME_INVALID);
	assert_int_equal(order(&w, VG_CALL_N, 0, fd, -1).outcome, VG_OUTCOME_INVALID);
	assert_int_equal(order(&w, VG_CALL_UPLOAD, 1, fd, -1).outcome, VG_OUTCOME_INVALID);
	assert_int_equal(order(&w, VG_CALL_UPLOAD, 0, fd, -1).outcome, VG_OUTCOME_EVIDENCE);
	assert_int_equal(order(&w, VG_CALL_UPLOAD, 0, fd, rubbish).outcome, VG_OUTCOME_EVIDENCE);
	assert_int_equal(order(&w, VG_CALL_FILEINFO, 5, fd, -1).outcome, VG_OUTCOME_INVALID);
	w.card.email[0] = 0; /* our own schema asks for it */
	struct vg_link_result r = order(&w, VG_CALL_SUBMIT, 0, fd, -1);
	assert_int_equal(r.outcome, VG_OUTCOME_INVALID);
	assert_int_equal(r.has, VG_HAS_DOCUMENT);
	close(fd);
	close(rubbish);
	vg_schema_destroy(w.schema);
	case_drop(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(orders_that_cannot_be_carried_out_say_so) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
