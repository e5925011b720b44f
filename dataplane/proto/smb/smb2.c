/* SMB 2 and 3 (MS-SMB2 2.2; offsets are those of its tables): what requests ask for waits, by MessageId, for its
 * answer. */
#include "dataplane/proto/smb/smb_priv.h"
#include "dataplane/proto/smb/smb_text.h"

#define HEAD 64u

enum { /* 2.2.1 */
       CMD_SESSION_SETUP = 1,
       CMD_TREE_CONNECT = 3,
       CMD_TREE_DISCONNECT = 4,
       CMD_CREATE = 5,
       CMD_CLOSE = 6,
       CMD_READ = 8,
       CMD_WRITE = 9,
       CMD_SET_INFO = 17,
};
#define FLAG_RESPONSE 1u
#define FLAG_RELATED  4u

/* MS-ERREF 2.3 */
#define STATUS_PENDING         0x00000103u
#define STATUS_BUFFER_OVERFLOW 0x80000005u
#define STATUS_END_OF_FILE     0xc0000011u

#define OPTION_DIRECTORY  1u    /* FILE_DIRECTORY_FILE, 2.2.13 */
#define ATTR_DIRECTORY    0x10u /* MS-FSCC 2.6 */
#define SESSION_ENCRYPTED 4u    /* SMB2_SESSION_FLAG_ENCRYPT_DATA, 2.2.6 */
#define INFO_FILE         1u    /* SMB2_0_INFO_FILE, 2.2.39 */
#define CLASS_END_OF_FILE 20u   /* FileEndOfFileInformation, MS-FSCC 2.4 */
#define FILE_ID_BYTES     16u
#define APPEND_OFF        UINT64_MAX /* FILE_WRITE_TO_END_OF_FILE, MS-FSA 2.1.5.4 */

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

uint32_t vg_smb2_length(const uint8_t *got)
{
	return vg_le32(got + 20);
}

uint32_t vg_smb2_need(const uint8_t *got, uint32_t n_got, uint32_t n_message)
{
	unsigned command;
	int is_response;

	if (n_got < HEAD)
		return HEAD;
	command = vg_le16(got + 12);
	is_response = vg_le32(got + 16) & FLAG_RESPONSE;
	if (command == CMD_READ && is_response)
		return least(n_message, HEAD + 16);
	if (command == CMD_WRITE && !is_response)
		return least(n_message, HEAD + 48);
	if (command == CMD_SESSION_SETUP || command == CMD_TREE_CONNECT || command == CMD_CREATE)
		return least(n_message, is_response ? HEAD + 88 : VG_SMB_HEAD_BYTES);
	return least(n_message, HEAD + 128);
}

/* A part of the message by offset and length from its beginning, as far as it was gathered. */
static struct vg_span part_of(const struct vg_smb_message *m, uint32_t off, uint32_t n, int *cut)
{
	if (off > m->n_bytes)
		off = m->n_bytes;
	if (n > m->n_bytes - off) {
		n = m->n_bytes - off;
		*cut = 1;
	}
	return (struct vg_span){ m->at + off, n };
}

static uint64_t id_of(const struct vg_smb_message *m)
{
	return vg_le64(m->at + 24);
}
static uint64_t tree_of(const struct vg_smb_message *m)
{
	return vg_le32(m->at + 36);
}
static uint64_t session_of(const struct vg_smb_message *m)
{
	return vg_le64(m->at + 40);
}

/* The file that a request means by the id at off; in a compound perhaps that of the request before it. */
static struct vg_file *request_file(const struct vg_smb_message *m, uint32_t off)
{
	static const uint8_t same[FILE_ID_BYTES] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
						     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	struct vg_file *file;

	if (vg_le32(m->at + 16) & FLAG_RELATED && !memcmp(m->at + off, same, sizeof(same)))
		return (struct vg_file *)vg_keyed_deref(&vg_smb_of(m->proto)->files.files, m->d->chain_file);
	file = vg_smb_file_get(m, m->at + off, FILE_ID_BYTES, tree_of(m));
	m->d->chain_file = vg_keyed_ref(file ? &file->link : NULL);
	return file;
}

static struct vg_smb_ask *ask_put(const struct vg_smb_message *m, unsigned what, const struct vg_file *file)
{
	struct vg_smb_ask *ask = vg_smb_ask_new(m, id_of(m), VG_SMB_MARK_2, what);

	if (ask && file)
		ask->file = vg_keyed_ref(&file->link);
	return ask;
}

static void session_ask(const struct vg_smb_message *m)
{
	char text[96];
	int cut = 0;
	struct vg_span token = part_of(m, vg_le16(m->at + HEAD + 12), vg_le16(m->at + HEAD + 14), &cut);
	size_t n = vg_smb_text_user(text, sizeof(text), token.at, token.n_bytes, &cut);

	if (n)
		vg_smb_user_set(m, session_of(m), text, n);
}

