/* Chained hashing over indices, and a list from the longest silent entry to the youngest. */
#include "dataplane/proto/expect.h"

/* An entry that is asked for at every packet of its flow goes to the end of the list so often only. */
#define REFRESH_NS INT64_C(1000000000)

static uint32_t head_of(const struct vg_expect *table, const struct vg_endpoint *at)
{
	uint64_t words[3], h;
	uint32_t last;

	memcpy(words, at, sizeof(words));
	memcpy(&last, (const uint8_t *)at + sizeof(words), sizeof(last));
	h = (words[0] ^ last) * UINT64_C(0x9e3779b97f4a7c15);
	h = (h ^ h >> 29 ^ words[1]) * UINT64_C(0xbf58476d1ce4e5b9);
	h = (h ^ h >> 32 ^ words[2]) * UINT64_C(0x94d049bb133111eb);
	return (uint32_t)(h >> 32) & table->head_mask;
}

static void unlist(struct vg_expect *table, struct vg_expected *entry)
{
	if (entry->older_idx)
		table->entries[entry->older_idx - 1].newer_idx = entry->newer_idx;
	else
		table->oldest_idx = entry->newer_idx;
	if (entry->newer_idx)
		table->entries[entry->newer_idx - 1].older_idx = entry->older_idx;
	else
		table->newest_idx = entry->older_idx;
}

static void list(struct vg_expect *table, struct vg_expected *entry, int64_t now_ns)
{
	uint32_t idx = (uint32_t)(entry - table->entries) + 1;

	entry->last_ns = now_ns;
	entry->older_idx = table->newest_idx;
	entry->newer_idx = 0;
	if (table->newest_idx)
		table->entries[table->newest_idx - 1].newer_idx = idx;
	else
		table->oldest_idx = idx;
	table->newest_idx = idx;
}

void vg_expect_drop(struct vg_expect *table, struct vg_expected *entry)
{
	uint32_t idx = (uint32_t)(entry - table->entries) + 1;
	uint32_t *link = &table->heads[head_of(table, &entry->at)];

	while (*link != idx) {
		VG_INVARIANT_HOT(*link);
		link = &table->entries[*link - 1].next_idx;
	}
	*link = entry->next_idx;
	unlist(table, entry);
	entry->next_idx = table->free_idx;
	table->free_idx = idx;
	table->n_used--;
}

static void age(struct vg_expect *table, int64_t now_ns)
{
	while (table->oldest_idx && now_ns - table->entries[table->oldest_idx - 1].last_ns > table->life_ns)
		vg_expect_drop(table, &table->entries[table->oldest_idx - 1]);
}

static struct vg_expected *look_up(const struct vg_expect *table, const struct vg_endpoint *at)
{
	for (uint32_t idx = table->heads[head_of(table, at)]; idx; idx = table->entries[idx - 1].next_idx)
		if (!memcmp(&table->entries[idx - 1].at, at, sizeof(*at)))
			return &table->entries[idx - 1];
	return NULL;
}

static struct vg_expected *take(struct vg_expect *table, const struct vg_endpoint *at)
{
	uint32_t *head = &table->heads[head_of(table, at)], idx;
	struct vg_expected *entry;

	if (table->n_used == table->n_entries) {
		vg_count(table->stats, VG_C_EXPECT_FULL, 1);
		vg_expect_drop(table, &table->entries[table->oldest_idx - 1]);
	}
	idx = table->free_idx;
	if (idx)
		table->free_idx = table->entries[idx - 1].next_idx;
	else
		idx = ++table->n_fresh;
	table->n_used++;
	entry = &table->entries[idx - 1];
	*entry = (struct vg_expected){ .at = *at, .next_idx = *head };
	*head = idx;
	return entry;
}

void vg_expect_put(struct vg_expect *table, const struct vg_endpoint *at, unsigned app, uint64_t value, int64_t now_ns)
{
	struct vg_expected *entry;

	age(table, now_ns);
	entry = look_up(table, at);
	if (entry)
		unlist(table, entry);
	else
		entry = take(table, at);
	list(table, entry, now_ns);
	entry->app = (uint8_t)app;
	entry->value = value;
	vg_count(table->stats, VG_C_EXPECT_PUT, app != 0);
}

struct vg_expected *vg_expect_find(struct vg_expect *table, const struct vg_endpoint *at, int64_t now_ns)
{
	struct vg_expected *entry = table->n_used ? look_up(table, at) : NULL;

	if (!entry || now_ns - entry->last_ns > table->life_ns)
		return NULL;
	if (now_ns - entry->last_ns > REFRESH_NS) {
		unlist(table, entry);
		list(table, entry, now_ns);
	}
	return entry;
}

void vg_expect_reset(struct vg_expect *table)
{
	while (table->oldest_idx)
		vg_expect_drop(table, &table->entries[table->oldest_idx - 1]);
}
