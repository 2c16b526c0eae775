# For the habits of hands; the build itself is meson.build.
#
#   make          build/toastainer
#   make setup    install the Debian packages that are missing (as root)
#   make demo     build an image and run a program in it
#   make test     everything that is tested; make test-all: also what takes long
#   make test-vm  the tests that want a Debian kernel, systemd and cgroup v2, in a virtual machine
#   make cross    builds for other processors, tried under emulation
#   make bench    how fast, beside what else is installed
#   make install  DESTDIR and PREFIX count

BUILD ?= build
PREFIX ?= /usr/local
MESON_FLAGS ?=
PYTHON := /usr/bin/python3

all: $(BUILD)/build.ninja
	@ninja -C $(BUILD)

$(BUILD)/build.ninja:
	meson setup $(BUILD) --prefix=$(PREFIX) $(MESON_FLAGS)

setup:
	@tools/setup.sh

demo: setup
	@$(MAKE) --no-print-directory all
	@tools/demo.sh $(BUILD)

test: setup
	@$(MAKE) --no-print-directory all
	@TOASTAINER_MUST_RUN=1 $(PYTHON) tests/run.py --build $(BUILD)

test-all:
	@tools/setup.sh vm cross
	@$(MAKE) --no-print-directory all
	@TOASTAINER_MUST_RUN=1 $(PYTHON) tests/run.py --build $(BUILD) --slow

test-vm:
	@tools/setup.sh vm
	@$(MAKE) --no-print-directory all
	@TOASTAINER_MUST_RUN=1 $(PYTHON) tests/run.py --build $(BUILD) --suite vm

cross:
	@tools/setup.sh cross
	@$(MAKE) --no-print-directory all
	@TOASTAINER_MUST_RUN=1 $(PYTHON) tests/run.py --build $(BUILD) --suite cross

bench: setup
	@$(MAKE) --no-print-directory all
	@$(PYTHON) tests/bench/bench.py --build $(BUILD)
	@$(PYTHON) tests/bench/serve.py --build $(BUILD)
	@$(BUILD)/tests/bench/seccomp_bench
	@$(PYTHON) tests/bench/limits.py --build $(BUILD)
	@$(PYTHON) tests/bench/neighbours.py --build $(BUILD)
	@[ $$(id -u) != 0 ] || $(PYTHON) tests/bench/net_bench.py --build $(BUILD)

install: all
	meson install -C $(BUILD) --no-rebuild

clean:
	rm -rf $(BUILD)

.PHONY: all setup demo test test-all test-vm cross bench install clean
