# Odradek: plain `make` builds; `make help` lists what else there is.
.DEFAULT_GOAL := all

CC     ?= gcc
OPT    ?= -O2
SAN    ?=
ifeq ($(origin CC),default)
CC := gcc
endif

# Variants build in folders of their own, so switching does not rebuild the world.
variant := $(if $(filter-out gcc,$(CC)),-$(notdir $(CC)))$(if $(filter-out -O2,$(OPT)),$(OPT))$(if $(SAN),-$(subst $(comma),-,$(SAN)))$(if $(COV),-coverage)
comma   := ,
BUILD   ?= build$(variant)

WARN    := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla $(if $(WERROR),-Werror)
CFLAGS  := -std=c11 -D_GNU_SOURCE -g $(OPT) $(WARN) -Isrc -I. -fno-strict-overflow -pthread -MMD -MP $(EXTRA_CFLAGS)
LDFLAGS := -pthread $(EXTRA_LDFLAGS)
LIBS    := -lz -lsnappy -llz4 -lzstd -ljansson -lm
ifneq ($(wildcard /usr/include/isa-l/crc.h),)
CFLAGS  += -DHAVE_ISAL
LIBS    += -lisal
endif
ifneq ($(wildcard /usr/include/liburing.h),)
CFLAGS  += -DHAVE_LIBURING
LIBS    += -luring
endif
ifneq ($(SAN),)
CFLAGS  += -fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=all
LDFLAGS += -fsanitize=$(SAN)
endif
ifneq ($(COV),)
CFLAGS  += --coverage -DODRADEK_COVERAGE
LDFLAGS += --coverage
endif

