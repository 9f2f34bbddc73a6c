# The one-command face of Octavo. Each target installs what is missing from the distribution's packages first, asking nothing.

BUILD    ?= build
JOBS     ?= 2
CONFIGURE := tests/support/configure.sh
GRAMMAR  := tests/support/install_xgrammar.sh .xgrammar --optional
PACKAGES := g++ meson ninja-build pkg-config python3 libboost1.81-dev libspdlog-dev libconcurrentqueue-dev libhwy-dev libsqlite3-dev \
            libonig-dev libpcre2-dev libutf8proc-dev libcli11-dev libxxhash-dev prometheus-cpp-dev zlib1g-dev libssl-dev
WEB_PACKAGES   := npm
TEST_PACKAGES  := catch2
E2E_PACKAGES   := chromium curl openssl python3-websockets nginx-light haproxy caddy prometheus
JUDGE_PACKAGES := python3-venv
CHECK_PACKAGES := clang-format git
CUDA_PACKAGES  := python3 python3-venv
GRAMMAR_PACKAGES := python3-venv
FRESH_PACKAGES := debootstrap git
ARM64_PACKAGES := g++-aarch64-linux-gnu qemu-user-static
DEB_PACKAGES   := debhelper git
DEB_CHECK_PACKAGES := lintian
FUZZ_PACKAGES  := clang-16 libclang-rt-16-dev
# Simulated days, from the seed on.
DAYS ?= 10000
SEED ?= 1
SOAK_MINUTES ?= 60
# For each fuzz target, of which two run at a time: all together take about an hour.
SECONDS ?= 450

.PHONY: help serve build install deb deb-check cuda-toolkit xgrammar test check bench load asan tsan clang arm64 fuzz sim soak fresh mutants format clean

help:
	@echo "make serve   build a release, serve the demo model and print the address (MODEL=folder ARGS=flags)"
	@echo "make install the server, and the library for programs that embed the engine (as root: under /usr/local; DESTDIR=folder)"
	@echo "make deb     Debian packages of the server (for the CPU), the library and its header, in build-deb/packages"
	@echo "make deb-check   as root: lintian over them, and the packages installed, run and removed in a new Debian 12"
	@echo "make cuda-toolkit   install NVIDIA's compiler and libraries into .cuda-toolkit, so that serve uses a GPU"
	@echo "make xgrammar   install the sources of xgrammar into .xgrammar, as the other commands do where they can"
	@echo "make test    build and run all tests, those with real clients included"
	@echo "make check   formatting, lints and tests"
	@echo "make bench   measure the machine, then every figure beside its ceiling"
	@echo "make load    every load script of bench/k6, shortly, against a server of its own (URL=http://host:port: against that one)"
	@echo "make asan    the tests under AddressSanitizer and UndefinedBehaviorSanitizer"
	@echo "make tsan    mailbox, actors, thread pool and embedded engine under ThreadSanitizer"
	@echo "make arm64   cross build for aarch64, and its unit tests under emulation"
	@echo "make fuzz    random input against every parser for an hour (SECONDS=60 for each target, TARGETS='grammar ring' for some)"
	@echo "make sim     10,000 simulated days of a server, half an hour (DAYS=200, SEED=7 to begin elsewhere, or to repeat one with DAYS=1)"
	@echo "make soak    an hour of mixed traffic: memory, descriptors and times must stay as they are (SOAK_MINUTES=10)"
	@echo "make fresh   as root: both commands of README in a new Debian 12, made in a folder (FRESH=folder)"
	@echo "make mutants plant faults one by one and see which test notices (ARGS='--only cache'); half an hour"
	@echo "make clang   build and unit tests with clang"

serve: build
	$(BUILD)/octavo serve $(MODEL) $(ARGS)

build:
	@tests/support/install_packages.sh $(PACKAGES) --optional $(WEB_PACKAGES) $(GRAMMAR_PACKAGES)
	@$(GRAMMAR)
	@$(CONFIGURE) $(BUILD) $(CONFIGURE_FLAGS)
	ninja -C $(BUILD) -j$(JOBS) octavo

# The loader finds a new library in its cache alone.
install: build
	ninja -C $(BUILD) -j$(JOBS) liboctavo
	DESTDIR=$(DESTDIR) meson install -C $(BUILD) --no-rebuild
	@if [ -z "$(DESTDIR)" ] && [ "$$(id -u)" = 0 ]; then ldconfig; fi

deb:
	@tests/support/install_packages.sh $(PACKAGES) $(DEB_PACKAGES) --optional $(WEB_PACKAGES) $(GRAMMAR_PACKAGES)
	@$(GRAMMAR)
	@$(CONFIGURE) build-deb --prefix=/usr -Dcpp_link_args=-Wl,-z,relro,-z,now -Dtests=false -Dbench=false -Dcuda=disabled
	ninja -C build-deb -j$(JOBS)
	examples/deploy/build_deb.sh build-deb build-deb/packages

deb-check: deb
	@tests/support/install_packages.sh $(DEB_CHECK_PACKAGES) $(FRESH_PACKAGES)
	lintian --fail-on error build-deb/packages
	tests/fresh/deb.sh build-deb/packages

cuda-toolkit:
	@tests/support/install_packages.sh $(CUDA_PACKAGES)
	@tests/support/install_cuda_toolkit.sh .cuda-toolkit

xgrammar:
	@tests/support/install_packages.sh python3 $(GRAMMAR_PACKAGES)
	@tests/support/install_xgrammar.sh .xgrammar

