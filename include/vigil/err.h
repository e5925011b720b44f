#pragma once
/* err: one error table for all programs of Vigil. 0 is success, failures are negative; the texts stand beside the
 * codes.
 * `enum vg_err` is for *our* failures; what hostile bytes earn is `enum vg_step` (counted, never logged per packet). */
#define VG_ERR_TABLE(X)                                                          \
	X(VG_OK, 0, "ok")                                                        \
	X(VG_ENOMEM, -1, "out of memory at start-up")                            \
	X(VG_EFULL, -2, "a fixed-size table or ring is full")                    \
	X(VG_EINVAL, -3, "bad argument or configuration")                        \
	X(VG_EIO, -4, "a system call failed")                                    \
	X(VG_EPROTO, -5, "the peer broke the protocol")                          \
	X(VG_ESEAL, -6, "shared memory without the required seals")              \
	X(VG_ERANGE, -7, "an index or length is out of range")                   \
	X(VG_ECORRUPT, -8, "a checksum or magic number is wrong")                \
	X(VG_EVERSION, -9, "a message or file of another version")               \
	X(VG_ENOTFOUND, -10, "not found")                                        \
	X(VG_ECONFLICT, -11, "in conflict with the present state")               \
	X(VG_EDENIED, -12, "not permitted")                                      \
	X(VG_EBUDGET, -13, "a budget of bytes, depth, ratio or time is used up") \
	X(VG_ECLOSED, -14, "the peer is gone")                                   \
	X(VG_EAGAIN, -15, "not now, try again")                                  \
	X(VG_EUNSUPPORTED, -16, "not supported by this build")                   \
	X(VG_ESMALL, -17, "smaller than the configured limit")

enum vg_err {
#define X(sym, val, txt) sym = val,
	VG_ERR_TABLE(X)
#undef X
};

/* What foreign bytes earn: VG_MORE = all eaten, feed more; VG_DONE = the unit is complete; VG_SKIP = of no interest,
 * let it go; VG_BAD = breaks its format, let it go and count it. */
enum vg_step { VG_MORE, VG_DONE, VG_SKIP, VG_BAD };

/* English text of an error, never NULL. Any thread. */
static inline const char *vg_err_str(enum vg_err err)
{
	switch (err) {
#define X(sym, val, txt) \
	case sym:        \
		return txt;
		VG_ERR_TABLE(X)
#undef X
	}
	return "unknown error";
}
