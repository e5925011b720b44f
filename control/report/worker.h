#pragma once
/* worker: carries out one DO of vigild: unpacks the case, builds and checks the document, opens the evidence, makes
 * the call, and reports what came of it. One thread; keeps nothing between two calls. */
#include <stddef.h>
#include <stdint.h>

#include "control/outbox/link.h"
#include "control/report/client.h"
#include "control/report/epoch_keys.h"
#include "control/report/schema.h"

struct vg_worker {
	struct vg_client *client; /* NULL: the settings were refused; client_err says why */
	enum vg_err client_err;
	struct vg_schema *schema;
	const struct vg_epoch_keys *keys;
	struct vg_reporter_card card;
};
/* fds: the case, and for UPLOAD the evidence (borrowed). out_fds gets what result->has names; the caller closes them.
 * */
void vg_worker_do(struct vg_worker *worker, const struct vg_link_do *order, const int *fds, size_t n_fds,
		  struct vg_link_result *result, int out_fds[2], size_t *n_out);
