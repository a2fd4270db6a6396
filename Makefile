# `make demo` and `make test` do all the set-up themselves. They need Python >= 3.11 and a C++17
# compiler; everything else comes from PyPI into .venv, and all build products go to build/.
# Another Python: make PYTHON=python3.13 demo

PYTHON ?= python3
BIN := .venv/bin
DONE := .venv/done
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
CXX_FILES = $(shell find csrc tests/native -name '*.cpp' -o -name '*.h')

.PHONY: help demo test python-tests native-tests native bench lint format clean
.NOTPARALLEL:

help:
	@echo 'make demo    install into .venv and show what vecstore does, on real word vectors'
	@echo 'make test    all tests: Python, then C++ under the address and UB sanitizers'
	@echo 'make lint    ruff, mypy, codespell, clang-format'
	@echo 'make format  let ruff and clang-format rewrite the files'
	@echo 'make native  only the C++ tests'
	@echo 'make bench   measure; the figures of the README come from here'
	@echo 'make clean   remove .venv, build/ and the caches'

demo: $(DONE)/vecstore
	@$(BIN)/vecstore demo

# Both halves run even when the first one fails.
test:
	@$(MAKE) --no-print-directory --keep-going python-tests native-tests

python-tests: $(DONE)/test
	@echo 'Python tests:'
	@$(BIN)/pytest --numprocesses=auto --maxprocesses=8 --dist=loadfile

native-tests native: $(DONE)/build
	@echo 'C++ tests:'
	@if $(BIN)/python tools/preflight.py sanitizers; then sanitize=ON; else sanitize=OFF; \
	  echo 'SKIPPED the sanitizers: this compiler cannot build or run -fsanitize=address,undefined' \
	       '(Fedora: dnf install libasan libubsan). The C++ tests run without them.'; fi; \
	mkdir -p build && \
	$(BIN)/cmake -S . -B build/native -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo \
	  -DCMAKE_MAKE_PROGRAM="$$PWD/$(BIN)/ninja" -DPython_EXECUTABLE="$$PWD/$(BIN)/python" \
	  -DVECSTORE_NATIVE_TESTS=ON -DVECSTORE_SANITIZE=$$sanitize > build/native-configure.log \
	  || { cat build/native-configure.log; exit 1; }
	@$(BIN)/cmake --build build/native > build/native-build.log \
	  || { cat build/native-build.log; exit 1; }
	@$(BIN)/ctest --test-dir build/native --output-on-failure --no-tests=error

bench: $(DONE)/bench
	$(BIN)/pytest benchmarks --benchmark-enable --benchmark-only --timeout=0

# Every check runs, also when an earlier one fails.
lint: $(DONE)/lint
	@status=0; \
	for check in 'ruff check .' 'ruff format --check .' mypy codespell \
	    'clang-format --dry-run --Werror $(CXX_FILES)'; do \
	  echo "$${check%%csrc/*}"; $(BIN)/$$check || status=1; \
	done; \
	exit $$status

format: $(DONE)/lint
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/clang-format -i $(CXX_FILES)

clean:
	rm -rf .venv build .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks
	find . -name __pycache__ -prune -exec rm -rf {} +

# Set-up, one step per file in .venv/done, so that a step runs again only when it must.

$(DONE)/venv:
	@command -v $(PYTHON) > /dev/null || { \
	  echo '$(PYTHON) was not found: install Python 3.11 or newer.' >&2; exit 1; }
	@$(PYTHON) tools/preflight.py
	@echo 'Making a virtual environment in .venv ...'
	@$(PYTHON) -m venv .venv
	@$(PIP) install --upgrade 'pip>=25.1'
	@mkdir -p $(DONE) && touch $@

$(DONE)/build: $(DONE)/venv pyproject.toml
	@echo 'Fetching the build tools (cmake, ninja, pybind11) from PyPI ...'
	@$(PIP) install --group build
	@touch $@

# Editable: Python files are used where they lie; only a changed C++ file needs this step again.
$(DONE)/vecstore: $(DONE)/build vecstore/__init__.py CMakeLists.txt $(shell find csrc -type f)
	@echo 'Installing vecstore: its dependencies from PyPI, then its compiled core ...'
	@$(PIP) install --no-build-isolation --config-settings=build-dir=build/editable --editable .
	@touch $@

$(DONE)/test $(DONE)/lint $(DONE)/bench: $(DONE)/vecstore
	@echo 'Fetching what `make $(@F)` needs from PyPI ...'
	@$(PIP) install --group $(@F)
	@touch $@
