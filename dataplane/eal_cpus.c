/* EAL asks for each of the 128 CPUs that it could have on which of 32 memory nodes it is, by a look at a file each:
 * 4,000 looks at each start for CPUs that are not there. The link (--wrap, Makefile) sends its question here first. */
unsigned __wrap_eal_cpu_socket_id(unsigned lcore_id);
unsigned __real_eal_cpu_socket_id(unsigned lcore_id);
int eal_cpu_detected(unsigned lcore_id);

/* EAL's own answer for a CPU that it finds on no node is 0, too. */
unsigned __wrap_eal_cpu_socket_id(unsigned lcore_id)
{
	return eal_cpu_detected(lcore_id) ? __real_eal_cpu_socket_id(lcore_id) : 0;
}
