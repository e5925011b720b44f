/* Files, names and calls under way of a flow. At a limit the oldest goes. */
#include "dataplane/proto/nfs/nfs_priv.h"

static struct vg_file *as_file(struct vg_keyed *item)
{
	return (struct vg_file *)item;
}

/* A file for the set, of which the oldest goes where it has max items. */
static struct vg_file *take(const struct vg_nfs_message *m, struct vg_keyed_set *set, uint32_t max, unsigned counter)
{
	struct vg_file_pool *pool = &vg_nfs_of(m->proto)->files;
	struct vg_file_ctx ctx = vg_nfs_file_ctx(m);
	struct vg_file *file = set->n_items < max ? vg_file_take(pool, VG_PROTO_NFS) : NULL;

	if (file)
		return file;
	vg_count(m->proto->stats, counter, 1);
	if (!set->oldest)
		return NULL;
	vg_file_give(&ctx, set, as_file(vg_keyed_at(&pool->files, set->oldest)), VG_END_EVICTED);
	return vg_file_take(pool, VG_PROTO_NFS);
}

struct vg_file *vg_nfs_name_find(const struct vg_nfs_message *m, struct vg_span handle)
{
	return vg_file_find(&vg_nfs_of(m->proto)->files, &m->flow->names, handle.at, (uint32_t)handle.n_bytes);
}

static void texts_copy(struct vg_file *to, const struct vg_file *from)
{
	memcpy(to->url, from->url, from->n_url);
	to->n_url = from->n_url;
	to->host_at = from->host_at;
	to->n_host = from->n_host;
	to->name_at = from->name_at;
	to->is_cut = from->is_cut;
}

struct vg_file *vg_nfs_file_get(const struct vg_nfs_message *m, struct vg_span handle)
{
	struct vg_file_pool *pool = &vg_nfs_of(m->proto)->files;
	struct vg_file *file, *name;

	if (!handle.n_bytes)
		return NULL;
	file = vg_file_find(pool, &m->flow->files, handle.at, (uint32_t)handle.n_bytes);
	if (file) {
		vg_keyed_touch(&m->flow->files, &pool->files, &file->link);
		return file;
	}
	file = take(m, &m->flow->files, VG_NFS_MAX_FILES, VG_C_NFS_SHED_FILES);
	if (!file)
		return NULL;
	name = vg_nfs_name_find(m, handle);
	if (name) {
		texts_copy(file, name);
		file->size = name->size;
		vg_keyed_touch(&m->flow->names, &pool->files, &name->link);
	}
	file->begins_anew = 1;
	file->touched_ns = m->wall_ns;
	vg_keyed_put(&m->flow->files, &pool->files, &file->link,
		     vg_file_set_id(file, handle.at, (uint32_t)handle.n_bytes));
	return file;
}

/* nfs:///folder/name, as far as its folders are known */
struct vg_file *vg_nfs_name_new(const struct vg_nfs_message *m, const struct vg_file *parent, struct vg_span text)
{
	static const char scheme[] = "nfs://";
	struct vg_keyed_ref ref = vg_keyed_ref(parent ? &parent->link : NULL);
	struct vg_file_pool *pool = &vg_nfs_of(m->proto)->files;
	struct vg_file *name = take(m, &m->flow->names, VG_NFS_MAX_NAMES, VG_C_NFS_SHED_NAMES);
	size_t n = sizeof(scheme) - 1, n_text = text.n_bytes;

	if (!name)
		return NULL;
	parent = as_file(vg_keyed_deref(&pool->files, ref)); /* it may have been the oldest */
	memcpy(name->url, scheme, n);
	if (parent && parent->n_url) {
		texts_copy(name, parent);
		n = parent->n_url;
	}
	if (n < sizeof(name->url))
		name->url[n++] = '/';
	name->host_at = sizeof(scheme) - 1;
	name->name_at = (uint16_t)n;
	name->is_cut |= n_text > sizeof(name->url) - n;
	n_text = n_text < sizeof(name->url) - n ? n_text : sizeof(name->url) - n;
	memcpy(name->url + n, text.at, n_text);
	name->n_url = (uint16_t)(n + n_text);
	vg_keyed_put(&m->flow->names, &pool->files, &name->link, 0);
	return name;
}

void vg_nfs_name_drop(const struct vg_nfs_message *m, struct vg_keyed_ref ref)
{
	struct vg_file_pool *pool = &vg_nfs_of(m->proto)->files;
	struct vg_file *name = as_file(vg_keyed_deref(&pool->files, ref));
	struct vg_file_ctx ctx = vg_nfs_file_ctx(m);

	if (name && !name->n_id)
		vg_file_give(&ctx, &m->flow->names, name, VG_END_FIN);
}

