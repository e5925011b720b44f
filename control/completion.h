#pragma once
/* completion: the bash completion of vigilctl, made from the command table and the options of replay, scan and hash.
 * */
#include <stdio.h>

/* Writes the script. */
void vg_completion_bash(FILE *out);
