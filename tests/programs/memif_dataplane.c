/* test-memif_dataplane: sends the frames of a capture over net_memif to a dataplane that is its server: a container or
 * virtual switch beside it, as far as the dataplane can see.
 *   test-memif_dataplane SOCKET CAPTURE        waits for the link, sends, waits until all was taken; prints "sent N" */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#define BURST    32
#define WAIT_US  1000
#define MAX_WAIT 20000 /* of these */

static int start(uint16_t port, struct rte_mempool *pool)
{
	struct rte_eth_conf conf = { 0 };

	return rte_eth_dev_configure(port, 1, 1, &conf) || rte_eth_rx_queue_setup(port, 0, 512, 0, NULL, pool) ||
	       rte_eth_tx_queue_setup(port, 0, 512, 0, NULL) || rte_eth_dev_start(port);
}

static int wait_for_link(uint16_t port)
{
	for (unsigned i = 0; i < MAX_WAIT; i++) {
		struct rte_eth_link link = { 0 };
		if (!rte_eth_link_get_nowait(port, &link) && link.link_status)
			return 0;
		usleep(WAIT_US);
	}
	return -1;
}

/* All frames of `from` out of `to`; how many, -1: it took nothing for too long. */
static long send_all(uint16_t from, uint16_t to)
{
	struct rte_mbuf *mbufs[BURST];
	long n_sent = 0;
	uint16_t n;

	while ((n = rte_eth_rx_burst(from, 0, mbufs, BURST))) {
		unsigned n_waits = 0;
		for (uint16_t k = 0; k < n && n_waits < MAX_WAIT; n_waits++) {
			k += rte_eth_tx_burst(to, 0, mbufs + k, (uint16_t)(n - k));
			usleep(k < n ? WAIT_US : 500);
		}
		if (n_waits == MAX_WAIT)
			return -1;
		n_sent += n;
	}
	return n_sent;
}

int main(int argc, char **argv)
{
	char memif[512], capture[512], prefix[64];
	char *args[] = { argv[0],
			 (char[]){ "--no-huge" },
			 (char[]){ "-m" },
			 (char[]){ "64" },
			 (char[]){ "--no-pci" },
			 prefix,
			 (char[]){ "--vdev" },
			 memif,
			 (char[]){ "--vdev" },
			 capture,
			 (char[]){ "--no-telemetry" },
			 (char[]){ "--log-level=*:error" } };
	struct rte_mempool *pool;
	uint16_t from, to;
	long n;

	if (argc != 3) {
		fputs("usage: test-memif_dataplane SOCKET CAPTURE\n", stderr);
		return 2;
	}
	snprintf(memif, sizeof(memif), "net_memif0,role=client,id=0,socket=%s", argv[1]);
	snprintf(capture, sizeof(capture), "net_pcap0,rx_pcap=%s", argv[2]);
	snprintf(prefix, sizeof(prefix), "--file-prefix=memif-%d", (int)getpid());
	if (rte_eal_init((int)(sizeof(args) / sizeof(args[0])), args) < 0)
		return 1;
	pool = rte_pktmbuf_pool_create("memif", 4095, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, 0);
	if (!pool || rte_eth_dev_get_port_by_name("net_memif0", &to) ||
	    rte_eth_dev_get_port_by_name("net_pcap0", &from) || start(to, pool) || start(from, pool)) {
		fputs("the devices do not start\n", stderr);
		return 1;
	}
	if (wait_for_link(to)) {
		fputs("no link\n", stderr);
		return 1;
	}
	n = send_all(from, to);
	usleep(200000); /* the last ones are taken */
	printf("sent %ld\n", n);
	fflush(stdout);
	_exit(n <= 0);
}
