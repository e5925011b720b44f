/* SMB 1 (MS-CIFS 2.2.4; offsets are those of its tables, from the first parameter word): a message is a chain of
 * commands (AndX), which one request entry, by process and multiplex id, waits for as a whole. */
#include "dataplane/proto/smb/smb_priv.h"
#include "dataplane/proto/smb/smb_text.h"

#define HEAD 32u /* 2.2.3.1; then WordCount, words, ByteCount, bytes */

enum { /* 2.2.2.1 */
       CMD_OPEN = 0x02,
       CMD_CREATE = 0x03,
       CMD_CLOSE = 0x04,
       CMD_READ = 0x0a,
       CMD_WRITE = 0x0b,
       CMD_CREATE_NEW = 0x0f,
       CMD_LOCK_READ = 0x13,
       CMD_WRITE_UNLOCK = 0x14,
       CMD_LOCKING_ANDX = 0x24,
       CMD_WRITE_CLOSE = 0x2c,
       CMD_OPEN_ANDX = 0x2d,
       CMD_READ_ANDX = 0x2e,
       CMD_WRITE_ANDX = 0x2f,
       CMD_TREE_DISCONNECT = 0x71,
       CMD_SESSION_SETUP_ANDX = 0x73,
       CMD_LOGOFF_ANDX = 0x74,
       CMD_TREE_CONNECT_ANDX = 0x75,
       CMD_NT_CREATE_ANDX = 0xa2,
       CMD_NONE = 0xff,
};
#define FLAG_REPLY       0x80u
#define FLAG2_UNICODE    0x8000u
#define BUFFER_OVERFLOW  0x80000005u /* MS-ERREF 2.3: more is there than was asked for */
#define ATTR_DIRECTORY   0x10u
#define OPTION_DIRECTORY 1u
#define USER_PENDING     (1ull << 32) /* no UID yet */

/* One command of a message. */
struct command {
	uint8_t code, n_words;
	const uint8_t *words;
	uint32_t bytes_at, n_bytes; /* in the message; as far as they were gathered */
};

static uint64_t id_of(const struct vg_smb_message *m)
{
	return (uint64_t)vg_le16(m->at + 30) | (uint64_t)vg_le16(m->at + 26) << 16 |
	       (uint64_t)vg_le16(m->at + 12) << 32;
}
static uint64_t tree_of(const struct vg_smb_message *m)
{
	return vg_le16(m->at + 24);
}
static uint64_t user_of(const struct vg_smb_message *m)
{
	return vg_le16(m->at + 28);
}
static int is_utf16(const struct vg_smb_message *m)
{
	return !!(vg_le16(m->at + 10) & FLAG2_UNICODE);
}
static int is_andx(unsigned code)
{
	return code == CMD_LOCKING_ANDX || (code >= CMD_OPEN_ANDX && code <= CMD_WRITE_ANDX) ||
	       (code >= CMD_SESSION_SETUP_ANDX && code <= CMD_TREE_CONNECT_ANDX) || code == CMD_NT_CREATE_ANDX;
}

/* Commands whose answers tell something: their requests are remembered. */
static int is_awaited(unsigned code)
{
	static const uint8_t codes[] = {
		CMD_OPEN,           CMD_CREATE,     CMD_CREATE_NEW,        CMD_CLOSE,
		CMD_READ,           CMD_LOCK_READ,  CMD_WRITE_CLOSE,       CMD_OPEN_ANDX,
		CMD_READ_ANDX,      CMD_WRITE_ANDX, CMD_TREE_CONNECT_ANDX, CMD_SESSION_SETUP_ANDX,
		CMD_NT_CREATE_ANDX,
	};
	return memchr(codes, (int)code, sizeof(codes)) != NULL;
}

uint32_t vg_smb1_need(const uint8_t *got, uint32_t n_got, uint32_t n_message)
{
	unsigned code = got[4];
	uint32_t n;
	int is_reply;

	if (n_got < HEAD + 1)
		return HEAD + 1;
	is_reply = got[9] & FLAG_REPLY;
	n = HEAD + 1 + 2u * got[HEAD] + 2;
	if (n > n_message)
		return n;
	if ((code == CMD_READ_ANDX && is_reply) || (code == CMD_WRITE_ANDX && !is_reply))
		return n;
	if (is_reply ? code == CMD_READ || code == CMD_LOCK_READ
		     : code == CMD_WRITE || code == CMD_WRITE_UNLOCK || code == CMD_WRITE_CLOSE)
		return n + 3 < n_message ? n + 3 : n_message;
	return n_message < VG_SMB_HEAD_BYTES ? n_message : VG_SMB_HEAD_BYTES;
}

