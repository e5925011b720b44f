/* Text to values: libyaml gives nodes with marks, the table of options says what they may be. */
#include "control/config/config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml.h>

#include <openssl/evp.h>

#include <vigil/base.h>

#include "control/config/check.h"
#include "control/config/options.h"
#include "control/config/profile.h"
#include "control/config/value.h"

struct parse {
	struct vg_config *config;
	yaml_document_t document;
	const char *name, *dir;
	uint32_t *lines; /* by option row: where it was set, 0 = nowhere */
	char *why;
	size_t n_why;
};

/* section NULL: all that is no item of a sequence */
static void preset(const char *section, void *base)
{
	char why[128];
	for (size_t i = 0; i < vg_n_options; i++) {
		const struct vg_option *o = &vg_options[i];
		if (section ? strcmp(o->section, section) != 0 : vg_option_is_item(o))
			continue;
		struct vg_option loose = *o;
		loose.min = o->type >= VG_OPTION_TEXT ? 0 : o->min; /* a text that must be given begins empty */
		if (o->type < VG_OPTION_TEXTS)
			VG_INVARIANT(!vg_value_set(&loose, base, o->preset, "", why, sizeof(why)));
	}
}

void vg_config_defaults(struct vg_config *config)
{
	memset(config, 0, sizeof(*config));
	preset(NULL, config);
}

void vg_config_list_defaults(struct vg_config_list *list)
{
	memset(list, 0, sizeof(*list));
	preset("lists", list);
}

void vg_config_pair_defaults(struct vg_config_pair *pair)
{
	memset(pair, 0, sizeof(*pair));
	preset("forward.pairs", pair);
}

void vg_config_port_defaults(struct vg_config_port *port)
{
	memset(port, 0, sizeof(*port));
	preset("dataplane.ports", port);
}

void vg_config_profile_defaults(struct vg_config_profile *profile)
{
	memset(profile, 0, sizeof(*profile));
	preset("profiles", profile);
}

struct vg_port_rule vg_config_port_rule(const struct vg_config *config, uint32_t port_idx)
{
	static const struct vg_config_port none;
	const struct vg_config_port *all = &config->dataplane.all_ports;
	const struct vg_config_port *one = port_idx < config->dataplane.n_ports
						   ? &config->dataplane.port_rules[port_idx]
						   : &none;
	const struct vg_config_port *tags = one->in_vlan ? one : all;
	uint32_t first = 0, pair = port_idx - config->dataplane.n_ports;
	const char *profile = one->profile;
	if (port_idx >= config->dataplane.n_ports && pair < config->forward.n_pairs)
		profile = config->forward.pairs[pair].profile;
	while (one->link && first < port_idx && config->dataplane.port_rules[first].link != one->link)
		first++;
	return (struct vg_port_rule){
		(uint8_t)(one->tenant_key ? one->tenant_key - 1 : all->tenant_key),
		(uint8_t)(one->checksums ? one->checksums - 1 : all->checksums),
		{ (uint16_t)tags->in_vlan, (uint16_t)tags->out_vlan },
		(uint8_t)(one->link && first < port_idx ? first + 1 : 0),
		(uint8_t)(one->offload ? one->offload - 1 : all->offload),
		(uint8_t)vg_config_profile_find(config, profile[0] ? profile : all->profile),
		0,
	};
}

const char *vg_config_suppress_path(const struct vg_config *config, char path[VG_CONFIG_PATH + 16], int to_write)
{
	const struct vg_config_control *c = &config->control;
	snprintf(path, VG_CONFIG_PATH + 16, "%s%s", c->suppress_file[0] ? c->suppress_file : c->state_dir,
		 c->suppress_file[0] ? "" : "/suppress.list");
	if (!c->suppress_file[0] && !to_write && access(path, F_OK) && errno == ENOENT)
		path[0] = 0;
	return path;
}

__attribute__((format(printf, 3, 4))) static enum vg_err wrong(struct parse *p, size_t line, const char *format, ...)
{
	char what[512];
	va_list args;
	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	snprintf(p->why, p->n_why, "%s:%zu: %s", p->name, line, what);
	return VG_EINVAL;
}

static size_t line_of(const yaml_node_t *node)
{
	return node->start_mark.line + 1;
}

/* The scalar's text, or NULL where the node is none or holds a NUL. */
static const char *scalar(const yaml_node_t *node)
{
	if (!node || node->type != YAML_SCALAR_NODE ||
	    strlen((const char *)node->data.scalar.value) != node->data.scalar.length)
		return NULL;
	return (const char *)node->data.scalar.value;
}

