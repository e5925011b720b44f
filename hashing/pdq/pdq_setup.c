/* pdq_setup: the tables of the DCT and the choice of the tier. */
#include <math.h>
#include <string.h>

#include "hashing/pdq/pdq_priv.h"

/* D[f][j] = sqrt(2/64) cos(pi/128 (f+1)(2j+1)); the reference rounds the factor and the product to float. */
static void make_tables(struct vg_pdq_tables *t)
{
	float scale = (float)sqrt(2.0 / VG_PDQ_SMALL);
	for (unsigned f = 0; f < VG_PDQ_FREQS; f++)
		for (unsigned j = 0; j < VG_PDQ_SMALL; j++) {
			float d = (float)(scale * cos(M_PI / (2 * VG_PDQ_SMALL) * (f + 1) * (2 * j + 1)));
			t->d[f * VG_PDQ_SMALL + j] = d;
			t->dt[j * VG_PDQ_FREQS + f] = d;
		}
}

void vg_pdq_destroy(struct vg_pdq *pdq)
{
	free(pdq);
}

struct vg_pdq *vg_pdq_create(void)
{
	struct vg_pdq *pdq = aligned_alloc(_Alignof(struct vg_pdq), sizeof(*pdq));
	if (!pdq)
		return NULL;
	memset(pdq, 0, sizeof(*pdq));
	make_tables(&pdq->tables);
	pdq->tier = vg_pdq_select();
	return pdq;
}