/* The command at `at`: false where it is not there as a whole. */
static int command_read(const struct vg_smb_message *m, unsigned code, uint32_t at, struct command *c)
{
	uint32_t n_claimed;

	if (at >= m->n_bytes || m->n_bytes - at < 3u + 2u * m->at[at])
		return 0;
	*c = (struct command){ .code = (uint8_t)code, .n_words = m->at[at], .words = m->at + at + 1 };
	c->bytes_at = at + 3 + 2u * c->n_words;
	n_claimed = vg_le16(m->at + c->bytes_at - 2);
	c->n_bytes = n_claimed < m->n_bytes - c->bytes_at ? n_claimed : m->n_bytes - c->bytes_at;
	return 1;
}

/* A text among the bytes of a command, from *at (in the message) on, at most to their end; *at then lies behind it. */
static struct vg_span text_at(const struct vg_smb_message *m, const struct command *c, uint32_t *at)
{
	uint32_t end = c->bytes_at + c->n_bytes, step = is_utf16(m) ? 2 : 1, begin;

	if (step == 2 && *at & 1)
		++*at;
	begin = *at < end ? *at : end;
	for (*at = begin; *at + step <= end && (m->at[*at] || (step == 2 && m->at[*at + 1]));)
		*at += step;
	end = *at < end ? *at : end;
	*at += step;
	return (struct vg_span){ m->at + begin, end - begin };
}

static void session_ask(const struct vg_smb_message *m, const struct command *c)
{
	char text[96];
	int cut = 0;
	size_t n;
	uint32_t at;
	struct vg_span account, domain;

	if (c->n_words == 12) { /* MS-SMB 2.2.4.6.1: a token */
		n = vg_smb_text_user(text, sizeof(text), m->at + c->bytes_at, c->n_bytes, &cut);
		if (n)
			vg_smb_user_set(m, user_of(m), text, n);
	} else if (c->n_words == 13) { /* MS-CIFS 2.2.4.53.1: two passwords, account, domain */
		at = c->bytes_at + vg_le16(c->words + 14) + vg_le16(c->words + 16);
		account = text_at(m, c, &at);
		domain = text_at(m, c, &at);
		n = vg_smb_text_add(text, 0, sizeof(text), domain.at, domain.n_bytes, is_utf16(m), &cut);
		if (!account.n_bytes)
			return;
		if (n && n < sizeof(text))
			text[n++] = ';';
		n = vg_smb_text_add(text, n, sizeof(text), account.at, account.n_bytes, is_utf16(m), &cut);
		vg_smb_user_set(m, USER_PENDING, text, n);
	}
}

static void tree_ask(const struct vg_smb_message *m, const struct command *c, struct vg_smb_ask *ask)
{
	uint32_t at = c->bytes_at;
	struct vg_span path;
	struct vg_smb_tree *tree;

	if (c->n_words < 4)
		return;
	at += vg_le16(c->words + 6);
	path = text_at(m, c, &at);
	tree = vg_smb_tree_new(m, path.at, path.n_bytes, is_utf16(m));
	if (!tree)
		return;
	ask->what |= VG_SMB_TREE;
	ask->tree = vg_keyed_ref(&tree->link);
}

static void open_ask(const struct vg_smb_message *m, const struct command *c, struct vg_smb_ask *ask)
{
	uint32_t at = c->bytes_at;
	struct vg_span name;
	struct vg_file *file;

	if (c->code == CMD_NT_CREATE_ANDX && (c->n_words < 24 || vg_le32(c->words + 39) & OPTION_DIRECTORY))
		return;
	if (!is_andx(c->code))
		at++; /* BufferFormat */
	name = text_at(m, c, &at);
	file = vg_smb_file_new(m, tree_of(m), user_of(m), name.at, name.n_bytes, is_utf16(m), 0);
	if (!file)
		return;
	ask->what |= VG_SMB_OPEN;
	ask->file = vg_keyed_ref(&file->link);
}

