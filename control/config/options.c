/* Every option of vigil.yaml, one row each, in the order of the example. */
#include "control/config/options.h"

#include <string.h>

#include <vigil/base.h>
#include <vigil/frame_hash.h>
#include <vigil/frame_ring.h>
#include <vigil/lane.h>

#include "control/config/config.h"

#define AT(field)      offsetof(struct vg_config, field)
#define LIST_AT(field) offsetof(struct vg_config_list, field)
#define PORT_AT(field) offsetof(struct vg_config_port, field)
#define SIZE(field)    (sizeof(((struct vg_config *)0)->field) - 1)
#define LIST_SIZE(f)   (sizeof(((struct vg_config_list *)0)->f) - 1)

#define NUMBER(section, key, field, min, max, preset, unit, help)                              \
	{                                                                                      \
		section, key, VG_OPTION_U32, AT(field), min, max, preset, unit, "", 0, 0, help \
	}
#define BYTES(section, key, field, min, max, preset, unit, help)                               \
	{                                                                                      \
		section, key, VG_OPTION_U64, AT(field), min, max, preset, unit, "", 0, 0, help \
	}
#define BOOL(section, key, field, preset, help)                                           \
	{                                                                                 \
		section, key, VG_OPTION_BOOL, AT(field), 0, 1, preset, "", "", 0, 0, help \
	}
#define CHOICE(section, key, field, choices, preset, help)                                       \
	{                                                                                        \
		section, key, VG_OPTION_CHOICE, AT(field), 0, 0, preset, "", choices, 0, 0, help \
	}
#define TEXT(section, key, field, preset, help)                                                     \
	{                                                                                           \
		section, key, VG_OPTION_TEXT, AT(field), 0, SIZE(field), preset, "", "", 0, 0, help \
	}
#define PATH(section, key, field, preset, help)                                                     \
	{                                                                                           \
		section, key, VG_OPTION_PATH, AT(field), 0, SIZE(field), preset, "", "", 0, 0, help \
	}
#define MANY(section, key, type, field, count, help)                                     \
	{                                                                                \
		section, key, type, AT(field), 1, SIZE(field[0]), "", "", "", AT(count), \
			VG_ARRAY_LEN(((struct vg_config *)0)->field), help               \
	}
#define LIST_TEXT(key, type, field, min, preset, help)                                                \
	{                                                                                             \
		"lists", key, type, LIST_AT(field), min, LIST_SIZE(field), preset, "", "", 0, 0, help \
	}

#define PAIR_TEXT(key, field, help)                                                                                  \
	{                                                                                                            \
		"forward.pairs", key, VG_OPTION_TEXT, offsetof(struct vg_config_pair, field), 1, VG_CONFIG_PORT - 1, \
			"", "", "", 0, 0, help                                                                       \
	}

#define PROFILE_AT(field) offsetof(struct vg_config_profile, field)
#define PROFILE_MANY(key, field, count, help)                                                                 \
	{                                                                                                     \
		"profiles", key, VG_OPTION_TEXTS, PROFILE_AT(field), 1,                                       \
			sizeof(((struct vg_config_profile *)0)->field[0]) - 1, "", "", "", PROFILE_AT(count), \
			VG_ARRAY_LEN(((struct vg_config_profile *)0)->field), help                            \
	}
#define PROFILE_CHOICE(key, field, help)                                                                           \
	{                                                                                                          \
		"profiles", key, VG_OPTION_CHOICE, PROFILE_AT(field), 0, 0, "default", "", "default|no|yes", 0, 0, \
			help                                                                                       \
	}

/* What may differ between ports: for all of them, and for one. */
#define PORT_ALL(section, key, field, max, help) NUMBER(section, key, dataplane.all_ports.field, 0, max, "0", "", help)
#define PORT_CHOICE(key, field, choices, help)                                                                     \
	{                                                                                                          \
		"dataplane.ports", key, VG_OPTION_CHOICE, PORT_AT(field), 0, 0, "default", "", choices, 0, 0, help \
	}
