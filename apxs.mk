# SPDX-License-Identifier: Apache-2.0
# apxs.mk -- build, test and try mod_moodlesso.
#
#   (default)     the module, build/.libs/mod_moodlesso.so
#   demo          installs packages, builds, starts the demo, prints the URLs
#   check         installs packages, runs every test; the last line counts them
#   install       module and examples; DESTDIR=, LAYOUT=debian|rhel
#   test          unit + replay + guards
#   unit          T=cookie one program, F='names*' some of its tests, SAN=asan|tsan
#   httpd         K=framing some of the tests against real servers, SAN=asan|tsan
#   browser       Chromium and Firefox; K='chromium nested' some of the tests
#   differential  100,000 random policies and Set-Cookie lines, judged by independent parsers; COUNT=
#   fuzz          T=csp one target, SECS=600 how long each
#   bench         ratios against bare httpd and its peers; K=frame the instructions of some
#   bench-outage  what people feel while the identity provider is away, a minute
#   tidy cppcheck scan format format-check coverage apr-debug compile_commands.json clean
#
# base/, sso/ and io/ are compiled without httpd's include path: the floors of mod_moodlesso/README.md.

APXS    ?= apxs
ifeq ($(origin CC),default)
CC      := gcc
endif
BUILD   ?= build
PYTHON  ?= /usr/bin/python3
SECS    ?= 60
HTTPD   ?= $(firstword $(wildcard /usr/sbin/apache2 /usr/sbin/httpd) apache2)

MODULE  := $(BUILD)/.libs/mod_moodlesso.so
SOURCES := $(wildcard mod_moodlesso/base/*.c mod_moodlesso/sso/*.c mod_moodlesso/io/*.c)
GLUE    := $(wildcard mod_moodlesso/httpd/*.c)
# SAN=asan or SAN=tsan builds and runs everything with that sanitiser, in a folder of its own.
SAN     ?=
ifneq ($(SAN),)
override BUILD := build/$(SAN)
MODULE  := $(BUILD)/.libs/mod_moodlesso.so
endif
SAN_asan := -fsanitize=address,undefined -fno-omit-frame-pointer
SAN_tsan := -fsanitize=thread
OBJ     := $(BUILD)/obj

IS_CLANG := $(findstring clang,$(shell $(CC) --version 2>/dev/null | head -1))
WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition \
	-Wpointer-arith -Wwrite-strings -Wcast-qual -Wconversion -Wformat=2 -Wundef -Wvla \
	-Wnull-dereference -Wswitch-enum -Wimplicit-fallthrough -Wno-unused-parameter \
	$(if $(IS_CLANG),,-Wduplicated-cond -Wduplicated-branches -Wlogical-op)
WERROR  ?=
apxs_says = $(shell $(APXS) -q $(1) 2>/dev/null)
APU_INC := -I$(call apxs_says,APR_INCLUDEDIR)
HTTPD_FLAGS := -I$(call apxs_says,INCLUDEDIR) $(call apxs_says,EXTRA_CPPFLAGS)
CPPFLAGS += -Imod_moodlesso $(APU_INC) -D_GNU_SOURCE -D_REENTRANT
CFLAGS  := $(or $(CFLAGS),$(filter-out -O%,$(call apxs_says,CFLAGS)) $(if $(SAN),-O1,-O2 -D_FORTIFY_SOURCE=2))
CFLAGS_ALL = -std=gnu11 -fPIC -fvisibility=hidden $(CFLAGS) $(WARNINGS) $(WERROR) $(SAN_$(SAN))
LIBS    := -lcurl -ljansson -lhiredis -lpcre2-8 -lcrypto -lpthread
APR_LIBS := -laprutil-1 -lapr-1

OBJECTS := $(SOURCES:mod_moodlesso/%.c=$(OBJ)/%.o)
GLUE_OBJECTS := $(GLUE:mod_moodlesso/%.c=$(OBJ)/%.o)

# One short line per step; V=1 shows the commands.
comma := ,
run = $(if $(V),$(2),@printf '  %-5s %s\n' $(1) $@ && $(2))

.PHONY: all
all: $(MODULE)

.SUFFIXES:
.DELETE_ON_ERROR:

$(MODULE): $(OBJECTS) $(GLUE_OBJECTS) mod_moodlesso/mod_moodlesso.map
	@mkdir -p $(@D)
	$(call run,link,$(CC) -shared $(SAN_$(SAN)) -Wl$(comma)-z$(comma)relro -Wl$(comma)-z$(comma)now -Wl$(comma)--as-needed \
	  -Wl$(comma)--version-script=mod_moodlesso/mod_moodlesso.map -o $@ $(OBJECTS) $(GLUE_OBJECTS) $(LIBS))

$(OBJ)/httpd/%.o: mod_moodlesso/httpd/%.c | $(OBJ)
	$(call run,cc,$(CC) $(CPPFLAGS) $(HTTPD_FLAGS) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<)

$(OBJ)/%.o: mod_moodlesso/%.c | $(OBJ)
	$(call run,cc,$(CC) $(CPPFLAGS) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<)

# Built in as they are; the compiler does not see them as headers.
$(OBJ)/sso/page_files.o: $(wildcard mod_moodlesso/pages/*)

$(OBJ):
	@mkdir -p $(OBJ)/base $(OBJ)/sso $(OBJ)/io $(OBJ)/httpd

-include $(wildcard $(OBJ)/*/*.d)

