#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <vigil/msg_objects.h>

#include "tests/lib/intake_make.h"

static int set_up(void **state)
{
	struct rig *r = malloc(sizeof(*r));
	rig_init(r, 1, 3);
	*state = r;
	return 0;
}

static int tear_down(void **state)
{
	rig_fini(*state);
	free(*state);
	return 0;
}

static void send_match(struct rig *r)
{
	rig_record(r, &r->valid, rig_memfd(r, RIG_N_BYTES, VG_SEALS_FINAL));
}

static void hashers_are_called_once_the_dataplanes_memory_is_here(void **state)
{
	struct rig *r = *state;
	uint64_t boot_id;
	rig_settle(r);
	assert_int_equal(accept4(r->listen_fd[0], NULL, NULL, SOCK_NONBLOCK), -1);
	assert_false(vg_intake_dataplane(r->intake, NULL));
	rig_dataplane(r, RIG_BOOT);
	assert_true(vg_intake_dataplane(r->intake, &boot_id));
	assert_int_equal(boot_id, RIG_BOOT);
	rig_hasher(r);
	struct vg_intake_hasher h;
	vg_intake_hasher(r->intake, 0, &h);
	assert_true(h.connected);
	assert_int_equal(h.generation, 1);
	assert_int_equal(h.boot_id, RIG_BOOT);
	vg_intake_hasher(r->intake, 1, &h);
	assert_false(h.connected);
	vg_intake_hasher(r->intake, 99, &h);
	assert_false(h.connected);
}

static void what_could_be_read_in_two_ways_waits_for_a_person(void **state)
{
	static const uint32_t flags[] = { VG_ATTR_CONFLICT, VG_ATTR_AMBIGUOUS };
	struct rig *r = *state;
	rig_dataplane(r, RIG_BOOT);
	rig_hasher(r);
	for (unsigned i = 0; i < 2; i++) {
		r->attr[RIG_CORE][0][RIG_SLOT].flags = flags[i];
		send_match(r);
		assert_int_equal(r->n_matches, i + 1);
		assert_true(r->last_held);
	}
	r->attr[RIG_CORE][0][RIG_SLOT].flags = VG_ATTR_HEAD_CUT | VG_ATTR_MIDSTREAM;
	send_match(r);
	assert_false(r->last_held);
}

static void files_of_a_scan_accuse_nobody_in_production(void **state)
{
	struct rig *r = *state;
	rig_fini(r);
	for (int with_objects = 0; with_objects < 2; with_objects++) {
		rig_init(r, with_objects, 3);
		rig_dataplane(r, RIG_BOOT);
		rig_hasher(r);
		r->attr[RIG_CORE][0][RIG_SLOT].proto = VG_PROTO_FILE;
		send_match(r);
		assert_int_equal(r->n_matches, with_objects);
		assert_int_equal(rig_refused(r, VG_REFUSE_ATTRIBUTION), !with_objects);
		if (!with_objects)
			rig_fini(r);
	}
}

static void what_is_not_durable_is_not_acknowledged_and_comes_again(void **state)
{
	struct rig *r = *state;
	rig_dataplane(r, RIG_BOOT);
	rig_hasher(r);
	send_match(r);
	assert_int_equal(rig_acked(r), 1);
	r->answer = VG_EIO;
	send_match(r);
	assert_int_equal(rig_acked(r), UINT64_MAX); /* the link was dropped without an ACK */
	assert_int_equal(r->n_matches, 1);
	close(r->hasher_fd);
	r->answer = VG_OK;
	rig_hasher(r);
	r->seq = 1;
	send_match(r);
	assert_int_equal(rig_acked(r), 2);
	assert_int_equal(r->n_matches, 2);
}

static void what_came_before_a_failure_is_acknowledged(void **state)
{
	struct rig *r = *state;
	struct vg_msg_ack ack;
	struct vg_msg_record m;
	rig_dataplane(r, RIG_BOOT);
	rig_hasher(r);
	m = r->valid;
	m.head.type = VG_MSG_OBJECT;
	m.seq = 1;
	rig_send(r->hasher_fd, &m, sizeof(m), NULL, 0);
	m = r->valid;
	m.seq = 2;
	int fd = rig_memfd(r, RIG_N_BYTES, VG_SEALS_FINAL);
	rig_send(r->hasher_fd, &m, sizeof(m), &fd, 1);
	close(fd);
	vg_loop_step(r->loop, 10);
	assert_int_equal(r->n_objects, 1);
	assert_int_equal(rig_receive(r->hasher_fd, VG_MSG_ACK, &ack, sizeof(ack)), 1);
	assert_int_equal(ack.seq, 2);
}