#define PORT_VLAN(key, field, help)                                                                                    \
	{                                                                                                              \
		"dataplane.ports.direction_vlans", key, VG_OPTION_U32, PORT_AT(field), 0, MAX_VLAN, "0", "", "", 0, 0, \
			help                                                                                           \
	}
#define MAX_VLAN 4094 /* IEEE 802.1Q 9.6 */

const struct vg_option_section vg_option_sections[] = {
	{ "forward", "inline: links that pass through here; read when vigil-forward starts" },
	{ "forward.pairs", "the two ports of each link; none = nothing is inline" },
	{ "inline", "pairs of mode inspect-first: how long their frames may wait; read as forward and dataplane are" },
	{ "dataplane", "packets in, media objects out; read when the dataplane starts" },
	{ "dataplane.direction_vlans",
	  "for mirrors that tag the two directions apart: their outer tags, which are one tenant then" },
	{ "dataplane.ports", "a port that differs from the others is a mapping" },
	{ "dataplane.ports.direction_vlans", "the outer tags of this mirror" },
	{ "scope", "whose traffic is looked at; nothing said = all; read when the dataplane starts" },
	{ "profiles",
	  "a scope of its own, such as that of a jurisdiction, for ports that name it or by its customers; at most 7" },
	{ "trust", "whose word for a client's address is believed (PROXY, the header, REMOTE_ADDR of FastCGI)" },
	{ "hashing", "the hashers and the budgets of what they open; read when they start" },
	{ "lists", "list files and what happens to their matches; `vigilctl lists reload` reads them again" },
	{ "reporting", "who reports, and where to; production is a decision of its own" },
	{ "evidence", "where matched bytes are kept, sealed" },
	{ "control", "vigild itself" },
	{ "control.programs", "other places of the programs; empty = beside vigild" },
	{ "test_endpoint", "the reporting endpoint of environment test" },
};
const size_t vg_n_option_sections = VG_ARRAY_LEN(vg_option_sections);

