# img2nfs - see `make help`. GNU make; on the BSDs and macOS: gmake.
#
# Knobs: O=build (all output goes there)  CC=cc  V=1 (show commands)  WERROR=1  SAN=address,undefined
#        T=unit/overlay (which tests)  J=4 (tests at a time)  PREFIX=/usr/local  DESTDIR=
#        SHARED=1 (the program uses libimg2nfs.so)  PACKED=0 (no compressed images)
#        FDISK=0 (no partition tables)  PORTABLE=1 (nothing that only Linux has)
#        SECCOMP=0 (the sandbox without libseccomp)

# What is installed decides how the rest is built, and make decides that before it runs anything:
# with other goals beside it, `deps` comes first and they get a make of their own.
ifneq ($(and $(filter deps,$(MAKECMDGOALS)),$(filter-out deps,$(MAKECMDGOALS))),)
.PHONY: $(MAKECMDGOALS) after-deps
$(MAKECMDGOALS): after-deps
	@:
after-deps:
	@$(MAKE) --no-print-directory deps
	@$(MAKE) --no-print-directory $(filter-out deps,$(MAKECMDGOALS))
else

O ?= build
CC ?= cc
PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
PKGCONFIGDIR ?= $(LIBDIR)/pkgconfig
PKG_CONFIG ?= pkg-config
PKGS = ext2fs com_err $(if $(filter 1,$(FDISK)),fdisk) libnfs libxxhash
# Partition tables. Without libfdisk (or with FDISK=0) a partition is chosen with --offset.
FDISK ?= $(shell $(PKG_CONFIG) --exists fdisk 2>/dev/null && echo 1 || echo 0)
FDISK := $(FDISK)
# Compressed images: all of these or none. PACKED=0 builds without, PACKED=1 insists on them.
PACKED_PKGS = libarchive liblzma libzstd zlib nettle
PACKED ?= $(shell $(PKG_CONFIG) --exists $(PACKED_PKGS) 2>/dev/null && echo 1 || echo 0)
PACKED := $(PACKED)
# What confines the program: src/sandbox/sandbox_*.c. Of Linux' one, libseccomp is a part that may be missing.
SANDBOX_OF ?= $(if $(PORTABLE),none,$(or $(patsubst Linux,linux,$(filter Linux,$(shell uname))),\
	$(patsubst FreeBSD,capsicum,$(filter FreeBSD,$(shell uname))),\
	$(patsubst OpenBSD,openbsd,$(filter OpenBSD,$(shell uname))),none))
SANDBOX_OF := $(SANDBOX_OF)
SECCOMP ?= $(if $(filter linux,$(SANDBOX_OF)),$(shell $(PKG_CONFIG) --exists libseccomp 2>/dev/null && echo 1 || \
	echo 0),0)
SECCOMP := $(SECCOMP)
VERSION = 0.1.0
# More than there are cores: tests mostly wait, for servers and for time.
J ?= 4
T ?=
DISTROS ?= trixie sid
ifeq ($(PACKED),1)
PKGS += $(PACKED_PKGS)
endif
ifeq ($(SANDBOX_OF)$(SECCOMP),linux1)
PKGS += libseccomp
endif
Q = $(if $(V),,@)
ifneq ($(CI),)
WERROR ?= 1
endif

WARN = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wwrite-strings -Wvla \
	-Wformat=2 -Wundef -Wpointer-arith -Wcast-align -Wunused-result -Wredundant-decls -Wdouble-promotion \
	$(if $(filter 1,$(WERROR)),-Werror)
OPT ?= -O2 -g
SANFLAGS = $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer)
LIBNFS_VERSION := $(shell $(PKG_CONFIG) --modversion libnfs 2>/dev/null)
CPPFLAGS += -Iinclude -Isrc/base -D_FILE_OFFSET_BITS=64 -D_DEFAULT_SOURCE -DI2N_VERSION='"$(VERSION)"' \
	-DI2N_LIBNFS_VERSION='"$(LIBNFS_VERSION)"' -DI2N_PACKED=$(PACKED) $(if $(PORTABLE),-DI2N_PORTABLE)
# _DEFAULT_SOURCE: with -std=c11 glibc hides POSIX otherwise; the other systems hide nothing.
# System headers of the libraries are found with -isystem: their warnings are not ours.
PKG_CFLAGS := $(patsubst -I%,-isystem %,$(shell $(PKG_CONFIG) --cflags $(PKGS) 2>/dev/null))
PKG_LIBS := $(shell $(PKG_CONFIG) --libs $(PKGS) 2>/dev/null)
ALL_CFLAGS = -std=c11 -pthread -fPIC $(WARN) $(OPT) $(SANFLAGS) $(CFLAGS)

