#pragma once
/* options: the one table of configuration options. Parsing, the dump, `vigild --dump-config` and the example all read
 * it. Immutable. */
#include <stddef.h>
#include <stdint.h>

enum vg_option_type {
	VG_OPTION_U32,      /* a number */
	VG_OPTION_U64,      /* a number; K, M, G, T (powers of 1024) may follow */
	VG_OPTION_BOOL,     /* yes or no, into a uint32_t */
	VG_OPTION_CHOICE,   /* one of `choices` ("a|b|c"), its place into a uint32_t */
	VG_OPTION_DISTANCE, /* a number or "never", into a uint32_t */
	VG_OPTION_SECONDS,  /* seconds with up to three decimals, in ms into a uint32_t */
	VG_OPTION_TEXT,     /* into char[max + 1], at least min characters */
	VG_OPTION_PATH,     /* the same; a relative one is taken from the configuration's folder */
	VG_OPTION_TEXTS,    /* a sequence of at most n_items, each into char[max + 1]; their number at count_off */
	VG_OPTION_PATHS,
};
struct vg_option {
	const char *section, *key;
	enum vg_option_type type;
	size_t off;         /* in struct vg_config, or where vg_option_is_item() in that of one item */
	uint64_t min, max;  /* of a number, or of a text's length */
	const char *preset; /* as it would be written; "" for an empty text or sequence */
	const char *unit;   /* "" where there is none */
	const char *choices;
	size_t count_off, n_items;
	const char *help;
};
/* Sections that are sequences of mappings: "lists" (struct vg_config_list), "forward.pairs" (struct vg_config_pair),
 * "dataplane.ports" (struct vg_config_port). */
int vg_option_is_item(const struct vg_option *option);
struct vg_option_section {
	const char *name; /* "control.programs" is a mapping inside control */
	const char *help;
};
extern const struct vg_option vg_options[];
extern const size_t vg_n_options;
extern const struct vg_option_section vg_option_sections[];
extern const size_t vg_n_option_sections;
