# meshtop: `make demo` shows it, `make test` tests it. Both install what they need first.
PREFIX ?= /usr/local
SWIFT ?= swift
# Colours would depend on whether a terminal looks on, and a build with other flags compiles everything anew.
BUILD = $(SWIFT) build --no-color-diagnostics
export PATH := $(PATH):$(CURDIR)/.venv/bin

# The toolchain's own C compiler, so that nothing else is needed.
CLANG ?= $(dir $(realpath $(shell command -v $(SWIFT))))clang
CAPTURE := $(wildcard Sources/CCapture/*.c Sources/CCapture/*.h Sources/CCapture/include/*.h)

.PHONY: all setup build demo test bench install clean

all: build

setup:
	@scripts/setup

build: setup
	@[ -x .build/release/meshtop ] || echo "build: compiling meshtop and its libraries; the first time takes about ten minutes on two cores"
	$(BUILD) -c release --product meshtop
	@$(MAKE) --no-print-directory .build/release/libCCapture.so

demo: build
	@.build/release/meshtop demo

test: setup
	@[ -d .build/debug/meshtop.build ] || echo "test: compiling meshtop, its libraries and tests; the first time takes about six minutes on two cores"
	$(BUILD) --build-tests
	@$(MAKE) --no-print-directory .build/debug/libCCapture.so
	@scripts/test

# Preloaded into any program, the library needs libc and nothing else, so SwiftPM, which adds Swift's, does not build it.
.build/%/libCCapture.so: $(CAPTURE)
	$(CLANG) -std=gnu17 -O2 -Wall -Wextra -fPIC -fvisibility=hidden -shared -o $@ $(filter %.c,$^) -ldl

bench: build
	@Benchmarks/run

install: build
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/meshtop $(DESTDIR)$(PREFIX)/share/meshtop
	install -m 755 .build/release/meshtop $(DESTDIR)$(PREFIX)/bin/meshtop
	install -m 755 .build/release/libCCapture.so $(DESTDIR)$(PREFIX)/lib/meshtop/libCCapture.so
	cp -R themes examples config.schema.json $(DESTDIR)$(PREFIX)/share/meshtop/
	.build/release/meshtop generate man $(DESTDIR)$(PREFIX)/share/man/man1
	install -d $(DESTDIR)$(PREFIX)/share/bash-completion/completions $(DESTDIR)$(PREFIX)/share/zsh/site-functions \
		$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
	.build/release/meshtop completions bash > $(DESTDIR)$(PREFIX)/share/bash-completion/completions/meshtop
	.build/release/meshtop completions zsh > $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_meshtop
	.build/release/meshtop completions fish > $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/meshtop.fish

clean:
	rm -rf .build