# What needs the libraries of PACKED_PKGS, and what stands in for it.
WITH_PACKED = $(wildcard src/packed/unpack_*.c src/packed/packed_xz*.c src/packed/packed_zstd*.c \
	src/packed/packed_blocks.c src/packed/packed_qcow2*.c src/packed/pack.c)
WITHOUT_PACKED = src/packed/without.c
# What we ask of an operating system; see src/base/os.h.
OS_SRC = src/base/os_linux.c src/base/os_posix.c
OS_OF = $(if $(PORTABLE),posix,$(if $(filter Linux,$(shell uname)),linux,posix))
SANDBOX_linux = linux_landlock.c $(if $(filter 1,$(SECCOMP)),linux_seccomp.c,linux_no_seccomp.c) sandbox_hosts.c
SANDBOX_openbsd = sandbox_hosts.c
SANDBOX_SRC = $(addprefix src/sandbox/,sandbox_$(SANDBOX_OF).c $(SANDBOX_$(SANDBOX_OF)))
LIB_SRC := $(sort $(filter-out src/cli/% $(filter-out %_$(OS_OF).c,$(OS_SRC)) \
	$(filter-out $(SANDBOX_SRC),$(wildcard src/sandbox/*.c)) \
	$(if $(filter 1,$(PACKED)),$(WITHOUT_PACKED),$(WITH_PACKED)) \
	$(if $(filter 1,$(FDISK)),src/ptable/without_fdisk.c,$(wildcard src/ptable/fdisk_*.c)),\
	$(wildcard src/*/*.c)))
LIB_OBJ := $(LIB_SRC:%.c=$(O)/%.o)
CLI_OBJ := $(patsubst %.c,$(O)/%.o,$(sort $(filter-out src/cli/main.c,$(wildcard src/cli/*.c))))
SOVERSION = 0
ifeq ($(shell uname),Darwin)
SO = libimg2nfs.$(SOVERSION).dylib
SO_LINK = libimg2nfs.dylib
SO_FLAGS = -dynamiclib -install_name $(LIBDIR)/$(SO) -Wl,-exported_symbol,_i2n_*
else
SO = libimg2nfs.so.$(SOVERSION)
SO_LINK = libimg2nfs.so
SO_FLAGS = -shared -Wl,-soname,$(SO) -Wl,--version-script=src/libimg2nfs.map
endif
# What the program and the tests are linked with; SHARED=1 takes the shared library for the program.
STATIC_LIBS = $(O)/cli.a $(O)/libimg2nfs.a
# Of base the program has its own copy: what the system is asked for, and texts.
BASE_OBJ = $(filter $(O)/src/base/%,$(LIB_OBJ))
PROGRAM_LIBS = $(if $(SHARED),$(O)/cli.a $(O)/$(SO) $(O)/base.a,$(STATIC_LIBS))
UNIT_SRC := $(sort $(wildcard tests/unit/*.c))
UNIT_BIN := $(UNIT_SRC:%.c=$(O)/%)
# Objects to be preloaded: norpcbind into the test server, which only Linux rigs have, the others into the program.
PRELOADED = norpcbind intruder spoil starve
TOOL_SRC := $(sort $(filter-out $(PRELOADED:%=tests/tools/%.c) $(if $(filter Linux,$(shell uname)),,%/slowdisk.c), \
	$(wildcard tests/tools/*.c)))
TOOL_BIN := $(TOOL_SRC:%.c=$(O)/%) $(if $(filter Linux,$(shell uname)), \
	$(PRELOADED:%=$(O)/tests/tools/%.so))

# Fuzz targets: plain programs by default, with libFuzzer when LIBFUZZER=1 (see `make fuzz`).
FUZZ_SRC := $(sort $(wildcard tests/fuzz/*.c))
FUZZ_BIN := $(FUZZ_SRC:%.c=$(O)/%)
FUZZ_LINK = $(if $(LIBFUZZER),-fsanitize=fuzzer)

.DEFAULT_GOAL := all
.PHONY: all check check-knfsd bench demo fuzz fuzzers corpus check-corpus tools lint install uninstall help clean
.PHONY: check-tsan
.PHONY: check-boot check-distros check-portability bench-packed bench-scale objects units deps deb static man FORCE
.DELETE_ON_ERROR:
.SECONDARY:

all: deps-here $(O)/img2nfs ## build the program into $(O)/img2nfs

# A missing library is named with its pkg-config module and the way to get it, before the compiler stumbles over it.
.PHONY: deps-here
deps-here:
	$(Q)for p in $(PKGS); do $(PKG_CONFIG) --exists $$p || { \
		echo "library '$$p' is missing; 'make deps' installs what is needed" \
			"(see third_party/README.md)" >&2; exit 1; }; done
	$(if $(filter 1,$(FDISK)),,@echo "building without partition tables: FDISK=0 was given, or libfdisk is" \
		"missing (make deps)" >&2)
	$(if $(filter-out linux0,$(SANDBOX_OF)$(SECCOMP)),,@echo "building without a filter of system calls:" \
		"SECCOMP=0 was given, or libseccomp is missing (make deps)" >&2)
	$(if $(filter 1,$(PACKED)),,@echo "building without compressed images: PACKED=0 was given, or one of" \
		"$(PACKED_PKGS) is missing (make deps)" >&2)

deps: ## install the libraries and tools that are missing (asks for root where that is needed)
	$(Q)sh third_party/install.sh

$(O)/img2nfs: $(O)/src/cli/main.o $(PROGRAM_LIBS)
	@mkdir -p $(@D)
	$(Q)$(CC) -pthread $(SANFLAGS) $(LDFLAGS) -o $@ $^ $(PKG_LIBS) $(LIBS)

$(O)/libimg2nfs.a: $(LIB_OBJ)
	@mkdir -p $(@D)
	@rm -f $@
	$(Q)$(AR) rc $@ $^

$(O)/base.a: $(BASE_OBJ)
$(O)/cli.a: $(CLI_OBJ)
$(O)/base.a $(O)/cli.a:
	@rm -f $@
	$(Q)$(AR) rc $@ $^

$(O)/$(SO): $(LIB_OBJ) src/libimg2nfs.map
	$(Q)$(CC) -pthread $(SANFLAGS) $(LDFLAGS) $(SO_FLAGS) -o $@ $(LIB_OBJ) $(PKG_LIBS) $(LIBS)

# Rebuild when flags, compiler or library versions change.
BUILT_BY = $(OS_OF) $(FDISK) $(SANDBOX_OF) $(SECCOMP) $(CC) $(ALL_CFLAGS) $(CPPFLAGS) $(PKG_CFLAGS) $(LDFLAGS) \
	$(PKG_LIBS)
$(O)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(BUILT_BY)' | cmp -s - $@ || echo '$(BUILT_BY)' > $@

$(O)/%.o: %.c $(O)/flags
	@mkdir -p $(@D)
	$(if $(V),,@echo "  CC $<")
	$(Q)$(CC) $(ALL_CFLAGS) $(CPPFLAGS) $(PKG_CFLAGS) -I$(dir $<) -MMD -MP -c -o $@ $<

objects: $(LIB_OBJ) $(CLI_OBJ) $(O)/src/cli/main.o $(UNIT_SRC:%.c=$(O)/%.o)
units: $(UNIT_BIN)
tools: $(TOOL_BIN)

$(O)/tests/unit/%: $(O)/tests/unit/%.o $(STATIC_LIBS)
	$(Q)$(CC) -pthread $(SANFLAGS) $(LDFLAGS) -o $@ $^ $(PKG_LIBS) $(LIBS)
$(O)/tests/unit/%.o: CPPFLAGS += -Itests/lib -Isrc
$(O)/tests/tools/%.o: CPPFLAGS += -Itests/lib -Isrc
$(O)/tests/tools/%: $(O)/tests/tools/%.o $(STATIC_LIBS)
	$(Q)$(CC) -pthread $(SANFLAGS) $(LDFLAGS) -o $@ $^ $(PKG_LIBS) $(LIBS)

# Never with SANFLAGS: the server has no sanitizer runtime, and the program none of its own to be preloaded.
$(O)/tests/tools/%.so: tests/tools/%.c $(O)/flags
	@mkdir -p $(@D)
	$(Q)$(CC) -std=c11 $(WARN) $(OPT) -fPIC -shared -o $@ $< $(if $(filter-out norpcbind,$*),-ldl)

fuzzers: $(FUZZ_BIN) $(O)/fuzz/base
$(O)/tests/fuzz/%.o: CPPFLAGS += -Itests/lib -Isrc $(if $(LIBFUZZER),,-DFUZZ_PLAIN)
$(O)/tests/fuzz/%: $(O)/tests/fuzz/%.o $(STATIC_LIBS)
	$(Q)$(CC) -pthread $(SANFLAGS) $(FUZZ_LINK) $(LDFLAGS) -o $@ $^ $(PKG_LIBS) $(LIBS)
$(O)/fuzz/base: fixtures/recipes/fuzz_base.sh
	$(Q)rm -rf $@ && sh $< $@ >/dev/null 2>&1

F ?= dir
SECONDS ?= 60
fuzz: ## fuzz (clang): F=superblock|dir|inode|xattr|journal|ptable|packed|unused|sums|fat|cmdline|netboot SECONDS=60
	$(Q)$(MAKE) --no-print-directory O='$(O)/libfuzzer' CC=clang LIBFUZZER=1 SAN=address,undefined \
		CFLAGS='$(CFLAGS) -fsanitize=fuzzer-no-link' OPT='-O1 -g' fuzzers
	$(Q)O='$(abspath $(O))' sh tests/fuzz/run '$(F)' '$(SECONDS)'

corpus: ## fetch e2fsprogs' source package (Debian) for the images in its tests, into $(O)/corpus
	$(Q)O='$(abspath $(O))' sh tests/corpus/fetch

check-corpus: corpus ## run all images of e2fsprogs' tests under ASan and UBSan
	$(Q)$(MAKE) --no-print-directory O='$(O)/san' SAN=address,undefined all
	$(Q)$(MAKE) --no-print-directory all units tools
	$(Q)O='$(abspath $(O))' J='$(J)' sh tests/run corpus

check: ## install what is missing, build, run all tests (T=unit/ or T=e2e/name runs a part)
	$(Q)sh third_party/install.sh --test
	$(Q)$(MAKE) --no-print-directory all units tools
	$(Q)$(MAKE) --no-print-directory DESTDIR='$(abspath $(O))/installed' PREFIX=/usr LIBDIR=/usr/lib install \
		$(O)/base.a >/dev/null
	$(Q)$(MAKE) --no-print-directory O='$(O)/san' SAN=address,undefined all fuzzers
	$(Q)O='$(abspath $(O))' J='$(J)' sh tests/run '$(T)'

# The tests in which threads meet: of packed/, share/ and stage/, of several boards.
TSAN_TESTS = unit/packed unit/share unit/stage cli/packed e2e/stream_ e2e/packed_small e2e/many_boards_a \
	e2e/many_boards_f root/spool_
check-tsan: ## what has threads, under ThreadSanitizer (ten minutes; T=e2e/ runs others)
	$(Q)sh third_party/install.sh --test
	$(Q)$(MAKE) --no-print-directory O='$(O)/tsan' SAN=thread all units tools
	$(Q)TSAN_OPTIONS='exitcode=66' O='$(abspath $(O))/tsan' J='$(J)' sh tests/run $(or $(T),$(TSAN_TESTS))

check-knfsd: ## the tests against a Linux kernel's NFS server (user-mode Linux, or qemu)
	$(Q)sh third_party/install.sh --knfsd
	$(Q)$(MAKE) --no-print-directory all units tools
	$(Q)KNFSD_LONG=1 O='$(abspath $(O))' J='$(J)' sh tests/run knfsd/

check-boot: ## machines started from what was extracted, root over NFS (qemu, no KVM; a quarter of an hour)
	$(Q)sh third_party/install.sh --boot
	$(Q)$(MAKE) --no-print-directory all units tools
	$(Q)BOOT_LONG=1 TEST_TIMEOUT=3000 O='$(abspath $(O))' J='$(J)' sh tests/run '$(or $(T),boot/)'

check-portability: ## other processors under qemu-user; macOS, the BSDs and musl with zig (no link); their packages
	$(Q)sh third_party/install.sh --portability
	$(Q)$(MAKE) --no-print-directory all units tools
	$(Q)O='$(abspath $(O))' J='$(J)' sh tests/run portability/ cli/package_of

check-distros: ## build and test in other Debians, debootstrapped: DISTROS="trixie sid" (root; ten minutes each)
	$(Q)sh third_party/install.sh --test
	$(Q)O='$(abspath $(O))' T='$(T)' J='$(J)' sh tests/distros $(DISTROS)
	$(Q)BARE=1 O='$(abspath $(O))' sh tests/run e2e/readme_in_bare

demo: ## install what is missing, build, and show one whole run on a throw-away NFS server
	$(Q)sh third_party/install.sh --test
	$(Q)$(MAKE) --no-print-directory all units tools
	$(Q)O='$(abspath $(O))' sh tests/demo.sh

bench: ## compare with a bare writer and with others at several round-trip times (QUICK=1 ROUNDS=3)
	$(Q)sh third_party/install.sh --bench
	$(Q)$(MAKE) --no-print-directory all units tools
	$(Q)O='$(abspath $(O))' ROUNDS='$(ROUNDS)' sh tests/bench/run
	$(Q)O='$(abspath $(O))' ROUNDS='$(ROUNDS)' sh tests/bench/packed_images.sh

bench-packed: ## compare packed images with unpacking and extracting alone (ROUNDS=3 KINDS='gz pipe')
	$(Q)sh third_party/install.sh --bench
	$(Q)$(MAKE) --no-print-directory all tools
	$(Q)O='$(abspath $(O))' sh tests/bench/packed_images.sh

bench-scale: ## what millions of inodes, sparse images and slow disks cost (QUICK=1 ROUNDS=3 SAVE=1)
	$(Q)$(MAKE) --no-print-directory all tools
	$(Q)O='$(abspath $(O))' top='$(CURDIR)' ROUNDS='$(ROUNDS)' python3 tests/bench/scale.py

lint: ## the rules that a script can check
	$(Q)sh tests/lint/run

SHARE = $(DESTDIR)$(PREFIX)/share
install: all $(O)/$(SO) ## install program, manual, completions, library and headers below DESTDIR/PREFIX
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(LIBDIR) $(DESTDIR)$(PKGCONFIGDIR) \
		$(DESTDIR)$(PREFIX)/include/img2nfs $(SHARE)/man/man1 $(SHARE)/man/man5 \
		$(SHARE)/img2nfs $(SHARE)/bash-completion/completions \
		$(SHARE)/zsh/site-functions $(SHARE)/fish/vendor_completions.d
	install -m 755 $(O)/img2nfs $(DESTDIR)$(PREFIX)/bin/img2nfs
	install -m 644 src/cli/img2nfs.1 $(SHARE)/man/man1/img2nfs.1
	install -m 644 src/cli/img2nfs-json.5 $(SHARE)/man/man5/img2nfs-json.5
	install -m 644 src/cli/report.schema.json $(SHARE)/img2nfs/report.schema.json
	install -m 644 src/cli/img2nfs.bash $(SHARE)/bash-completion/completions/img2nfs
	install -m 644 src/cli/img2nfs.zsh $(SHARE)/zsh/site-functions/_img2nfs
	install -m 644 src/cli/img2nfs.fish $(SHARE)/fish/vendor_completions.d/img2nfs.fish
	install -m 644 $(O)/libimg2nfs.a $(DESTDIR)$(LIBDIR)/libimg2nfs.a
	install -m 755 $(O)/$(SO) $(DESTDIR)$(LIBDIR)/$(SO)
	ln -sf $(SO) $(DESTDIR)$(LIBDIR)/$(SO_LINK)
	install -m 644 include/img2nfs/*.h $(DESTDIR)$(PREFIX)/include/img2nfs/
	sed -e 's|@PREFIX@|$(PREFIX)|; s|@LIBDIR@|$(LIBDIR)|; s|@VERSION@|$(VERSION)|; s|@REQUIRES@|$(PKGS)|' \
		src/libimg2nfs.pc.in >$(DESTDIR)$(PKGCONFIGDIR)/libimg2nfs.pc

uninstall: ## remove what install put there
	rm -f $(DESTDIR)$(PREFIX)/bin/img2nfs $(SHARE)/man/man1/img2nfs.1 $(SHARE)/man/man5/img2nfs-json.5 \
		$(SHARE)/bash-completion/completions/img2nfs \
		$(SHARE)/zsh/site-functions/_img2nfs $(SHARE)/fish/vendor_completions.d/img2nfs.fish \
		$(DESTDIR)$(LIBDIR)/libimg2nfs.a $(DESTDIR)$(LIBDIR)/$(SO) $(DESTDIR)$(LIBDIR)/$(SO_LINK) \
		$(DESTDIR)$(PKGCONFIGDIR)/libimg2nfs.pc
	rm -rf $(DESTDIR)$(PREFIX)/include/img2nfs $(SHARE)/img2nfs

deb: ## Debian packages in $(O)/deb, judged by lintian
	$(Q)sh third_party/packaging/build_deb.sh '$(O)/deb'

static: all ## the program without shared libraries, $(O)/img2nfs-static (Debian)
	$(Q)O='$(abspath $(O))' CC='$(CC)' sh third_party/packaging/static.sh '$(O)/img2nfs-static'

clean: ## remove all output
	rm -rf $(O)

help: ## this list
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20
	@sed -n '3,7s/^# *//p' Makefile

-include $(shell find $(O)/src $(O)/tests -name '*.d' -type f 2>/dev/null)
endif