/* A key or item that was left without a value. */
static int is_empty(const yaml_node_t *node)
{
	return node->type == YAML_SCALAR_NODE && !node->data.scalar.length &&
	       node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

static enum vg_err set_one(struct parse *p, const struct vg_option *o, void *base, const yaml_node_t *value)
{
	char why[256];
	const char *text = scalar(value);
	if (!text)
		return wrong(p, line_of(value), "%s needs a single value; write it on this line", o->key);
	if (vg_value_set(o, base, text, p->dir, why, sizeof(why)))
		return wrong(p, line_of(value), "%s", why);
	return VG_OK;
}

static enum vg_err set_option(struct parse *p, const struct vg_option *o, void *base, const yaml_node_t *value)
{
	if (o->type < VG_OPTION_TEXTS)
		return set_one(p, o, base, value);
	if (is_empty(value))
		return VG_OK;
	if (value->type != YAML_SEQUENCE_NODE)
		return wrong(p, line_of(value), "%s is a sequence; write [a, b]", o->key);
	for (yaml_node_item_t *i = value->data.sequence.items.start; i < value->data.sequence.items.top; i++) {
		enum vg_err err = set_one(p, o, base, yaml_document_get_node(&p->document, *i));
		if (err)
			return err;
	}
	return VG_OK;
}

static const struct vg_option *find_option(const char *section, const char *key)
{
	for (size_t i = 0; i < vg_n_options; i++)
		if (!strcmp(vg_options[i].section, section) && !strcmp(vg_options[i].key, key))
			return &vg_options[i];
	return NULL;
}

static int is_section(const char *section)
{
	for (size_t i = 0; i < vg_n_option_sections; i++)
		if (!strcmp(vg_option_sections[i].name, section))
			return 1;
	return 0;
}

/* Whether the key of `pair` stands in the mapping before it. */
static int is_repeated(struct parse *p, const yaml_node_t *mapping, const yaml_node_pair_t *pair, const char *key)
{
	for (yaml_node_pair_t *q = mapping->data.mapping.pairs.start; q < pair; q++) {
		const char *other = scalar(yaml_document_get_node(&p->document, q->key));
		if (other && !strcmp(other, key))
			return 1;
	}
	return 0;
}

static enum vg_err set_section(struct parse *p, const char *section, void *base, const yaml_node_t *mapping);
static enum vg_err set_pairs(struct parse *p, const yaml_node_t *sequence);
static enum vg_err set_ports(struct parse *p, const struct vg_option *o, const yaml_node_t *sequence);

static enum vg_err set_pair(struct parse *p, const char *section, void *base, const yaml_node_t *mapping,
			    const yaml_node_pair_t *pair)
{
	const yaml_node_t *name = yaml_document_get_node(&p->document, pair->key);
	const yaml_node_t *value = yaml_document_get_node(&p->document, pair->value);
	const char *key = scalar(name);
	char inner[128];
	if (!key)
		return wrong(p, line_of(name), "a key of %s is no plain word; write key: value", section);
	if (is_repeated(p, mapping, pair, key))
		return wrong(p, line_of(name), "%.60s is given twice; keep one", key);
	const struct vg_option *o = find_option(section, key);
	snprintf(inner, sizeof(inner), "%s.%.60s", section, key);
	if (!strcmp(inner, "forward.pairs"))
		return set_pairs(p, value);
	if (!strcmp(inner, "dataplane.ports"))
		return set_ports(p, o, value);
	if (!o && is_section(inner))
		return set_section(p, inner, base, value);
	if (!o)
		return wrong(p, line_of(name), "%.60s is no key of %s; see vigild --dump-config", key, section);
	p->lines[o - vg_options] = (uint32_t)line_of(value);
	return set_option(p, o, base, value);
}

static enum vg_err set_section(struct parse *p, const char *section, void *base, const yaml_node_t *mapping)
{
	if (is_empty(mapping))
		return VG_OK;
	if (mapping->type != YAML_MAPPING_NODE)
		return wrong(p, line_of(mapping), "%s holds no keys; write key: value lines below it", section);
	for (yaml_node_pair_t *pair = mapping->data.mapping.pairs.start; pair < mapping->data.mapping.pairs.top;
	     pair++) {
		enum vg_err err = set_pair(p, section, base, mapping, pair);
		if (err)
			return err;
	}
	return VG_OK;
}

static enum vg_err set_pairs(struct parse *p, const yaml_node_t *sequence)
{
	struct vg_config_forward *forward = &p->config->forward;
	if (is_empty(sequence))
		return VG_OK;
	if (sequence->type != YAML_SEQUENCE_NODE)
		return wrong(p, line_of(sequence), "pairs is a sequence; begin each pair with a dash");
	for (yaml_node_item_t *i = sequence->data.sequence.items.start; i < sequence->data.sequence.items.top; i++) {
		const yaml_node_t *node = yaml_document_get_node(&p->document, *i);
		if (forward->n_pairs == VG_CONFIG_MAX_PAIRS)
			return wrong(p, line_of(node), "more than %d pairs", VG_CONFIG_MAX_PAIRS);
		struct vg_config_pair *pair = &forward->pairs[forward->n_pairs++];
		vg_config_pair_defaults(pair);
		pair->line = (uint32_t)line_of(node);
		enum vg_err err = set_section(p, "forward.pairs", pair, node);
		if (err)
			return err;
	}
	return VG_OK;
}

/* A mapping that stands for a port: its device joins the others. */
static enum vg_err set_port(struct parse *p, const struct vg_option *o, const yaml_node_t *node)
{
	struct vg_config_dataplane *dataplane = &p->config->dataplane;
	struct vg_config_port port;
	char why[256];
	vg_config_port_defaults(&port);
	port.line = (uint32_t)line_of(node);
	enum vg_err err = set_section(p, "dataplane.ports", &port, node);
	if (err)
		return err;
	if (!port.device[0])
		return wrong(p, port.line, "this port has no device; add device:");
	if (vg_value_set(o, p->config, port.device, "", why, sizeof(why)))
		return wrong(p, port.line, "%s", why);
	memset(port.device, 0, sizeof(port.device));
	dataplane->port_rules[dataplane->n_ports - 1] = port;
	return VG_OK;
}

static enum vg_err set_ports(struct parse *p, const struct vg_option *o, const yaml_node_t *sequence)
{
	if (is_empty(sequence))
		return VG_OK;
	if (sequence->type != YAML_SEQUENCE_NODE)
		return wrong(p, line_of(sequence), "%s is a sequence; write [a, b]", o->key);
	for (yaml_node_item_t *i = sequence->data.sequence.items.start; i < sequence->data.sequence.items.top; i++) {
		const yaml_node_t *node = yaml_document_get_node(&p->document, *i);
		enum vg_err err = node->type == YAML_MAPPING_NODE ? set_port(p, o, node)
								  : set_one(p, o, p->config, node);
		if (err)
			return err;
	}
	return VG_OK;
}

static enum vg_err set_lists(struct parse *p, const yaml_node_t *sequence)
{
	if (is_empty(sequence))
		return VG_OK;
	if (sequence->type != YAML_SEQUENCE_NODE)
		return wrong(p, line_of(sequence), "lists is a sequence; begin each list with a dash");
	for (yaml_node_item_t *i = sequence->data.sequence.items.start; i < sequence->data.sequence.items.top; i++) {
		const yaml_node_t *node = yaml_document_get_node(&p->document, *i);
		if (p->config->n_lists == VG_CONFIG_MAX_LISTS)
			return wrong(p, line_of(node), "more than %d lists; join some", VG_CONFIG_MAX_LISTS);
		struct vg_config_list *list = &p->config->lists[p->config->n_lists++];
		vg_config_list_defaults(list);
		list->line = (uint32_t)line_of(node);
		enum vg_err err = set_section(p, "lists", list, node);
		if (err)
			return err;
	}
	return VG_OK;
}

static enum vg_err set_profiles(struct parse *p, const yaml_node_t *sequence)
{
	if (is_empty(sequence))
		return VG_OK;
	if (sequence->type != YAML_SEQUENCE_NODE)
		return wrong(p, line_of(sequence), "profiles is a sequence; begin each profile with a dash");
	for (yaml_node_item_t *i = sequence->data.sequence.items.start; i < sequence->data.sequence.items.top; i++) {
		const yaml_node_t *node = yaml_document_get_node(&p->document, *i);
		if (p->config->n_profiles == VG_CONFIG_MAX_PROFILES)
			return wrong(p, line_of(node), "more than %u profiles; join some", VG_CONFIG_MAX_PROFILES);
		struct vg_config_profile *profile = &p->config->profiles[p->config->n_profiles++];
		vg_config_profile_defaults(profile);
		profile->line = (uint32_t)line_of(node);
		enum vg_err err = set_section(p, "profiles", profile, node);
		if (err)
			return err;
	}
	return VG_OK;
}

static enum vg_err set_root(struct parse *p, const yaml_node_t *root)
{
	if (is_empty(root))
		return VG_OK;
	if (root->type != YAML_MAPPING_NODE)
		return wrong(p, line_of(root), "this is no configuration; write sections such as dataplane:");
	for (yaml_node_pair_t *pair = root->data.mapping.pairs.start; pair < root->data.mapping.pairs.top; pair++) {
		const yaml_node_t *name = yaml_document_get_node(&p->document, pair->key);
		const yaml_node_t *value = yaml_document_get_node(&p->document, pair->value);
		const char *key = scalar(name);
		if (!key || strchr(key, '.') || !is_section(key))
			return wrong(p, line_of(name), "%.60s is no section; see vigild --dump-config",
				     key ? key : "this");
		if (is_repeated(p, root, pair, key))
			return wrong(p, line_of(name), "section %s is given twice; join them", key);
		enum vg_err err = !strcmp(key, "lists")      ? set_lists(p, value)
				  : !strcmp(key, "profiles") ? set_profiles(p, value)
							     : set_section(p, key, p->config, value);
		if (err)
			return err;
	}
	return VG_OK;
}

static enum vg_err parse_document(struct parse *p, yaml_parser_t *parser)
{
	yaml_document_t second;
	if (!yaml_parser_load(parser, &p->document))
		return wrong(p, parser->problem_mark.line + 1, "not YAML: %s; correct it",
			     parser->problem ? parser->problem : "unreadable");
	yaml_node_t *root = yaml_document_get_root_node(&p->document);
	enum vg_err err = root ? set_root(p, root) : VG_OK;
	if (!err && root) {
		if (!yaml_parser_load(parser, &second)) {
			err = wrong(p, parser->problem_mark.line + 1, "not YAML: %s; correct it",
				    parser->problem ? parser->problem : "unreadable");
		} else {
			yaml_node_t *more = yaml_document_get_root_node(&second);
			if (more)
				err = wrong(p, line_of(more), "a second document begins here; keep one");
			yaml_document_delete(&second);
		}
	}
	yaml_document_delete(&p->document);
	return err;
}

static enum vg_err parse_text(struct vg_config *config, const char *name, const char *dir, const char *text,
			      size_t n_text, char *why, size_t n_why)
{
	struct parse p = { .config = config, .name = name, .dir = dir, .why = why, .n_why = n_why };
	yaml_parser_t parser;
	size_t line = 0;
	char what[512];
	vg_config_defaults(config);
	p.lines = calloc(vg_n_options, sizeof(*p.lines));
	if (!p.lines || !yaml_parser_initialize(&parser)) {
		free(p.lines);
		snprintf(why, n_why, "%s: out of memory", name);
		return VG_ENOMEM;
	}
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, n_text);
	enum vg_err err = parse_document(&p, &parser);
	if (!err && vg_config_check(config, p.lines, &line, what, sizeof(what)))
		err = wrong(&p, line ? line : 1, "%s", what);
	vg_config_list_profiles(config);
	yaml_parser_delete(&parser);
	free(p.lines);
	snprintf(config->path, sizeof(config->path), "%s", name);
	return err;
}

