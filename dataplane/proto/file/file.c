/* What came in order goes to the sink where it lies; what came early waits in blocks, sorted by offset, and none of
 * it lies before next_off. Of bytes that come twice the first count. Every step depends on bytes and offsets only,
 * not on how pieces were cut. */
#include "dataplane/proto/file/file_priv.h"

static struct vg_file_block *block_at(const struct vg_file_pool *pool, uint32_t idx_1)
{
	return idx_1 ? vg_pool_at(&pool->blocks, idx_1 - 1) : NULL;
}

static uint64_t block_end(const struct vg_file_block *block)
{
	return block->off + block->n_bytes;
}

static void first_block_drop(struct vg_file_pool *pool, struct vg_file_io *io)
{
	struct vg_file_block *block = block_at(pool, io->first_block);

	if (io->last_block == io->first_block)
		io->last_block = 0;
	io->first_block = block->next;
	io->n_blocks--;
	vg_pool_give(&pool->blocks, block);
}

static void blocks_drop(struct vg_file_pool *pool, struct vg_file_io *io)
{
	while (io->first_block)
		first_block_drop(pool, io);
}

static void io_reset(struct vg_file_pool *pool, struct vg_file_io *io)
{
	blocks_drop(pool, io);
	*io = (struct vg_file_io){ .dir = io->dir, .n_parts = io->n_parts };
}

static int is_unwanted(const struct vg_file_io *io)
{
	return io->is_begun && !io->body;
}

static void amend_conflict(const struct vg_file_ctx *ctx, struct vg_file_io *io)
{
	struct vg_attribution *card = &ctx->proto->card;

	io->has_conflict = 1;
	if (!io->body)
		return;
	memset(card, 0, sizeof(*card));
	card->flags = VG_ATTR_CONFLICT;
	ctx->proto->sink.amend(ctx->proto->sink.ctx, io->body, card);
}

static void text_take(char *to, uint16_t *n_to, size_t cap, const char *from, size_t n_from, int *cut)
{
	*cut |= n_from > cap;
	*n_to = (uint16_t)(n_from < cap ? n_from : cap);
	memcpy(to, from, *n_to);
}

/* What is written: by its handle where that is the file's for ever, else by its name. */
static uint64_t written_resource(const struct vg_file_ctx *ctx, const struct vg_file *file)
{
	struct vg_span texts[2] = { { (const uint8_t *)"written", 7 }, { file->id, file->n_id } };

	if (!file->begins_anew) {
		if (file->name_at >= file->n_url || file->is_cut)
			return 0;
		texts[1] = (struct vg_span){ (const uint8_t *)file->url, file->n_url };
	}
	return vg_card_resource(ctx->proto, &ctx->flow->ident, texts, 2);
}

/* What pieces of a file belong together by; 0: nothing says that they are of the same one. */
static uint64_t resource_of(const struct vg_file_ctx *ctx, const struct vg_file *file, const struct vg_file_io *io)
{
	const struct vg_span texts[2] = { { (const uint8_t *)file->url, file->n_url },
					  { (const uint8_t *)&file->size, sizeof(file->size) } };

	if (io == &file->io[VG_FILE_WRITE])
		return written_resource(ctx, file);
	if (file->is_written || file->size == VG_FILE_UNKNOWN || !file->size || file->name_at >= file->n_url ||
	    file->is_cut)
		return 0;
	return vg_card_resource(ctx->proto, &ctx->flow->ident, texts, 2);
}

static void card_place(const struct vg_file_ctx *ctx, const struct vg_file *file, struct vg_file_io *io)
{
	struct vg_attribution *c = &ctx->proto->card;

	c->resource = resource_of(ctx, file, io);
	io->is_piece = c->resource && io->next_off;
	io->begun_off = io->next_off;
	if (!c->resource)
		return;
	c->range_off = io->next_off;
	c->range_total = file->size;
	if (io == &file->io[VG_FILE_WRITE]) {
		c->range_total = UINT64_MAX; /* others may write behind it */
		c->flags |= VG_ATTR_GROWS;
		c->flags |= !io->next_off && (file->was_empty || !file->size) ? VG_ATTR_ANEW : 0u;
		c->flags |= io->next_off && file->size == io->next_off ? VG_ATTR_APPENDED : 0u;
	}
	if (!io->is_piece)
		return;
	c->flags |= VG_ATTR_PIECE;
	c->size_hint = UINT64_MAX; /* how much will be read on from here nobody says */
}