static void tree_ask(const struct vg_smb_message *m)
{
	int cut = 0;
	struct vg_span path = part_of(m, vg_le16(m->at + HEAD + 4), vg_le16(m->at + HEAD + 6), &cut);
	struct vg_smb_tree *tree = vg_smb_tree_new(m, path.at, path.n_bytes, 1);
	struct vg_smb_ask *ask = tree ? ask_put(m, VG_SMB_TREE, NULL) : NULL;

	if (ask)
		ask->tree = vg_keyed_ref(&tree->link);
}

static void create_ask(const struct vg_smb_message *m)
{
	int cut = 0;
	struct vg_span name = part_of(m, vg_le16(m->at + HEAD + 44), vg_le16(m->at + HEAD + 46), &cut);
	struct vg_file *file = NULL;

	if (!(vg_le32(m->at + HEAD + 40) & OPTION_DIRECTORY))
		file = vg_smb_file_new(m, tree_of(m), session_of(m), name.at, name.n_bytes, 1, cut);
	m->d->chain_file = vg_keyed_ref(file ? &file->link : NULL);
	if (file)
		(void)ask_put(m, VG_SMB_OPEN, file);
}

static void read_ask(const struct vg_smb_message *m)
{
	struct vg_file *file = request_file(m, HEAD + 16);
	struct vg_smb_ask *ask = ask_put(m, VG_SMB_READ, file);

	if (!ask)
		return;
	ask->n_bytes = vg_le32(m->at + HEAD + 4);
	ask->off = vg_le64(m->at + HEAD + 8);
}

static void write_data(const struct vg_smb_message *m)
{
	uint32_t at = vg_le16(m->at + HEAD + 2), n = vg_le32(m->at + HEAD + 4);
	struct vg_file *file = request_file(m, HEAD + 16);
	struct vg_smb_data *data = &m->d->data;

	if (!file || vg_le32(m->at + HEAD + 32) || !n) /* another channel than this one: RDMA */
		return;
	if (at < HEAD + 48 || at > m->n_message || n > m->n_message - at) {
		vg_count(m->proto->stats, VG_C_SMB_BAD, 1);
		return;
	}
	*data = (struct vg_smb_data){ .file = vg_keyed_ref(&file->link), .at = at, .n_bytes = n, .way = VG_FILE_WRITE };
	data->off = vg_le64(m->at + HEAD + 8);
	if (data->off == APPEND_OFF)
		data->off = file->io[VG_FILE_WRITE].next_off;
}

static void resize_ask(const struct vg_smb_message *m)
{
	int cut = 0;
	struct vg_span size = part_of(m, vg_le16(m->at + HEAD + 8), 8, &cut);
	struct vg_file_ctx ctx = vg_smb_file_ctx(m);
	struct vg_file *file;

	if (m->at[HEAD + 2] != INFO_FILE || m->at[HEAD + 3] != CLASS_END_OF_FILE || cut || size.n_bytes < 8)
		return;
	file = request_file(m, HEAD + 16);
	if (file)
		vg_file_resize(&ctx, file, vg_le64(size.at));
}

static void request_take(const struct vg_smb_message *m)
{
	static const uint8_t sizes[] = {
		/* 2.2.x StructureSize, without what is variable */
		[CMD_SESSION_SETUP] = 24, [CMD_TREE_CONNECT] = 8, [CMD_CREATE] = 56,  [CMD_CLOSE] = 24,
		[CMD_READ] = 48,          [CMD_WRITE] = 48,       [CMD_SET_INFO] = 32
	};
	unsigned command = vg_le16(m->at + 12);
	struct vg_file *file;
	struct vg_smb_tree *tree;

	if (id_of(m) > m->flow->last_id && id_of(m) != UINT64_MAX)
		m->flow->last_id = id_of(m);
	if (command >= sizeof(sizes) || m->n_bytes < HEAD + sizes[command])
		return;
	switch (command) {
	case CMD_SESSION_SETUP:
		session_ask(m);
		break;
	case CMD_TREE_CONNECT:
		tree_ask(m);
		break;
	case CMD_TREE_DISCONNECT:
		tree = vg_smb_tree_find(m, tree_of(m));
		if (tree)
			vg_smb_tree_give(m, tree);
		break;
	case CMD_CREATE:
		create_ask(m);
		break;
	case CMD_CLOSE:
		file = request_file(m, HEAD + 8);
		if (file)
			file->is_closing = 1;
		if (file)
			(void)ask_put(m, VG_SMB_CLOSE, file);
		break;
	case CMD_READ:
		read_ask(m);
		break;
	case CMD_WRITE:
		write_data(m);
		break;
	case CMD_SET_INFO:
		resize_ask(m);
		break;
	default:
		break;
	}
}

