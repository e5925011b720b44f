#pragma once
/* document: a case as the documents of the reporting API (CYBERTIP section 4): `report` for /submit, `fileDetails`
 * for /fileinfo. Built with libxml2; every text passes xml_text.h, so a document is valid whatever the wire said.
 * fileViewedByEsp and exifViewedByEsp are false, always: no way here sets them; industryClassification is never
 * written. */
#include <stddef.h>
#include <stdint.h>

#include "control/cases/case.h"
#include "control/outbox/link.h"

/* Longest additionalInfo (CYBERTIP section 4, rule 4). */
#define VG_DOC_NOTE 3000

/* Return a malloc'ed UTF-8 document with *n_bytes, or NULL when memory is short. now_ns: incidentDateTime must lie in
 * the past, a later time of the wire is clamped to it and the document says so. minimal: after a 4100: type, time,
 * reporter's e-mail, reported address, URL. */
char *vg_doc_report(const struct vg_case *c, const struct vg_reporter_card *card, int minimal, int64_t now_ns,
		    size_t *n_bytes);
char *vg_doc_file(const struct vg_case *c, unsigned file_idx, int64_t report_id, const char *file_id, int minimal,
		  int64_t now_ns, size_t *n_bytes);
/* The neutral name under which a file is uploaded ("file-1.jpg"); what the wire called it is in fileDetails. */
void vg_doc_upload_name(const struct vg_case *c, unsigned file_idx, char *name, size_t cap);
