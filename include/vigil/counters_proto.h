#pragma once
/* counters_proto: the dataplane's counters of protocols that move files, a part of the table in counters.h. */
#include <vigil/counters_web.h>

#define VG_FILE_PROTOCOL_COUNTERS(X)                                                                                   \
	X(VG_C_FILE_HELD_BYTES, "file_held_bytes_total", "bytes of files that came before what is in front of them")   \
	X(VG_C_FILE_HOLES, "file_holes_total", "holes in files that were given up")                                    \
	X(VG_C_FILE_REWRITTEN_BYTES, "file_rewritten_bytes_total", "bytes written to a place of a file again")         \
	X(VG_C_SMB_MESSAGES, "smb_messages_total", "SMB messages parsed")                                              \
	X(VG_C_SMB_ENCRYPTED, "smb_skipped_messages_total:reason=encrypted", "SMB messages that are encrypted")        \
	X(VG_C_SMB_COMPRESSED, "smb_skipped_messages_total:reason=compressed", "SMB messages that are compressed")     \
	X(VG_C_SMB_UNPAIRED, "smb_skipped_messages_total:reason=unpaired",                                             \
	  "SMB answers with data whose request was not seen")                                                          \
	X(VG_C_SMB_ENCRYPTED_FLOWS, "smb_encrypted_flows_total", "SMB flows let go: their session is encrypted")       \
	X(VG_C_SMB_BAD, "smb_bad_total", "SMB records and messages that contradict themselves")                        \
	X(VG_C_SMB_RESYNC, "smb_resync_total", "SMB directions that found a next record")                              \
	X(VG_C_SMB_SHED_FILES, "smb_shed_total:reason=files", "open files given up: too many at a time")               \
	X(VG_C_SMB_SHED_ASKS, "smb_shed_total:reason=requests", "requests forgotten: too many unanswered")             \
	X(VG_C_SMB_SHED_TREES, "smb_shed_total:reason=shares", "share names forgotten: too many at a time")            \
	X(VG_C_SMB_SHED_PARTS, "smb_shed_total:reason=compound", "rests of compounds with too many messages")          \
	X(VG_C_SMB_SHED_WAITING, "smb_shed_total:reason=waiting", "messages taken before what they wait for: no room") \
	X(VG_C_EXPECT_PUT, "endpoints_announced_total", "endpoints where a data flow was announced (FTP, TFTP, DCC)")  \
	X(VG_C_EXPECT_MET, "flows_expected_total", "flows that were met where they had been announced")                \
	X(VG_C_EXPECT_FULL, "endpoints_forgotten_total:reason=full", "announced endpoints put out by newer ones")      \
	X(VG_C_FTP_TRANSFERS, "ftp_transfers_total", "FTP transfers begun, listings included")                         \
	X(VG_C_FTP_CARVED, "ftp_carved_flows_total", "flows that begin like a file, without a control connection")     \
	X(VG_C_FTP_ENCRYPTED, "ftp_encrypted_total", "FTP control connections that went on in TLS")                    \
	X(VG_C_FTP_NO_STATE, "ftp_shed_total:reason=pool", "FTP transfers without names: no state was free")           \
	X(VG_C_NFS_MESSAGES, "nfs_messages_total", "NFS calls and replies parsed")                                     \
	X(VG_C_NFS_SEALED, "nfs_skipped_messages_total:reason=sealed",                                                 \
	  "NFS calls sealed by Kerberos (integrity or privacy)")                                                       \
	X(VG_C_NFS_UNREAD, "nfs_skipped_messages_total:reason=operation",                                              \
	  "compounds with an operation that is not read")                                                              \
	X(VG_C_NFS_UNPAIRED, "nfs_skipped_messages_total:reason=unpaired", "RPC replies whose call was not seen")      \
	X(VG_C_NFS_BAD, "nfs_bad_total", "RPC records and messages that contradict themselves")                        \
	X(VG_C_NFS_RESYNC, "nfs_resync_total", "NFS directions that found a next record")                              \
	X(VG_C_NFS_SHED_FILES, "nfs_shed_total:reason=files", "files given up: too many at a time")                    \
	X(VG_C_NFS_SHED_NAMES, "nfs_shed_total:reason=names", "names forgotten: too many at a time")                   \
	X(VG_C_NFS_SHED_ASKS, "nfs_shed_total:reason=requests", "calls forgotten: too many unanswered")                \
	X(VG_C_NFS_SHED_WAITING, "nfs_shed_total:reason=waiting", "replies taken before their calls: no room")         \
	X(VG_C_TFTP_HOLES, "tftp_holes_total", "blocks of TFTP transfers that never came, given up")                   \
	X(VG_C_RAW_BEGUN, "raw_pictures_total", "pictures begun in streams that nobody understands")                   \
	X(VG_C_RAW_WHOLE, "raw_whole_total", "of them, those that were seen to their end")                             \
	X(VG_C_RAW_IDLE, "raw_let_go_total:reason=idle", "streams let go: so much of them is no picture")              \
	X(VG_C_RSYNC_PARTIAL, "rsync_partial_files_total", "files of rsync that refer to blocks of an older copy")     \
	X(VG_C_RSYNC_COMPRESSED, "rsync_compressed_total", "rsync sessions let go: a codec not read (lz4)")            \
	X(VG_C_RSYNC_BAD, "rsync_bad_total", "rsync directions whose framing broke")
