# SPDX-License-Identifier: GPL-2.0
# For people: builds, tests and installs keyway. Everything built lands in build/.
# (kbuild reads Kbuild instead and never this file.)

KDIR	?= /lib/modules/$(shell uname -r)/build
PREFIX	?= /usr
KERNEL	?= 6.1 6.12
TEST	?=
FUZZ_SECONDS ?= 60
SHELL	:= /bin/bash

KRELEASE = $(shell $(MAKE) -s -C $(KDIR) kernelrelease)
PARTS	:= check-style check-unit fuzz-smoke check-kunit check-vm check-interop
deps	= @scripts/install-deps.sh

.PHONY: help all module daemon install uninstall demo check check-unit check-kunit check-vm \
	check-interop check-style fuzz fuzz-smoke clean

help:
	@echo 'keyway: an IPsec gateway'
	@echo
	@echo '  make all            the module and the daemon'
	@echo '  make module         build/keyway.ko for KDIR=$(KDIR)'
	@echo '  make daemon         build/keywayd and build/keyway'
	@echo '  make install        the above, man pages and the systemd unit (DESTDIR=, PREFIX=$(PREFIX))'
	@echo '  make uninstall      takes them away again (configuration stays)'
	@echo '  make demo           two routers in a virtual machine, traffic through their tunnel'
	@echo '  make check          all tests; ends with N passed, N failed, N skipped'
	@echo '  make check-unit     unit tests and two engines in one process, plain and with sanitizers'
	@echo '  make check-kunit    KUnit tests of the data path in user-mode Linux'
	@echo '  make check-vm       the module on stock kernels  [TEST=name] [KERNEL=6.1|6.12]'
	@echo '  make check-interop  keyway and strongSwan on stock kernels  [TEST=name] [KERNEL=6.1|6.12]'
	@echo '  make check-style    checkpatch, sparse, layers, shell scripts'
	@echo '  make fuzz           fuzz targets  [FUZZ_SECONDS=60 each]'
	@echo '  make clean          removes build/'

all: module daemon

module:
	scripts/build-module.sh $(KDIR)

daemon:
	$(MAKE) -C userspace all

install: all
	install -D -m 755 build/keywayd $(DESTDIR)$(PREFIX)/sbin/keywayd
	install -D -m 755 build/keyway $(DESTDIR)$(PREFIX)/bin/keyway
	install -D -m 644 build/keyway.ko $(DESTDIR)/lib/modules/$(KRELEASE)/updates/keyway.ko
	install -D -m 644 userspace/keywayd.service $(DESTDIR)/lib/systemd/system/keywayd.service
	for p in Documentation/man/*.[1-8]; do \
		install -D -m 644 $$p $(DESTDIR)$(PREFIX)/share/man/man$${p##*.}/$${p##*/} || exit; \
	done
	install -d -m 700 $(DESTDIR)/etc/keyway
ifeq ($(DESTDIR),)
	depmod $(KRELEASE)
	-systemctl daemon-reload
endif

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/sbin/keywayd $(DESTDIR)$(PREFIX)/bin/keyway
	rm -f $(DESTDIR)/lib/modules/$(KRELEASE)/updates/keyway.ko
	rm -f $(DESTDIR)/lib/systemd/system/keywayd.service
	for p in Documentation/man/*.[1-8]; do \
		rm -f $(DESTDIR)$(PREFIX)/share/man/man$${p##*.}/$${p##*/}; \
	done

demo:
	$(deps) demo
	@tests/demo/run

check:
	$(deps) check
	@scripts/totals.sh run 300 check-style $(MAKE) -s check-style; \
	scripts/totals.sh run 900 check-unit $(MAKE) -s check-unit; \
	scripts/totals.sh run 900 fuzz-smoke $(MAKE) -s fuzz-smoke; \
	scripts/totals.sh run 1800 check-kunit $(MAKE) -s check-kunit; \
	scripts/totals.sh run 900 check-vm $(MAKE) -s check-vm; \
	scripts/totals.sh run 1200 check-interop $(MAKE) -s check-interop; \
	scripts/totals.sh sum $(PARTS)

check-unit:
	$(deps) check
	@$(MAKE) -C userspace check-unit

check-kunit:
	$(deps) check
	@scripts/kunit.sh

check-vm:
	$(deps) check
	@tests/vm/check-vm "$(KERNEL)" $(TEST)

check-interop:
	$(deps) check
	@tests/interop/run-all.sh "$(KERNEL)" $(TEST)

check-style:
	$(deps) check
	@scripts/check-style.sh

fuzz fuzz-smoke:
	$(deps) check
	@$(MAKE) -C userspace $@ FUZZ_SECONDS=$(FUZZ_SECONDS)

clean:
	rm -rf build
