/* vigil-hashing-pictures: vigil-hashing with all decoders, which becomes this program where they are needed. */
#include <stddef.h>
#include <sys/prctl.h>

#include "hashing/run.h"

int main(int argc, char **argv)
{
	(void)prctl(PR_SET_NAME, "vigil-hashing"); /* it is the hasher, for whoever looks */
	return vg_hashing_run(argc, argv, NULL);
}
