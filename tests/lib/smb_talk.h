#pragma once
/* smb_talk: conversations of SMB (file_talk.h), their records out of words (smb1_make.h). */
#include "dataplane/proto/smb/smb_priv.h"
#include "tests/lib/smb1_make.h"

#define VG_TALK_APP                          VG_APP_SMB
#define VG_TALK_RECORD(out, line, is_answer) vg_smb_record(out, line, is_answer)
#define VG_TALK_OUT(proto)                   vg_smb_n_out(vg_smb_of(proto))

static inline uint32_t vg_smb_n_out(const struct vg_smb *smb)
{
	return vg_pool_n_out(&smb->files.files.items) + vg_pool_n_out(&smb->files.blocks) +
	       vg_pool_n_out(&smb->asks.items) + vg_pool_n_out(&smb->trees.items);
}

#include "tests/lib/file_talk.h"
