#pragma once
/* case_make: a case in memory, with fields to change before documents are built from it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/cases/case.h"
#include "control/outbox/link.h"

/* n_files files, each with one exact hit; freed by case_drop(). */
static inline struct vg_case *case_make(unsigned direction, unsigned n_files)
{
	struct vg_case *c = calloc(1, sizeof(*c));
	struct vg_case_origin *o = &c->origin;

	c->id = 17;
	snprintf(c->name, sizeof(c->name), "VG-2026-000017");
	c->state = VG_CASE_QUEUED;
	c->created_ns = 1795500001000000000;
	*o = (struct vg_case_origin){ .proto = VG_PROTO_HTTP, .direction = direction, .http_status = 200 };
	o->src_port = 51514;
	o->dst_port = 80;
	o->vlan_outer = o->vlan_inner = -1;
	o->first_byte_ns = 1795500000000000000;
	o->last_byte_ns = 1795500000250000000;
	snprintf(o->src_ip, sizeof(o->src_ip), direction == VG_UPLOAD ? "203.0.113.77" : "198.51.100.20");
	snprintf(o->dst_ip, sizeof(o->dst_ip), direction == VG_UPLOAD ? "198.51.100.20" : "203.0.113.77");
	snprintf(o->host, sizeof(o->host), "customer-17.hoster.example");
	snprintf(o->url, sizeof(o->url), "http://customer-17.hoster.example/upload.php?id=1&x=<y>");
	snprintf(o->method, sizeof(o->method), direction == VG_UPLOAD ? "POST" : "GET");
	snprintf(o->agent, sizeof(o->agent), "curl/8 \"quoted\" & more");
	c->n_files = n_files;
	c->files = calloc(n_files ? n_files : 1, sizeof(*c->files));
	for (unsigned i = 0; i < n_files; i++) {
		struct vg_case_file *f = &c->files[i];
		f->id = i + 1;
		snprintf(f->evidence_id, sizeof(f->evidence_id), "%032u", i);
		f->n_bytes = f->n_sample_bytes = 1000 + i;
		f->complete = 1;
		f->kind = VG_KIND_JPEG;
		f->state = VG_STATE_COMPLETE;
		memset(f->md5, 0x11, 16);
		memset(f->sha1, 0x22, 20);
		memset(f->sha256, 0x33, 32);
		snprintf(f->filename, sizeof(f->filename), "IMG_%u.JPG", i);
		f->n_hits = 1;
		f->hits[0] = (struct vg_case_hit){ .generation = 5, .algo = VG_ALGO_SHA256, .exact = 1 };
		snprintf(f->hits[0].list, sizeof(f->hits[0].list), "demo list");
		snprintf(f->hits[0].source, sizeof(f->hits[0].source), "made for tests");
		snprintf(f->hits[0].entry_id, sizeof(f->hits[0].entry_id), "entry-%u", i);
		snprintf(f->hits[0].entry_class, sizeof(f->hits[0].entry_class), "A1");
	}
	return c;
}
static inline void case_drop(struct vg_case *c)
{
	free(c->files);
	free(c);
}
static inline struct vg_reporter_card case_card(void)
{
	struct vg_reporter_card card = { .first_name = "Trust", .last_name = "Desk", .phone = "555-0100" };
	snprintf(card.email, sizeof(card.email), "abuse@hoster.example");
	snprintf(card.company, sizeof(card.company), "Hosting provider. Legal process: legal@hoster.example.");
	snprintf(card.legal_url, sizeof(card.legal_url), "https://hoster.example/legal");
	snprintf(card.platform, sizeof(card.platform), "Shared hosting");
	snprintf(card.legal_contact_email, sizeof(card.legal_contact_email), "legal@hoster.example");
	return card;
}
