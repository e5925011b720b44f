# Vigil: one Makefile for the whole house, no recursion; all that is made lands in build/. `make help` lists the doors.
MODE    ?= release
MODE    := $(strip $(MODE))
O       := build/$(MODE)
PREFIX  ?= /usr
DESTDIR ?=
CC      ?= cc
AR      ?= ar
VERSION := 0.1.0
BUILD_ID := $(shell git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
# As many jobs as cores, where nobody said otherwise.
ifeq ($(filter -j% --jobserver%,$(MAKEFLAGS)),)
MAKEFLAGS += -j$(shell nproc)
endif
ROOMS   := forward dataplane hashing control
# The libraries come from Debian's packages; the doors below install them first where they are missing.
NEEDS_DEPS := $(filter-out help clean deps format,$(or $(MAKECMDGOALS),all))
ifneq ($(NEEDS_DEPS),)
DEPS_SAID := $(shell sh deploy/deps.sh >&2 || echo failed)
ifeq ($(DEPS_SAID),failed)
$(error deploy/deps.sh could not provide the packages, see above)
endif
endif
pkg = $(shell pkg-config $(1) 2>/dev/null)

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wcast-qual -Wpointer-arith -Wvla -Wformat=2 \
        -Wimplicit-fallthrough -Wundef -Werror
OPT_release := -O2 -g -D_FORTIFY_SOURCE=2
OPT_debug   := -O0 -g3
OPT_asan    := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
OPT_tsan    := -O1 -g -fsanitize=thread
OPT_cov     := -O0 -g --coverage
CFLAGS   = -std=gnu11 $(WARN) $(OPT_$(MODE)) -fstack-protector-strong -fPIE -fvisibility=hidden $(CFLAGS_$(firstword $(subst /, ,$*))) $(ARCH) $(TIER) $(EXTRA_CFLAGS)
CPPFLAGS = -D_GNU_SOURCE -Iinclude -I. -MMD -MP -DVG_VERSION='"$(VERSION)"' -DVG_BUILD_ID='"$(BUILD_ID)"'
LDFLAGS  = -pie -Wl,-z,relro,-z,now $(filter -fsanitize=% --coverage,$(OPT_$(MODE))) $(EXTRA_LDFLAGS)
ARCH    := -march=x86-64-v2

# DPDK's own flags name -march=corei7 and an -include; ours come after it.
CFLAGS_dataplane := $(patsubst -I%,-isystem %,$(call pkg,--cflags libdpdk))
CFLAGS_forward   := $(CFLAGS_dataplane)
CFLAGS_hashing   := $(patsubst -I%,-isystem %,$(call pkg,--cflags libopenjp2))
CFLAGS_control   := $(patsubst -I%,-isystem %,$(call pkg,--cflags libxml-2.0))
CFLAGS_tests     := $(CFLAGS_control)
LIBS_forward     := $(call pkg,--libs libdpdk) -lrte_net_ring -lseccomp
# DPDK's archives with the virtual drivers only (ADR 30): its shared build loads every driver there is, at each start.
# vigil-dataplane-cards is the same program over the shared build, which vigil-dataplane becomes where a port needs it.
DPDK_VIRTUAL     := -Wl,--wrap=eal_cpu_socket_id,-u,__wrap_eal_cpu_socket_id -Wl,--whole-archive $(patsubst %,-l:librte_%.a,bus_vdev mempool_ring net_af_packet net_memif net_pcap net_ring net_tap) -Wl,--no-whole-archive \
                    -Wl,--start-group $(patsubst %,-l:librte_%.a,ethdev net mbuf mempool ring eal telemetry kvargs meter timer hash rcu gso pci bus_pci) -Wl,--end-group -lnuma -lbsd
DPDK_TESTS       := -Wl,--whole-archive -l:librte_net_null.a -Wl,--no-whole-archive # a port that shares frames out
LIBS_inspect     := -lpcap -lhs_runtime -lndpi -lnghttp2 -lseccomp -lm
LIBS_dataplane   := $(DPDK_VIRTUAL) $(LIBS_inspect)
LIBS_cards       := $(call pkg,--libs libdpdk) -lrte_net_ring $(LIBS_inspect)
# What unpacks and digests; the decoders' libraries only in the program that has them (ADR 30).
LIBS_unpack      := -larchive -lz -lbz2 -llzma -lzstd -lbrotlidec -lcrypto -lseccomp -lm
LIBS_hashing     := -lavformat -lavcodec -lswscale -lavutil -ljpeg -lpng16 -lwebp -lwebpdemux -lgif -ltiff -lheif -lavif -ljxl -lopenjp2 $(LIBS_unpack)
LIBS_control     := -Wl,--as-needed -lsqlite3 -lsodium -lidn2 -lxml2 -lcurl -ljansson -lyaml -lcrypto -lseccomp -lpcap -lm
LIBS_tests       := -lmicrohttpd -lgnutls -lxml2 -lsodium -ljansson -ljpeg -lpng16 -lz -lbrotlienc -lcrypto -lpcap -lm

ifneq ($(V),1)
Q := @
say = @printf '  %-6s %s\n'
else
say = @:
endif
src   = $(sort $(shell find $(1) -name '*.c' 2>/dev/null))
obj   = $(patsubst %.c,$(O)/obj/%.o,$(1))
mods  = $(filter-out $(1)/main%,$(call src,$(1)))
UNIT  := $(patsubst tests/unit/%.c,$(O)/unit/%,$(call src,tests/unit))
BENCH := $(patsubst tests/bench/%.c,$(O)/bench/%,$(call src,tests/bench))
FUZZ  := $(patsubst tests/fuzz/%.c,$(O)/fuzz/%,$(filter tests/fuzz/fuzz_%,$(call src,tests/fuzz)))
room_of = $(firstword $(filter $(ROOMS),$(subst /, ,$(subst _, ,$(1)))))
archive_of = $(addprefix $(O)/lib/,$(addsuffix .a,$(call room_of,$(1))))
# main.c of a room is its daemon; main_x.c is another program of that room. tests/programs/x.c is a test program.
BIN_dataplane := vigil-dataplane vigil-dataplane-cards vigil-feed
BIN_forward   := vigil-forward
BIN_hashing   := vigil-hashing vigil-hashing-pictures
BIN_control   := vigild vigil-reporter vigilctl vigil-custodian
BINS  := $(foreach r,$(ROOMS),$(BIN_$(r):%=$(O)/bin/%))
TBINS := $(patsubst tests/programs/%.c,$(O)/bin/test-%,$(wildcard tests/programs/*.c)) $(O)/bin/vigil-endpoint $(O)/bin/test-draw
# Plug-ins (include/vigil/plugin.h): the example, and those that tests need.
PLUGINS := $(patsubst examples/plugin_%.c,$(O)/plugins/%.so,$(wildcard examples/plugin_*.c)) $(patsubst tests/plugins/%.c,$(O)/plugins/%.so,$(wildcard tests/plugins/*.c))
.DEFAULT_GOAL := all
.PHONY: all help deps programs tests test bench fuzz conformance e2e lint format demo demo-live install clean
.SECONDARY:

all: programs                      ## build every program into build/bin (and build/MODE/bin)
programs: $(BINS) $(TBINS) $(PLUGINS)
	@[ $(MODE) != release ] || { mkdir -p build/bin && for b in $(BINS) $(TBINS); do ln -sf ../$(MODE)/bin/$$(basename $$b) build/bin/; done; }
help:                              ## list the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## /\1|/' | column -t -s'|'
deps:                              ## install what is missing of Debian's packages (root)
	@sh deploy/deps.sh

# --- one rule per kind of thing -----------------------------------------------------------------------------------------
# SHA extensions are only used where they are asked for by name (hashing/digest/wide.h): no compiler does by itself.
$(O)/obj/%_avx2.o:   TIER = -march=x86-64-v3 -msha -ffp-contract=off
$(O)/obj/%_avx512.o: TIER = -march=x86-64-v4 -msha -mavx512vpopcntdq -mavx512bitalg -mprefer-vector-width=512 -ffp-contract=off
$(O)/obj/tests/programs/%_dataplane.o: TIER = $(CFLAGS_dataplane) $(ARCH)
$(O)/obj/%.o: %.c Makefile
	$(say) CC $<
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -c $< -o $@
define room
$(O)/lib/$(1).a: $(call obj,$(call mods,$(1)))
	$(say) AR $$@
	@mkdir -p $$(@D) && rm -f $$@
	$(Q)$(AR) rcs $$@ $$^
endef
$(foreach r,$(ROOMS),$(eval $(call room,$(r))))
# The table of magic numbers is compiled by Hyperscan here and not at each start.
$(O)/gen/write-magic: $(call obj,dataplane/main_magic.c dataplane/media/sniff.c dataplane/media/sniff_table_setup.c dataplane/scope/patterns_setup.c)
	@mkdir -p $(@D)
	$(Q)$(CC) $^ $(LDFLAGS) -lhs_runtime $(if $(findstring clang,$(CC)),-Xlinker --no-as-needed -l:libstdc++.so.6) -o $@
$(O)/gen/magic.c: $(O)/gen/write-magic
	$(say) GEN $@
	$(Q)$< >$@.new && mv $@.new $@
$(O)/obj/gen/magic.o: $(O)/gen/magic.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -c $< -o $@
$(O)/lib/dataplane.a: $(O)/obj/gen/magic.o
define program
$(O)/bin/$(1): $(O)/obj/$(2).o $(O)/lib/$(3).a
	$(say) LD $$@
	@mkdir -p $$(@D)
	$(Q)$(CC) $$^ $$(LDFLAGS) $(LIBS_$(or $(4),$(3))) -o $$@
endef
$(eval $(call program,vigil-forward,forward/main,forward))
$(eval $(call program,vigil-dataplane,dataplane/main,dataplane))
$(eval $(call program,vigil-dataplane-cards,dataplane/main,dataplane,cards))
$(eval $(call program,vigil-feed,dataplane/main_feed,dataplane))
$(eval $(call program,vigil-hashing,hashing/main,hashing,unpack))
$(eval $(call program,vigil-hashing-pictures,hashing/main_pictures,hashing))
$(eval $(call program,vigild,control/main,control))
$(eval $(call program,vigil-reporter,control/main_reporter,control))
$(eval $(call program,vigilctl,control/main_ctl,control))
$(eval $(call program,vigil-custodian,control/main_custodian,control))
# Test programs: the reporting endpoint, the picture drawer, attackers (named x_ROOM.c where they link a room).
$(O)/bin/vigil-endpoint: $(call obj,$(call src,tests/endpoint))
	$(say) LD $@
	@mkdir -p $(@D)
	$(Q)$(CC) $^ $(LDFLAGS) $(LIBS_tests) -o $@
$(O)/bin/test-draw: $(call obj,tests/data/draw.c)
	$(say) LD $@
	@mkdir -p $(@D)
	$(Q)$(CC) $^ $(LDFLAGS) $(LIBS_tests) -o $@

plugin = $(CC) $(CPPFLAGS) -std=gnu11 $(WARN) $(OPT_$(MODE)) -fstack-protector-strong -fPIC -shared -fvisibility=hidden $(ARCH) -MF $@.d $< -o $@
$(O)/plugins/%.so: examples/plugin_%.c Makefile
	$(say) SO $@
	@mkdir -p $(@D)
	$(Q)$(plugin)
$(O)/plugins/%.so: tests/plugins/%.c Makefile
	$(say) SO $@
	@mkdir -p $(@D)
	$(Q)$(plugin)

.SECONDEXPANSION:
$(O)/bin/test-%: $(O)/obj/tests/programs/%.o $$(call archive_of,$$*)
	$(say) LD $@
	@mkdir -p $(@D)
	$(Q)$(CC) $^ $(LDFLAGS) $(LIBS_$(call room_of,$*)) $(LIBS_tests) -o $@
$(O)/unit/%: tests/unit/%.c $$(call archive_of,$$*) $(wildcard tests/lib/*.h) Makefile
	$(say) TEST $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(CFLAGS_tests) -MF $@.d $(filter %.c %.a,$^) $(LDFLAGS) $(and $(filter dataplane/%,$*),$(DPDK_TESTS)) $(LIBS_$(call room_of,$*)) $(LIBS_tests) -lcmocka -o $@
# fuzz_ROOM_x.c and bench_ROOM_x.c link that room.
$(O)/fuzz/%: tests/fuzz/%.c tests/fuzz/driver.c $$(call archive_of,$$*) Makefile
	$(say) FUZZ $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(CFLAGS_$(call room_of,$*)) -MF $@.d $(filter %.c %.a,$^) $(LDFLAGS) $(LIBS_$(call room_of,$*)) -o $@
$(O)/bench/%: tests/bench/%.c $$(call archive_of,$$*) Makefile
	$(say) BENCH $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(CFLAGS_$(call room_of,$*)) -MF $@.d $< $(filter %.a,$^) $(LDFLAGS) $(LIBS_$(call room_of,$*)) $(LIBS_tests) -o $@

# --- doors --------------------------------------------------------------------------------------------------------------
tests: programs $(UNIT) $(FUZZ)    ## build every test
test: tests                        ## unit tests, conformance, fuzz corpora, lint: the whole quick suite
	@sh tests/run.sh unit fuzz conformance lint
conformance: programs              ## replay captures and published hashes against their manifests
	@sh tests/run.sh conformance
fuzz: $(FUZZ)                      ## replay every corpus through every fuzz target (FUZZ_S=seconds with clang explores)
	@sh tests/run.sh fuzz
e2e: programs                      ## live tests: namespaces, real servers, kill -9 at every step (root)
	@sh tests/run.sh e2e
bench: programs $(BENCH)           ## one line per figure: name value unit
	@sh tests/bench/run.sh $(O)
demo: programs                     ## replay a real capture against a local reporting endpoint and show the filed report
	@sh tests/demo.sh
demo-live: programs                ## the appliance inline between real nginx and curl: a listed picture is stopped and reported (root)
	@sh tests/demo_live.sh
lint: $(ROOMS:%=$(O)/lib/%.a)      ## arrows, hot path, mirror, sizes, clang-format, cppcheck
	@sh tests/lint/arrows.sh && sh tests/lint/hotpath.sh $(O)/obj && sh tests/lint/mirror.sh && sh tests/lint/sizes.sh && sh tests/lint/format.sh && sh tests/lint/cppcheck.sh
format:                            ## apply .clang-format
	@find forward dataplane hashing control include tests -name '*.[ch]' -o -name '*.inc' | xargs clang-format -i
install: programs                  ## DESTDIR and PREFIX are honoured
	@sh deploy/install.sh "$(O)/bin" "$(DESTDIR)" "$(PREFIX)"
clean:                             ## rm -rf build/
	rm -rf build
-include $(shell find build -name '*.d' 2>/dev/null)
