# Daybook. `make` builds build/daybook, `make run` starts a demonstration, `make test` runs everything that
# decides whether a change may go in; `make help` lists the rest. GNU Make 4.3; no configure step.

V ?= release# the variant: release, asan, tsan, fuzz or cover; each is built into build/VARIANT
WERROR ?= # 1: warnings are errors (make test sets it)
FUZZ_SECONDS ?= 60# per fuzz target
FUZZ_TARGETS ?= $(fuzz_names)
TEST_TIMEOUT ?= 600# seconds per test program
TEST_JOBS ?= 2# test programs run at a time
BENCH_ARGS ?= # of bench/run: --events N,N --shapes NAME ... (bench/README.md)
JOBS ?= $(shell nproc 2>/dev/null || echo 1)# compilations at a time under run, test and the variants
PREFIX ?= /usr/local
DESTDIR ?=
RUN_ARGS ?= serve --demo

ifeq ($(origin CC),default)
CC := gcc
endif
ifeq ($(V),fuzz)
CC := clang# libFuzzer is clang's
endif
clang := $(findstring clang,$(CC))
ifeq ($(origin CXX),default)
CXX := $(if $(clang),$(subst clang,clang++,$(CC)),$(subst gcc,g++,$(CC)))
endif

folder_of = build/$(1)$(if $(filter-out fuzz,$(1)),$(if $(clang),-clang))
B := $(call folder_of,$(V))

