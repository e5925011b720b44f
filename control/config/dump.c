/* The configuration as YAML again: `--dump-config` and the example come from here. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "control/config/config.h"
#include "control/config/options.h"
#include "control/config/value.h"

static void write_help(const struct vg_option *o, const char *indent, FILE *out)
{
	fprintf(out, "%s# %s", indent, o->help);
	if (o->type == VG_OPTION_U32 || o->type == VG_OPTION_U64)
		fprintf(out, " (%" PRIu64 "..%" PRIu64 "%s%s)", o->min, o->max, o->unit[0] ? " " : "", o->unit);
	else if (o->type == VG_OPTION_DISTANCE)
		fprintf(out, " (0..%" PRIu64 " %s)", o->max, o->unit);
	else if (o->type == VG_OPTION_SECONDS)
		fprintf(out, " (%g..%g %s)", (double)o->min / 1000, (double)o->max / 1000, o->unit);
	else if (o->type == VG_OPTION_CHOICE)
		fprintf(out, " (%s)", o->choices);
	else if (o->type == VG_OPTION_TEXTS || o->type == VG_OPTION_PATHS)
		fprintf(out, " (at most %zu)", o->n_items);
	fputc('\n', out);
}

static void write_rows(const char *section, const void *base, const char *first, const char *indent, FILE *out,
		       int with_help);

static void write_port(const struct vg_config_port *port, const char *lead, const char *indent, FILE *out,
		       int with_help)
{
	write_rows("dataplane.ports", port, lead, indent, out, with_help);
	if (with_help)
		fprintf(out, "%s# the outer tags of the mirror's two directions; 0 = as for all ports\n", indent);
	fprintf(out, "%sdirection_vlans: {in: %" PRIu32 ", out: %" PRIu32 "}\n", indent, port->in_vlan, port->out_vlan);
}

/* Those that differ from the others as mappings. */
static void write_ports(const struct vg_option *o, const struct vg_config *config, FILE *out, int with_help)
{
	const struct vg_config_dataplane *d = &config->dataplane;
	struct vg_config_port port;
	uint32_t n_own = 0;
	for (uint32_t i = 0; i < d->n_ports; i++)
		n_own += d->port_rules[i].line != 0;
	fputs("  ports:", out);
	fputc(n_own ? '\n' : ' ', out);
	if (!n_own) {
		vg_value_write(o, config, out);
		fputc('\n', out);
	}
	for (uint32_t i = 0; n_own && i < d->n_ports; i++) {
		port = d->port_rules[i];
		memcpy(port.device, d->ports[i], sizeof(port.device));
		if (port.line) {
			write_port(&port, "    - ", "      ", out, 0);
			continue;
		}
		fputs("    - ", out);
		vg_value_write_text(d->ports[i], out);
		fputc('\n', out);
	}
	if (!with_help)
		return;
	vg_config_port_defaults(&port);
	fputs("  # one that differs from the others:\n  # ports:\n", out);
	write_port(&port, "  #   - ", "  #     ", out, 1);
}

static void write_rows(const char *section, const void *base, const char *first, const char *indent, FILE *out,
		       int with_help)
{
	const char *lead = first;
	for (size_t i = 0; i < vg_n_options; i++) {
		const struct vg_option *o = &vg_options[i];
		if (strcmp(o->section, section) != 0)
			continue;
		if (with_help)
			write_help(o, indent, out);
		if (!strcmp(section, "dataplane") && !strcmp(o->key, "ports")) {
			write_ports(o, base, out, with_help);
			continue;
		}
		fprintf(out, "%s%s: ", lead, o->key);
		vg_value_write(o, base, out);
		fputc('\n', out);
		lead = indent;
	}
}

/* An item of a sequence begins with "- "; its help would come before that dash, so it is written in comments only. */
static void write_lists(const struct vg_config *config, FILE *out, int with_help)
{
	struct vg_config_list preset;
	fputs(config->n_lists ? "lists:\n" : "lists: []\n", out);
	if (with_help) {
		vg_config_list_defaults(&preset);
		fputs("# lists:\n", out);
		write_rows("lists", &preset, "#   - ", "#     ", out, 1);
	}
	for (uint32_t i = 0; i < config->n_lists; i++)
		write_rows("lists", &config->lists[i], "  - ", "    ", out, 0);
}

static void write_profiles(const struct vg_config *config, FILE *out, int with_help)
{
	struct vg_config_profile *preset = with_help ? calloc(1, sizeof(*preset)) : NULL;
	fputs(config->n_profiles ? "profiles:\n" : "profiles: []\n", out);
	if (preset) {
		vg_config_profile_defaults(preset);
		fputs("# profiles:\n", out);
		write_rows("profiles", preset, "#   - ", "#     ", out, 1);
	}
	for (uint32_t i = 0; i < config->n_profiles; i++)
		write_rows("profiles", &config->profiles[i], "  - ", "    ", out, 0);
	free(preset);
}

static void write_pairs(const struct vg_config *config, FILE *out, int with_help)
{
	struct vg_config_pair preset;
	fputs(config->forward.n_pairs ? "  pairs:\n" : "  pairs: []\n", out);
	if (with_help) {
		vg_config_pair_defaults(&preset);
		fputs("  # pairs:\n", out);
		write_rows("forward.pairs", &preset, "  #   - ", "  #     ", out, 1);
	}
	for (uint32_t i = 0; i < config->forward.n_pairs; i++)
		write_rows("forward.pairs", &config->forward.pairs[i], "    - ", "      ", out, 0);
}

void vg_config_dump(const struct vg_config *config, FILE *out, int with_help)
{
	if (with_help)
		fputs("# Every option of Vigil with its default. A key that is left out keeps it; an unknown key is an "
		      "error.\n"
		      "# `vigild -T -c FILE` checks a file. Secrets are named by path, never written here.\n",
		      out);
	for (size_t i = 0; i < vg_n_option_sections; i++) {
		const char *name = vg_option_sections[i].name, *sub = strchr(name, '.');
		if (!strncmp(name, "dataplane.ports", 15))
			continue;
		if (with_help)
			fprintf(out, "%s%s# %s\n", sub ? "" : "\n", sub ? "  " : "", vg_option_sections[i].help);
		if (!strcmp(name, "lists")) {
			write_lists(config, out, with_help);
			continue;
		}
		if (!strcmp(name, "profiles")) {
			write_profiles(config, out, with_help);
			continue;
		}
		if (!strcmp(name, "forward.pairs")) {
			write_pairs(config, out, with_help);
			continue;
		}
		fprintf(out, "%s%s:\n", sub ? "  " : "", sub ? sub + 1 : name);
		write_rows(name, config, sub ? "    " : "  ", sub ? "    " : "  ", out, with_help);
	}
}