test:
	@tests/support/install_packages.sh $(PACKAGES) $(TEST_PACKAGES) --optional $(WEB_PACKAGES) $(E2E_PACKAGES) $(JUDGE_PACKAGES)
	@$(GRAMMAR)
	@$(CONFIGURE) $(BUILD) $(CONFIGURE_FLAGS)
	ninja -C $(BUILD) -j$(JOBS)
	tests/support/run_tests.sh $(BUILD)

check: test
	@tests/support/install_packages.sh $(CHECK_PACKAGES)
	tests/lint/run_lints.sh $(BUILD)

bench:
	@tests/support/install_packages.sh $(PACKAGES) $(TEST_PACKAGES) $(WEB_PACKAGES)
	@$(CONFIGURE) $(BUILD) $(CONFIGURE_FLAGS)
	ninja -C $(BUILD) -j$(JOBS)
	@tests/support/install_modules.sh
	bench/run_bench.py --build $(BUILD) $(ARGS)

load: $(if $(URL),,build)
	@tests/support/install_packages.sh --optional $(WEB_PACKAGES)
	@tests/support/install_modules.sh
	$$(tests/support/find_node.sh) bench/k6/run_all.mjs $(if $(URL),--url $(URL),--binary $(BUILD)/octavo) $(ARGS)

asan:
	@tests/support/install_packages.sh $(PACKAGES) $(TEST_PACKAGES) --optional $(WEB_PACKAGES) $(GRAMMAR_PACKAGES)
	@$(GRAMMAR)
	@$(CONFIGURE) build-asan -Doptimization=1 -Ddebug=true -Dcpp_args=-g1 -Db_sanitize=address,undefined -Dbench=false -Dcuda=disabled
	ninja -C build-asan -j$(JOBS)
	OCTAVO_SLOW=1 OCTAVO_PROPERTY_STEPS=1000000 tests/support/run_tests.sh build-asan

tsan:
	@tests/support/install_packages.sh $(PACKAGES) $(TEST_PACKAGES)
	@$(CONFIGURE) build-tsan -Dbuildtype=debugoptimized -Db_sanitize=thread -Dbench=false -Dweb=disabled -Dcuda=disabled
	ninja -C build-tsan -j$(JOBS) tests/actors/actors_test tests/kernels/kernels_test tests/library/embedded_engine_test
	meson test -C build-tsan --no-rebuild --print-errorlogs --suite tsan

clang:
	@tests/support/install_packages.sh $(PACKAGES) $(TEST_PACKAGES) clang-16
	@CC=clang-16 CXX=clang++-16 $(CONFIGURE) build-clang -Dwerror=true -Dweb=disabled
	ninja -C build-clang -j$(JOBS)
	meson test -C build-clang --no-rebuild --print-errorlogs --suite unit

arm64:
	@tests/support/install_packages.sh $(PACKAGES) $(ARM64_PACKAGES)
	@tests/arm64/make_sysroot.sh .cache/arm64 libc6-dev libstdc++-12-dev $(filter %-dev,$(PACKAGES)) $(TEST_PACKAGES)
	@$(CONFIGURE) build-arm64 --cross-file .cache/arm64/cross.ini -Dweb=disabled -Dcuda=disabled -Dbench=false
	ninja -C build-arm64 -j$(JOBS)
	meson test -C build-arm64 --no-rebuild --print-errorlogs --num-processes 2 --timeout-multiplier 10 --suite unit

fuzz:
	@tests/support/install_packages.sh $(PACKAGES) $(FUZZ_PACKAGES) --optional $(GRAMMAR_PACKAGES) llvm-16
	@$(GRAMMAR)
	@CC="$$(command -v ccache) clang-16" CXX="$$(command -v ccache) clang++-16" $(CONFIGURE) build-fuzz -Dfuzz=true -Dtests=false \
	  -Dbench=false -Dweb=disabled -Dcuda=disabled -Doptimization=1 -Ddebug=true -Dcpp_args=-g1
	ninja -C build-fuzz -j$(JOBS) fuzz_targets
	tests/fuzz/run_fuzz.sh build-fuzz $(SECONDS) $(TARGETS)

sim:
	@tests/support/install_packages.sh $(PACKAGES) $(TEST_PACKAGES)
	@$(CONFIGURE) $(BUILD) $(CONFIGURE_FLAGS)
	ninja -C $(BUILD) -j$(JOBS) tests/sim/days
	OCTAVO_TESTS_DIR=$(CURDIR)/tests $(BUILD)/tests/sim/days --seed $(SEED) --seeds $(DAYS)

soak: build
	@tests/support/install_packages.sh $(WEB_PACKAGES)
	@tests/support/install_modules.sh
	SOAK_MINUTES=$(SOAK_MINUTES) $$(tests/support/find_node.sh) tests/soak/soak.mjs $(BUILD)/octavo

fresh:
	@tests/support/install_packages.sh $(FRESH_PACKAGES)
	tests/fresh/fresh_debian.sh

mutants:
	@tests/support/install_packages.sh $(PACKAGES) $(TEST_PACKAGES)
	tests/mutants/run_mutants.py --jobs $(JOBS) $(ARGS)

format:
	git ls-files '*.cpp' '*.hpp' '*.cu' '*.cuh' | xargs clang-format -i

clean:
	rm -rf $(BUILD) build-asan build-tsan build-clang build-arm64 build-deb build-fuzz build-mutants