/* The file that a request means: in a chain the one it opens. */
static struct vg_file *request_file(const struct vg_smb_message *m, struct vg_smb_ask *ask, const uint8_t *fid)
{
	struct vg_file *file = ask->file.idx_1 ? vg_smb_ask_file(m, ask) : vg_smb_file_get(m, fid, 2, tree_of(m));

	ask->file = vg_keyed_ref(file ? &file->link : NULL);
	return file;
}

static void read_ask(const struct vg_smb_message *m, const struct command *c, struct vg_smb_ask *ask)
{
	const uint8_t *w = c->words;
	int is_x = c->code == CMD_READ_ANDX;
	uint32_t n_high;

	if (c->n_words < (is_x ? 10 : 5) || !request_file(m, ask, w + (is_x ? 4 : 0)))
		return;
	ask->what |= VG_SMB_READ;
	ask->off = vg_le32(w + (is_x ? 6 : 4));
	ask->n_bytes = vg_le16(w + (is_x ? 10 : 2));
	if (!is_x)
		return;
	n_high = vg_le32(w + 14); /* MS-SMB 2.2.4.2.1: MaxCountHigh, or a time-out */
	ask->n_bytes |= n_high == UINT32_MAX ? 0 : (n_high & 0xff) << 16;
	if (c->n_words >= 12)
		ask->off |= (uint64_t)vg_le32(w + 20) << 32;
}

static void data_set(const struct vg_smb_message *m, struct vg_file *file, enum vg_file_way way, uint64_t off,
		     uint32_t at, uint32_t n)
{
	struct vg_smb_data *data = &m->d->data;

	if (at > m->n_message || n > m->n_message - at || at < HEAD) {
		vg_count(m->proto->stats, VG_C_SMB_BAD, 1);
		return;
	}
	*data = (struct vg_smb_data){
		.file = vg_keyed_ref(&file->link), .at = at, .n_bytes = n, .off = off, .way = (uint8_t)way
	};
}

static void write_take(const struct vg_smb_message *m, const struct command *c, struct vg_smb_ask *ask)
{
	const uint8_t *w = c->words;
	int is_x = c->code == CMD_WRITE_ANDX;
	struct vg_file_ctx ctx = vg_smb_file_ctx(m);
	struct vg_file *file;
	uint64_t off;
	uint32_t n, at;

	if (c->n_words < (is_x ? 12 : 5))
		return;
	file = request_file(m, ask, w + (is_x ? 4 : 0));
	if (!file)
		return;
	off = vg_le32(w + (is_x ? 6 : 4));
	if (is_x) {
		n = vg_le16(w + 20) | (uint32_t)vg_le16(w + 18) << 16;
		at = vg_le16(w + 22);
		off |= c->n_words >= 14 ? (uint64_t)vg_le32(w + 24) << 32 : 0;
	} else {
		n = vg_le16(w + 2);
		at = c->bytes_at + (c->code == CMD_WRITE_CLOSE ? 1 : 3);
	}
	if (n)
		data_set(m, file, VG_FILE_WRITE, off, at, n);
	else if (!is_x && c->code != CMD_WRITE_CLOSE) /* 2.2.4.12: the file ends here */
		vg_file_resize(&ctx, file, off);
	m->d->data.file = vg_keyed_ref(&file->link);
	m->d->data.closes = c->code == CMD_WRITE_CLOSE || (is_x && w[0] == CMD_CLOSE);
}

static void request_command(const struct vg_smb_message *m, const struct command *c, struct vg_smb_ask *ask)
{
	struct vg_smb_tree *tree;
	struct vg_file *file;

	switch (c->code) {
	case CMD_SESSION_SETUP_ANDX:
		session_ask(m, c);
		break;
	case CMD_TREE_CONNECT_ANDX:
		tree_ask(m, c, ask);
		break;
	case CMD_TREE_DISCONNECT:
		tree = vg_smb_tree_find(m, tree_of(m));
		if (tree)
			vg_smb_tree_give(m, tree);
		break;
	case CMD_OPEN:
	case CMD_CREATE:
	case CMD_CREATE_NEW:
	case CMD_OPEN_ANDX:
	case CMD_NT_CREATE_ANDX:
		open_ask(m, c, ask);
		break;
	case CMD_READ:
	case CMD_LOCK_READ:
	case CMD_READ_ANDX:
		read_ask(m, c, ask);
		break;
	case CMD_WRITE:
	case CMD_WRITE_UNLOCK:
	case CMD_WRITE_CLOSE:
	case CMD_WRITE_ANDX:
		write_take(m, c, ask);
		break;
	case CMD_CLOSE:
		file = c->n_words >= 3 ? request_file(m, ask, c->words) : NULL;
		if (file)
			file->is_closing = 1;
		ask->what |= file ? VG_SMB_CLOSE : 0;
		break;
	default:
		break;
	}
}