void vg_nfs_name_set(const struct vg_nfs_message *m, struct vg_keyed_ref ref, struct vg_span handle, uint64_t size)
{
	struct vg_file_pool *pool = &vg_nfs_of(m->proto)->files;
	struct vg_file *name = as_file(vg_keyed_deref(&pool->files, ref)), *old;
	struct vg_file_ctx ctx = vg_nfs_file_ctx(m);

	if (!name || !handle.n_bytes)
		return;
	old = vg_nfs_name_find(m, handle);
	if (old && old != name)
		vg_file_give(&ctx, &m->flow->names, old, VG_END_RESTARTED);
	name->size = size;
	vg_keyed_rehash(&m->flow->names, &pool->files, &name->link,
			vg_file_set_id(name, handle.at, (uint32_t)handle.n_bytes));
	/* a file that is read and was not written here has the size that was told last */
	old = vg_file_find(pool, &m->flow->files, handle.at, (uint32_t)handle.n_bytes);
	if (old && !old->n_url)
		texts_copy(old, name);
	if (old && size != VG_FILE_UNKNOWN && !old->is_written)
		old->size = size;
}

struct vg_nfs_ask *vg_nfs_ask_find(const struct vg_nfs_message *m, uint32_t xid)
{
	struct vg_keyed_pool *pool = &vg_nfs_of(m->proto)->asks;
	struct vg_keyed *item = vg_keyed_find(&m->flow->asks, pool, vg_keyed_mix(xid));

	while (item && ((struct vg_nfs_ask *)item)->xid != xid)
		item = vg_keyed_next(pool, item);
	return (struct vg_nfs_ask *)item;
}

void vg_nfs_ask_give(const struct vg_nfs_message *m, struct vg_nfs_ask *ask)
{
	vg_nfs_name_drop(m, ask->name);
	vg_keyed_give(&m->flow->asks, &vg_nfs_of(m->proto)->asks, &ask->link);
}

struct vg_nfs_ask *vg_nfs_ask_new(const struct vg_nfs_message *m, const struct vg_nfs_ask *like)
{
	struct vg_keyed_pool *pool = &vg_nfs_of(m->proto)->asks;
	struct vg_keyed_set *asks = &m->flow->asks;
	struct vg_nfs_ask *ask = vg_nfs_ask_find(m, like->xid);

	if (ask) /* sent again */
		vg_nfs_ask_give(m, ask);
	ask = asks->n_items < VG_NFS_MAX_ASKS ? vg_pool_take(&pool->items) : NULL;
	if (!ask) {
		vg_count(m->proto->stats, VG_C_NFS_SHED_ASKS, 1);
		if (!asks->oldest)
			return NULL;
		vg_nfs_ask_give(m, (struct vg_nfs_ask *)vg_keyed_at(pool, asks->oldest));
		ask = vg_pool_take(&pool->items);
		if (!ask)
			return NULL;
	}
	*ask = *like;
	vg_keyed_put(asks, pool, &ask->link, vg_keyed_mix(ask->xid));
	return ask;
}

struct vg_file *vg_nfs_ask_file(const struct vg_nfs_message *m, const struct vg_nfs_ask *ask)
{
	return as_file(vg_keyed_deref(&vg_nfs_of(m->proto)->files.files, ask->file));
}

void vg_nfs_data_set(const struct vg_nfs_message *m, struct vg_file *file, enum vg_file_way way, uint64_t off,
		     const struct vg_xdr *x, uint32_t n_bytes)
{
	if (!file || !n_bytes || x->is_short || off >= VG_FILE_MAX_OFF)
		return;
	if (way == VG_FILE_WRITE)
		file->state = file->is_closing = VG_NFS_UNSTABLE;
	m->d->data = (struct vg_nfs_data){
		.file = vg_keyed_ref(&file->link), .at = x->pos, .n_bytes = n_bytes, .off = off, .way = (uint8_t)way
	};
}

void vg_nfs_file_stable(struct vg_file *file, uint64_t size)
{
	const struct vg_file_io *io = &file->io[VG_FILE_WRITE];

	if (size != VG_FILE_UNKNOWN)
		file->size = size;
	if (io->is_begun && !io->first_block)
		file->state = VG_NFS_STABLE;
	file->is_closing = file->state == VG_NFS_STABLE;
}

void vg_nfs_file_answered(struct vg_file *file, uint64_t size)
{
	if (size == VG_FILE_UNKNOWN)
		return;
	file->size = size;
	file->is_closing = file->io[VG_FILE_WRITE].is_begun && !file->io[VG_FILE_WRITE].first_block;
}

void vg_nfs_files_age(const struct vg_nfs_message *m)
{
	struct vg_file_pool *pool = &vg_nfs_of(m->proto)->files;
	struct vg_file_ctx ctx = vg_nfs_file_ctx(m);
	struct vg_file *file;

	/* the oldest first: what was touched is behind */
	while ((file = as_file(vg_keyed_at(&pool->files, m->flow->files.oldest)))) {
		int64_t rest_ns = m->wall_ns - file->touched_ns;
		if (rest_ns < (file->state == VG_NFS_STABLE ? VG_NFS_SYNCED_NS : VG_NFS_IDLE_NS))
			return;
		vg_file_give(&ctx, &m->flow->files, file, VG_END_TIMEOUT);
	}
}
