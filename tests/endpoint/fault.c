/* fault: what shall go wrong, how often, and at which call. */
#include <stdlib.h>
#include <string.h>

#include "tests/endpoint/endpoint.h"

/* 401 4100 500 503 429  an answer of that kind, without any effect
 * slow                  `ms` pass before the call takes effect
 * stall                 `ms` pass after it took effect, before the answer
 * cut                   the connection is closed in the middle of the body, without effect
 * lost                  it takes effect, then the connection is closed without an answer
 * md5                   upload answers with another digest
 * rubbish doctype huge  it takes effect, then something that is no answer of this API
 * expire                the report is expired just before the call */
static const char *const kinds[] = { "401", "4100", "500", "503",     "429",     "slow", "stall",
				     "cut", "lost", "md5", "rubbish", "doctype", "huge", "expire" };

int ep_fault_arm(struct endpoint *ep, const char *call, const char *kind, unsigned times, unsigned after, unsigned ms)
{
	struct ep_fault *fault, **at = &ep->faults;
	int known = 0;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		known |= !strcmp(kind, kinds[i]);
	if (!known || strlen(call) >= sizeof(fault->call) || !times || !(fault = calloc(1, sizeof(*fault))))
		return -1;
	snprintf(fault->call, sizeof(fault->call), "%s", call);
	snprintf(fault->kind, sizeof(fault->kind), "%s", kind);
	fault->times = times;
	fault->after = after;
	fault->ms = ms;
	while (*at)
		at = &(*at)->next;
	*at = fault;
	return 0;
}
void ep_fault_take(struct endpoint *ep, const char *call, struct ep_fault *taken)
{
	memset(taken, 0, sizeof(*taken));
	for (struct ep_fault **at = &ep->faults; *at; at = &(*at)->next) {
		struct ep_fault *fault = *at;
		if (strcmp(fault->call, call) && strcmp(fault->call, "any"))
			continue;
		if (fault->after) {
			fault->after--;
			continue;
		}
		*taken = *fault;
		if (!--fault->times) {
			*at = fault->next;
			free(fault);
		}
		return;
	}
}
void ep_fault_clear(struct endpoint *ep)
{
	while (ep->faults) {
		struct ep_fault *next = ep->faults->next;
		free(ep->faults);
		ep->faults = next;
	}
}
