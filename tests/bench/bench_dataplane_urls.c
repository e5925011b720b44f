/* What a request costs by the number of listed URLs: of hosts without entries, of hosts with entries, listed; and
 * the same by Hyperscan, one anchored pattern for each entry; and the scope's patterns. */
#include <string.h>

#include <hs/hs.h>

#include "dataplane/proto/target.h"
#include "dataplane/scope/patterns.h"
#include "dataplane/scope/sites.h"
#include "tests/bench/bench.h"

#define N_ASKED 4096u
#define N_SLOTS (1u << 19) /* four for each of 100 k, and their hosts */
#define N_HS    10000u     /* Hyperscan's compiler is given no more: it takes seconds */

struct job {
	struct vg_proto *proto;
	struct vg_flow_ident who;
	struct vg_url_table_header header;
	struct vg_url_slot *slots;
	struct vg_url_map map;
	char hosts[N_ASKED][64], targets[N_ASKED][96];
	uint32_t at, found;
	hs_database_t *database;
	hs_scratch_t *scratch;
};

static void put(struct job *job, enum vg_url_key kind, const char *text, uint32_t flags)
{
	uint64_t hash = vg_url_hash(kind, text, strlen(text)), at = hash;

	while (job->slots[at & (job->map.n_slots - 1)].hash && job->slots[at & (job->map.n_slots - 1)].hash != hash)
		at++;
	job->slots[at & (job->map.n_slots - 1)] = (struct vg_url_slot){ .hash = hash, .flags = flags };
}

static void entry(unsigned i, char *host, char *whole)
{
	sprintf(host, "www.host-%u.example", i / 2);
	sprintf(whole, "%s/gallery/%u/set", host, i);
}

static void fill(struct job *job, unsigned n)
{
	char host[64], whole[128];

	memset(job->slots, 0, N_SLOTS * sizeof(*job->slots));
	for (job->map.n_slots = 64; job->map.n_slots < 4 * n; job->map.n_slots *= 2)
		;
	for (unsigned i = 0; i < n; i++) {
		entry(i, host, whole);
		put(job, VG_URL_KEY_HOST, host, VG_URL_UNDER);
		put(job, VG_URL_KEY_PREFIX, whole, VG_URL_LISTED);
	}
	job->proto->listed = n ? &job->map : NULL;
}

/* what: 0 other hosts, 1 hosts with entries, 2 listed. */
static void asks(struct job *job, unsigned n, unsigned what)
{
	for (unsigned i = 0; i < N_ASKED; i++) {
		unsigned k = (i * 2654435761u) % (n ? n : 1);
		sprintf(job->hosts[i], what ? "www.host-%u.example" : "www.other-%u.example", k / 2);
		sprintf(job->targets[i],
			what == 2 ? "/gallery/%u/set/img_%05u.jpg?size=large"
				  : "/pictures/%u/set/img_%05u.jpg?size=large",
			k, i);
	}
}

static void ask(void *ctx, unsigned n_times)
{
	struct job *job = ctx;

	while (n_times--) {
		unsigned i = job->at++ % N_ASKED;
		struct vg_span host = { (const uint8_t *)job->hosts[i], strlen(job->hosts[i]) };
		struct vg_span target = { (const uint8_t *)job->targets[i], strlen(job->targets[i]) };
		job->found += vg_target_marks(job->proto, &job->who, host, target) != 0;
	}
}

static int hit(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *context)
{
	(void)id;
	(void)from;
	(void)to;
	(void)flags;
	++*(uint32_t *)context;
	return 0;
}

static void scan(void *ctx, unsigned n_times)
{
	struct job *job = ctx;
	struct vg_url u;

	while (n_times--) {
		unsigned i = job->at++ % N_ASKED;
		(void)vg_url_normal(&u, (const uint8_t *)job->hosts[i], strlen(job->hosts[i]),
				    (const uint8_t *)job->targets[i], strlen(job->targets[i]));
		(void)hs_scan(job->database, u.text, u.n_text, 0, job->scratch, hit, &job->found);
	}
}

static void by_hyperscan(struct job *job, unsigned n)
{
	const char **texts = calloc(n, sizeof(*texts));
	unsigned *flags = calloc(n, sizeof(*flags));
	char host[64], whole[128], name[64];
	char why[256];
	double begin = vg_bench_now_s();

	for (unsigned i = 0; i < n; i++) {
		char *text = malloc(160), *to = text;
		entry(i, host, whole);
		*to++ = '^';
		for (const char *c = whole; *c; c++)
			to += sprintf(to, *c == '.' || *c == '-' ? "\\%c" : "%c", *c);
		strcpy(to, "(/|\\?|$)");
		texts[i] = text;
		flags[i] = HS_FLAG_SINGLEMATCH;
	}
	job->database = vg_patterns_compile(texts, flags, NULL, n, 0, why, sizeof(why));
	if (!job->database)
		exit(1);
	snprintf(name, sizeof(name), "urls_%u_hyperscan_compile", n);
	vg_bench_print(name, (vg_bench_now_s() - begin) * 1e3, "ms");
	if (hs_alloc_scratch(job->database, &job->scratch) != HS_SUCCESS)
		exit(1);
	for (unsigned what = 0; what < 3; what++) {
		static const char *const names[] = { "other_host", "same_host", "listed" };
		asks(job, n, what);
		snprintf(name, sizeof(name), "urls_%u_%s_hyperscan", n, names[what]);
		vg_bench_print(name, vg_bench_time_s(scan, job, 0.01) * 1e9, "ns");
	}
	hs_free_database(job->database);
	for (unsigned i = 0; i < n; i++)
		free((void *)(uintptr_t)texts[i]);
	free(texts);
	free(flags);
}

static void by_table(struct job *job, unsigned n)
{
	static const char *const names[] = { "other_host", "same_host", "listed" };
	char name[64];

	fill(job, n);
	for (unsigned what = 0; what < (n ? 3u : 1u); what++) {
		asks(job, n, what);
		snprintf(name, sizeof(name), "urls_%u_%s", n, names[what]);
		vg_bench_print(name, vg_bench_time_s(ask, job, 0.01) * 1e9, "ns");
	}
}

int main(void)
{
	static struct vg_scope_conf scope = { .n_sites = 100 };
	struct job *job = calloc(1, sizeof(*job));
	struct vg_proto *proto = aligned_alloc(64, (sizeof(*proto) + 63) & ~(size_t)63);

	if (!job || !proto)
		return 1;
	memset(proto, 0, sizeof(*proto));
	proto->stats = calloc(1, VG_STATS_BYTES);
	job->proto = proto;
	job->slots = calloc(N_SLOTS, sizeof(*job->slots));
	job->map = (struct vg_url_map){ &job->header, job->slots, 64, 0 };
	if (!proto->stats || !job->slots)
		return 1;
	by_table(job, 0);
	by_table(job, 1000);
	by_table(job, 100000);
	by_hyperscan(job, 1000);
	by_hyperscan(job, N_HS);
	fill(job, 0);
	asks(job, 1000, 0);
	for (unsigned i = 0; i < scope.n_sites; i++) {
		scope.sites[i].is_in = i & 1;
		sprintf(scope.sites[i].pattern, "*.customer-%u.example/upload/*", i);
	}
	if (vg_sites_create(&scope, &proto->profiles[0].sites))
		return 1;
	vg_bench_print("scope_100_patterns", vg_bench_time_s(ask, job, 0.01) * 1e9, "ns");
	return 0;
}