# --- sources --------------------------------------------------------------------------------------------------------
main_source := $(wildcard src/daemon/main.c)
library_sources := $(filter-out $(main_source),$(wildcard src/*/*.c src/*/*.cc))
unit_sources := $(wildcard tests/unit/*/*_test.c)
# In these folders NAME_test.c is a program; every other file is shared by the programs of its folder.
property_sources := $(wildcard tests/property/*_test.c)
crash_sources := $(wildcard tests/crash/*_test.c)
support_sources := $(wildcard tests/support/*.c)
fuzz_sources := $(wildcard tests/fuzz/*_fuzz.c)
fuzz_names := $(fuzz_sources:tests/fuzz/%_fuzz.c=%)
bench_sources := $(wildcard bench/*.c)
c_files := $(wildcard src/*/*.[ch] src/*/*.cc tests/*.[ch] tests/*/*.[ch] tests/*/*/*.[ch] bench/*.[ch])

objects = $(patsubst %,$(B)/%.o,$(basename $(1)))
programs = $(patsubst %.c,$(B)/%,$(1))
shared_by = $(call objects,$(filter-out %_test.c,$(wildcard tests/$(1)/*.c)))

library := $(B)/libdaybook.a
support := $(if $(support_sources),$(B)/libsupport.a)
program := $(if $(main_source),$(if $(filter release,$(notdir $(B))),build/daybook,$(B)/daybook))
unit_programs := $(call programs,$(unit_sources))
property_programs := $(call programs,$(property_sources))
crash_programs := $(call programs,$(crash_sources))
replay_programs := $(fuzz_names:%=$(B)/replay/%)
assets := $(if $(main_source),$(B)/assets/assets.o $(B)/assets/table.o)
web_sources := $(shell find web -name node_modules -prune -o -type f -print 2>/dev/null)
e2e_programs := $(wildcard tests/e2e/*.sh tests/e2e/*.py)
# These take longest: they begin first, and the short unit tests last, so that all end together.
long_programs := tests/e2e/kill_test.py $(property_programs)
web_programs := $(patsubst %,"npm --prefix web run --silent %",check lint test budget) \
  $(patsubst %,"node %",$(wildcard tests/browser/*_test.mjs))

# --- flags ----------------------------------------------------------------------------------------------------------
packages := libmicrohttpd gnutls simdjson libzstd zlib sqlite3 libmaxminddb libsodium libcrypto libutf8proc libcurl icu-i18n icu-uc \
  liboath libqrencode
package_flags := $(shell pkg-config --cflags $(packages) 2>/dev/null)
package_libs := $(shell pkg-config --libs $(packages) 2>/dev/null)
check_libs = $(shell pkg-config --libs check)

warnings := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wvla -Wwrite-strings -Wcast-qual \
  -Wformat=2 -Wundef -Wnull-dereference $(if $(filter 1,$(WERROR)),-Werror)
c_warnings := -Wstrict-prototypes -Wmissing-prototypes

hardening := -D_FORTIFY_SOURCE=2 -fstack-protector-strong
flags_release := -O2 -ftree-vectorize $(if $(clang),,-fvect-cost-model=dynamic) $(hardening)
flags_asan := -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined
flags_tsan := -O1 -fsanitize=thread
flags_fuzz := -O1 -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined
flags_cover := -O0 --coverage
variant_flags := $(flags_$(V))

compile_flags := -g -fPIE -pthread -MMD -MP -D_GNU_SOURCE -Isrc -I. $(package_flags) $(variant_flags) $(warnings)
compile_c = $(CC) -std=c11 $(compile_flags) $(c_warnings) $(CFLAGS)
compile_cxx = $(CXX) -std=c++17 $(compile_flags) $(CXXFLAGS)
link = $(CC) -pie -pthread -Wl,-z,relro,-z,now $(variant_flags) $(LDFLAGS)
libs := $(package_libs) -lcjose -lstdc++ -lm# cjose.pc asks for headers of jansson that are not needed

# run, test and the variants call make again: the libraries they need may only just have been installed.
MAKEFLAGS += --no-print-directory --no-builtin-rules
again = $(MAKE) $(if $(filter -j%,$(MAKEFLAGS)),,-j$(JOBS))

Q := $(if $(VERBOSE),,@)# VERBOSE=1 shows whole commands
say = @echo '  $(1)'

# --- building -------------------------------------------------------------------------------------------------------
.PHONY: all build
all: build
build: $(library) $(program)

have_packages:
	@test -n '$(package_libs)' || { echo 'Libraries are missing: run "make deps" first.' >&2; exit 1; }
.PHONY: have_packages

$(B)/%.o: %.c Makefile | have_packages
	@mkdir -p $(@D)
	$(call say,CC $<)
	$(Q)$(compile_c) -c -o $@ $<

$(B)/%.o: %.cc Makefile | have_packages
	@mkdir -p $(@D)
	$(call say,CXX $<)
	$(Q)$(compile_cxx) -c -o $@ $<

$(library): $(call objects,$(library_sources))
	@rm -f $@
	$(call say,AR $@)
	$(Q)$(AR) rcs $@ $^

$(B)/libsupport.a: $(call objects,$(support_sources))
	@rm -f $@
	$(call say,AR $@)
	$(Q)$(AR) rcs $@ $^

$(B)/daybook: $(call objects,$(main_source)) $(assets) $(library)
	$(call say,LINK $@)
	$(Q)$(link) -o $@ $^ $(libs)

# The viewer: built by Node into build/web, linked into the program.
.PHONY: web
web: build/web.stamp

have_node:
	@command -v npm >/dev/null || { echo 'The viewer is built with Node.js: run "make deps" first.' >&2; exit 1; }
.PHONY: have_node

web/node_modules/.package-lock.json: web/package-lock.json web/package.json | have_node
	$(call say,NPM web)
	$(Q)npm ci --prefix web --no-audit --no-fund --loglevel=error
	@touch $@

build/web.stamp: $(web_sources) | web/node_modules/.package-lock.json
	$(call say,WEB build/web)
	$(Q)npm --prefix web run --silent build
	@touch $@

$(B)/assets/table.c: build/web.stamp web/paths.json tools/embed-assets.mjs
	@mkdir -p $(@D)
	$(Q)node tools/embed-assets.mjs build/web web/paths.json $(@D)/assets.S $@

$(B)/assets/assets.o: $(B)/assets/table.c
	$(Q)$(CC) -c -o $@ $(B)/assets/assets.S

$(B)/assets/table.o: $(B)/assets/table.c
	$(Q)$(compile_c) -c -o $@ $<

build/daybook: build/release/daybook
	cp -f $< $@ # also while a server runs it

$(unit_programs): %: %.o $(support) $(library)
	$(call say,LINK $@)
	$(Q)$(link) -o $@ $(filter %.o,$^) $(support) $(library) $(check_libs) $(libs)

$(property_programs): %: %.o $(call shared_by,property) $(support) $(library)
	$(call say,LINK $@)
	$(Q)$(link) -o $@ $(filter %.o,$^) $(support) $(library) $(check_libs) $(libs)

$(crash_programs): %: %.o $(call shared_by,crash) $(support) $(library)
	$(call say,LINK $@)
	$(Q)$(link) -o $@ $(filter %.o,$^) $(support) $(library) $(check_libs) $(libs)

$(call programs,$(bench_sources)): %: %.o $(support) $(library)
	$(call say,LINK $@)
	$(Q)$(link) -o $@ $(filter %.o,$^) $(support) $(library) $(libs)

# A fuzz target is linked twice: with a driver that replays its corpus, and (V=fuzz) with libFuzzer.
$(B)/replay/%: $(B)/tests/fuzz/%_fuzz.o $(B)/tests/fuzz/driver.o $(support) $(library)
	@mkdir -p $(@D)
	$(call say,LINK $@)
	$(Q)$(link) -o $@ $(filter %.o,$^) $(support) $(library) $(libs)

$(B)/libfuzzer/%: $(B)/tests/fuzz/%_fuzz.o $(support) $(library)
	@mkdir -p $(@D)
	$(call say,LINK $@)
	$(Q)$(link) -fsanitize=fuzzer -o $@ $(filter %.o,$^) $(support) $(library) $(libs)

.SECONDARY:
-include $(wildcard $(B)/src/*/*.d $(B)/tests/*/*.d $(B)/tests/*/*/*.d $(B)/bench/*.d)

# --- what is needed -------------------------------------------------------------------------------------------------
.PHONY: deps
deps: build/.deps-all

build/.deps-build build/.deps-test build/.deps-all: build/.deps-%: tools/install-deps
	@mkdir -p build
	tools/install-deps $*
	@touch $@

# --- running and testing --------------------------------------------------------------------------------------------
.PHONY: run test check asan tsan units release_tests sanitized_tests
run: build/.deps-build
	+@$(again) V=release build
	build/daybook $(RUN_ARGS)

export DAYBOOK := $(CURDIR)/$(or $(program),build/daybook)
export CK_FORK := yes
run_tests = tools/run-tests --jobs $(TEST_JOBS) --timeout $(TEST_TIMEOUT)

units: $(unit_programs)
release_tests: bench_programs $(unit_programs) $(property_programs) $(crash_programs)
sanitized_tests: $(unit_programs) $(replay_programs)

units_of = $(unit_programs:$(B)/%=$(call folder_of,$(1))/%)
replays = $(foreach name,$(fuzz_names),"$(call folder_of,asan)/replay/$(name) tests/fuzz/corpus/$(name)")

# Unit tests run twice: as released, and under the address and undefined-behaviour sanitizers.
test: build/.deps-test build/geo/.installed build/oidc/.installed
	+@$(again) V=release WERROR=1 release_tests
	+@$(again) V=asan WERROR=1 sanitized_tests
	@$(run_tests) tools/check-folders $(long_programs) $(filter-out $(long_programs),$(e2e_programs)) \
	  $(web_programs) $(crash_programs) $(call units_of,asan) $(replays) $(unit_programs)

# The databases that geo_test.py reads, 140 MB; where npm cannot get them, that test is skipped and says so.
build/geo/.installed: tests/geo/package.json tests/geo/package-lock.json
	@mkdir -p $(@D)
	@cp tests/geo/package.json tests/geo/package-lock.json $(@D)
	npm ci --prefix $(@D) --no-audit --no-fund --ignore-scripts --loglevel=error && touch $@ || true

# The identity provider of oidc_test.py.
build/oidc/.installed: tests/oidc/package.json tests/oidc/package-lock.json
	@mkdir -p $(@D)
	@cp tests/oidc/package.json tests/oidc/package-lock.json $(@D)
	npm ci --prefix $(@D) --no-audit --no-fund --ignore-scripts --loglevel=error && touch $@ || true

check: build/.deps-test
	+@$(again) V=release build units
	@$(run_tests) $(unit_programs)

asan tsan: build/.deps-test
	+@$(again) V=$@ units $(if $(filter asan,$@),sanitized_tests)
	@$(run_tests) $(call units_of,$@) $(if $(filter asan,$@),$(replays))

.PHONY: fuzz fuzz_programs bench bench_programs cover
fuzz: build/.deps-all
	+@$(again) V=fuzz fuzz_programs
	@for name in $(FUZZ_TARGETS); do \
	  mkdir -p build/fuzz/corpus/$$name tests/fuzz/corpus/$$name && echo "fuzzing $$name for $(FUZZ_SECONDS) s" && \
	  build/fuzz/libfuzzer/$$name -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
	    -artifact_prefix=build/fuzz/$$name- build/fuzz/corpus/$$name tests/fuzz/corpus/$$name || exit 1; \
	done

fuzz_programs: $(fuzz_names:%=$(B)/libfuzzer/%)
bench_programs: build $(call programs,$(bench_sources))

bench: build/.deps-test
	+@$(again) V=release bench_programs
	bench/run --install
	bench/run $(BENCH_ARGS)

cover: build/.deps-test
	@rm -rf build/cover
	+@$(again) V=cover CC=gcc units
	@$(run_tests) $(call units_of,cover)
	@tools/coverage build/cover

# --- keeping the code in order --------------------------------------------------------------------------------------
.PHONY: lint format install clean help screenshots
lint: build/.deps-all
	clang-format --dry-run -Werror $(c_files)
	tools/check-folders
	for header in $(wildcard src/*/*.h); do \
	  $(CC) -std=c11 -D_GNU_SOURCE -Isrc $(warnings) -Werror -fsyntax-only -x c $$header \
	    -Wno-unused-function || exit 1; done
	printf '%s\n' $(filter src/%.c,$(c_files)) | xargs -P $(JOBS) -n 4 \
	  sh -c 'clang-tidy --quiet "$$@" -- -std=c11 -D_GNU_SOURCE -Isrc -I.' clang-tidy

