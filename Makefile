# SPDX-License-Identifier: GPL-2.0
# For people: builds, tests and installs keyway. Everything built lands in build/.
# (kbuild reads Kbuild instead and never this file.)

KVER	?= $(shell uname -r)
PREFIX	?= /usr
KERNEL	?= 6.1 6.12
TEST	?=
FUZZ_SECONDS ?= 60
ROUNDS	?= 5
BEDS	?= native,icount-6.1,icount-6.12,smp
JOBS	?= $(shell nproc)
SHELL	:= /bin/bash

PARTS	:= check-style check-unit check-fuzz check-vm check-interop check-kunit
deps	= @scripts/install-deps.sh

.PHONY: help all module daemon install uninstall demo bench check check-unit check-kunit check-vm \
	check-debug check-interop check-style check-fuzz fuzz clean

help:
	@echo 'keyway: an IPsec gateway'
	@echo
	@echo '  make all            the module and the daemon'
	@echo '  make module         build/KVER/keyway.ko  [KVER=$(KVER)]'
	@echo '  make daemon         build/keywayd and build/keyway'
	@echo '  make install        the above, man pages and the systemd unit (DESTDIR=, PREFIX=$(PREFIX))'
	@echo '  make uninstall      takes them away again (configuration stays)'
	@echo '  make demo           two routers in a virtual machine, traffic through their tunnel'
	@echo '  make check          all tests; ends with N passed, N failed, N skipped'
	@echo '  make check-unit     unit tests and two engines in one process, plain and with sanitizers'
	@echo '  make check-kunit    KUnit tests of the data path in user-mode Linux'
	@echo '  make check-vm       the module on stock kernels  [TEST=name] [KERNEL=6.1|6.12]'
	@echo '  make check-debug    the same and longer campaigns on a kernel full of checks  [TEST=name]'
	@echo '  make check-interop  keyway and strongSwan on stock kernels  [TEST=name] [KERNEL=6.1|6.12]'
	@echo '  make check-style    checkpatch, sparse, layers, shell scripts'
	@echo '  make fuzz           each fuzz target for a while  [FUZZ_SECONDS=60]'
	@echo '  make bench          beside XFRM and WireGuard, with charts  [ROUNDS=5] [BEDS=native,icount-6.12...]'
	@echo '  make clean          removes build/'

all: module daemon

module:
	@scripts/build-module.sh $(KVER)

daemon:
	@$(MAKE) -j$(JOBS) -C userspace all

install: all
	@$(MAKE) -C userspace install DESTDIR=$(DESTDIR) PREFIX=$(PREFIX)
	install -D -m 644 build/$(KVER)/keyway.ko $(DESTDIR)/lib/modules/$(KVER)/updates/keyway.ko
	strip --strip-debug $(DESTDIR)/lib/modules/$(KVER)/updates/keyway.ko
ifeq ($(DESTDIR),)
	depmod $(KVER)
	-systemctl daemon-reload
endif

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/sbin/keywayd $(DESTDIR)$(PREFIX)/bin/keyway
	rm -f $(DESTDIR)/lib/modules/$(KVER)/updates/keyway.ko
	rm -f $(DESTDIR)/lib/systemd/system/keywayd.service
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/share/man/,man5/keyway.conf.5 man8/keyway.8 man8/keywayd.8)

demo:
	$(deps) demo
	@tests/demo/run

bench: daemon
	$(deps) bench
	@tests/bench/run --rounds $(ROUNDS) --beds $(BEDS)

# A part that fails does not keep the next from running; the last line adds them up. The kernel of
# check-kunit takes long when it is not in the cache: what the other parts leave idle begins it.
check:
	$(deps) check
	@mkdir -p build
	@setsid nice -n 19 scripts/kunit.sh --build >build/kunit-build.log 2>&1 </dev/null & \
	beside=$$!; alone() { kill -- -$$beside 2>/dev/null; wait $$beside; }; trap alone EXIT; \
	run() { scripts/totals.sh run "$$1" "$$2" $(MAKE) -s "$$2"; }; \
	run 600 check-style; run 900 check-unit; run 900 check-fuzz; \
	run 2400 check-vm; run 2400 check-interop; alone; run 2400 check-kunit; \
	scripts/totals.sh sum $(PARTS)

check-unit:
	$(deps) check
	@$(MAKE) -j$(JOBS) -C userspace check-unit

check-kunit:
	$(deps) check
	@scripts/kunit.sh $(TEST)

check-vm: daemon
	$(deps) check
	@tests/vm/suite vm "$(KERNEL)" sh -c 'exec tests/netns/run-all.sh "$$KEYWAY_KO" "$$@"' run-all \
		$(foreach t,$(TEST),$(notdir $(wildcard tests/netns/test-$(t).*)))

# Not part of check: its kernel takes long to make, and everything in it long to run.
check-debug: export KEYWAY_VM_SECONDS ?= 14400
check-debug: daemon
	$(deps) check
	@scripts/debug-kernel.sh >/dev/null
	@tests/vm/suite vm debug-6.12 sh -c 'exec tests/netns/run-all.sh "$$KEYWAY_KO" "$$@"' run-all \
		$(foreach t,$(or $(TEST),*),$(notdir $(wildcard tests/netns/test-$(t).*)))

check-interop: daemon
	$(deps) $(if $(TEST),peers,check)
	@tests/interop/make-pki.sh build/pki
	@KEYWAY_VM_SMP=1 tests/vm/suite interop "$(KERNEL)" tests/interop/run.sh $(TEST)

check-style:
	$(deps) check
	@scripts/check-style.sh

check-fuzz fuzz:
	$(deps) check
	@$(MAKE) -j$(JOBS) -C userspace fuzz-smoke FUZZ_SECONDS=$(FUZZ_SECONDS)

clean:
	rm -rf build