static void open_answer(const struct vg_smb_message *m, const struct command *c, struct vg_file *file)
{
	int is_nt = c->code == CMD_NT_CREATE_ANDX, is_x = c->code == CMD_OPEN_ANDX;
	const uint8_t *w = c->words;
	uint32_t attributes = 0;
	struct vg_file_ctx ctx = vg_smb_file_ctx(m);

	if (c->n_words < (is_nt ? 34 : is_x ? 15 : 1))
		return;
	if (is_nt) {
		attributes = vg_le32(w + 43);
		file->size = vg_le64(w + 55);
	} else if (is_x || (c->code == CMD_OPEN && c->n_words >= 7)) {
		file->size = vg_le32(w + (is_x ? 12 : 8));
	} else {
		file->size = 0;
	}
	if (attributes & ATTR_DIRECTORY || (is_nt && (w[67] || vg_le16(w + 63) == 1 || vg_le16(w + 63) == 2)))
		vg_file_give(&ctx, &m->flow->files, file, VG_END_FIN); /* a folder, or a pipe */
	else
		vg_smb_file_name(m, file, w + (is_nt ? 5 : is_x ? 4 : 0), 2);
}

static void read_answer(const struct vg_smb_message *m, const struct command *c, const struct vg_smb_ask *ask,
			struct vg_file *file)
{
	int is_x = c->code == CMD_READ_ANDX;
	const uint8_t *w = c->words;
	uint32_t n, at;

	if (c->n_words < (is_x ? 12 : 5))
		return;
	n = vg_le16(w + (is_x ? 10 : 0)) | (is_x ? (uint32_t)vg_le16(w + 14) << 16 : 0);
	at = is_x ? vg_le16(w + 12) : c->bytes_at + 3;
	if (n > ask->n_bytes) {
		vg_count(m->proto->stats, VG_C_SMB_BAD, 1);
		return;
	}
	if (n < ask->n_bytes && file->size == VG_FILE_UNKNOWN && ask->off + n)
		file->size = ask->off + n;
	if (n)
		data_set(m, file, VG_FILE_READ, ask->off, at, n);
	m->d->data.file = vg_keyed_ref(&file->link);
	m->d->data.closes = !!(ask->what & VG_SMB_CLOSE);
}

static void tree_answer(const struct vg_smb_message *m, const struct command *c, const struct vg_smb_ask *ask)
{
	struct vg_smb_tree *tree = (struct vg_smb_tree *)vg_keyed_deref(&vg_smb_of(m->proto)->trees, ask->tree);
	const uint8_t *service = m->at + c->bytes_at; /* always ASCII */
	unsigned kind = VG_SMB_TREE_DISK;

	if (!tree)
		return;
	if (c->n_bytes >= 3 && !memcmp(service, "IPC", 3))
		kind = VG_SMB_TREE_PIPE;
	else if (c->n_bytes >= 3 && !memcmp(service, "LPT", 3))
		kind = VG_SMB_TREE_PRINT;
	vg_smb_tree_name(m, tree, tree_of(m), kind);
}

static void answer_command(const struct vg_smb_message *m, const struct command *c, const struct vg_smb_ask *ask)
{
	struct vg_file *file = vg_smb_ask_file(m, ask);

	switch (c->code) {
	case CMD_TREE_CONNECT_ANDX:
		tree_answer(m, c, ask);
		break;
	case CMD_OPEN:
	case CMD_CREATE:
	case CMD_CREATE_NEW:
	case CMD_OPEN_ANDX:
	case CMD_NT_CREATE_ANDX:
		if (file && ask->what & VG_SMB_OPEN)
			open_answer(m, c, file);
		break;
	case CMD_READ:
	case CMD_LOCK_READ:
	case CMD_READ_ANDX:
		if (file && ask->what & VG_SMB_READ)
			read_answer(m, c, ask, file);
		break;
	case CMD_CLOSE:
		if (file && ask->what & VG_SMB_CLOSE)
			vg_smb_file_close(m, file);
		break;
	default:
		break;
	}
}

