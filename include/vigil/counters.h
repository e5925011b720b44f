#pragma once
/* counters: every counter of the dataplane and the hashers, with its help text: one table for stats pages, metrics,
 * `vigilctl status`, replay summaries and docs. Names are Prometheus names without the `vigil_` prefix; in them
 * `:reason=x` becomes a label, `:kind=y,reason=x` two. New rows go to the end of their group. X(sym, "name", "help") */
#include <vigil/counters_forward.h>
#include <vigil/counters_media.h>
#include <vigil/counters_offload.h>
#include <vigil/counters_proto.h>
#include <vigil/counters_scan.h>

#define VG_DATAPLANE_COUNTERS(X)                                                                                      \
	X(VG_C_RX_PACKETS, "rx_packets_total", "packets received from the port")                                      \
	X(VG_C_RX_BYTES, "rx_bytes_total", "bytes received from the port")                                            \
	X(VG_C_RX_MISSED, "rx_missed_packets_total", "packets the port lost before Vigil (NIC, buffers)")             \
	X(VG_C_RX_NOMBUF, "rx_nombuf_packets_total", "packets lost because no buffer was free")                       \
	X(VG_C_DECODE_NOT_IP, "decode_skipped_packets_total:reason=not_ip", "frames without IP")                      \
	X(VG_C_DECODE_SHORT, "decode_skipped_packets_total:reason=short", "headers cut short or inconsistent")        \
	X(VG_C_DECODE_FRAGMENT, "decode_skipped_packets_total:reason=fragment", "IP fragments that were refused")     \
	X(VG_C_DECODE_NOT_TCP, "decode_skipped_packets_total:reason=not_tcp", "IP packets of other protocols")        \
	X(VG_C_DECODE_DEPTH, "decode_skipped_packets_total:reason=depth", "more nested headers than allowed")         \
	X(VG_C_FRAGMENTS_WHOLE, "fragmented_datagrams_total:outcome=whole", "datagrams put together from fragments")  \
	X(VG_C_FRAGMENTS_OVERLAP, "fragmented_datagrams_total:outcome=overlap", "dropped: contradictions")            \
	X(VG_C_FRAGMENTS_TIMEOUT, "fragmented_datagrams_total:outcome=timeout", "dropped: a fragment never came")     \
	X(VG_C_FRAGMENTS_FULL, "fragmented_datagrams_total:outcome=full", "dropped: no slot or block was free")       \
	X(VG_C_FRAGMENTS_BAD, "fragmented_datagrams_total:outcome=bad", "fragments of an impossible size or place")   \
	X(VG_C_DECODE_CHECKSUM, "decode_skipped_packets_total:reason=checksum", "wrong TCP checksums: decoys")        \
	X(VG_C_FLOWS, "flows_total", "flows begun")                                                                   \
	X(VG_C_PROTO_OFF, "flows_protocol_off_total", "flows let go: their profile has the protocol off")             \
	X(VG_C_FLOWS_OUT, "flows_out_of_scope_total", "flows that the scope leaves out: not reassembled")             \
	X(VG_C_FLOWS_AGED, "flows_ended_total:reason=idle", "flows ended by their idle timer")                        \
	X(VG_C_FLOWS_EVICTED, "flows_ended_total:reason=evicted", "oldest flows put out because the table was full")  \
	X(VG_C_FLOWS_CLOSED, "flows_ended_total:reason=closed", "flows ended by FIN or RST or by the end of input")   \
	X(VG_C_STREAM_NO_STATE, "streams_shed_total:reason=pool", "streams let go: no stream state was free")         \
	X(VG_C_STREAM_OOO, "reassembly_out_of_order_segments_total", "segments that arrived early")                   \
	X(VG_C_STREAM_RETRANSMITTED, "reassembly_retransmitted_bytes_total", "payload bytes seen before")             \
	X(VG_C_STREAM_CONFLICT, "reassembly_conflicts_total", "overlapping segments with other bytes; first won")     \
	X(VG_C_STREAM_GAPS, "reassembly_gaps_total", "holes given up")                                                \
	X(VG_C_STREAM_GAP_BYTES, "reassembly_gap_bytes_total", "bytes in holes given up")                             \
	X(VG_C_STREAM_MIDSTREAM, "streams_midstream_total", "streams picked up after their start")                    \
	X(VG_C_STREAM_DOUBTED, "reassembly_doubted_segments_total", "segments a receiver may not have taken")         \
	X(VG_C_STREAM_DECOY_BYTES, "reassembly_decoy_bytes_total", "of these, replaced by better copies")             \
	X(VG_C_STREAM_BROKEN_BYTES, "reassembly_broken_bytes_total", "with a wrong checksum, but acknowledged: told") \
	X(VG_C_STREAM_OLD_STAMPS, "reassembly_strange_packets_total:reason=timestamp",                                \
	  "doubted: timestamps went back")                                                                            \
	X(VG_C_STREAM_STRANGE_ACKS, "reassembly_strange_packets_total:reason=ack",                                    \
	  "doubted: acknowledge what was not sent")                                                                   \
	X(VG_C_STREAM_URGENT, "reassembly_urgent_bytes_total", "urgent bytes: no part of the stream")                 \
	X(VG_C_STREAM_SIGNALS, "reassembly_ignored_signals_total", "SYN, FIN, RST no receiver takes")                 \
	X(VG_C_DETECT_HTTP, "flows_detected_total:proto=http", "flows found to be HTTP/1")                            \
	X(VG_C_DETECT_OPAQUE, "flows_detected_total:proto=opaque", "flows let go as encrypted or of no interest")     \
	X(VG_C_DETECT_UNKNOWN, "flows_detected_total:proto=unknown", "flows let go undecided")                        \
	X(VG_C_DETECT_OTHER, "flows_detected_total:proto=other", "flows found to be of another parsed protocol")      \
	X(VG_C_PROTO_NO_STATE, "flows_shed_total:reason=parser_pool", "flows let go: no parser state was free")       \
	X(VG_C_PROTO_HANDED_OVER, "flows_handed_over_total",                                                          \
	  "flows that one protocol left to another (Upgrade and the like)")                                           \
	X(VG_C_DETECT_NDPI, "detect_ndpi_packets_total", "packets that nDPI was asked about")                         \
	X(VG_C_DETECT_NO_STATE, "detect_ndpi_skipped_packets_total",                                                  \
	  "packets nDPI was not asked about: its states or memory were used up")                                      \
	X(VG_C_HTTP_REQUESTS, "http_messages_total:kind=request", "HTTP request heads parsed")                        \
	X(VG_C_HTTP_RESPONSES, "http_messages_total:kind=response", "HTTP response heads parsed")                     \
	X(VG_C_HTTP_BAD, "http_bad_total", "HTTP streams let go because their framing broke")                         \
	X(VG_C_HTTP_RESYNC, "http_resync_total", "HTTP streams that found a next message after a gap")                \
	X(VG_C_HTTP_NO_STATE, "http_shed_total:reason=pool", "HTTP flows or heads let go: no parser state was free")  \
	X(VG_C_HTTP_AMBIGUOUS, "http_ambiguous_total", "messages whose length headers contradict each other")         \
	X(VG_C_HTTP_SIMPLE, "http_simple_requests_total", "connections that begin with a request of HTTP/0.9")        \
	X(VG_C_BODIES, "bodies_total", "transferred bodies begun")                                                    \
	X(VG_C_BODIES_UNWANTED, "bodies_skipped_total:reason=kind", "bodies of kinds that are not looked at")         \
	X(VG_C_BODIES_SMALL, "bodies_skipped_total:reason=size", "bodies below or above the size limits")             \
	X(VG_C_BODIES_NO_STATE, "bodies_skipped_total:reason=pool", "bodies let go: no body state was free")          \
	X(VG_C_OBJECTS, "objects_total", "objects handed to hashers")                                                 \
	X(VG_C_MEDIA_BYTES, "media_bytes_total", "body bytes copied into the arena")                                  \
	X(VG_C_CLOSE_COMPLETE, "objects_closed_total:state=complete", "objects seen whole")                           \
	X(VG_C_CLOSE_TRUNCATED, "objects_closed_total:state=truncated", "objects cut at their end")                   \
	X(VG_C_CLOSE_GAP, "objects_closed_total:state=gap", "objects with a hole")                                    \
	X(VG_C_CLOSE_ABORTED, "objects_closed_total:state=aborted", "objects whose sender reset")                     \
	X(VG_C_RECORD_TEXTS_CUT, "record_texts_cut_total", "objects whose record had no room for all texts")          \
	X(VG_C_SHED_ATTR, "objects_shed_total:reason=records", "objects not scanned: no attribution record free")     \
	X(VG_C_SHED_CHUNKS, "objects_shed_total:reason=arena", "objects not scanned: no arena chunk free")            \
	X(VG_C_SHED_NO_HASHER, "objects_shed_total:reason=no_hasher", "objects not scanned: no hasher held the lane") \
	X(VG_C_LADDER_SIZE, "objects_digest_only_total:reason=size", "objects past object_hold_bytes")                \
	X(VG_C_LADDER_PRESSURE, "objects_digest_only_total:reason=pressure", "objects moved down by arena pressure")  \
	X(VG_C_HASHER_LOST, "hasher_deaths_total", "hashers that died or were put off their lanes")                   \
	X(VG_C_OBJECT_RETRY, "objects_retried_total", "objects offered again after a hasher died")                    \
	X(VG_C_OBJECT_NO_DECODE, "objects_retried_no_decode_total", "of these: offered digest-only, decoder crashed") \
	X(VG_C_OBJECT_LOST, "objects_lost_total:reason=hasher_death", "objects in flight that could not be retried")  \
	X(VG_C_RETURN_BAD, "hasher_violations_total:what=return", "returns for chunks or objects it does not hold")   \
	X(VG_C_INDEX_BAD, "hasher_violations_total:what=index", "ring indices out of range")                          \
	X(VG_C_OBJECTS_DONE, "objects_done_total", "objects whose verdict came back")                                 \
	X(VG_C_MATCHED, "objects_matched_total", "objects whose verdict was a match, by the hasher's word")           \
	X(VG_C_LOSSLESS_WAITS, "lossless_waits_total", "times a replay's reader waited for hashers")                  \
	X(VG_C_STEERED, "steered_packets_total", "packets handed to the worker of their inner addresses")             \
	X(VG_C_STEER_FULL, "steer_shed_packets_total:reason=full", "not inspected: a full way to its worker")         \
	X(VG_C_STEER_NOMBUF, "steer_shed_packets_total:reason=buffer", "datagrams not inspected: no buffer was free") \
	X(VG_C_HOLD_BEGUN, "hold_begun_total", "times frames of a direction began to wait for a verdict")             \
	X(VG_C_HOLD_PASSED, "hold_ended_total:outcome=passed", "released by a verdict: nothing to stop")              \
	X(VG_C_HOLD_STOPPED, "hold_ended_total:outcome=stopped", "held frames dropped, connection reset")             \
	X(VG_C_HOLD_TIME, "hold_ended_total:outcome=time", "released unjudged: hold_ms were over")                    \
	X(VG_C_HOLD_FULL, "hold_ended_total:outcome=full", "released unjudged: no room for more held frames")         \
	X(VG_C_HOLD_LATE, "hold_ended_total:outcome=inspector_late", "released unjudged: frames came back too late")  \
	X(VG_C_HOLD_BRAKE, "hold_ended_total:outcome=brake", "released: more stops in a minute than allowed")         \
	X(VG_C_HOLD_KNOWN, "hold_known_stopped_total", "of the stopped: recognised by length and first bytes")        \
	X(VG_C_HOLD_TOO_LATE, "hold_stops_missed_total", "verdicts to stop what had passed already")                  \
	X(VG_C_HOLD_DROPPED, "hold_dropped_frames_total:where=later", "later frames of these connections")            \
	X(VG_C_HOLD_UNHELD, "hold_unheld_total", "bodies that could not be watched: no state was free")               \
	X(VG_C_KEPT, "objects_kept_total", "objects that an early look asked to keep whole under pressure")           \
	VG_FILE_PROTOCOL_COUNTERS(X)                                                                                  \
	VG_WEB_PROTOCOL_COUNTERS(X)                                                                                   \
	VG_SCAN_COUNTERS(X)                                                                                           \
	VG_OFFLOAD_COUNTERS(X)

