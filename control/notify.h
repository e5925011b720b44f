#pragma once
/* notify: tells systemd how vigild is (sd_notify(3) protocol) by a datagram to $NOTIFY_SOCKET; nothing where that is
 * not set. No library, any thread. */

/* state: "READY=1", "STOPPING=1", "WATCHDOG=1", "STATUS=…". */
void vg_notify(const char *state);
/* Milliseconds between two WATCHDOG=1 (half of $WATCHDOG_USEC), 0 = not asked for. */
unsigned vg_notify_watchdog_ms(void);
