# SPDX-License-Identifier: MIT
# Two commands matter: `make lab` and `make test`. The rest is listed by `make help`.
JOBS ?= $(shell nproc)
PREFIX ?= /usr/local

# Where Debian keeps the Node modules that Emscripten uses; a Node from elsewhere would not look there.
export NODE_PATH := /usr/share/nodejs

.DEFAULT_GOAL := help
.PHONY: help bits fuzz bare-metal coverage mutants lab test build python pythons bench proof slips debug asan sanitize tsan clang tidy tidy-changed format lint wasm page page-test install clean
.DELETE_ON_ERROR:

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

lab: build  ## build, run all studies, write the report into report/ (beside it the page, once `make page` has built it)
	@mkdir -p report
	@[ ! -f build/page/gradus.html ] || cp build/page/gradus.html report/
	build/release/gradus study all --out report
	@echo
	@echo "The report:  report/index.html   (open it in a browser)"
	@echo "Its figures: report/figures/"
	@echo "Its numbers: report/results.json"

build: build/release/build.ninja  ## build the library and the command line (build/release/gradus)
	@scripts/setup build
	cmake --build build/release -j$(JOBS) --target gradus_cli

test: build/release/.with-tests  ## build everything, run every test
	@scripts/setup test
	@scripts/venv
	cmake --build build/release -j$(JOBS)
	ctest --test-dir build/release -j$(JOBS) --output-on-failure

python: build/release/.with-tests  ## install the Python module into build/venv
	@scripts/venv
	scripts/wheel build/venv/bin/python build/venv
	build/venv/bin/pip install --quiet --no-deps --force-reinstall build/venv/gradus-*.whl
	@echo "Installed into build/venv; try: build/venv/bin/python -c 'import gradus'"

pythons: build  ## run the Python tests with every Python from 3.10 to 3.13 there is (PYTHONS="/path/to/python3.12 ...")
	scripts/pythons $(PYTHONS)

bench: build/release/build.ninja  ## measure Gradus, its peers and the limit in one run (BENCH="--quick"; build/bench.json)
	@scripts/setup bench
	@scripts/venv
	cmake --preset release -DGRADUS_BUILD_BENCH=ON -DGRADUS_BUILD_PYTHON=ON >build/bench-configure.log
	cmake --build build/release -j$(JOBS)
	build/venv/bin/python -B bench/run.py $(BENCH)
	$(if $(findstring --only,$(BENCH)),,PYTHONPATH=build/release/python build/venv/bin/python -B bench/sklearn_mlp.py $(filter --quick --record,$(BENCH)))

PROOF_NETWORKS ?= 100000
PROOF_FIRST ?= 0
proof: build/release/.with-tests  ## look for false alarms of the gradient checker (PROOF_NETWORKS=100000 PROOF_FIRST=0)
	cmake --build build/release -j$(JOBS) --target gradus_tests
	GRADUS_CHECK_NETWORKS=$(PROOF_NETWORKS) GRADUS_CHECK_FIRST=$(PROOF_FIRST) GRADUS_LONG_TESTS=1 \
	  build/release/tests/gradus_tests --gtest_filter='RandomNetworks.*:Depth.*'

slips: build/release/build.ninja  ## hold the gradient checker against others on wrong gradients: tables in Markdown
	@scripts/venv
	@scripts/venv build/peers bench/requirements.txt
	cmake --preset release -DGRADUS_BUILD_BENCH=ON -DGRADUS_BUILD_PYTHON=ON >build/bench-configure.log
	cmake --build build/release -j$(JOBS) --target bench_check_slips gradus_python
	build/release/bench/check_slips
	PYTHONPATH=build/release/python build/peers/bin/python -B bench/gradient_checkers.py

debug: build/debug/.with-tests  ## build with assertions and debug information, run every test
	cmake --build build/debug -j$(JOBS)
	ctest --test-dir build/debug -j$(JOBS) --output-on-failure

asan: build/asan/.with-tests  ## run every test under AddressSanitizer and UndefinedBehaviorSanitizer
	cmake --build build/asan -j$(JOBS)
	ctest --test-dir build/asan -j$(JOBS) --output-on-failure

sanitize:  ## parsers, readers and engine under the two sanitizers: the part of asan that .ci/run has time for
	@scripts/setup test
	@mkdir -p build
	cmake --preset sanitize >build/sanitize-configure.log
	cmake --build build/sanitize -j$(JOBS) --target gradus_tests
	ctest --test-dir build/sanitize -j$(JOBS) --output-on-failure

tsan: build/tsan/.with-tests  ## run every test under ThreadSanitizer
	cmake --build build/tsan -j$(JOBS)
	ctest --test-dir build/tsan -j$(JOBS) --output-on-failure