#define VG_HASHING_COUNTERS(X)                                                                                       \
	X(VG_H_OBJECTS, "hash_objects_total", "objects taken in")                                                    \
	X(VG_H_BYTES, "hash_bytes_total", "body bytes digested")                                                     \
	X(VG_H_DIGESTS_LATE, "digests_late_total", "bodies let go before a list came that needs another digest")     \
	X(VG_H_MEMBERS, "hash_members_total", "parts found inside bodies")                                           \
	X(VG_H_DECODED_BYTES, "unpack_bytes_total", "bytes that content codings gave")                               \
	X(VG_H_CODING_BAD, "unpack_failed_total:reason=coding", "content codings that broke")                        \
	X(VG_H_BUDGET, "unpack_failed_total:reason=budget", "unpacking stopped by its budget")                       \
	X(VG_H_RESOURCES, "resources_total", "resources begun that come in pieces")                                  \
	X(VG_H_RESOURCE_PIECES, "resource_pieces_total", "pieces of resources taken in")                             \
	X(VG_H_RESOURCES_WHOLE, "resources_ended_total:reason=whole", "resources put together whole")                \
	X(VG_H_RESOURCES_AGED, "resources_ended_total:reason=age", "let go: no further piece came")                  \
	X(VG_H_RESOURCES_FULL, "resources_ended_total:reason=full", "let go: no memory or state was free")           \
	X(VG_H_RESOURCES_OTHER, "resources_ended_total:reason=other", "let go: another size under its name")         \
	X(VG_H_RESOURCES_LEFT, "resources_ended_total:reason=left", "uploads that ended, not gone on with")          \
	X(VG_H_RESOURCES_PUT_OFF, "resources_put_off_total", "uploads grown too often to be judged each time")       \
	X(VG_H_RESOURCES_DIED, "resources_ended_total:reason=hasher_end", "not whole as their hasher ended")         \
	X(VG_H_RESOURCES_REFUSED, "resource_pieces_refused_total", "pieces of no known place or size: not joined")   \
	X(VG_H_PIECES_UNORDERED, "resource_pieces_unordered_total", "pieces joined before what ended earlier came")  \
	X(VG_H_RESOURCES_CHANGED, "resources_changed_total", "pieces that contradicted earlier ones; the later won") \
	X(VG_H_IMAGES, "images_decoded_total", "pictures decoded to luma")                                           \
	X(VG_H_IMAGES_PARTIAL, "images_partial_total", "of these: incomplete, hashed as far as they went")           \
	X(VG_H_PDQ, "pdq_hashes_total", "PDQ hashes made")                                                           \
	X(VG_H_PDQ_LOW, "pdq_low_quality_total", "PDQ hashes below the quality limit, not searched")                 \
	X(VG_H_QUERIES, "index_queries_total", "look-ups in the index")                                              \
	X(VG_H_MATCHES, "matches_total", "records with at least one hit")                                            \
	X(VG_H_LISTED, "listed_records_total", "records without a hit, of requests for listed URLs")                 \
	X(VG_H_SENT, "records_sent_total", "records sent to vigild")                                                 \
	X(VG_H_ACKED, "records_acknowledged_total", "records vigild made durable")                                   \
	X(VG_H_RESENT, "records_resent_total", "records sent again on a new link")                                   \
	X(VG_H_DESC_BAD, "descriptors_refused_total", "descriptors out of range")                                    \
	X(VG_H_INDEX_GENERATION, "hasher_index_generation", "generation of the index in use")                        \
	X(VG_H_LINK_LOST, "control_links_lost_total", "times the link to vigild was lost")                           \
	X(VG_H_TEXTS, "hash_texts_total", "texts without a file of ours in them: no record")                         \
	X(VG_H_FRAMES, "image_frames_total", "pictures, pages and frames of animations hashed")                      \
	X(VG_H_CONTAINERS, "containers_opened_total", "archives, documents and messages opened")                     \
	X(VG_H_ENCRYPTED, "unpack_failed_total:reason=encrypted", "members that only a password opens")              \
	X(VG_H_ARCHIVE_BAD, "unpack_failed_total:reason=archive", "containers that broke or that nobody here reads") \
	X(VG_H_PICTURE_UNREAD, "unpack_failed_total:reason=picture", "pictures in documents, of a sort not read")    \
	X(VG_H_TEXT_CUT, "unpack_failed_total:reason=text", "texts not held whole: not looked into for base64")      \
	X(VG_H_NEEDS_SEEK, "unpack_failed_total:reason=needs_seek", "not held whole, and cannot be read forward")    \
	X(VG_H_DEPTH, "unpack_failed_total:reason=depth", "containers inside more containers than allowed")          \
	X(VG_H_HITS_UNNAMED, "hits_not_named_total", "look-ups with more hits than a record names")                  \
	X(VG_H_SEEN_ASKED, "seen_before_lookups_total", "whole pictures asked for among those seen before")          \
	X(VG_H_SEEN, "seen_before_hits_total", "of these: seen before, neither decoded nor looked up again")         \
	X(VG_H_SCALED, "images_scaled_total", "pictures decoded smaller that are near no listed hash")               \
	X(VG_H_SCALED_AGAIN, "images_scaled_confirmed_total", "of other pictures decoded smaller: decoded exactly")  \
	X(VG_H_EARLY, "early_looks_total", "progressive JPEGs looked at while they still came")                      \
	X(VG_H_EARLY_NEAR, "early_hits_total", "of these: near a listed hash, so that they go first")                \
	X(VG_H_EARLY_MATCHED, "early_hits_confirmed_total", "of these: a match once they were whole")                \
	VG_MEDIA_COUNTERS(X)

enum vg_dataplane_counter {
#define X(sym, name, help) sym,
	VG_DATAPLANE_COUNTERS(X)
#undef X
		VG_C_N
};
enum vg_hashing_counter {
#define X(sym, name, help) sym,
	VG_HASHING_COUNTERS(X)
#undef X
		VG_H_N
};
struct vg_counter_text {
	const char *name, *help;
};
