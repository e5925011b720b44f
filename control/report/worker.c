/* worker: between vigild's order and the call. Everything that can be wrong before a byte is sent is found here. */
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <vigil/clock.h>

#include "control/report/document.h"
#include "control/report/worker.h"

__attribute__((format(printf, 3, 4))) static void refuse(struct vg_link_result *result, enum vg_outcome outcome,
							 const char *format, ...)
{
	va_list args;
	result->outcome = outcome;
	va_start(args, format);
	vsnprintf(result->description, sizeof(result->description), format, args);
	va_end(args);
}

/* Builds the document of SUBMIT or FILEINFO; NULL with the result filled where it cannot go out. */
static char *make_document(struct vg_worker *w, const struct vg_link_do *order, const struct vg_case *c, size_t *n,
			   struct vg_link_result *result)
{
	int minimal = (order->flags & VG_DO_MINIMAL) != 0;
	int64_t now_ns = vg_wall_now().ns;
	char why[160], *text;

	text = order->call == VG_CALL_SUBMIT
		       ? vg_doc_report(c, &w->card, minimal, now_ns, n)
		       : vg_doc_file(c, order->file_idx, order->report_id, order->file_id, minimal, now_ns, n);
	if (!text)
		refuse(result, VG_OUTCOME_NOT_SENT, "out of memory");
	else if (vg_schema_check(w->schema, text, *n, why, sizeof(why)))
		refuse(result, VG_OUTCOME_INVALID, "our own schema refuses the document: %s", why);
	else
		result->outcome = VG_OUTCOME_ANSWERED; /* so far nothing stands in its way */
	return text;
}

/* Opens the sealed file with the key of its epoch. */
static struct vg_sealed_stream *open_evidence(struct vg_worker *w, int fd, uint64_t *n_bytes,
					      struct vg_link_result *result)
{
	struct vg_sealed_stream *stream = NULL;
	struct vg_sealed_info info;
	uint8_t pk[32], sk[32];
	enum vg_err err = lseek(fd, 0, SEEK_SET) ? VG_EIO : vg_sealed_peek(fd, &info);

	if (!err)
		err = vg_epoch_keys_load(w->keys, info.epoch, pk, sk);
	if (!err && lseek(fd, 0, SEEK_SET))
		err = VG_EIO;
	if (!err)
		stream = vg_sealed_open(fd, pk, sk, &info, &err);
	sodium_memzero(sk, sizeof(sk));
	if (stream)
		*n_bytes = info.n_bytes;
	else
		refuse(result, VG_OUTCOME_EVIDENCE, "the sealed evidence cannot be opened: %s", vg_err_str(err));
	return stream;
}

static void add_text(struct vg_link_result *result, uint32_t what, const char *text, size_t n_bytes, int out_fds[2],
		     size_t *n_out)
{
	int fd = text ? vg_link_text_pack(text, n_bytes) : -1;
	if (fd < 0)
		return;
	out_fds[(*n_out)++] = fd;
	result->has |= what;
}

static void carry_out(struct vg_worker *w, const struct vg_link_do *order, const struct vg_case *c, const int *fds,
		      size_t n_fds, struct vg_link_result *result, int out_fds[2], size_t *n_out)
{
	struct vg_client_request request = { .call = order->call, .report_id = order->report_id };
	char name[64], *document = NULL, *answer = NULL;
	size_t n_document = 0, n_answer = 0;

	if (order->call == VG_CALL_SUBMIT || order->call == VG_CALL_FILEINFO) {
		document = make_document(w, order, c, &n_document, result);
		add_text(result, VG_HAS_DOCUMENT, document, n_document, out_fds, n_out);
		if (result->outcome != VG_OUTCOME_ANSWERED)
			goto out;
		request.document = document;
		request.n_document = n_document;
	} else if (order->call == VG_CALL_UPLOAD) {
		if (n_fds < 2) {
			refuse(result, VG_OUTCOME_EVIDENCE, "no sealed evidence came with the order");
			goto out;
		}
		request.file = open_evidence(w, fds[1], &request.n_file_bytes, result);
		if (!request.file)
			goto out;
		vg_doc_upload_name(c, order->file_idx, name, sizeof(name));
		request.file_name = name;
	}
	vg_client_call(w->client, &request, result, &answer, &n_answer);
	add_text(result, VG_HAS_ANSWER, answer, n_answer, out_fds, n_out);
out:
	vg_sealed_close(request.file);
	free(document);
	free(answer);
}

void vg_worker_do(struct vg_worker *worker, const struct vg_link_do *order, const int *fds, size_t n_fds,
		  struct vg_link_result *result, int out_fds[2], size_t *n_out)
{
	struct vg_case *c = calloc(1, sizeof(*c));
	struct vg_case_file *files = NULL;
	enum vg_err err;

	memset(result, 0, sizeof(*result));
	result->head = vg_link_head(VG_LINK_RESULT, sizeof(*result));
	result->job = order->job;
	result->call = order->call;
	*n_out = 0;
	if (!c) {
		refuse(result, VG_OUTCOME_NOT_SENT, "out of memory");
		return;
	}
	err = n_fds ? vg_link_case_unpack(fds[0], c, &files) : VG_EPROTO;
	if (!worker->client)
		refuse(result, VG_OUTCOME_REFUSED, "endpoint settings refused: %s",
		       vg_client_fault(worker->client_err));
	else if (order->call >= VG_CALL_N || (err && order->call != VG_CALL_STATUS))
		refuse(result, VG_OUTCOME_INVALID, "the order cannot be read: %s", vg_err_str(err));
	else if ((order->call == VG_CALL_UPLOAD || order->call == VG_CALL_FILEINFO) && order->file_idx >= c->n_files)
		refuse(result, VG_OUTCOME_INVALID, "the order names a file that is not in the case");
	else
		carry_out(worker, order, c, fds, n_fds, result, out_fds, n_out);
	free(files);
	free(c);
}
