/* digest_setup: contexts are made at start-up. */
#include <stdlib.h>

#include "hashing/digest/digest_priv.h"

void vg_digests_destroy(struct vg_digests *d)
{
	free(d);
}

struct vg_digests *vg_digests_create(void)
{
	struct vg_digests *d = calloc(1, sizeof(*d));

	if (d)
		vg_digests_init(d, 0);
	return d;
}
