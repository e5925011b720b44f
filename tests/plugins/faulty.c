/* faulty: a plug-in that does wrong with pictures of the width that VIGIL_FAULTY names: "crash 640"; so spin, open,
 * socket, write, long, quality, none. With others, and without: a value of two bytes. "init" alone: it does not start.
 * Its variable is read before the sandbox closes. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <vigil/plugin.h>

static struct fault {
	char what[16];
	unsigned width;
} fault;

static int init(void **state)
{
	const char *text = getenv("VIGIL_FAULTY");
	if (text && !strcmp(text, "init"))
		return 7;
	if (text && sscanf(text, "%15s %u", fault.what, &fault.width) != 2)
		return 8;
	*state = &fault;
	return 0;
}

static int misbehave(const char *what, uint8_t *value, uint32_t *quality)
{
	if (!strcmp(what, "crash"))
		abort();
	for (volatile unsigned long n = 0; !strcmp(what, "spin"); n++)
		;
	if (!strcmp(what, "open")) /* told no, and goes on */
		return open("/etc/passwd", O_RDONLY | O_CLOEXEC) < 0 ? 0 : 1;
	if (!strcmp(what, "socket")) /* ends the process */
		return socket(AF_INET, SOCK_STREAM, 0) < 0;
	if (!strcmp(what, "write"))
		return open("/tmp/vigil-faulty", O_WRONLY | O_CREAT | O_CLOEXEC, 0600) < 0;
	if (!strcmp(what, "long")) /* more than it said: inside the room that all values have */
		memset(value, 0xee, VG_PLUGIN_VALUE_BYTES);
	if (!strcmp(what, "quality"))
		*quality = 101;
	return !strcmp(what, "none");
}

static int hash(void *state, const struct vg_plugin_picture *picture, uint8_t *value, uint32_t *quality)
{
	const struct fault *f = state;
	value[0] = (uint8_t)picture->width;
	value[1] = (uint8_t)picture->height;
	*quality = 50;
	return f->width && picture->width == f->width ? misbehave(f->what, value, quality) : 0;
}

static const struct vg_plugin plugin = {
	.abi = 1, /* as those of before: shown, not searched */
	.n_bytes = VG_PLUGIN_BYTES_V1,
	.algo = "faulty",
	.n_value_bytes = 2,
	.init = init,
	.hash = hash,
};

const struct vg_plugin *vg_plugin_v1(void)
{
	return &plugin;
}
