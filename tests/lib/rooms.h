#pragma once
/* rooms: a private folder with vigild's rooms in it (loop, store, audit, cases, lists, intake without a dataplane), for
 * tests of what operators see. Include once, in a test program of control. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <vigil/attribution.h>
#include <vigil/clock.h>

#include "control/audit/audit.h"
#include "control/cases/cases.h"
#include "control/config/config.h"
#include "control/intake/intake.h"
#include "control/lists/lists.h"
#include "control/loop/loop.h"
#include "control/store/store.h"

struct rooms {
	char dir[64], list_path[128], suppress_path[128], why[512];
	struct vg_config *config;
	struct vg_loop *loop;
	struct vg_store *store;
	struct vg_audit *audit;
	struct vg_cases *cases;
	struct vg_lists *lists;
	struct vg_intake *intake;
};

static inline void rooms_must(int ok, const char *what)
{
	if (!ok) {
		fprintf(stderr, "rooms: %s failed\n", what);
		abort();
	}
}
static inline void rooms_write(const char *path, const char *text)
{
	FILE *out = fopen(path, "w");
	rooms_must(out && fputs(text, out) >= 0 && !fclose(out), path);
}
static inline enum vg_err rooms_reload(struct rooms *r, char *why, size_t n_why)
{
	return vg_lists_reload(r->lists, r->config->lists, r->config->n_lists, r->config->control.suppress_file, why,
			       n_why);
}
static inline struct rooms *rooms_create(void)
{
	static const struct vg_intake_hooks hooks;
	struct rooms *r = calloc(1, sizeof(*r));
	struct vg_intake_conf conf = { 0 };
	char path[128];
	rooms_must(r != NULL, "memory");
	strcpy(r->dir, "/tmp/vigil-test-rooms.XXXXXX");
	rooms_must(mkdtemp(r->dir) != NULL, "mkdtemp");
	r->config = calloc(1, sizeof(*r->config));
	rooms_must(r->config != NULL, "memory");
	vg_config_defaults(r->config);
	snprintf(r->list_path, sizeof(r->list_path), "%s/list.txt", r->dir);
	snprintf(r->suppress_path, sizeof(r->suppress_path), "%s/suppress.txt", r->dir);
	rooms_write(r->suppress_path, "# none yet\n");
	rooms_write(r->list_path, "md5,00112233445566778899aabbccddeeff,entry-1\n"
				  "sha1,00112233445566778899aabbccddeeff00112233,entry-2\n");
	vg_config_list_defaults(&r->config->lists[0]);
	strcpy(r->config->lists[0].name, "first");
	snprintf(r->config->lists[0].file, sizeof(r->config->lists[0].file), "%s", r->list_path);
	r->config->n_lists = 1;
	snprintf(r->config->control.suppress_file, sizeof(r->config->control.suppress_file), "%s", r->suppress_path);
	snprintf(r->config->control.state_dir, sizeof(r->config->control.state_dir), "%s", r->dir);
	r->loop = vg_loop_create();
	rooms_must(r->loop != NULL, "loop");
	snprintf(path, sizeof(path), "%s/vigil.db", r->dir);
	r->store = vg_store_open(path, r->why, sizeof(r->why));
	rooms_must(r->store != NULL, r->why);
	/* nobody cuts the power of a test: it need not wait for the disk */
	rooms_must(!vg_store_exec(r->store, "PRAGMA synchronous=OFF", ""), "pragma");
	r->audit = vg_audit_create(r->store);
	rooms_must(r->audit != NULL, "audit");
	r->cases = vg_cases_create(r->store, r->audit, 0);
	rooms_must(r->cases != NULL, "cases");
	snprintf(path, sizeof(path), "%s/lists", r->dir);
	r->lists = vg_lists_create(path, r->why, sizeof(r->why));
	rooms_must(r->lists != NULL, r->why);
	rooms_must(!rooms_reload(r, r->why, sizeof(r->why)), r->why);
	conf.run_dir = r->dir;
	conf.n_hashers = 1;
	conf.matches_per_minute = 1000;
	r->intake = vg_intake_create(r->loop, r->lists, &conf, &hooks);
	rooms_must(r->intake != NULL, "intake");
	return r;
}
static inline void rooms_destroy(struct rooms *r)
{
	char command[128];
	vg_intake_destroy(r->intake);
	vg_lists_destroy(r->lists);
	vg_cases_destroy(r->cases);
	vg_audit_destroy(r->audit);
	vg_store_close(r->store);
	vg_loop_destroy(r->loop);
	snprintf(command, sizeof(command), "rm -rf %s", r->dir);
	rooms_must(!system(command), command);
	free(r->config);
	free(r);
}
/* A case of one file in REVIEW; its id. Its texts hold markup and control characters, as the wire may. */
static inline int64_t rooms_add_case(struct rooms *r, uint64_t object_id)
{
	struct vg_case_match m = { .boot_id = 7, .object_id = object_id };
	struct vg_case_added added;
	m.origin.vlan_outer = m.origin.vlan_inner = -1;
	m.origin.n_tunnels = 1;
	m.origin.tunnels[0] = (struct vg_case_tunnel){ VG_TUNNEL_ERSPAN, 31, "192.0.2.8", "192.0.2.9" };
	m.origin.proto = VG_PROTO_HTTP;
	strcpy(m.origin.src_ip, "10.0.0.1");
	strcpy(m.origin.dst_ip, "10.0.0.2");
	strcpy(m.origin.host, "pictures.example");
	strcpy(m.origin.url, "http://pictures.example/<b>\x01\xff");
	m.file.kind = VG_KIND_JPEG;
	m.file.state = VG_STATE_COMPLETE;
	m.file.complete = 1;
	m.file.n_bytes = m.file.n_sample_bytes = 1000;
	memcpy(m.file.sha256, &object_id, sizeof(object_id));
	m.file.n_hits = 1;
	m.file.hits[0].algo = VG_ALGO_PDQ;
	m.file.hits[0].distance = 12;
	m.file.hits[0].generation = 1;
	strcpy(m.file.hits[0].list, "first");
	strcpy(m.file.hits[0].entry_id, "entry-1");
	m.hit_actions[0] = VG_ACTION_REVIEW;
	rooms_must(!vg_store_begin(r->store) && !vg_cases_add(r->cases, &m, &added) && !vg_store_commit(r->store),
		   "adding a case");
	return added.case_id;
}