/* n records of r->valid from seq on as one message, the head as told, the last one of type last. */
static void send_together(struct rig *r, uint32_t n, uint64_t seq, size_t n_said, unsigned last)
{
	struct {
		struct vg_msg_head head;
		struct vg_msg_record records[VG_MSG_MAX_OBJECTS + 1];
	} m = { .head = vg_msg_head(VG_MSG_OBJECTS, n_said) };
	for (uint32_t i = 0; i < n; i++) {
		m.records[i] = r->valid;
		m.records[i].head.type = (uint16_t)(i + 1 == n ? last : VG_MSG_OBJECT);
		m.records[i].seq = seq + i;
	}
	rig_send(r->hasher_fd, &m, sizeof(m.head) + n * sizeof(m.records[0]), NULL, 0);
	rig_settle(r);
}
#define BYTES_OF(n) (sizeof(struct vg_msg_head) + (n) * sizeof(struct vg_msg_record))

static void objects_that_come_together_are_each_taken(void **state)
{
	struct rig *r = *state;
	rig_dataplane(r, RIG_BOOT);
	rig_hasher(r);
	send_together(r, 3, 1, BYTES_OF(3), VG_MSG_OBJECT);
	assert_int_equal(r->n_objects, 3);
	assert_int_equal(rig_acked(r), 3);
	send_together(r, VG_MSG_MAX_OBJECTS, 4, BYTES_OF(VG_MSG_MAX_OBJECTS), VG_MSG_OBJECT);
	assert_int_equal(r->n_objects, 3 + VG_MSG_MAX_OBJECTS);
	assert_int_equal(rig_acked(r), 3 + VG_MSG_MAX_OBJECTS);
	assert_int_equal(rig_refused(r, VG_REFUSE_MESSAGE), 0);
}

static void a_match_among_objects_ends_the_link(void **state)
{
	struct rig *r = *state;
	rig_dataplane(r, RIG_BOOT);
	rig_hasher(r);
	send_together(r, 3, 1, BYTES_OF(3), VG_MSG_MATCH);
	assert_int_equal(r->n_objects, 2);
	assert_int_equal(r->n_matches, 0);
	assert_int_equal(rig_refused(r, VG_REFUSE_MESSAGE), 1);
	assert_int_equal(rig_acked(r), UINT64_MAX);
}

static void more_or_fewer_objects_than_are_said_end_the_link(void **state)
{
	struct rig *r = *state;
	static const struct {
		uint32_t n;
		size_t n_said;
	} wrong[] = { { 2, BYTES_OF(3) },
		      { 2, BYTES_OF(2) - 1 },
		      { 0, BYTES_OF(0) },
		      { VG_MSG_MAX_OBJECTS + 1, BYTES_OF(VG_MSG_MAX_OBJECTS + 1) } };
	rig_dataplane(r, RIG_BOOT);
	for (size_t i = 0; i < VG_ARRAY_LEN(wrong); i++) {
		rig_hasher(r);
		send_together(r, wrong[i].n, 1, wrong[i].n_said, VG_MSG_OBJECT);
		assert_int_equal(rig_acked(r), UINT64_MAX);
		close(r->hasher_fd);
	}
	assert_int_equal(r->n_objects, 0);
}

static void the_number_of_a_record_only_grows(void **state)
{
	struct rig *r = *state;
	rig_dataplane(r, RIG_BOOT);
	rig_hasher(r);
	send_match(r);
	r->seq = 0;
	send_match(r);
	assert_int_equal(r->n_matches, 1);
	assert_int_equal(rig_refused(r, VG_REFUSE_MESSAGE), 1);
	assert_int_equal(rig_acked(r), UINT64_MAX);
}

static void rubbish_ends_the_link(void **state)
{
	struct rig *r = *state;
	struct vg_msg_record m = r->valid;
	struct vg_msg_hasher_hello hello = { vg_msg_head(VG_MSG_HASHER_HELLO, sizeof(hello)), 0, 0, RIG_BOOT };
	uint8_t big[5000] = { 0 };
	struct vg_msg_head bad_version = vg_msg_head(VG_MSG_MATCH, sizeof(bad_version));
	bad_version.version++;
	m.seq = 1;
	const struct {
		const void *bytes;
		size_t n_bytes;
	} rubbish[] = { { "x", 1 },
			{ &m, sizeof(m) - 1 },
			{ &m, sizeof(m.head) },
			{ big, sizeof(big) },
			{ big, sizeof(m) },
			{ &bad_version, sizeof(bad_version) },
			{ &hello, sizeof(hello) } };
	rig_dataplane(r, RIG_BOOT);
	for (size_t i = 0; i < VG_ARRAY_LEN(rubbish); i++) {
		rig_hasher(r);
		rig_send(r->hasher_fd, rubbish[i].bytes, rubbish[i].n_bytes, NULL, 0);
		rig_settle(r);
		assert_int_equal(rig_acked(r), UINT64_MAX);
		close(r->hasher_fd);
	}
	rig_hasher(r);
	assert_int_equal(r->n_matches, 0);
	struct vg_intake_counts counts;
	vg_intake_counts(r->intake, &counts);
	assert_int_equal(counts.n_links_lost, VG_ARRAY_LEN(rubbish));
	assert_true(counts.n_refused[VG_REFUSE_MESSAGE] >= VG_ARRAY_LEN(rubbish) - 1);
}

