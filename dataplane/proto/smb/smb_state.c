/* What a flow knows: open files with their names, requests under way, shares, users. At a limit the oldest goes. */
#include "dataplane/proto/smb/smb_priv.h"
#include "dataplane/proto/smb/smb_text.h"

#define NO_ID UINT64_MAX

static struct vg_file *file_make_room(const struct vg_smb_message *m)
{
	struct vg_smb *smb = vg_smb_of(m->proto);
	struct vg_file_ctx ctx = vg_smb_file_ctx(m);
	struct vg_keyed_set *files = &m->flow->files;
	struct vg_file *file = NULL;

	if (files->n_items < VG_SMB_MAX_FILES)
		file = vg_file_take(&smb->files, VG_PROTO_SMB);
	if (file)
		return file;
	vg_count(m->proto->stats, VG_C_SMB_SHED_FILES, 1);
	if (files->oldest) {
		vg_file_give(&ctx, files, (struct vg_file *)vg_keyed_at(&smb->files.files, files->oldest),
			     VG_END_EVICTED);
		file = vg_file_take(&smb->files, VG_PROTO_SMB);
	}
	return file;
}

static struct vg_smb_user *user_of(struct vg_smb_flow *flow, uint64_t id)
{
	for (unsigned i = 0; i < flow->n_users; i++)
		if (flow->users[i].id == id)
			return &flow->users[i];
	return NULL;
}

/* smb://user@host/share/path, as far as its parts are known */
static void url_make(const struct vg_smb_message *m, struct vg_file *file, const struct vg_smb_tree *tree,
		     uint64_t user_id, const uint8_t *name, size_t n_name, int is_utf16)
{
	const struct vg_smb_user *user = user_of(m->flow, user_id);
	size_t n = 6, begin;
	int cut = 0;

	if (!tree && !n_name) /* nothing is known: no texts */
		return;
	memcpy(file->url, "smb://", n);
	if (user) {
		memcpy(file->url + n, user->text, user->n_text);
		n += user->n_text;
		file->url[n++] = '@';
	}
	file->host_at = (uint16_t)n;
	if (tree) {
		memcpy(file->url + n, tree->text, tree->n_text);
		n += tree->n_text;
		file->n_host = tree->n_host;
	}
	if (n_name && (n_name < 2 || name[0] != '\\') && name[0] != '/')
		file->url[n++] = '/';
	begin = n;
	n = vg_smb_text_add(file->url, n, sizeof(file->url), name, n_name, is_utf16, &cut);
	file->n_url = file->name_at = (uint16_t)n;
	while (file->name_at > begin && file->url[file->name_at - 1] != '/')
		file->name_at--;
	file->is_cut |= (uint8_t)cut;
}

struct vg_file *vg_smb_file_new(const struct vg_smb_message *m, uint64_t tree_id, uint64_t user_id, const uint8_t *name,
				size_t n_name, int is_utf16, int is_cut)
{
	const struct vg_smb_tree *tree = vg_smb_tree_find(m, tree_id);
	struct vg_file *file;

	if (tree && tree->kind == VG_SMB_TREE_PIPE)
		return NULL;
	file = file_make_room(m);
	if (!file)
		return NULL;
	file->is_cut = (uint8_t)is_cut;
	url_make(m, file, tree, user_id, name, n_name, is_utf16);
	vg_keyed_put(&m->flow->files, &vg_smb_of(m->proto)->files.files, &file->link, 0);
	return file;
}

void vg_smb_file_name(const struct vg_smb_message *m, struct vg_file *file, const uint8_t *id, uint32_t n_id)
{
	struct vg_smb *smb = vg_smb_of(m->proto);
	struct vg_file *old = vg_file_find(&smb->files, &m->flow->files, id, n_id);

	if (old && old != file) { /* the server gave the id again: its close was not seen */
		struct vg_file_ctx ctx = vg_smb_file_ctx(m);
		vg_file_give(&ctx, &m->flow->files, old, VG_END_RESTARTED);
	}
	vg_keyed_rehash(&m->flow->files, &smb->files.files, &file->link, vg_file_set_id(file, id, n_id));
}

struct vg_file *vg_smb_file_get(const struct vg_smb_message *m, const uint8_t *id, uint32_t n_id, uint64_t tree_id)
{
	struct vg_file *file = vg_file_find(&vg_smb_of(m->proto)->files, &m->flow->files, id, n_id);

	if (file)
		return file;
	file = vg_smb_file_new(m, tree_id, NO_ID, id, 0, 0, 0);
	if (file)
		vg_smb_file_name(m, file, id, n_id);
	return file;
}

void vg_smb_file_close(const struct vg_smb_message *m, struct vg_file *file)
{
	struct vg_file_ctx ctx = vg_smb_file_ctx(m);

	file->is_closing = 1;
	vg_file_give(&ctx, &m->flow->files, file, VG_END_FIN);
}

struct vg_smb_ask *vg_smb_ask_new(const struct vg_smb_message *m, uint64_t id, unsigned mark, unsigned what)
{
	struct vg_smb *smb = vg_smb_of(m->proto);
	struct vg_keyed_set *asks = &m->flow->asks;
	struct vg_smb_ask *ask = NULL;

