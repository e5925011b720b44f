#pragma once
/* nfs_talk: conversations of NFS (file_talk.h), their records out of words (nfs_make.h). */
#include "dataplane/proto/nfs/nfs_priv.h"
#include "tests/lib/nfs_make.h"

#define VG_TALK_APP                          VG_APP_NFS
#define VG_TALK_RECORD(out, line, is_answer) vg_nfs_record(out, line, is_answer)
#define VG_TALK_OUT(proto)                   vg_nfs_n_out(vg_nfs_of(proto))

static inline uint32_t vg_nfs_n_out(const struct vg_nfs *nfs)
{
	return vg_pool_n_out(&nfs->files.files.items) + vg_pool_n_out(&nfs->files.blocks) +
	       vg_pool_n_out(&nfs->asks.items);
}

#include "tests/lib/file_talk.h"