# The core is what both worlds run; it must not touch the operating system (make check-walls).
core_dirs := base wire log replication groups delivery cluster client broker
core_src  := $(foreach d,$(core_dirs),$(wildcard src/$(d)/*.c))
real_src  := $(wildcard src/copy/*.c src/posix/*.c src/bench/*.c src/cli/*.c)
sim_src   := $(wildcard sim/*.c)
unit_src  := $(wildcard tests/unit/test_*.c)
help_src  := $(filter-out $(unit_src),$(wildcard tests/unit/*.c))

obj = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
core_obj := $(call obj,$(core_src))
real_obj := $(call obj,$(real_src))
sim_obj  := $(call obj,$(sim_src))
unit_bin := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(unit_src))
# For unit tests: everything but the two main()s.
real_lib := $(filter-out $(BUILD)/obj/src/cli/main.o,$(real_obj))
sim_lib  := $(filter-out $(BUILD)/obj/sim/main.o,$(sim_obj))

.PHONY: all
all: $(BUILD)/odradek $(BUILD)/odradek-sim

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -c $< -o $@

$(BUILD)/libodradek.a: $(core_obj)
	@rm -f $@
	ar rcs $@ $^

$(BUILD)/odradek: $(real_obj) $(BUILD)/libodradek.a
	$(CC) $(LDFLAGS) $^ $(LIBS) -linih -o $@

$(BUILD)/odradek-sim: $(sim_obj) $(BUILD)/libodradek.a
	$(CC) $(LDFLAGS) $^ $(LIBS) -o $@

# The simulator without its main(), for fuzz targets.
$(BUILD)/sim.a: $(sim_lib)
	@rm -f $@
	ar rcs $@ $^

$(BUILD)/tests/%: $(BUILD)/obj/tests/unit/%.o $(call obj,$(help_src)) $(real_lib) $(sim_lib) $(BUILD)/libodradek.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) $(filter-out %.a,$^) $(BUILD)/libodradek.a -lcmocka -linih $(LIBS) -o $@

.PHONY: unit-tests
unit-tests: $(unit_bin)

# Holds the book against the programs (chapters/tool/main.c says how).
$(BUILD)/book-tool: $(call obj,$(wildcard chapters/tool/*.c))
	$(CC) $(LDFLAGS) $^ -o $@

# --- what people call ---

.PHONY: help deps demo test check check-walls experiments coverage sweep bench bench-sim fuzz format interop clean
.PHONY: book diagrams test-book book-update docs
include $(wildcard labs/labs.mk)
help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

deps: ## install the Debian packages that building and testing need
	@sh tests/deps.sh check

demo: ## the project in four acts, under 20 seconds once built
	@sh tests/deps.sh build
	@$(MAKE) -s -j2 all
	@BUILD=$(BUILD) sh labs/demo.sh

integration := $(sort $(wildcard tests/integration/*.sh))
integration := $(filter-out tests/integration/lib.sh,$(integration))

test: ## all tests that need nothing but Debian packages
	@sh tests/deps.sh test
	@$(MAKE) -s -j2 WERROR=1 all unit-tests $(BUILD)/book-tool $(BUILD)/lab
	@BUILD=$(BUILD) sh tests/run.sh $(unit_bin) $(integration)

export HASH_SEEDS SWEEP_SEEDS VALGRIND_TESTS LABS HANDOUTS
check: ## walls, format, warnings, sanitizers, valgrind, a bounded sweep, equal hashes, a lab
	@sh tests/deps.sh check
	@$(MAKE) -s -j2 all unit-tests $(BUILD)/lab
	@BUILD=$(BUILD) sh tests/run.sh $(sort $(wildcard tests/checks/*.sh))

check-walls: $(BUILD)/libodradek.a ## the core uses nothing but struct world; no include climbs a floor
	@sh tests/check_walls.sh $<

SEEDS ?= 1..2000
sweep: $(BUILD)/odradek-sim ## random clusters and faults: make sweep SEEDS=1..20000
	$(BUILD)/odradek-sim sweep --seeds $(SEEDS) --jobs 2

# ROWS=B3,B6  ROUNDS=1  QUICK=1  KAFKA=HOST:PORT (or none)  PEERS=none
bench: ## our broker against every peer that is to be had, in 8 minutes: make bench ROWS=B3,B6
	@PEERS=$(PEERS) sh tests/deps.sh bench
	@$(MAKE) -s -j2 $(BUILD)/odradek
	@CC=$(CC) /usr/bin/python3 -B tests/bench/bench.py --odradek $(BUILD)/odradek --out build/bench \
		$(if $(ROWS),--rows $(ROWS)) $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(QUICK),--quick) \
		$(if $(KAFKA),--kafka $(KAFKA)) $(if $(filter none,$(PEERS)),--no-peers)

bench-sim: $(BUILD)/odradek-sim ## how fast the simulator is, against brokers, partitions and load
	@BUILD=$(BUILD) bash tests/bench_sim.sh

experiments: ## the copy strategies and the disk, measured: a report with plots, in 10 minutes
	@sh tests/deps.sh experiments
	@$(MAKE) -s -j2 $(BUILD)/odradek
	@mkdir -p build
	@$(BUILD)/odradek bench experiments --output build/experiments $(if $(QUICK),--quick)

# --- the book: chapters/, docs/ and their figures ---

book: diagrams ## the book: build/book/index.html, and book.pdf where weasyprint is to be had
	@BUILD=$(BUILD) sh chapters/make.sh

diagrams: ## the book's figures, from traces, dumps and counters: build/diagrams/
	@sh tests/deps.sh book
	@$(MAKE) -s -j2 all $(BUILD)/book-tool
	@BUILD=$(BUILD) sh diagrams/make.sh

test-book: ## every command, excerpt and citation of the book, the slow ones too
	@sh tests/deps.sh test
	@$(MAKE) -s -j2 all $(BUILD)/book-tool
	@BUILD=$(BUILD) SLOW=--slow LINES_SHOWN=5000 sh tests/run.sh tests/integration/book.sh

PAGES ?= $(sort $(wildcard chapters/*.md docs/*.md))
book-update: ## what commands print now, written into the book: make book-update PAGES=F.md
	@sh tests/deps.sh test
	@$(MAKE) -s -j2 all $(BUILD)/book-tool
	@$(BUILD)/book-tool update $(BUILD) $(PAGES)
	@$(MAKE) -s docs

docs: $(BUILD)/odradek ## the reference pages that the program prints, and the table of labs
	@BUILD=$(BUILD) sh docs/generate.sh
	@sh docs/labs_table.sh update

coverage: ## lines of src/ and sim/ that the tests reach (gcovr)
	@sh tests/deps.sh check
	@$(MAKE) -s -j2 COV=1 OPT=-O1 all unit-tests
	@BUILD=build-O1-coverage sh tests/coverage.sh

FUZZ_SECONDS ?= 30
fuzz: ## libFuzzer on frames, batches and recovery: make fuzz FUZZ_SECONDS=300
	@sh tests/deps.sh check
	@FUZZ_SECONDS=$(FUZZ_SECONDS) sh tests/fuzz.sh

interop: all ## clients from other registries, where those answer
	@BUILD=$(BUILD) sh tests/run.sh $(sort $(wildcard tests/interop/*.sh))

format: ## clang-format over everything
	@clang-format -i $$(find src sim tests chapters labs -name '*.[ch]')

clean: ## remove what was built
	rm -rf build build-* labs/*/out

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
