#include "dataplane/protocols.h"

#include "dataplane/proto/fastcgi/fastcgi.h"
#include "dataplane/proto/ftp/ftp.h"
#include "dataplane/proto/http09/http09.h"
#include "dataplane/proto/http1/http1.h"
#include "dataplane/proto/http2/http2.h"
#include "dataplane/proto/mail/mail.h"
#include "dataplane/proto/nfs/nfs.h"
#include "dataplane/proto/proxy/proxy.h"
#include "dataplane/proto/raw/raw.h"
#include "dataplane/proto/rsync/rsync.h"
#include "dataplane/proto/smb/smb.h"
#include "dataplane/proto/socks/socks.h"
#include "dataplane/proto/tftp/tftp.h"
#include "dataplane/proto/tunnel/tunnel.h"
#include "dataplane/proto/websocket/websocket.h"

const struct vg_parser *const vg_protocols[] = {
	&vg_http1_parser,
	&vg_http2_parser,
	&vg_websocket_parser,
	&vg_proxy_parser,
	&vg_smb_parser,
	&vg_ftp_parser,
	&vg_ftp_data_parser,
	&vg_smtp_parser,
	&vg_pop3_parser,
	&vg_imap_parser,
	&vg_nfs_parser,
	&vg_tftp_parser,
	&vg_rsync_parser,
	&vg_socks_parser,
	&vg_raw_parser,
	&vg_http09_parser,
	&vg_fastcgi_parser,
	&vg_tunnel_parser,
	NULL,
};