# -- unit tests: make -f apxs.mk unit [T=cookie] [F='names*'] --------------------------------------

UNITS := $(patsubst tests/unit/test_%.c,%,$(wildcard tests/unit/test_*.c))
UNIT_PROGRAMS := $(UNITS:%=$(BUILD)/test_%)
UNIT_SUPPORT := $(patsubst tests/unit/%.c,$(OBJ)/unit/%.o,$(filter-out tests/unit/test_%,$(wildcard tests/unit/*.c)))
UNIT_FLAGS = -Itests/unit $(filter-out -Wconversion -Wcast-qual -Wnull-dereference,$(CFLAGS_ALL)) -Wno-missing-prototypes -Wno-missing-field-initializers

$(OBJ)/unit/%.o: tests/unit/%.c
	@mkdir -p $(@D)
	$(call run,cc,$(CC) $(CPPFLAGS) $(UNIT_FLAGS) -MMD -MP -c -o $@ $<)

$(BUILD)/test_%: $(OBJ)/unit/test_%.o $(UNIT_SUPPORT) $(OBJECTS)
	$(call run,link,$(CC) $(SAN_$(SAN)) -o $@ $^ $(LIBS) $(APR_LIBS) -lcmocka)

# Pools, flights and handles of io/ live as long as the process, by design: no leak check for those.
LIVE_FOR_EVER := $(patsubst mod_moodlesso/io/%.c,%,$(wildcard mod_moodlesso/io/*.c))

.SECONDARY:
.PHONY: unit
unit: $(if $(T),$(BUILD)/test_$(T),$(UNIT_PROGRAMS))
	@failed=0; for t in $^; do \
	  case " $(LIVE_FOR_EVER) " in *" $${t##*/test_} "*) leaks=0;; *) leaks=1;; esac; \
	  ASAN_OPTIONS=detect_leaks=$$leaks CMOCKA_MESSAGE_OUTPUT=TAP $$t $(if $(F),'$(F)') >$$t.tap 2>&1 || failed=1; \
	  grep -E '^(not ok|# |==|ERROR|SUMMARY)' $$t.tap | grep -v '# ok' || true; \
	done; \
	echo "unit: $$(cat $(^:=.tap) | grep -c '^ok') passed, $$(cat $(^:=.tap) | grep -c '^not ok') failed"; exit $$failed

# -- fuzzing: replay is part of every test run; make -f apxs.mk fuzz T=csp SECS=600 searches ---------

FUZZ := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))

$(BUILD)/replay_%: tests/fuzz/fuzz_%.c tests/fuzz/replay.c tests/fuzz/fuzz.h $(OBJECTS)
	$(call run,link,$(CC) $(CPPFLAGS) -Itests/fuzz $(UNIT_FLAGS) -o $@ $(filter %.c %.o,$^) $(LIBS) $(APR_LIBS))

