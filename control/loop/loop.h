#pragma once
/* loop: the one thread of a control program: descriptors by epoll, timers, and signals by signalfd.
 * All calls come from the loop's own thread. Anything may be removed or added inside any callback: what was removed is
 * never called again, not even for an event that had already been fetched. Time is CLOCK_MONOTONIC. */
#include <stdint.h>
#include <sys/epoll.h>

#include <vigil/base.h>
#include <vigil/err.h>

struct vg_loop;
/* events: EPOLLIN, EPOLLOUT, EPOLLHUP, EPOLLERR. */
typedef void (*vg_loop_fd_fn)(void *ctx, int fd, uint32_t events);
typedef void (*vg_loop_timer_fn)(void *ctx);
typedef void (*vg_loop_signal_fn)(void *ctx, int signal_no);

void vg_loop_destroy(struct vg_loop *loop);
/* NULL where the kernel gives no descriptor or memory. */
struct vg_loop *vg_loop_create(void) VG_DEALLOC(vg_loop_destroy);

/* Watches fd (level-triggered) until vg_loop_unwatch(); the descriptor stays the caller's, who unwatches before closing
 * it. VG_ECONFLICT where fd is watched already, VG_EIO, VG_ENOMEM. */
enum vg_err vg_loop_watch(struct vg_loop *loop, int fd, uint32_t events, vg_loop_fd_fn fn, void *ctx);
/* Changes the events of a watched fd (0 = only HUP and ERR). VG_ENOTFOUND where it is not watched. */
enum vg_err vg_loop_rewatch(struct vg_loop *loop, int fd, uint32_t events);
/* Not watched any more; nothing where it was not. */
void vg_loop_unwatch(struct vg_loop *loop, int fd);

/* Calls fn once in `ms` milliseconds, or again and again every `ms` (>= 1). Returns an id that is never reused, or 0
 * where memory is out. */
uint64_t vg_loop_after(struct vg_loop *loop, uint64_t ms, vg_loop_timer_fn fn, void *ctx);
uint64_t vg_loop_every(struct vg_loop *loop, uint64_t ms, vg_loop_timer_fn fn, void *ctx);
/* Forgets a timer; nothing where it has run or 0. */
void vg_loop_cancel(struct vg_loop *loop, uint64_t timer_id);

/* Blocks the signal for this process and calls fn for it from the loop instead. One handler a signal; a second call
 * replaces it. Children must unblock: vg_loop_unblock_signals() between fork and exec. */
enum vg_err vg_loop_signal(struct vg_loop *loop, int signal_no, vg_loop_signal_fn fn, void *ctx);
void vg_loop_unblock_signals(void);

/* Runs until vg_loop_stop(). VG_OK, or VG_EIO where epoll fails. */
enum vg_err vg_loop_run(struct vg_loop *loop);
/* One round: waits at most max_wait_ms for something, works it off. For tests and orderly ends. */
enum vg_err vg_loop_step(struct vg_loop *loop, int max_wait_ms);
/* Lets vg_loop_run() return after the callback that runs now. */
void vg_loop_stop(struct vg_loop *loop);