static void io_begin(const struct vg_file_ctx *ctx, const struct vg_file *file, struct vg_file_io *io)
{
	struct vg_attribution *c = &ctx->proto->card;
	int is_write = io == &file->io[VG_FILE_WRITE], cut = file->is_cut;

	vg_card_begin(ctx->proto, ctx->flow, io->dir, file->proto_id, is_write ? VG_UPLOAD : VG_DOWNLOAD);
	if (!is_write && !file->is_written && file->size)
		c->size_hint = file->size;
	c->n_method = is_write ? 5 : 4;
	memcpy(c->method, is_write ? "WRITE" : "READ", c->n_method);
	text_take(c->url, &c->n_url, sizeof(c->url), file->url, file->n_url, &cut);
	if (file->n_host)
		text_take(c->host, &c->n_host, sizeof(c->host), file->url + file->host_at, file->n_host, &cut);
	text_take(c->filename, &c->n_filename, sizeof(c->filename), file->url + file->name_at,
		  (size_t)(file->n_url - file->name_at), &cut);
	c->flags |= (cut ? VG_ATTR_HEAD_CUT : 0u) | (io->has_conflict ? VG_ATTR_CONFLICT : 0u);
	card_place(ctx, file, io);
	io->body = ctx->proto->sink.open(ctx->proto->sink.ctx, c);
	io->is_begun = 1;
}

/* Bytes in order. */
static void io_data(const struct vg_file_ctx *ctx, const struct vg_file *file, struct vg_file_io *io,
		    const uint8_t *bytes, uint32_t n_bytes)
{
	struct vg_body_sink *sink = &ctx->proto->sink;

	if (!io->is_begun)
		io_begin(ctx, file, io);
	io->next_off += n_bytes;
	if (io->body && sink->data(sink->ctx, io->body, bytes, n_bytes, ctx->wall_ns) != VG_MORE)
		io->body = NULL;
	if (!io->body)
		blocks_drop(ctx->pool, io);
}

/* What lies before off did not cross here, perhaps elsewhere: the body ends, what follows is a piece of its own. False:
 * it is a gap. */
static int io_part(const struct vg_file_ctx *ctx, const struct vg_file *file, struct vg_file_io *io, uint64_t off)
{
	struct vg_body_sink *sink = &ctx->proto->sink;

	if (is_unwanted(io) || io->n_parts == VG_FILE_MAX_PARTS || !resource_of(ctx, file, io))
		return 0;
	io->n_parts += io == &file->io[VG_FILE_WRITE];
	if (io->body)
		sink->close(sink->ctx, io->body, io->had_gap ? VG_STATE_GAP : VG_STATE_TRUNCATED, ctx->wall_ns);
	io->body = NULL;
	io->is_begun = io->had_gap = io->is_piece = 0;
	io->next_off = io->begun_off = off;
	return 1;
}

/* Nothing of what lies before off will come. */
static void io_gap(const struct vg_file_ctx *ctx, const struct vg_file *file, struct vg_file_io *io, uint64_t off)
{
	struct vg_body_sink *sink = &ctx->proto->sink;
	uint64_t n_missing = off - io->next_off;

	if (!io->is_begun)
		io_begin(ctx, file, io);
	io->next_off = off;
	io->had_gap = 1;
	vg_count(ctx->proto->stats, VG_C_FILE_HOLES, 1);
	if (io->body && sink->gap(sink->ctx, io->body, n_missing) != VG_MORE)
		io->body = NULL;
	if (!io->body)
		blocks_drop(ctx->pool, io);
}