enum vg_err vg_config_parse(struct vg_config *config, const char *name, const char *text, size_t n_text, char *why,
			    size_t n_why)
{
	return parse_text(config, name, "", text, n_text, why, n_why);
}

/* Reads at most VG_CONFIG_MAX_BYTES; -1 with errno, EFBIG where it is larger. */
static ssize_t read_all(const char *path, char *text)
{
	size_t n = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	for (;;) {
		ssize_t got = read(fd, text + n, VG_CONFIG_MAX_BYTES + 1 - n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0 || (n += (size_t)got) > VG_CONFIG_MAX_BYTES) {
			int saved = got < 0 ? errno : n > VG_CONFIG_MAX_BYTES ? EFBIG : 0;
			close(fd);
			errno = saved;
			return saved ? -1 : (ssize_t)n;
		}
	}
}

enum vg_err vg_config_load(struct vg_config *config, const char *path, char *why, size_t n_why)
{
	char dir[PATH_MAX], *slash, *text = malloc(VG_CONFIG_MAX_BYTES + 1);
	enum vg_err err = VG_ENOTFOUND;
	ssize_t n = text ? read_all(path, text) : -1;
	if (n < 0 || !realpath(path, dir)) {
		snprintf(why, n_why, "%s: %s", path, strerror(errno));
		goto out;
	}
	slash = strrchr(dir, '/');
	*(slash == dir ? slash + 1 : slash) = 0;
	err = parse_text(config, path, dir, text, (size_t)n, why, n_why);
	if (!err && !EVP_Digest(text, (size_t)n, config->sha256, NULL, EVP_sha256(), NULL))
		err = VG_EIO;
out:
	free(text);
	return err;
}