.PHONY: replay fuzz
replay: $(FUZZ:%=$(BUILD)/replay_%)
	@for t in $(FUZZ); do $(BUILD)/replay_$$t tests/fuzz/corpus/$$t || exit 1; done

# The parsers alone are compiled again, by clang, with coverage for the fuzzer.
FUZZ_SOURCES := $(wildcard mod_moodlesso/base/*.c mod_moodlesso/sso/*.c)
$(BUILD)/fuzz_%: tests/fuzz/fuzz_%.c tests/fuzz/fuzz.h $(FUZZ_SOURCES)
	@mkdir -p $(BUILD)
	$(call run,fuzz,clang -g -O1 -fsanitize=fuzzer$(comma)address$(comma)undefined -fno-sanitize-recover=undefined $(CPPFLAGS) -Itests/fuzz -std=gnu11 \
	  -o $@ $(filter %.c,$^) -ljansson -lpcre2-8 -lcrypto $(APR_LIBS))

fuzz: $(if $(T),$(BUILD)/fuzz_$(T),$(FUZZ:%=$(BUILD)/fuzz_%))
	@for t in $(or $(T),$(FUZZ)); do \
	  mkdir -p $(BUILD)/corpus/$$t; \
	  $(BUILD)/fuzz_$$t -max_total_time=$(SECS) -max_len=16384 -print_final_stats=1 -verbosity=0 \
	    -dict=tests/fuzz/dict/$$t.dict -artifact_prefix=$(BUILD)/crash-$$t- $(BUILD)/corpus/$$t tests/fuzz/corpus/$$t \
	    2>&1 | tee $(BUILD)/fuzz-$$t.log | grep -E 'ERROR|SUMMARY|number_of_executed_units' | sed "s/^/$$t: /"; \
	  grep -q 'number_of_executed_units' $(BUILD)/fuzz-$$t.log && ! ls $(BUILD)/crash-$$t-* >/dev/null 2>&1 || exit 1; \
	done

# -- guards and analysis ---------------------------------------------------------------------------

.PHONY: guards guard-headers format format-check cppcheck tidy scan
guards: guard-headers
	@tests/check_floors.sh && tests/check_banned.sh && tests/check_documented.sh && tests/check_tested.sh

guard-headers:
	@HTTPD_FLAGS="$(HTTPD_FLAGS)" tests/check_headers.sh $(CC) $(CPPFLAGS) -std=gnu11 -Wall -Wextra -Wno-unused-parameter -Werror

C_FILES = $(wildcard mod_moodlesso/*/*.[ch] tests/unit/*.[ch] tests/fuzz/*.[ch] tests/browser/*.[ch] tests/httpd/*.c)
format:
	clang-format -i $(C_FILES)
format-check:
	clang-format --dry-run -Werror $(C_FILES)

# varFuncNullUB: APR's own variadic functions end in NULL. returnDanglingLifetime: takes "error" for "found"
# in sso_source_resolve. preprocessorErrorDirective: APR's headers without the system's.
cppcheck:
	cppcheck --quiet --error-exitcode=1 --enable=warning,portability,performance --inline-suppr --std=c11 \
	  --suppress=missingInclude --suppress=varFuncNullUB --suppress=returnDanglingLifetime \
	  --suppress=preprocessorErrorDirective -D__GNUC__ $(CPPFLAGS) $(HTTPD_FLAGS) mod_moodlesso

# The checks, and why some are off, are in .clang-tidy.
tidy:
	@printf '%s\n' $(SOURCES) $(GLUE) | xargs -P2 -n10 sh -c \
	  'clang-tidy --quiet "$$@" -- $(CPPFLAGS) $(HTTPD_FLAGS) -std=gnu11 2>/dev/null' tidy

scan:
	scan-build --status-bugs -o $(BUILD)/scan $(MAKE) -f apxs.mk BUILD=$(BUILD)/scan-objects all

# -- npm packages: they judge us, and one is a provider ---------------------------------------------

NPM := build/browser/node_modules/.package-lock.json
$(NPM): tests/browser/package.json tests/browser/package-lock.json
	@mkdir -p build/browser && cp $^ build/browser/ && \
	  npm ci --prefix build/browser --ignore-scripts --no-audit --no-fund --silent && touch $@

.PHONY: test httpd browser
test: unit replay guards

# -- integration: make -f apxs.mk httpd [K=framing] [SAN=asan|tsan] -----------------------------------
# JOBS=4 runs the files side by side; M='not alone' or M=alone some of the tests, by their marks.

APR_DEBUG := $(abspath build/apr-debug/lib)
httpd: $(MODULE) $(BUILD)/store_driver $(NPM) $(if $(filter asan,$(SAN)),apr-debug)
	@SAN=$(SAN) MODULE=$(abspath $(MODULE)) STORE_DRIVER=$(abspath $(BUILD)/store_driver) HTTPD=$(HTTPD) HTTPD_MODULES=$(call apxs_says,LIBEXECDIR) \
	  $(if $(filter asan,$(SAN)),APR_DEBUG=$(APR_DEBUG)) \
	  $(PYTHON) -m pytest -q -rfEs -p no:cacheprovider $(if $(JOBS),-n $(JOBS) --dist loadfile) tests/httpd \
	  $(if $(M),-m '$(M)') $(if $(K),-k '$(K)')

# What one node does with the store, without a server around it.
$(BUILD)/store_driver: tests/httpd/store_driver.c $(OBJECTS)
	$(call run,link,$(CC) $(CPPFLAGS) $(UNIT_FLAGS) -o $@ $^ $(LIBS) $(APR_LIBS))

# -- install -----------------------------------------------------------------------------------------

LAYOUT   ?= $(if $(wildcard /etc/debian_version),debian,rhel)
DESTDIR  ?=
LIBEXECDIR := $(call apxs_says,LIBEXECDIR)
ifeq ($(LAYOUT),rhel)
LOAD_DIR ?= /etc/httpd/conf.modules.d
CONF_DIR ?= /etc/httpd/conf.d
LOAD     := 10-moodlesso.conf
else
LOAD_DIR ?= /etc/apache2/mods-available
CONF_DIR ?= /etc/apache2/mods-available
LOAD     := moodlesso.load
endif
EXAMPLES ?= /usr/share/doc/mod_moodlesso

.PHONY: install install-check
install: $(MODULE)
	install -d $(DESTDIR)$(LIBEXECDIR) $(DESTDIR)$(LOAD_DIR) $(DESTDIR)$(CONF_DIR) $(DESTDIR)$(EXAMPLES)
	install -m 644 $(MODULE) $(DESTDIR)$(LIBEXECDIR)/mod_moodlesso.so
	sed 's|@LIBEXECDIR@|$(LIBEXECDIR)|' conf.d/moodlesso.load >$(DESTDIR)$(LOAD_DIR)/$(LOAD)
	install -m 644 conf.d/moodlesso.conf $(DESTDIR)$(CONF_DIR)/moodlesso.conf
	install -m 644 README.md conf.d/REFERENCE.md $(filter-out conf.d/moodlesso.conf,$(wildcard conf.d/*.conf)) $(DESTDIR)$(EXAMPLES)
	install -d $(DESTDIR)$(EXAMPLES)/pages
	install -m 644 mod_moodlesso/pages/* $(DESTDIR)$(EXAMPLES)/pages
	@echo "Installed. Debian: a2enmod moodlesso, apachectl configtest, then systemctl restart apache2. Examples: $(EXAMPLES)"

# Both layouts into build/, and httpd -t with what Debian's a2enmod would enable.
install-check: $(MODULE)
	@rm -rf $(BUILD)/root && for layout in debian rhel; do \
	  $(MAKE) -s -f apxs.mk install LAYOUT=$$layout DESTDIR=$(abspath $(BUILD)/root)/$$layout || exit 1; done; \
	root=$(abspath $(BUILD)/root); \
	test -f $$root/rhel/etc/httpd/conf.modules.d/10-moodlesso.conf && test -f $$root/rhel/etc/httpd/conf.d/moodlesso.conf || exit 1; \
	{ echo "ServerName localhost"; echo "Listen 127.0.0.1:9"; echo "ErrorLog /dev/null"; \
	  for m in mpm_event authz_core authz_host; do echo "LoadModule $${m}_module $(LIBEXECDIR)/mod_$$m.so"; done; \
	  sed "s|$(LIBEXECDIR)|$$root/debian$(LIBEXECDIR)|" $$root/debian/etc/apache2/mods-available/moodlesso.load; \
	  echo "Include $$root/debian/etc/apache2/mods-available/moodlesso.conf"; } >$$root/httpd.conf; \
	$(HTTPD) -t -f $$root/httpd.conf

# -- browsers: make -f apxs.mk browser [K='chromium nested'] -----------------------------------------

.PHONY: browser differential
browser: $(MODULE) build/browser/page_driver $(NPM)
	@MODULE=$(abspath $(MODULE)) node tests/browser/run.mjs $(K)

differential: build/browser/frame_driver build/browser/frame_cookies_driver build/browser/return_url_driver $(NPM)
	@node tests/browser/frame_differential.mjs $(COUNT)
	@node tests/browser/cookie_differential.mjs $(COUNT)
	@node tests/browser/return_differential.mjs $(COUNT)

build/browser/%_driver: tests/browser/%_driver.c tests/browser/json_lines.h $(OBJECTS)
	@mkdir -p $(@D)
	$(call run,link,$(CC) $(CPPFLAGS) $(UNIT_FLAGS) -o $@ $(filter-out %.h,$^) $(LIBS) $(APR_LIBS))

# -- the two commands, and what they need ------------------------------------------------------------

.PHONY: demo demo-check check packages-% bench bench-outage coverage apr-debug clean help
packages-%:
	@BUILD=$(BUILD) tests/packages.sh $*

demo: packages-demo
	@$(MAKE) -s -f apxs.mk all && exec $(PYTHON) tests/demo/demo.py

demo-check: $(MODULE)
	@$(PYTHON) tests/demo/demo.py --check

check: packages-check
	@MAKE="$(MAKE)" tests/check.sh

bench: packages-bench
	@$(MAKE) -s -f apxs.mk all $(BUILD)/cache_bench $(BUILD)/lookup_bench $(PLAIN) && $(PYTHON) tests/bench/bench.py $(K)

bench-outage: packages-bench
	@$(MAKE) -s -f apxs.mk all $(NPM) && $(PYTHON) tests/bench/outage.py

# The module with a cache that takes no care: what the care costs.
PLAIN := $(BUILD)/bench/mod_moodlesso.so
$(PLAIN): tests/bench/plain_cache.c $(OBJECTS) $(GLUE_OBJECTS)
	@mkdir -p $(@D)
	$(call run,link,$(CC) -shared $(CPPFLAGS) $(CFLAGS_ALL) -Wl$(comma)-z$(comma)relro -Wl$(comma)-z$(comma)now \
	  -Wl$(comma)--version-script=mod_moodlesso/mod_moodlesso.map -Werror -o $@ $(filter-out %/io/cache.o,$^) $(LIBS))

$(BUILD)/%_bench: tests/bench/%_bench.c $(OBJECTS)
	$(call run,link,$(CC) $(CPPFLAGS) $(UNIT_FLAGS) -o $@ $^ $(LIBS) $(APR_LIBS))

# An APR whose pools the address sanitiser sees into (pool-debug); its source comes from Debian.
apr-debug: build/apr-debug/lib/libapr-1.so.0
build/apr-debug/lib/libapr-1.so.0:
	@tests/apr_debug.sh $(abspath build/apr-debug)

coverage:
	@rm -rf build/coverage && $(MAKE) -s -f apxs.mk BUILD=build/coverage CFLAGS="-g -O0 --coverage" unit >/dev/null && \
	  cd build/coverage && gcov -s $(CURDIR) -r obj/base/*.o obj/sso/*.o obj/io/*.o 2>/dev/null | \
	  awk '/^File/ {file = $$2} /^Lines executed/ {split($$2, a, ":"); print a[2], $$4, file}' | sort -n | tail -n 60

compile_commands.json: clean
	bear -- $(MAKE) -f apxs.mk all

clean:
	rm -rf build/obj build/.libs build/clang build/asan build/tsan build/test_* build/replay_* build/fuzz_*

help:
	@sed -n '4,19s/^# *//p' apxs.mk
