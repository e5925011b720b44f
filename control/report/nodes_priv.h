#pragma once
/* nodes: the few ways in which documents make elements. */
#include <libxml/tree.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "control/cases/case.h"

/* Text of an additionalInfo that grows sentence by sentence up to VG_DOC_NOTE; what does not fit is counted. */
struct vg_note {
	size_t n;
	unsigned n_dropped;
	char text[4 * 3000 + 1];
};
__attribute__((format(printf, 2, 3))) void vg_note_add(struct vg_note *note, const char *format, ...);
/* Adds it as additionalInfo to parent, unless it is empty. */
void vg_note_put(xmlNodePtr parent, struct vg_note *note);

/* A new document with this root, schema location included. NULL when memory is short. */
xmlDocPtr vg_node_doc(const char *root_name);
/* Frees the document and returns it as text (malloc'ed). */
char *vg_node_text(xmlDocPtr doc, size_t *n_bytes);
xmlNodePtr vg_node(xmlNodePtr parent, const char *name);
/* Elements from texts of the wire: made legal, cut to max_units with a note; blank ones are left out. Return 1 where
 * the text was cut. */
int vg_node_put(xmlNodePtr parent, const char *name, const char *text, size_t max_units);
/* URLs: percent-encoded; left out where not absolute. Returns 0 written, 1 cut, -1 left out. */
int vg_node_url(xmlNodePtr parent, const char *name, const char *url);
void vg_node_time(xmlNodePtr parent, const char *name, int64_t wall_ns);
void vg_node_bool(xmlNodePtr parent, const char *name, int value);
/* ipCaptureEvent, left out where ip is no address. port 0 and proxy -1 = not known. wall_ns 0 = no time. */
int vg_node_ip(xmlNodePtr parent, const char *ip, const char *event, int64_t wall_ns, int proxy, unsigned port);
/* When the body was complete, never after now; *clamped says that it had to be put back. */
int64_t vg_node_incident_ns(const struct vg_case *c, int64_t now_ns, int *clamped);