/* Gives what is held and has become next. */
static void io_drain(const struct vg_file_ctx *ctx, const struct vg_file *file, struct vg_file_io *io)
{
	struct vg_file_block *block;

	while ((block = block_at(ctx->pool, io->first_block)) && block->off <= io->next_off) {
		uint64_t n_past = io->next_off - block->off;
		uint32_t serial_first = io->first_block;
		if (n_past < block->n_bytes)
			io_data(ctx, file, io, block->bytes + n_past, block->n_bytes - (uint32_t)n_past);
		if (io->first_block == serial_first) /* else all were dropped */
			first_block_drop(ctx->pool, io);
	}
}

static enum vg_state end_state(const struct vg_file *file, enum vg_file_way way, int is_closed, enum vg_stream_end how)
{
	const struct vg_file_io *io = &file->io[way];
	int is_whole;

	if (io->had_gap)
		return VG_STATE_GAP;
	if (io->is_piece && way == VG_FILE_READ)
		return how == VG_END_RST ? VG_STATE_ABORTED : VG_STATE_TRUNCATED;
	if (way == VG_FILE_READ)
		is_whole = file->size != VG_FILE_UNKNOWN && !file->is_written ? io->next_off >= file->size : is_closed;
	else if (is_closed)
		is_whole = file->size == VG_FILE_UNKNOWN || io->next_off >= file->size;
	else
		is_whole = file->is_announced && io->next_off >= file->size;
	if (is_whole)
		return VG_STATE_COMPLETE;
	return how == VG_END_RST ? VG_STATE_ABORTED : VG_STATE_TRUNCATED;
}

static void io_finish(const struct vg_file_ctx *ctx, struct vg_file *file, enum vg_file_way way, int is_closed,
		      enum vg_stream_end how)
{
	struct vg_file_io *io = &file->io[way];
	struct vg_file_block *block;

	if (io->is_done)
		return;
	while ((block = block_at(ctx->pool, io->first_block))) {
		if (!io_part(ctx, file, io, block->off))
			io_gap(ctx, file, io, block->off);
		io_drain(ctx, file, io);
	}
	if (io->body)
		ctx->proto->sink.close(ctx->proto->sink.ctx, io->body, end_state(file, way, is_closed, how),
				       ctx->wall_ns);
	io->body = NULL;
	io->is_done = 1;
}

static void check_whole(const struct vg_file_ctx *ctx, struct vg_file *file)
{
	struct vg_file_io *io = &file->io[VG_FILE_READ];

	if (io->body && file->size && io->next_off == file->size && !file->is_written)
		io_finish(ctx, file, VG_FILE_READ, 1, VG_END_FIN);
}

/* The last block that begins at or before off, or NULL. */
static struct vg_file_block *block_before(const struct vg_file_pool *pool, const struct vg_file_io *io, uint64_t off)
{
	struct vg_file_block *hint = block_at(pool, io->last_block), *next, *block = NULL;

	next = hint && hint->off <= off ? hint : block_at(pool, io->first_block);
	for (; next && next->off <= off; next = block_at(pool, next->next))
		block = next;
	return block;
}

static struct vg_file_block *block_insert(struct vg_file_pool *pool, struct vg_file_io *io,
					  struct vg_file_block *before, uint64_t off)
{
	uint32_t share = pool->blocks.n_items / 4 ? pool->blocks.n_items / 4 : 1;
	struct vg_file_block *block;

	if (io->n_blocks >= (share < VG_FILE_MAX_BLOCKS ? share : VG_FILE_MAX_BLOCKS))
		return NULL;
	block = vg_pool_take(&pool->blocks);
	if (!block)
		return NULL;
	block->off = off;
	block->n_bytes = 0;
	block->next = before ? before->next : io->first_block;
	*(before ? &before->next : &io->first_block) = vg_pool_idx(&pool->blocks, block) + 1;
	io->n_blocks++;
	return block;
}