/* Goes along the chain; ask: of a reply, or NULL for a request's to be filled. */
static void chain_walk(const struct vg_smb_message *m, struct vg_smb_ask *ask, int is_reply)
{
	unsigned code = m->at[4];
	uint32_t at = HEAD, next;
	struct command c;

	for (unsigned i = 0; i < VG_SMB_MAX_PARTS && command_read(m, code, at, &c); i++) {
		if (is_reply)
			answer_command(m, &c, ask);
		else
			request_command(m, &c, ask);
		next = is_andx(code) && c.n_words >= 2 ? vg_le16(c.words + 2) : 0;
		if (next <= at || c.words[0] == CMD_NONE)
			return;
		code = c.words[0];
		at = next;
	}
}

static void user_answer(const struct vg_smb_message *m)
{
	for (unsigned i = 0; i < m->flow->n_users; i++)
		if (m->flow->users[i].id == USER_PENDING)
			m->flow->users[i].id = user_of(m);
}

static void reply_take(const struct vg_smb_message *m)
{
	uint32_t status = vg_le32(m->at + 5);
	int is_error = status && status != BUFFER_OVERFLOW;
	struct vg_smb_ask *ask = vg_smb_ask_find(m, id_of(m), VG_SMB_MARK_1);
	struct vg_file_ctx ctx = vg_smb_file_ctx(m);
	struct vg_smb_tree *tree;
	struct vg_file *file;

	if (m->at[4] == CMD_SESSION_SETUP_ANDX && !is_error)
		user_answer(m);
	if (!ask) {
		if (m->at[4] == CMD_READ_ANDX && !is_error)
			vg_count(m->proto->stats, VG_C_SMB_UNPAIRED, 1);
		return;
	}
	file = vg_smb_ask_file(m, ask);
	if (is_error && file) /* a close would come last */
		file->is_closing = 0;
	ask->what &= (uint8_t)(is_error ? ~VG_SMB_CLOSE : 0xff);
	chain_walk(m, ask, 1);
	file = vg_smb_ask_file(m, ask);
	tree = (struct vg_smb_tree *)vg_keyed_deref(&vg_smb_of(m->proto)->trees, ask->tree);
	if (is_error && file && ask->what & VG_SMB_OPEN && !file->n_id)
		vg_file_give(&ctx, &m->flow->files, file, VG_END_FIN);
	if (is_error && tree && tree->id == UINT64_MAX)
		vg_smb_tree_give(m, tree);
	vg_smb_ask_give(m, ask);
}

/* An answer before its request; a request for what an earlier one opens, before that was answered. */
int vg_smb1_waits(const struct vg_smb_message *m)
{
	unsigned code = m->at[4];
	uint32_t place;

	if (m->at[9] & FLAG_REPLY)
		return is_awaited(code) && !vg_smb_ask_find(m, id_of(m), VG_SMB_MARK_1);
	if (!m->flow->n_opening)
		return 0;
	if (code == CMD_NT_CREATE_ANDX || code == CMD_OPEN_ANDX)
		return !vg_smb_tree_find(m, tree_of(m));
	if (code == CMD_READ_ANDX || code == CMD_WRITE_ANDX)
		place = 4;
	else if (code == CMD_CLOSE || code == CMD_READ || code == CMD_WRITE || code == CMD_WRITE_CLOSE)
		place = 0;
	else
		return 0;
	return m->n_bytes >= HEAD + 1 + place + 2 &&
	       !vg_file_find(&vg_smb_of(m->proto)->files, &m->flow->files, m->at + HEAD + 1 + place, 2);
}

void vg_smb1_take(const struct vg_smb_message *m)
{
	struct vg_smb_ask *kept, ask = { .what = 0 };

	if (m->at[9] & FLAG_REPLY) {
		reply_take(m);
		return;
	}
	chain_walk(m, &ask, 0);
	if (!is_awaited(m->at[4]))
		return;
	kept = vg_smb_ask_new(m, id_of(m), VG_SMB_MARK_1, ask.what);
	if (!kept)
		return;
	kept->file = ask.file;
	kept->tree = ask.tree;
	kept->off = ask.off;
	kept->n_bytes = ask.n_bytes;
}
