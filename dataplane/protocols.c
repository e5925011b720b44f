#include "dataplane/protocols.h"

#include "dataplane/proto/ftp/ftp.h"
#include "dataplane/proto/http1/http1.h"
#include "dataplane/proto/http2/http2.h"
#include "dataplane/proto/mail/mail.h"
#include "dataplane/proto/nfs/nfs.h"
#include "dataplane/proto/smb/smb.h"
#include "dataplane/proto/tftp/tftp.h"
#include "dataplane/proto/websocket/websocket.h"
}
;
