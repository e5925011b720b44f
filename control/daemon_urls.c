/* Listed URLs on their way to the dataplane: made anew with every list generation. */
#include <unistd.h>

#include <vigil/log.h>

#include "control/config/profile.h"
#include "control/daemon_priv.h"
#include "control/known/urls.h"

enum vg_err vg_daemon_publish_urls(struct vg_daemon *d)
{
	struct vg_lists_info info;
	struct vg_intake_urls urls;
	int fd;
	vg_lists_info(d->lists, &info);
	if (vg_urls_table(vg_lists_view(d->lists, info.generation), info.generation, &fd)) {
		vg_log(VG_LOG_ERROR, "control/daemon",
		       "the table of listed URLs cannot be made: the one before it stays");
		return VG_EIO;
	}
	urls = (struct vg_intake_urls){ fd, ++d->n_urls_tables, vg_config_profiles_id(d->config) };
	vg_intake_know_urls(d->intake, &urls);
	if (d->urls_fd >= 0)
		close(d->urls_fd);
	d->urls_fd = fd;
	return VG_OK;
}