const struct vg_option vg_options[] = {
	PAIR_TEXT("a", a, "PCI address or DPDK device arguments of the one side"),
	PAIR_TEXT("b", b, "of the other side"),
	{ "forward.pairs", "mode", VG_OPTION_CHOICE, offsetof(struct vg_config_pair, mode), 0, 0, "forward-first", "",
	  "forward-first|inspect-first", 0, 0,
	  "forward-first = nothing ever waits; inspect-first = lists with `block` stop transfers here" },
	{ "forward.pairs", "profile", VG_OPTION_TEXT, offsetof(struct vg_config_pair, profile), 0, VG_CONFIG_PROFILE,
	  "", "", "", 0, 0, "one of profiles; empty = as for all ports" },
	NUMBER("forward", "mtu", forward.mtu, 68, 16000, "1500", "bytes",
	       "the largest payload of a frame on these links; 9000 for jumbo frames"),
	NUMBER("forward", "ring_slots", forward.n_slots, 64, VG_FRAME_RING_MAX_SLOTS, "16384", "frames",
	       "copies of a pair that may wait for the dataplane; a power of two"),
	NUMBER("forward", "ring_bytes", forward.n_ring_bytes, VG_FRAME_RING_MIN_BYTES, VG_FRAME_RING_MAX_BYTES,
	       "16777216", "bytes", "of these; a power of two"),
	NUMBER("forward", "eal_memory_mb", forward.eal_mem_mb, 16, 1u << 20, "128", "MiB", "memory of DPDK itself"),
	NUMBER("forward", "idle_us", forward.idle_us, 0, 10000, "0", "us",
	       "sleep between polls while nothing comes; 0 = poll always, for the least delay"),
	BOOL("forward", "realtime", forward.realtime, "no",
	     "yes = its threads go before all others (SCHED_FIFO); with idle_us, or a core for each pair"),

	NUMBER("inline", "hold_ms", inlined.hold_ms, 1, 10000, "20", "ms",
	       "the last frames of a file wait for its verdict at most this long"),
	NUMBER("inline", "hold_bytes", inlined.hold_bytes, 2048, 1u << 24, "65536", "bytes",
	       "of a file's end that may wait; the sender's window may allow less"),
	NUMBER("inline", "inspect_wait_us", inlined.inspect_wait_us, 10, 10000000, "1000", "us",
	       "a frame waits for the inspector's word at most this long; then it goes, and others do not wait either"),
	NUMBER("inline", "stops_per_minute", inlined.stops_per_minute, 1, 1000000, "600", "stops",
	       "of each pair, and by the word of each hasher; beyond it nothing is stopped"),
	BOOL("inline", "reset_connection", inlined.reset_connection, "no",
	     "yes = stop HTTP/2 bodies too, and with them what else its connection carries"),

	NUMBER("dataplane", "cores", dataplane.n_cores, 1, VG_LANE_MAX_CORES, "1", "cores",
	       "worker cores; each receives, reassembles and copies on its own"),
	MANY("dataplane", "ports", VG_OPTION_TEXTS, dataplane.ports, dataplane.n_ports,
	     "PCI addresses or DPDK device arguments, such as net_af_packet0,iface=eth1"),
	CHOICE("dataplane", "huge_pages", dataplane.huge_pages, "auto|yes|no", "auto",
	       "auto = use them where the machine has some"),
	CHOICE("dataplane", "tenant_key", dataplane.all_ports.tenant_key, "both|vlan|vni|none", "both",
	       "what tells customers with the same addresses apart: VLAN tags, VNI (GRE key, PPPoE session)"),
	CHOICE("dataplane", "checksums", dataplane.all_ports.checksums, "verify|ignore|drop", "verify",
	       "wrong TCP checksums: verify = dropped where the sender's others are right, as decoys"),
	CHOICE("dataplane", "offload", dataplane.all_ports.offload, "no|rte_flow", "no",
	       "rte_flow = frames of encrypted flows are dropped by the card, where it can; else, and with no, by us"),
	TEXT("dataplane", "profile", dataplane.all_ports.profile, "",
	     "one of profiles, for all ports without their own; empty = by customers, else scope alone"),
	NUMBER("dataplane", "offload_rules", dataplane.offload_rules, 2, VG_CONFIG_MAX_RULES, "4096", "rules",
	       "in the card of each port at once, two for a flow"),
	NUMBER("dataplane", "offload_seconds", dataplane.offload_s, 1, 3600, "30", "seconds",
	       "that a rule stays before its flow is seen again; never longer than half of idle_timeout_ms"),
	PORT_ALL("dataplane.direction_vlans", "in", in_vlan, MAX_VLAN, "of frames to the mirrored side; 0 = none"),
	PORT_ALL("dataplane.direction_vlans", "out", out_vlan, MAX_VLAN, "of frames from it"),
	{ "dataplane.ports", "device", VG_OPTION_TEXT, PORT_AT(device), 1, VG_CONFIG_PORT - 1, "", "", "", 0, 0,
	  "PCI address or DPDK device arguments" },
	PORT_CHOICE("tenant_key", tenant_key, "default|both|vlan|vni|none", "default = that of all ports"),
	PORT_CHOICE("checksums", checksums, "default|verify|ignore|drop", "default = that of all ports"),
	PORT_CHOICE("offload", offload, "default|no|rte_flow", "default = that of all ports"),
	{ "dataplane.ports", "profile", VG_OPTION_TEXT, PORT_AT(profile), 0, VG_CONFIG_PROFILE, "", "", "", 0, 0,
	  "one of profiles; empty = as for all ports" },
	{ "dataplane.ports", "link", VG_OPTION_U32, PORT_AT(link), 0, VG_CONFIG_MAX_PORTS, "0", "", "", 0, 0,
	  "ports of one number tap the same link, each a direction of it or some of its cables; 0 = alone" },
	PORT_VLAN("in", in_vlan, "0 = that of all ports"),
	PORT_VLAN("out", out_vlan, "0 = that of all ports"),
	NUMBER("dataplane", "flows", dataplane.n_flows, 64, 1u << 26, "1048576", "flows",
	       "flow table entries of each core, 100 bytes each once used; the oldest goes when it is full"),
	NUMBER("dataplane", "streams", dataplane.n_streams, 64, 1u << 24, "65536", "streams",
	       "streams being reassembled at once on each core"),
	NUMBER("dataplane", "idle_timeout_ms", dataplane.idle_timeout_ms, 100, 86400000, "120000", "ms",
	       "a flow without packets ends after this time"),
	NUMBER("dataplane", "hole_timeout_ms", dataplane.hole_timeout_ms, 10, 600000, "5000", "ms",
	       "how long a missing segment is waited for"),
	NUMBER("dataplane", "hole_bytes", dataplane.hole_bytes, 4096, 1u << 28, "1048576", "bytes",
	       "early bytes kept for each direction of a stream while a segment is missing"),
	CHOICE("dataplane", "rx_idle", dataplane.rx_idle, "poll|sleep|interrupt", "poll",
	       "while nothing comes: poll = a full core, no delay; sleep = up to 0.25 ms; interrupt = where the driver "
	       "can"),
	NUMBER("dataplane", "eal_memory_mb", dataplane.eal_mem_mb, 16, 1u << 20, "256", "MiB", "memory of DPDK itself"),
	NUMBER("dataplane", "ring_slots", dataplane.n_slots, 64, VG_LANE_MAX_SLOTS, "16384", "slots",
	       "descriptors of each lane (core x hasher); a power of two"),
	NUMBER("dataplane", "tiny_chunks", dataplane.n_tiny_chunks, 0, VG_LANE_MAX_CHUNKS, "8192",
	       "chunks of 512 bytes", "media memory of each lane"),
	NUMBER("dataplane", "small_chunks", dataplane.n_small_chunks, 0, VG_LANE_MAX_CHUNKS, "8192", "chunks of 4 KiB",
	       "media memory of each lane"),
	NUMBER("dataplane", "large_chunks", dataplane.n_large_chunks, 1, VG_LANE_MAX_CHUNKS, "2048", "chunks of 64 KiB",
	       "media memory of each lane"),
	NUMBER("dataplane", "records", dataplane.n_records, 16, VG_LANE_MAX_SLOTS, "8192", "objects",
	       "objects of a lane that may be unfinished at once, at most 1 KiB each"),
	BYTES("dataplane", "object_hold_bytes", dataplane.object_hold_bytes, 65536, UINT64_MAX >> 1, "67108864",
	      "bytes", "larger objects are not kept whole: digests only, and a match has a head sample"),
	BYTES("dataplane", "object_min_bytes", dataplane.object_min_bytes, 0, UINT64_MAX >> 1, "64", "bytes",
	      "smaller bodies are not looked at"),
	BYTES("dataplane", "object_max_bytes", dataplane.object_max_bytes, 1, UINT64_MAX >> 1, "1099511627776", "bytes",
	      "larger bodies are not looked at"),
	BOOL("dataplane", "mail", dataplane.mail, "no",
	     "look into SMTP, POP3 and IMAP; mail is confidential: only where the law lets you, see operations.md"),
	BOOL("dataplane", "carve", dataplane.carve, "no",
	     "look for pictures in TCP streams of which nobody knows the protocol; costs what such traffic costs"),
	BOOL("dataplane", "texts", dataplane.texts, "yes",
	     "look into text (JSON, HTML, CSS, XML) for files that stand in it as base64"),

	MANY("scope", "prefixes", VG_OPTION_TEXTS, scope.prefixes, scope.n_prefixes,
	     "addresses of the customers who are looked at (192.0.2.0/24, 2001:db8::/32); none = all"),
	MANY("scope", "exclude", VG_OPTION_TEXTS, scope.exclude, scope.n_exclude,
	     "addresses that are not looked at; the longest prefix of an address decides"),
	MANY("scope", "vlans", VG_OPTION_TEXTS, scope.vlans, scope.n_vlans,
	     "tags that are looked at, one (100) or a range (100-199), outer or inner; none = all"),
	MANY("scope", "urls", VG_OPTION_TEXTS, scope.urls, scope.n_urls,
	     "HTTP requests that are looked at (www.example.org, *.example.org, example.org/upload/*); none = all"),
	MANY("scope", "exclude_urls", VG_OPTION_TEXTS, scope.exclude_urls, scope.n_exclude_urls,
	     "HTTP requests that are not looked at, whatever else fits them; * = any bytes, without a / = a host"),
	MANY("scope", "protocols_off", VG_OPTION_TEXTS, scope.protocols_off, scope.n_protocols_off,
	     "protocols that are not looked into (http, http2, websocket, ftp, tftp, smb, nfs, rsync, fastcgi, ...)"),

	{ "profiles", "name", VG_OPTION_TEXT, PROFILE_AT(name), 1, VG_CONFIG_PROFILE, "", "", "", 0, 0,
	  "what ports, cases and logs call it" },
	PROFILE_MANY(
		"customers", customers, n_customers,
		"addresses whose flows are this profile's on ports without one (192.0.2.0/24); the first one counts"),
	PROFILE_MANY("prefixes", scope.prefixes, scope.n_prefixes, "as in scope, and in its place"),
	PROFILE_MANY("exclude", scope.exclude, scope.n_exclude, "as in scope"),
	PROFILE_MANY("vlans", scope.vlans, scope.n_vlans, "as in scope"),
	PROFILE_MANY("urls", scope.urls, scope.n_urls, "as in scope"),
	PROFILE_MANY("exclude_urls", scope.exclude_urls, scope.n_exclude_urls, "as in scope"),
	PROFILE_MANY("protocols_off", scope.protocols_off, scope.n_protocols_off, "as in scope"),
	PROFILE_MANY("url_lists", url_lists, n_url_lists,
		     "names of the lists of URLs that hold here; none given = all, [none] = none of them"),
	PROFILE_CHOICE("mail", mail, "look into mail; default = as dataplane.mail says"),
	PROFILE_CHOICE("carve", carve, "default = as dataplane.carve says"),
	{ "profiles", "review_only", VG_OPTION_BOOL, PROFILE_AT(review_only), 0, 1, "no", "", "", 0, 0,
	  "yes = nothing of it is filed by itself, whatever lists say: a person decides" },

	MANY("trust", "trusted_proxies", VG_OPTION_TEXTS, trust.proxies, trust.n_proxies,
	     "addresses of your own proxies (192.0.2.0/24, 2001:db8::1): whom they name is believed; none = nobody"),
	CHOICE("trust", "header", trust.header, "x-forwarded-for|forwarded", "x-forwarded-for",
	       "the header they write; the other one may be a client's and is never believed"),

	NUMBER("hashing", "hashers", hashing.n_hashers, 1, VG_LANE_MAX_HASHERS, "1", "processes",
	       "one for each hashing core"),
	CHOICE("hashing", "digests", hashing.digests, "no|yes|all|md5|sha1|sha256", "yes",
	       "yes = SHA-256, and what the loaded lists need; all = always the three; one alone or none: for benches"),
	BOOL("hashing", "pdq", hashing.pdq, "yes", "perceptual hashes of pictures; no = exact digests only"),
	BOOL("hashing", "scaled", hashing.scaled, "yes",
	     "decode JPEGs smaller first, and at full size what may be a match; no = all at full size"),
	BYTES("hashing", "max_unpacked_bytes", hashing.max_unpacked_bytes, 1u << 20, UINT64_MAX >> 1, "4294967296",
	      "bytes", "of all that one object unpacks to"),
	NUMBER("hashing", "max_ratio", hashing.max_ratio, 2, 1u << 20, "2048", "times",
	       "unpacked to packed, looked at beyond 1 MiB"),
	NUMBER("hashing", "max_members", hashing.max_members, 1, 1u << 14, "10000", "parts", "found inside one object"),
	BYTES("hashing", "max_pixels", hashing.max_pixels, 4096, UINT64_MAX >> 1, "268435456", "pixels",
	      "larger pictures are not decoded"),
	BYTES("hashing", "max_picture_bytes", hashing.max_picture_bytes, 1u << 20, UINT64_MAX >> 1, "536870912",
	      "bytes", "memory that the decoder of one picture may take"),
	NUMBER("hashing", "min_picture_side", hashing.min_picture_side, 5, 512, "16", "pixels",
	       "pictures with a shorter side (icons, thumbnails) get digests only"),
	NUMBER("hashing", "max_frames", hashing.max_frames, 1, 4096, "16", "pictures",
	       "of one animation or of one file of pages that are hashed, evenly spread"),
	{ "hashing", "seconds_per_hash", VG_OPTION_SECONDS, AT(hashing.ms_per_frame), 0, 3600000, "1.0", "seconds", "",
	  0, 0, "of a film, between two frames that are hashed (vPDQ); 0 = every frame" },
	NUMBER("hashing", "max_film_frames", hashing.max_film_frames, 1, VG_FRAMES_MAX, "4096", "frames",
	       "of one film that are hashed; what comes after them is not looked at"),
	NUMBER("hashing", "seen_before_entries", hashing.seen_before_entries, 0, 1u << 24, "16384", "pictures",
	       "that a hasher remembers until the lists change and does not decode again (288 bytes each); 0 = off"),
	NUMBER("hashing", "max_depth", hashing.max_depth, 1, 16, "6", "layers", "containers inside containers"),
	NUMBER("hashing", "max_object_ms", hashing.max_object_ms, 100, 3600000, "30000", "ms",
	       "processor time of one object; beyond twice that its hasher is ended and it is tried without decoding"),
	BYTES("hashing", "sample_bytes", hashing.sample_bytes, 4096, 1u << 26, "65536", "bytes",
	      "head sample of an object that was not kept whole"),
	BYTES("hashing", "spool_bytes", hashing.spool_bytes, 1u << 20, UINT64_MAX >> 1, "268435456", "bytes",
	      "matches that wait for vigild, for each hasher; beyond it the hasher waits"),
	BYTES("hashing", "resource_hold_bytes", hashing.resource_hold_bytes, 1u << 20, UINT64_MAX >> 1, "134217728",
	      "bytes", "files that came in pieces and are not whole yet, for each hasher; the oldest go first"),
	NUMBER("hashing", "resource_hold_ms", hashing.resource_hold_ms, 100, 3600000, "60000", "ms",
	       "that a file in pieces is kept without a further piece"),
	MANY("hashing", "plugins", VG_OPTION_TEXTS, hashing.plugins, hashing.n_plugins,
	     "shared objects of licensed hash algorithms, root's alone: NAME@VERSION:PATH, searched in lists; or an "
	     "absolute path only, whose values are shown"),

	LIST_TEXT("name", VG_OPTION_TEXT, name, 1, "", "what cases, metrics and reports call it"),
	LIST_TEXT("file", VG_OPTION_PATH, file, 1, "",
		  "lines: algo,value[,entry_id[,class[,note]]], or video,entry_id and its vPDQ frames; or URLs"),
	{ "lists", "kind", VG_OPTION_CHOICE, LIST_AT(kind), 0, 0, "hash", "", "hash|url", 0, 0,
	  "url = lines: URL[ entry_id[,class[,note]]], looked for in requests; such a list never files by itself" },
	LIST_TEXT("source", VG_OPTION_TEXT, source, 0, "", "who made it, as a report shall say"),
	{ "lists", "action", VG_OPTION_CHOICE, LIST_AT(action), 0, 0, "review", "",
	  "count|alert|review|report|block|report+block", 0, 0,
	  "for exact matches: report = file, review = a person decides, alert = keep and tell, count = no more than "
	  "that; block = also stop the transfer" },
	{ "lists", "perceptual_action", VG_OPTION_CHOICE, LIST_AT(perceptual_action), 0, 0, "review", "",
	  "count|alert|review", 0, 0, "for matches that only look alike; filing these is file_distance's" },
	{ "lists", "match_distance", VG_OPTION_U32, LIST_AT(match_distance), 0, VG_PDQ_WIDE_DISTANCE, "31", "bits", "",
	  0, 0, "PDQ hashes up to this far apart match; above 31 each picture costs a pass over all listed hashes" },
	{ "lists", "file_distance", VG_OPTION_DISTANCE, LIST_AT(file_distance), 0, VG_PDQ_MAX_DISTANCE, "never",
	  "bits or never", "", 0, 0, "PDQ matches up to this far apart follow `action` without a person" },
	{ "lists", "frame_distance", VG_OPTION_U32, LIST_AT(frame_distance), 0, VG_PDQ_MAX_DISTANCE, "31", "bits", "",
	  0, 0, "vPDQ: frames up to this far apart are alike" },
	{ "lists", "query_percent", VG_OPTION_U32, LIST_AT(query_percent), 0, 100, "80", "percent", "", 0, 0,
	  "vPDQ: a film matches where so many of its distinct frames are like one of the listed video" },
	{ "lists", "compared_percent", VG_OPTION_U32, LIST_AT(compared_percent), 0, 100, "0", "percent", "", 0, 0,
	  "vPDQ: and so many of the listed video's like one of the film" },

	CHOICE("reporting", "environment", reporting.environment, "off|test|production", "off",
	       "off = matches wait in the queue; test = test_endpoint; production = url below"),
	TEXT("reporting", "production_key", reporting.production_key, "",
	     "production needs the words: file real reports"),
	TEXT("reporting", "url", reporting.endpoint.url, "", "base of the production endpoint, https"),
	TEXT("reporting", "user", reporting.endpoint.user, "", "its user name"),
	PATH("reporting", "password_file", reporting.endpoint.password_file, "",
	     "file that holds its password, mode 0600"),
	PATH("reporting", "ca_file", reporting.endpoint.ca_file, "", "CA certificates (PEM); empty = the system's"),
	TEXT("reporting", "company", reporting.company, "", "the provider who reports"),
	TEXT("reporting", "platform", reporting.platform, "", "the service it happened on"),
	TEXT("reporting", "first_name", reporting.first_name, "", "of the person who reports"),
	TEXT("reporting", "last_name", reporting.last_name, "", "of the person who reports"),
	TEXT("reporting", "email", reporting.email, "", "of the person who reports; must be there to report"),
	TEXT("reporting", "phone", reporting.phone, "", "of the person who reports"),
	TEXT("reporting", "legal_contact_email", reporting.legal_contact_email, "", "whom law enforcement shall ask"),
	TEXT("reporting", "terms_of_service", reporting.terms_of_service, "", "the terms that apply, shortly"),
	TEXT("reporting", "legal_url", reporting.legal_url, "", "where law enforcement finds how to ask, http(s)"),
	NUMBER("reporting", "timeout_s", reporting.timeout_s, 5, 3600, "300", "s", "patience with one call"),
	NUMBER("reporting", "retry_min_s", reporting.retry_min_s, 1, 3600, "2", "s", "first wait after a failed call"),
	NUMBER("reporting", "retry_max_s", reporting.retry_max_s, 1, 86400, "900", "s",
	       "longest wait after a failed call"),
	NUMBER("reporting", "alarm_s", reporting.alarm_s, 60, 86400, "3600", "s",
	       "a report that waits longer than this raises an alarm"),

	PATH("evidence", "dir", evidence.dir, "", "empty = evidence/ in the state folder"),
	MANY("evidence", "custodian_keys", VG_OPTION_PATHS, evidence.custodian_keys, evidence.n_custodian_keys,
	     "public keys of the custodians, at least two; their secret keys are never on this machine"),
	BYTES("evidence", "max_bytes", evidence.max_bytes, 1u << 20, UINT64_MAX >> 1, "1099511627776", "bytes",
	      "declared room; beyond it matches wait at the hashers and an alarm is raised"),
	NUMBER("evidence", "retention_days", evidence.retention_days, 365, 36500, "365", "days",
	       "kept from the last submission on; the law asks for a year"),

	TEXT("control", "appliance_id", control.appliance_id, "vigil", "names this machine in reports and metrics"),
	PATH("control", "run_dir", control.run_dir, "/run/vigil", "sockets and snapshots"),
	PATH("control", "state_dir", control.state_dir, "/var/lib/vigil", "database, evidence, lists, keys"),
	TEXT("control", "metrics_address", control.metrics_address, "127.0.0.1", "where Prometheus asks"),
	NUMBER("control", "metrics_port", control.metrics_port, 0, 65535, "9464", "", "0 = off"),
	NUMBER("control", "fold_window_s", control.fold_window_s, 0, 31536000, "86400", "s",
	       "the same content of the same party within this time is one case"),
	NUMBER("control", "matches_per_minute", control.matches_per_minute, 1, 1000000, "600", "matches",
	       "of one hasher; more are held for a person and raise an alarm"),
	PATH("control", "suppress_file", control.suppress_file, "",
	     "lines algo,value or entry,ID[,list]: never match these; empty = suppress.list in the state folder"),
	BYTES("control", "lists_inline", control.lists_inline_bytes, 0, 1u << 30, "1048576", "bytes",
	      "list files up to this size together are read by vigild itself, larger ones by a process of their own"),
	NUMBER("control", "builder_s", control.builder_s, 0, 86400, "900", "s",
	       "the longest that process may take, 0 = as long as it does"),
	BYTES("control", "builder_memory", control.builder_max_bytes, 0, 1ull << 40, "0", "bytes",
	      "the most memory it may map, 0 = 1 GiB and 16 bytes for each byte of the files"),
	TEXT("control", "operator_group", control.operator_group, "vigil", "may see health and reload lists"),
	TEXT("control", "officer_group", control.officer_group, "vigil-officer", "may see and decide cases"),
	TEXT("control", "auditor_group", control.auditor_group, "vigil-auditor", "may read the audit log"),
	TEXT("control", "legal_basis", control.legal_basis, "",
	     "on what ground this traffic is looked at; goes into the audit"),
	TEXT("control", "policy_version", control.policy_version, "", "of the operator's written policy"),
	PATH("control.programs", "forward", control.programs.forward, "", "vigil-forward"),
	PATH("control.programs", "dataplane", control.programs.dataplane, "", "vigil-dataplane"),
	PATH("control.programs", "hashing", control.programs.hashing, "", "vigil-hashing"),
	PATH("control.programs", "reporter", control.programs.reporter, "", "vigil-reporter"),
	PATH("control.programs", "feed", control.programs.feed, "", "vigil-feed"),

	TEXT("test_endpoint", "url", test_endpoint.url, "", "base of the test endpoint, https"),
	TEXT("test_endpoint", "user", test_endpoint.user, "", "its user name"),
	PATH("test_endpoint", "password_file", test_endpoint.password_file, "",
	     "file that holds its password, mode 0600"),
	PATH("test_endpoint", "ca_file", test_endpoint.ca_file, "", "CA certificates (PEM); empty = the system's"),
};
const size_t vg_n_options = VG_ARRAY_LEN(vg_options);

int vg_option_is_item(const struct vg_option *option)
{
	return !strcmp(option->section, "lists") || !strcmp(option->section, "profiles") ||
	       !strcmp(option->section, "forward.pairs") || !strncmp(option->section, "dataplane.ports", 15);
}
