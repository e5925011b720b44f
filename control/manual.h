#pragma once
/* manual: the manual pages, made from the command table, the options of replay and the options of the configuration.
 * */
#include <stdio.h>

/* Writes page "vigilctl", "vigild" or "vigil.yaml" as man(7) roff; 0, or -1 where there is no such page. */
int vg_manual(const char *page, FILE *out);