static void a_hello_of_another_hasher_or_with_a_loose_page_is_refused(void **state)
{
	struct rig *r = *state;
	rig_dataplane(r, RIG_BOOT);
	for (int i = 0; i < 2; i++) {
		int link = rig_accept(r, r->listen_fd[0]), page = vg_memfd_new("page", VG_STATS_BYTES);
		struct vg_msg_hasher_hello h = { vg_msg_head(VG_MSG_HASHER_HELLO, sizeof(h)), (uint32_t)i, 0,
						 RIG_BOOT };
		if (i)
			assert_int_equal(vg_memfd_seal(page, VG_SEALS_OURS), VG_OK);
		rig_send(link, &h, sizeof(h), &page, 1);
		rig_settle(r);
		struct vg_msg_index index;
		assert_int_equal(rig_receive(link, VG_MSG_INDEX, &index, sizeof(index)), -1);
		close(page);
		close(link);
	}
}

static void a_dataplane_whose_memory_could_change_is_refused(void **state)
{
	struct rig *r = *state;
	for (int kind = 0; kind < 4; kind++) {
		int fd = rig_accept(r, r->listen_fd[2]);
		assert_true(fd >= 0);
		struct vg_msg_welcome w = { vg_msg_head(VG_MSG_WELCOME, sizeof(w)), 7 + (unsigned)kind, 1, 1 };
		rig_send(fd, &w, sizeof(w), NULL, 0);
		int memfd = vg_memfd_new("attr", vg_attr_bytes(8) - (kind == 1));
		assert_int_equal(vg_memfd_seal(memfd, kind ? VG_SEALS_OURS : F_SEAL_SHRINK), VG_OK);
		struct vg_msg_attr a = { vg_msg_head(VG_MSG_ATTR, sizeof(a)), kind == 2, 0, kind == 3 ? UINT32_MAX : 8,
					 0 };
		rig_send(fd, &a, sizeof(a), &memfd, 1);
		rig_settle(r);
		struct vg_msg_hello hello;
		assert_int_equal(rig_receive(fd, VG_MSG_HELLO, &hello, sizeof(hello)), kind >= 0 ? 1 : 0);
		assert_int_equal(rig_receive(fd, VG_MSG_HELLO, &hello, sizeof(hello)), -1);
		close(memfd);
		close(fd);
	}
	assert_false(vg_intake_dataplane(r->intake, NULL));
	r->dataplane_fd = r->hasher_fd = dup(0);
}

static void matches_of_the_boot_before_are_still_taken(void **state)
{
	struct rig *r = *state;
	rig_dataplane(r, RIG_BOOT);
	rig_hasher(r);
	close(r->dataplane_fd);
	rig_settle(r);
	rig_dataplane(r, RIG_BOOT + 1); /* the dataplane died and is another now */
	send_match(r);
	assert_int_equal(r->n_matches, 1);
	close(r->dataplane_fd);
	rig_settle(r);
	rig_dataplane(r, RIG_BOOT + 2);
	assert_false(r->last_held);
	send_match(r);
	assert_int_equal(r->n_matches, 2);
	assert_true(r->last_held); /* its record went with the boot before the last */
}

/* It found the new dataplane before vigild did: what it sent now would name records that are not here yet. */
static void a_hasher_of_a_boot_that_is_not_here_yet_waits(void **state)
{
	struct rig *r = *state;
	struct vg_stats_page *page;
	struct vg_msg_index index;
	rig_dataplane(r, RIG_BOOT + 1);
	r->hasher_fd = rig_accept(r, r->listen_fd[0]);
	int fd = rig_page(VG_STATS_BYTES, 0, (void **)&page);
	munmap(page, VG_STATS_BYTES);
	assert_int_equal(vg_memfd_seal(fd, VG_SEALS_OURS), VG_OK);
	struct vg_msg_hasher_hello h = { vg_msg_head(VG_MSG_HASHER_HELLO, sizeof(h)), 0, 0, RIG_BOOT };
	rig_send(r->hasher_fd, &h, sizeof(h), &fd, 1);
	close(fd);
	rig_settle(r);
	assert_int_equal(rig_receive(r->hasher_fd, VG_MSG_INDEX, &index, sizeof(index)), -1);
	close(r->hasher_fd);
	close(r->dataplane_fd);
	rig_settle(r);
	rig_dataplane(r, RIG_BOOT);
	rig_hasher(r); /* called again, and given its index */
	send_match(r);
	assert_int_equal(r->n_matches, 1);
	assert_int_equal(rig_refused(r, VG_REFUSE_BOOT), 0);
}