/* Keeps bytes that came early; how many could not be kept, from the end. */
static uint32_t io_hold(const struct vg_file_ctx *ctx, struct vg_file_io *io, uint64_t off, const uint8_t *bytes,
			uint32_t n_bytes)
{
	while (n_bytes) {
		struct vg_file_block *block = block_before(ctx->pool, io, off);
		const struct vg_file_block *after = block_at(ctx->pool, block ? block->next : io->first_block);
		uint64_t n = after && after->off - off < n_bytes ? after->off - off : n_bytes;
		if (block && off < block_end(block)) {
			n = block_end(block) - off < n ? block_end(block) - off : n;
		} else {
			if (!block || off != block_end(block) || block->n_bytes == VG_FILE_BLOCK_BYTES)
				block = block_insert(ctx->pool, io, block, off);
			if (!block)
				return n_bytes;
			n = VG_FILE_BLOCK_BYTES - block->n_bytes < n ? VG_FILE_BLOCK_BYTES - block->n_bytes : n;
			memcpy(block->bytes + block->n_bytes, bytes, n);
			block->n_bytes += (uint32_t)n;
			vg_count(ctx->proto->stats, VG_C_FILE_HELD_BYTES, n);
		}
		io->last_block = vg_pool_idx(&ctx->pool->blocks, block) + 1;
		off += n;
		bytes += n;
		n_bytes -= (uint32_t)n;
	}
	return 0;
}

/* Bytes of a place that was given before. */
static void io_again(const struct vg_file_ctx *ctx, const struct vg_file *file, struct vg_file_io *io, uint64_t n_bytes)
{
	if (io != &file->io[VG_FILE_WRITE])
		return;
	vg_count(ctx->proto->stats, VG_C_FILE_REWRITTEN_BYTES, n_bytes);
	if (!io->has_conflict)
		amend_conflict(ctx, io);
}

/* Eats a part of the bytes that is treated alike; how many. */
static uint32_t io_step(const struct vg_file_ctx *ctx, struct vg_file *file, struct vg_file_io *io, uint64_t off,
			const uint8_t *bytes, uint32_t n_bytes)
{
	const struct vg_file_block *first = block_at(ctx->pool, io->first_block);
	uint32_t n = n_bytes;

	if (off < io->begun_off && io->is_piece && io_part(ctx, file, io, off))
		return 0; /* it goes back to what it had passed over */
	if (off < io->next_off) {
		n = io->next_off - off < n ? (uint32_t)(io->next_off - off) : n;
		io_again(ctx, file, io, n);
		return n;
	}
	if (io->is_done) {
		io_reset(ctx->pool, io);
		return 0;
	}
	if (is_unwanted(io)) {
		io->next_off = off + n;
		return n;
	}
	if (off == io->next_off) {
		n = first && first->off - off < n ? (uint32_t)(first->off - off) : n;
		io_data(ctx, file, io, bytes, n);
		io_drain(ctx, file, io);
		check_whole(ctx, file);
		return n;
	}
	n -= io_hold(ctx, io, off, bytes, n);
	if (n < n_bytes) {
		first = block_at(ctx->pool, io->first_block);
		uint64_t next_off = first && first->off < off + n ? first->off : off + n;
		if (!io_part(ctx, file, io, next_off))
			io_gap(ctx, file, io, next_off);
		io_drain(ctx, file, io);
	}
	return n;
}

struct vg_file *vg_file_take(struct vg_file_pool *pool, unsigned proto_id)
{
	struct vg_file *file = vg_pool_take(&pool->files.items);

	if (!file)
		return NULL;
	memset(file, 0, offsetof(struct vg_file, id));
	file->size = VG_FILE_UNKNOWN;
	file->proto_id = (uint8_t)proto_id;
	file->n_url = file->host_at = file->n_host = file->name_at = 0;
	return file;
}

uint64_t vg_file_set_id(struct vg_file *file, const uint8_t *id, uint32_t n_id)
{
	file->n_id = (uint8_t)(n_id < VG_FILE_MAX_ID_BYTES ? n_id : VG_FILE_MAX_ID_BYTES);
	memcpy(file->id, id, file->n_id);
	return vg_keyed_hash(id, file->n_id);
}

struct vg_file *vg_file_find(struct vg_file_pool *pool, struct vg_keyed_set *set, const uint8_t *id, uint32_t n_id)
{
	struct vg_keyed *item;

