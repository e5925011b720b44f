/* vigil-hashing: media objects in, matches out, inside the sandbox. */
#include <stddef.h>

#include "hashing/run.h"

int main(int argc, char **argv)
{
	return vg_hashing_run(argc, argv, NULL);
}