clang:  ## build everything with Clang 14, run every test
	@scripts/setup clang
	@$(MAKE) -s build/clang/.with-tests
	cmake --build build/clang -j$(JOBS)
	ctest --test-dir build/clang -j$(JOBS) --output-on-failure

tidy:  ## read library, studies and command line with clang-tidy 14
	@scripts/setup tidy
	@$(MAKE) -s build/clang/build.ninja
	JOBS=$(JOBS) scripts/tidy

tidy-changed:  ## the same for what this branch, or the last commit, changed (at most ten minutes)
	@scripts/setup tidy
	@$(MAKE) -s build/clang/build.ninja
	JOBS=$(JOBS) scripts/tidy --changed --within 600

FUZZ_SECONDS ?= 20
FUZZ_SEED ?= 0
fuzz:  ## every reader under libFuzzer and the two sanitizers (FUZZ_SECONDS=20 each; it goes on from call to call)
	@scripts/setup fuzz
	@mkdir -p build
	cmake --preset fuzz >build/fuzz-configure.log
	cmake --build build/fuzz -j$(JOBS) --target fuzzers
	FUZZ_SEED=$(FUZZ_SEED) scripts/fuzz $(FUZZ_SECONDS)

format:  ## lay out C++ and Python, and renew the lists that scripts write
	@scripts/setup lint
	@scripts/venv
	scripts/lint --fix

lint: build/release/.with-tests  ## layout and mistakes of C++, Python and shell; types of the Python module
	@scripts/setup lint
	@scripts/venv
	scripts/lint
	cmake --build build/release -j$(JOBS) --target gradus_python_stub
	MYPYPATH=build/release/python build/venv/bin/mypy -p gradus

wasm:  ## compile both libraries to WebAssembly, train in Node
	@scripts/setup wasm
	@$(MAKE) -s build/wasm/build.ninja
	cmake --build build/wasm -j$(JOBS)
	node build/wasm/wasm/xor.js
	node build/wasm/wasm/laboratory.js

page: build/page/gradus.html  ## the laboratory as one HTML file (build/page/gradus.html; page/README.md)

page-test: build/page/gradus.html build  ## drive the page in Chromium, and hold its numbers to those of the command line
	node --test page/tests/

# The core is compiled where anything changed; what Node needs is installed once for each lock file.
.PHONY: build/page/gradus.html
build/page/gradus.html:
	@scripts/setup page
	@$(MAKE) -s build/wasm/build.ninja page/node_modules/.of-lock
	cmake --build build/wasm -j$(JOBS) --target page_core
	cd page && node_modules/.bin/tsc --noEmit && node build.mjs ../build/wasm/page/core/page_core.js \
	  ../build/wasm/page/core/page_core.wasm ../$@

page/node_modules/.of-lock: page/package-lock.json
	cd page && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

bits:  ## compare bits over compilers and processors (BITS="gcc-O0 s390x"; docs/bits.md)
	@scripts/setup build
	@scripts/bits $(BITS)

bare-metal: build  ## headers of C on an AVR and a Cortex-M4, in simulators (docs/export.md)
	@scripts/bare-metal

coverage:  ## branches of readers and parsers that the tests take, by gcov
	@scripts/setup test
	@scripts/venv
	@/usr/bin/python3 -B scripts/coverage --jobs $(JOBS)

mutants:  ## plant faults, one at a time, and print those that no test notices (MUTANTS="--count 50 src/optim")
	@scripts/setup test
	@scripts/venv
	@/usr/bin/python3 -B scripts/mutants --jobs $(JOBS) $(MUTANTS)

install: build  ## install library, headers and command line (PREFIX=/usr/local)
	cmake --build build/release -j$(JOBS) --target gradus_shared gradus_lab_shared
	cmake --install build/release --prefix $(PREFIX)

clean:  ## remove what was built (report/ stays)
	rm -rf build

# A build folder is configured once; afterwards the build itself notices changes to CMake files and to the list of sources.
build/%/build.ninja: CMakePresets.json
	@scripts/setup build
	cmake --preset $* $(if $(wildcard build/$*/.with-tests),,-DGRADUS_BUILD_TESTS=OFF)
	@touch $@

# The same folder, with the tests, which need more packages.
build/%/.with-tests: CMakePresets.json
	@scripts/setup test
	@scripts/venv
	cmake --preset $* -DGRADUS_BUILD_TESTS=ON $(if $(filter release,$*),-DGRADUS_BUILD_PYTHON=ON)
	@touch $@ build/$*/build.ninja