	n_id = n_id < VG_FILE_MAX_ID_BYTES ? n_id : VG_FILE_MAX_ID_BYTES;
	for (item = vg_keyed_find(set, &pool->files, vg_keyed_hash(id, n_id)); item;
	     item = vg_keyed_next(&pool->files, item)) {
		struct vg_file *file = (struct vg_file *)item;
		if (file->n_id == n_id && !memcmp(file->id, id, n_id))
			return file;
	}
	return NULL;
}

void vg_file_give(const struct vg_file_ctx *ctx, struct vg_keyed_set *set, struct vg_file *file, enum vg_stream_end how)
{
	for (unsigned way = 0; way < VG_FILE_WAYS; way++) {
		io_finish(ctx, file, (enum vg_file_way)way, file->is_closing, how);
		blocks_drop(ctx->pool, &file->io[way]);
	}
	vg_keyed_give(set, &ctx->pool->files, &file->link);
}

void vg_file_run(const struct vg_file_ctx *ctx, struct vg_file *file, enum vg_file_way way, unsigned dir, uint64_t off,
		 uint64_t n_bytes)
{
	struct vg_file_io *io = &file->io[way];

	file->touched_ns = ctx->wall_ns;
	io->dir = (uint8_t)dir;
	if (file->begins_anew && io->is_done && !off)
		io_reset(ctx->pool, io);
	if (way == VG_FILE_READ && file->size != VG_FILE_UNKNOWN && off < VG_FILE_MAX_OFF && off + n_bytes > file->size)
		file->size = VG_FILE_UNKNOWN; /* it has grown */
	if (way != VG_FILE_WRITE || !n_bytes)
		return;
	file->is_written = 1;
	if (!off && io->next_off && !io->first_block && n_bytes >= io->next_off) {
		io_finish(ctx, file, way, 1, VG_END_FIN);
		io_reset(ctx->pool, io);
	}
}

void vg_file_bytes(const struct vg_file_ctx *ctx, struct vg_file *file, enum vg_file_way way, uint64_t off,
		   const uint8_t *bytes, uint32_t n_bytes)
{
	while (n_bytes && off < VG_FILE_MAX_OFF) {
		uint32_t n = io_step(ctx, file, &file->io[way], off, bytes, n_bytes);
		off += n;
		bytes += n;
		n_bytes -= n;
	}
}

void vg_file_lost(const struct vg_file_ctx *ctx, struct vg_file *file, enum vg_file_way way, uint64_t off,
		  uint64_t n_bytes)
{
	struct vg_file_io *io = &file->io[way];
	const struct vg_file_block *first = block_at(ctx->pool, io->first_block);
	uint64_t end = off + n_bytes;

	if (off > io->next_off || end <= io->next_off || io->is_done || end > VG_FILE_MAX_OFF)
		return;
	end = first && first->off < end ? first->off : end;
	io_gap(ctx, file, io, end);
	io_drain(ctx, file, io);
	check_whole(ctx, file);
}

void vg_file_conflict(const struct vg_file_ctx *ctx, struct vg_file *file, enum vg_file_way way)
{
	amend_conflict(ctx, &file->io[way]);
}

void vg_file_resize(const struct vg_file_ctx *ctx, struct vg_file *file, uint64_t size)
{
	struct vg_file_io *io = &file->io[VG_FILE_WRITE];

	file->was_empty |= !size || !file->size;
	file->size = size;
	file->is_announced = size != 0;
	file->is_written = 1;
	if (size >= io->next_off || !io->is_begun)
		return;
	if (!size) {
		io_finish(ctx, file, VG_FILE_WRITE, 1, VG_END_FIN);
		io_reset(ctx->pool, io);
	} else if (!io->has_conflict) {
		amend_conflict(ctx, io);
	}
}

void vg_file_eof(const struct vg_file_ctx *ctx, struct vg_file *file, uint64_t off)
{
	if (file->size == VG_FILE_UNKNOWN && off)
		file->size = off;
	check_whole(ctx, file);
}

void vg_file_end(const struct vg_file_ctx *ctx, struct vg_file *file, unsigned dir, enum vg_stream_end how)
{
	for (unsigned way = 0; way < VG_FILE_WAYS; way++)
		if (file->io[way].dir == dir)
			io_finish(ctx, file, (enum vg_file_way)way, file->is_closing, how);
}
