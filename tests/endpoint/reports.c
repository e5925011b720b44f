/* reports: DIR/reports/ID/: report.xml, file-<id>, details-<id>.xml, state.json; each change durable before it is
 * answered. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tests/endpoint/endpoint.h"

#define HOUR_NS  3600000000000ll
#define FIRST_ID 4564654

static const char *const state_names[] = { "open", "finished", "retracted", "expired" };

int64_t ep_now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}
int ep_write_file(const char *path, const void *bytes, size_t n_bytes, unsigned mode)
{
	char temporary[2400];
	int fd, bad;

	snprintf(temporary, sizeof(temporary), "%s.new", path);
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	if (fd < 0)
		return -1;
	bad = write(fd, bytes, n_bytes) != (ssize_t)n_bytes || fsync(fd);
	close(fd);
	return bad || rename(temporary, path) ? -1 : 0;
}
void ep_report_path(const struct endpoint *ep, int64_t id, const char *name, char *path, size_t cap)
{
	snprintf(path, cap, "%s/reports/%lld%s%s", ep->dir, (long long)id, name ? "/" : "", name ? name : "");
}

static json_t *report_json(const struct ep_report *r)
{
	json_t *files = json_array();
	for (unsigned i = 0; i < r->n_files; i++) {
		const struct ep_file *f = &r->files[i];
		json_array_append_new(files, json_pack("{s:s,s:s,s:s,s:s,s:I,s:b}", "id", f->id, "md5", f->md5,
						       "sha256", f->sha256, "name", f->name, "size",
						       (json_int_t)f->n_bytes, "described", f->described));
	}
	return json_pack("{s:I,s:s,s:I,s:I,s:o}", "id", (json_int_t)r->id, "state", state_names[r->state], "opened_ns",
			 (json_int_t)r->opened_ns, "changed_ns", (json_int_t)r->changed_ns, "files", files);
}
json_t *ep_reports_json(struct endpoint *ep)
{
	json_t *all = json_array();
	for (const struct ep_report *r = ep->reports; r; r = r->next)
		json_array_insert_new(all, 0, report_json(r));
	return all;
}
int ep_report_save(struct endpoint *ep, struct ep_report *r)
{
	char path[2200];
	json_t *json = report_json(r);
	char *text = json ? json_dumps(json, JSON_INDENT(1) | JSON_PRESERVE_ORDER) : NULL;
	int bad = 1;

	ep_report_path(ep, r->id, "state.json", path, sizeof(path));
	if (text)
		bad = ep_write_file(path, text, strlen(text), 0600);
	free(text);
	json_decref(json);
	return bad;
}
struct ep_file *ep_report_add_file(struct endpoint *ep, struct ep_report *r)
{
	struct ep_file *more = realloc(r->files, (r->n_files + 1) * sizeof(*more));
	(void)ep;
	if (!more)
		return NULL;
	r->files = more;
	memset(&more[r->n_files], 0, sizeof(*more));
	return &more[r->n_files++];
}
struct ep_report *ep_report_find(struct endpoint *ep, int64_t id)
{
	struct ep_report *r = ep->reports;
	while (r && r->id != id)
		r = r->next;
	return r;
}
struct ep_report *ep_report_new(struct endpoint *ep)
{
	struct ep_report *r = calloc(1, sizeof(*r));
	char path[2200];

	if (!r)
		return NULL;
	r->id = FIRST_ID;
	for (const struct ep_report *old = ep->reports; old; old = old->next)
		r->id = old->id >= r->id ? old->id + 1 : r->id;
	r->opened_ns = r->changed_ns = ep_now_ns();
	ep_report_path(ep, r->id, NULL, path, sizeof(path));
	if (mkdir(path, 0700)) {
		free(r);
		return NULL;
	}
	r->next = ep->reports;
	ep->reports = r;
	return r;
}

static int load_one(struct endpoint *ep, const char *name)
{
	char path[2400];
	json_t *json, *files, *f;
	struct ep_report *r = calloc(1, sizeof(*r));
	size_t i;

	snprintf(path, sizeof(path), "%s/reports/%.32s/state.json", ep->dir, name);
	json = json_load_file(path, 0, NULL);
	if (!json || !r) {
		json_decref(json);
		free(r);
		return 0; /* cut off before its first state: it was never answered */
	}
	const char *state = json_string_value(json_object_get(json, "state"));
	r->id = json_integer_value(json_object_get(json, "id"));
	r->opened_ns = json_integer_value(json_object_get(json, "opened_ns"));
	r->changed_ns = json_integer_value(json_object_get(json, "changed_ns"));
	for (unsigned k = 0; state && k < 4; k++)
		if (!strcmp(state, state_names[k]))
			r->state = k;
	files = json_object_get(json, "files");
	json_array_foreach(files, i, f)
	{
		struct ep_file *to = ep_report_add_file(ep, r);
		if (!to)
			break;
		snprintf(to->id, sizeof(to->id), "%s", json_string_value(json_object_get(f, "id")));
		snprintf(to->md5, sizeof(to->md5), "%s", json_string_value(json_object_get(f, "md5")));
		snprintf(to->sha256, sizeof(to->sha256), "%s", json_string_value(json_object_get(f, "sha256")));
		snprintf(to->name, sizeof(to->name), "%s", json_string_value(json_object_get(f, "name")));
		to->n_bytes = (uint64_t)json_integer_value(json_object_get(f, "size"));
		to->described = json_is_true(json_object_get(f, "described"));
	}
	json_decref(json);
	struct ep_report **at = &ep->reports;
	while (*at && (*at)->id > r->id)
		at = &(*at)->next;
	r->next = *at;
	*at = r;
	return 0;
}
int ep_reports_load(struct endpoint *ep)
{
	char path[2200];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/reports", ep->dir);
	if (mkdir(path, 0700) && errno != EEXIST)
		return -1;
	dir = opendir(path);
	if (!dir)
		return -1;
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			load_one(ep, entry->d_name);
	closedir(dir);
	return 0;
}
void ep_reports_expire(struct endpoint *ep, int64_t now_id)
{
	int64_t now_ns = ep_now_ns();
	for (struct ep_report *r = ep->reports; r; r = r->next) {
		double open_ns = (double)(now_ns - r->opened_ns) * ep->clock_scale;
		double idle_ns = (double)(now_ns - r->changed_ns) * ep->clock_scale;
		int due = open_ns > 24.0 * HOUR_NS && idle_ns > 1.0 * HOUR_NS;
		if (r->state == EP_OPEN && (due || now_id == r->id || now_id < 0)) {
			r->state = EP_EXPIRED;
			ep_report_save(ep, r);
		}
	}
}
