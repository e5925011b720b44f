#pragma once
/* card_priv: what card.c shares with its _setup half. */
#include "dataplane/card/card.h"
#include "dataplane/card/rule.h"

/* A rule for an address of documentation (RFC 5737, RFC 3849), of a shape: IP version and number of tags. */
void vg_card_sample(struct vg_offload_ask *ask, unsigned ip_version, unsigned n_tags);