format: build/.deps-all
	clang-format -i $(c_files)

# The pictures of README.md and docs/guide; tools/install-deps test installs Chromium.
screenshots: build/.deps-test
	+@$(again) V=release build
	tools/screenshots.mjs $(PAGES)

install: build
	install -D -m 755 build/daybook $(DESTDIR)$(PREFIX)/bin/daybook
	if [ -f man/daybook.1 ]; then \
	  install -D -m 644 man/daybook.1 $(DESTDIR)$(PREFIX)/share/man/man1/daybook.1; fi
	if [ -f completions/daybook.bash ]; then \
	  install -D -m 644 completions/daybook.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/daybook; fi

clean:
	rm -rf build

help:
	@echo 'make          build/daybook, optimized and hardened'
	@echo 'make run      start a server with demonstration data; prints its URL, a key and commands to try'
	@echo 'make test     every test; installs what is missing; ends with "N passed, N failed, N skipped"'
	@echo 'make check    the unit tests alone'
	@echo 'make asan     unit tests under the address and undefined-behaviour sanitizers; make tsan: thread sanitizer'
	@echo 'make web      the viewer alone, into build/web (needs Node.js 18 and npm, which make run and make test install)'
	@echo 'make fuzz     each fuzz target for FUZZ_SECONDS=$(FUZZ_SECONDS) (FUZZ_TARGETS="a b": only these)'
	@echo 'make bench    measure beside other stores, which it installs (BENCH_ARGS="--events 100000 --peers sqlite")'
	@echo 'make cover    line coverage of the unit tests'
	@echo 'make lint     formatting, folder rules, clang-tidy; make format: format in place'
	@echo 'make screenshots  the pictures of docs/images, of a demonstration (PAGES="search event": only these)'
	@echo 'make install  DESTDIR=$(DESTDIR) PREFIX=$(PREFIX)'
	@echo 'make deps     install what building and testing need; make clean'
