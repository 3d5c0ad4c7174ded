# SPDX-License-Identifier: Apache-2.0
# apxs.mk -- build, test and try mod_moodlesso.   make -f apxs.mk help
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
LIBS    := -lcurl -ljansson -lhiredis -lcrypto -lpthread
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
	  -o $@ $(filter %.c,$^) -ljansson -lcrypto $(APR_LIBS))

fuzz: $(if $(T),$(BUILD)/fuzz_$(T),$(FUZZ:%=$(BUILD)/fuzz_%))
	@for t in $(or $(T),$(FUZZ)); do \
	  mkdir -p $(BUILD)/corpus/$$t; \
	  $(BUILD)/fuzz_$$t -max_total_time=$(SECS) -max_len=16384 -print_final_stats=1 -verbosity=0 \
	    -dict=tests/fuzz/dict/$$t.dict -artifact_prefix=$(BUILD)/crash-$$t- $(BUILD)/corpus/$$t tests/fuzz/corpus/$$t \
	    2>&1 | tee $(BUILD)/fuzz-$$t.log | grep -E 'ERROR|SUMMARY|number_of_executed_units' | sed "s/^/$$t: /"; \
	  grep -q 'number_of_executed_units' $(BUILD)/fuzz-$$t.log && ! ls $(BUILD)/crash-$$t-* >/dev/null 2>&1 || exit 1; \
	done