static void opened(const struct vg_smb_message *m, struct vg_file *file, uint32_t status)
{
	struct vg_file_ctx ctx = vg_smb_file_ctx(m);

	if (status || m->n_bytes < HEAD + 80 || vg_le32(m->at + HEAD + 56) & ATTR_DIRECTORY) {
		vg_file_give(&ctx, &m->flow->files, file, VG_END_FIN);
		return;
	}
	file->size = vg_le64(m->at + HEAD + 48);
	vg_smb_file_name(m, file, m->at + HEAD + 64, FILE_ID_BYTES);
}

static void read_data(const struct vg_smb_message *m, const struct vg_smb_ask *ask, struct vg_file *file,
		      uint32_t status)
{
	struct vg_file_ctx ctx = vg_smb_file_ctx(m);
	uint32_t at, n;

	if (status == STATUS_END_OF_FILE)
		vg_file_eof(&ctx, file, ask->off);
	if ((status && status != STATUS_BUFFER_OVERFLOW) || m->n_bytes < HEAD + 16)
		return;
	at = m->at[HEAD + 2];
	n = vg_le32(m->at + HEAD + 4);
	if (!n)
		return;
	if (at < HEAD + 16 || at > m->n_message || n > m->n_message - at || n > ask->n_bytes) {
		vg_count(m->proto->stats, VG_C_SMB_BAD, 1);
		return;
	}
	if (n < ask->n_bytes && !status && file->size == VG_FILE_UNKNOWN)
		file->size = ask->off + n;
	m->d->data = (struct vg_smb_data){
		.file = vg_keyed_ref(&file->link), .at = at, .n_bytes = n, .off = ask->off, .way = VG_FILE_READ
	};
}

static void closed(const struct vg_smb_message *m, struct vg_file *file, uint32_t status)
{
	if (status) {
		file->is_closing = 0;
		return;
	}
	if (m->n_bytes >= HEAD + 56 && vg_le16(m->at + HEAD + 2) & 1) /* SMB2_CLOSE_FLAG_POSTQUERY_ATTRIB */
		file->size = vg_le64(m->at + HEAD + 48);
	vg_smb_file_close(m, file);
}

static void response_take(const struct vg_smb_message *m)
{
	uint32_t status = vg_le32(m->at + 8);
	unsigned command = vg_le16(m->at + 12);
	struct vg_smb_ask *ask;
	struct vg_file *file;
	struct vg_smb_tree *tree;

	if (status == STATUS_PENDING)
		return;
	if (command == CMD_SESSION_SETUP && !status && m->n_bytes >= HEAD + 4 &&
	    vg_le16(m->at + HEAD + 2) & SESSION_ENCRYPTED)
		m->flow->is_encrypted = 1;
	ask = vg_smb_ask_find(m, id_of(m), VG_SMB_MARK_2);
	if (!ask) {
		if (command == CMD_READ && !status)
			vg_count(m->proto->stats, VG_C_SMB_UNPAIRED, 1);
		return;
	}
	file = vg_smb_ask_file(m, ask);
	if (file && ask->what == VG_SMB_OPEN && command == CMD_CREATE)
		opened(m, file, status);
	else if (file && ask->what == VG_SMB_READ && command == CMD_READ)
		read_data(m, ask, file, status);
	else if (file && ask->what == VG_SMB_CLOSE && command == CMD_CLOSE)
		closed(m, file, status);
	tree = (struct vg_smb_tree *)vg_keyed_deref(&vg_smb_of(m->proto)->trees, ask->tree);
	if (tree && command == CMD_TREE_CONNECT) {
		if (status || m->n_bytes < HEAD + 4)
			vg_smb_tree_give(m, tree);
		else /* 2.2.10: ShareType 1 disk, 2 pipe, 3 print */
			vg_smb_tree_name(m, tree, tree_of(m), m->at[HEAD + 2] & 3);
	}
	vg_smb_ask_give(m, ask);
}

/* An answer before its request; a request for what an earlier one opens, before that was answered. */
int vg_smb2_waits(const struct vg_smb_message *m)
{
	static const uint8_t places[] = { [CMD_CLOSE] = 8, [CMD_READ] = 16, [CMD_WRITE] = 16, [CMD_SET_INFO] = 16 };
	unsigned command = vg_le16(m->at + 12);
	uint32_t flags = vg_le32(m->at + 16), place;

	if (flags & FLAG_RESPONSE)
		return id_of(m) > m->flow->last_id && id_of(m) != UINT64_MAX;
	if (!m->flow->n_opening || flags & FLAG_RELATED)
		return 0;
	if (command == CMD_CREATE)
		return !vg_smb_tree_find(m, tree_of(m));
	place = command < sizeof(places) ? places[command] : 0;
	return place && m->n_bytes >= HEAD + place + FILE_ID_BYTES &&
	       !vg_file_find(&vg_smb_of(m->proto)->files, &m->flow->files, m->at + HEAD + place, FILE_ID_BYTES);
}

void vg_smb2_take(const struct vg_smb_message *m)
{
	if (vg_le32(m->at + 16) & FLAG_RESPONSE)
		response_take(m);
	else
		request_take(m);
}
