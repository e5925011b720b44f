#pragma once
/* list_text: the list text format, `algo,value[,entry_id[,class[,note]]]`, one entry a line: fed in pieces, gives rows.
 * `#` begins a comment line, empty lines are nothing, CR before LF is nothing, a byte order mark at the start too. The
 * first bad line ends it. Lines have at most VG_LIST_TEXT_LINE bytes. The parser is the caller's; pure.
 *
 * vPDQ: `video,entry_id[,class[,note]]` begins a video; what follows are its frames, either one a line as the vPDQ
 * reference writes them, `frame,quality,hash,timestamp`, or one JSON list of strings `hash,quality,timestamp`, which
 * begins a line and may go over several. A file that begins with frames is one video, named by default_id.
 * Plug-ins: `plugin,NAME@VERSION,DISTANCE,value[,entry_id[,class[,note]]]`: a value of that algorithm (vigil/plugin.h),
 * and how many bits a picture's may differ from it to match.
 * Lines of a list of URLs are `URL[ entry_id[,class[,note]]]` (list_url.h). */
#include <stddef.h>
#include <stdint.h>

#include <vigil/err.h>
#include <vigil/media.h>
#include <vigil/plugin_value.h>

#define VG_LIST_TEXT_LINE  4096
#define VG_LIST_TEXT_ID    127 /* longest entry id, class and note: what a case has room for */
#define VG_LIST_TEXT_CLASS 63
#define VG_LIST_TEXT_NOTE  255

/* A value of a plug-in; at most vg_plugin_max_distance() bits. */
struct vg_list_plugin {
	char algo[VG_PLUGIN_ALGO_BYTES];
	uint32_t version, max_distance, n_value_bytes;
	uint8_t value[VG_PLUGIN_VALUE_BYTES];
};
struct vg_list_row {
	enum vg_algo algo;
	uint8_t value[32];
	uint32_t n_value;                    /* 16, 20 or 32; 0: VPDQ, a video begins. Its frames have 32 and no id */
	uint8_t quality;                     /* of a frame */
	const char *id, *entry_class, *note; /* NUL-terminated, "" where absent; borrowed during the call */
	const struct vg_list_plugin *plugin; /* PLUGIN, n_value 0; borrowed during the call; else NULL */
	uint64_t line;
};
/* Anything but VG_OK ends the parse with that. */
typedef enum vg_err (*vg_list_row_fn)(void *ctx, const struct vg_list_row *row);

struct vg_list_text {
	vg_list_row_fn fn;
	void *ctx;
	int is_urls;
	uint64_t line; /* of the line being gathered, 1.. */
	size_t n_line;
	const char *default_id; /* of a video at the beginning that has no line of its own; borrowed, "" at first */
	int has_rows, in_video, in_json;
	uint64_t n_frames; /* of the present video */
	char text[VG_LIST_TEXT_LINE + 1];
	char why[160]; /* what is wrong with `line` and what to do; "" where fn ended it */
};
void vg_list_text_init(struct vg_list_text *text, vg_list_row_fn fn, void *ctx);
/* The lines are URLs, not values; before the first is fed. */
void vg_list_text_urls(struct vg_list_text *text);
/* VG_OK, VG_EINVAL (see line and why), or what fn said. Nothing more may be fed after a failure. */
enum vg_err vg_list_text_feed(struct vg_list_text *text, const char *bytes, size_t n_bytes);
/* The last line may lack its end. */
enum vg_err vg_list_text_end(struct vg_list_text *text);

/* Of list_text_video.c: a line that begins a video; a line that is a frame; a byte of a JSON list of frames. `text` is
 * the line, or the string gathered so far. */
enum vg_err vg_list_text_video(struct vg_list_text *text, const char *id, const char *entry_class, const char *note);
enum vg_err vg_list_text_frame(struct vg_list_text *text, char *line);
enum vg_err vg_list_text_json(struct vg_list_text *text, char byte);
/* Of list_text_plugin.c: the fields of a line behind the word plugin; a NULL is not there. */
enum vg_err vg_list_text_plugin(struct vg_list_text *text, const char *name, const char *distance, const char *value,
				struct vg_list_plugin *plugin);
/* Ends the video in hand, which must have had a frame. */
enum vg_err vg_list_text_end_video(struct vg_list_text *text);
/* Writes why and returns VG_EINVAL. */
__attribute__((format(printf, 2, 3))) enum vg_err vg_list_text_wrong(struct vg_list_text *text, const char *format,
								     ...);

/* Bytes of a value of that algorithm, 0 = none that lists carry. */
uint32_t vg_list_value_bytes(enum vg_algo algo);
/* The algorithm of that name among md5, sha1, sha256, pdq; VG_ALGO_NONE. */
enum vg_algo vg_list_algo(const char *name);
/* Why such a value must never be in a list, or NULL: it is the digest of nothing, or of a blank picture. */
const char *vg_list_value_forbidden(enum vg_algo algo, const uint8_t *value);