	if (asks->n_items < VG_SMB_MAX_ASKS)
		ask = vg_pool_take(&smb->asks.items);
	if (!ask) {
		vg_count(m->proto->stats, VG_C_SMB_SHED_ASKS, 1);
		if (!asks->oldest)
			return NULL;
		vg_smb_ask_give(m, (struct vg_smb_ask *)vg_keyed_at(&smb->asks, asks->oldest));
		ask = vg_pool_take(&smb->asks.items);
		if (!ask)
			return NULL;
	}
	*ask = (struct vg_smb_ask){ .id = id, .mark = (uint8_t)mark, .what = (uint8_t)what };
	vg_keyed_put(asks, &smb->asks, &ask->link, vg_keyed_mix(id));
	m->flow->n_opening += (what & (VG_SMB_OPEN | VG_SMB_TREE)) != 0;
	return ask;
}

struct vg_smb_ask *vg_smb_ask_find(const struct vg_smb_message *m, uint64_t id, unsigned mark)
{
	struct vg_keyed_pool *pool = &vg_smb_of(m->proto)->asks;
	struct vg_keyed *item = vg_keyed_find(&m->flow->asks, pool, vg_keyed_mix(id));

	for (; item; item = vg_keyed_next(pool, item)) {
		struct vg_smb_ask *ask = (struct vg_smb_ask *)item;
		if (ask->id == id && ask->mark == mark)
			return ask;
	}
	return NULL;
}

void vg_smb_ask_give(const struct vg_smb_message *m, struct vg_smb_ask *ask)
{
	m->flow->n_opening -= (ask->what & (VG_SMB_OPEN | VG_SMB_TREE)) != 0;
	vg_keyed_give(&m->flow->asks, &vg_smb_of(m->proto)->asks, &ask->link);
}

struct vg_file *vg_smb_ask_file(const struct vg_smb_message *m, const struct vg_smb_ask *ask)
{
	return (struct vg_file *)vg_keyed_deref(&vg_smb_of(m->proto)->files.files, ask->file);
}

/* \\host\share */
static void tree_text(struct vg_smb_tree *tree, const uint8_t *path, size_t n_path, int is_utf16)
{
	char text[sizeof(tree->text) + 2];
	int cut = 0;
	size_t n = vg_smb_text_add(text, 0, sizeof(text), path, n_path, is_utf16, &cut), skip = 0;

	while (skip < n && skip < 2 && text[skip] == '/')
		skip++;
	tree->n_text = (uint16_t)(n - skip < sizeof(tree->text) ? n - skip : sizeof(tree->text));
	memcpy(tree->text, text + skip, tree->n_text);
	for (tree->n_host = 0; tree->n_host < tree->n_text && tree->text[tree->n_host] != '/';)
		tree->n_host++;
}

struct vg_smb_tree *vg_smb_tree_new(const struct vg_smb_message *m, const uint8_t *path, size_t n_path, int is_utf16)
{
	struct vg_smb *smb = vg_smb_of(m->proto);
	struct vg_keyed_set *trees = &m->flow->trees;
	struct vg_smb_tree *tree = NULL;

	if (trees->n_items < VG_SMB_MAX_TREES)
		tree = vg_pool_take(&smb->trees.items);
	if (!tree) {
		vg_count(m->proto->stats, VG_C_SMB_SHED_TREES, 1);
		if (!trees->oldest)
			return NULL;
		vg_keyed_give(trees, &smb->trees, vg_keyed_at(&smb->trees, trees->oldest));
		tree = vg_pool_take(&smb->trees.items);
		if (!tree)
			return NULL;
	}
	memset(tree, 0, sizeof(*tree));
	tree->id = NO_ID;
	tree_text(tree, path, n_path, is_utf16);
	vg_keyed_put(trees, &smb->trees, &tree->link, vg_keyed_mix(NO_ID));
	return tree;
}

struct vg_smb_tree *vg_smb_tree_find(const struct vg_smb_message *m, uint64_t id)
{
	struct vg_keyed_pool *pool = &vg_smb_of(m->proto)->trees;
	struct vg_keyed *item = vg_keyed_find(&m->flow->trees, pool, vg_keyed_mix(id));

	for (; item && id != NO_ID; item = vg_keyed_next(pool, item))
		if (((struct vg_smb_tree *)item)->id == id)
			return (struct vg_smb_tree *)item;
	return NULL;
}

void vg_smb_tree_name(const struct vg_smb_message *m, struct vg_smb_tree *tree, uint64_t id, unsigned kind)
{
	struct vg_smb_tree *old = vg_smb_tree_find(m, id);

	if (old && old != tree)
		vg_smb_tree_give(m, old);
	tree->id = id;
	tree->kind = (uint8_t)kind;
	vg_keyed_rehash(&m->flow->trees, &vg_smb_of(m->proto)->trees, &tree->link, vg_keyed_mix(id));
}

void vg_smb_tree_give(const struct vg_smb_message *m, struct vg_smb_tree *tree)
{
	vg_keyed_give(&m->flow->trees, &vg_smb_of(m->proto)->trees, &tree->link);
}

void vg_smb_user_set(const struct vg_smb_message *m, uint64_t id, const char *text, size_t n_text)
{
	struct vg_smb_flow *flow = m->flow;
	struct vg_smb_user *user = user_of(flow, id);

	if (!user && flow->n_users < VG_SMB_MAX_USERS)
		user = &flow->users[flow->n_users++];
	if (!user) { /* the oldest goes */
		memmove(&flow->users[0], &flow->users[1], (VG_SMB_MAX_USERS - 1) * sizeof(flow->users[0]));
		user = &flow->users[VG_SMB_MAX_USERS - 1];
	}
	user->id = id;
	user->n_text = (uint8_t)(n_text < sizeof(user->text) ? n_text : sizeof(user->text));
	memcpy(user->text, text, user->n_text);
}