static void more_matches_than_the_ration_are_held(void **state)
{
	struct rig *r = *state;
	rig_dataplane(r, RIG_BOOT);
	rig_hasher(r);
	for (int i = 0; i < 3; i++) {
		send_match(r);
		assert_false(r->last_held);
	}
	send_match(r);
	assert_true(r->last_held);
	assert_int_equal(r->n_matches, 4);
}

static void a_new_generation_is_sent_at_once(void **state)
{
	struct rig *r = *state;
	struct vg_msg_index index;
	char why[VG_LISTS_WHY];
	rig_dataplane(r, RIG_BOOT);
	rig_hasher(r);
	assert_int_equal(vg_lists_reload(r->lists, NULL, 0, "", why, sizeof(why)), VG_OK);
	vg_intake_publish(r->intake);
	assert_int_equal(rig_receive(r->hasher_fd, VG_MSG_INDEX, &index, sizeof(index)), 1);
	assert_int_equal(index.generation, 2);
	struct vg_msg_index_taken t = { vg_msg_head(VG_MSG_INDEX_TAKEN, sizeof(t)), 2, VG_ECORRUPT, 0 };
	rig_send(r->hasher_fd, &t, sizeof(t), NULL, 0);
	rig_settle(r);
	struct vg_intake_counts counts;
	struct vg_intake_hasher h;
	vg_intake_counts(r->intake, &counts);
	vg_intake_hasher(r->intake, 0, &h);
	assert_int_equal(counts.n_index_refused, 1);
	assert_int_equal(h.generation, 1);
}

static void objects_and_the_end_of_input_are_told(void **state)
{
	struct rig *r = *state;
	struct vg_msg_record m;
	struct vg_msg_drained d = { vg_msg_head(VG_MSG_DRAINED, sizeof(d)), 0 };
	rig_dataplane(r, RIG_BOOT);
	rig_hasher(r);
	m = r->valid;
	m.head.type = VG_MSG_OBJECT;
	m.n_hits = 0;
	rig_record(r, &m, -1);
	assert_int_equal(r->n_objects, 1);
	assert_int_equal(rig_acked(r), 1);
	m.object_id++;
	rig_record(r, &m, -1);
	assert_int_equal(r->n_objects, 1);
	assert_int_equal(rig_refused(r, VG_REFUSE_ATTRIBUTION), 1);
	rig_send(r->dataplane_fd, &d, sizeof(d), NULL, 0);
	rig_settle(r);
	assert_int_equal(r->n_drained, 1);
}

static void counters_survive_the_process_that_counted(void **state)
{
	struct rig *r = *state;
	uint64_t d[VG_C_N], h[VG_H_N];
	rig_dataplane(r, RIG_BOOT);
	rig_hasher(r);
	vg_intake_dataplane_sum(r->intake, -1, d);
	assert_int_equal(d[VG_C_RX_PACKETS], 21);
	vg_intake_dataplane_sum(r->intake, 1, d);
	assert_int_equal(d[VG_C_RX_PACKETS], 11);
	close(r->hasher_fd);
	close(r->dataplane_fd);
	rig_settle(r);
	rig_dataplane(r, RIG_BOOT + 1);
	rig_hasher(r);
	vg_intake_dataplane_sum(r->intake, -1, d);
	vg_intake_hashing_sum(r->intake, -1, h);
	assert_int_equal(d[VG_C_RX_PACKETS], 42);
	assert_int_equal(h[VG_H_OBJECTS], 6);
	struct vg_intake_progress p;
	vg_intake_progress(r->intake, &p);
	assert_false(p.input_done);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(hashers_are_called_once_the_dataplanes_memory_is_here),
		T(what_could_be_read_in_two_ways_waits_for_a_person),
		T(files_of_a_scan_accuse_nobody_in_production),
		T(what_is_not_durable_is_not_acknowledged_and_comes_again),
		T(what_came_before_a_failure_is_acknowledged),
		T(the_number_of_a_record_only_grows),
		T(objects_that_come_together_are_each_taken),
		T(a_match_among_objects_ends_the_link),
		T(more_or_fewer_objects_than_are_said_end_the_link),
		T(rubbish_ends_the_link),
		T(a_hello_of_another_hasher_or_with_a_loose_page_is_refused),
		T(a_dataplane_whose_memory_could_change_is_refused),
		T(matches_of_the_boot_before_are_still_taken),
		T(a_hasher_of_a_boot_that_is_not_here_yet_waits),
		T(more_matches_than_the_ration_are_held),
		T(a_new_generation_is_sent_at_once),
		T(objects_and_the_end_of_input_are_told),
		T(counters_survive_the_process_that_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
