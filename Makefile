# Everything that a Debian 12 machine with Python 3.11 needs to build, try and test xform.

VENV    := .venv
BIN     := $(VENV)/bin
JOBS    ?= $(shell nproc)
SUDO    := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

# What is not in Debian's base system: the compiler we build with and the MLIR we link; for tests
# also FileCheck, and a Vulkan driver that runs on a CPU.
PACKAGES      := build-essential cmake ninja-build ccache python3-dev python3-venv \
                 libmlir-22-dev mlir-22-tools llvm-22-dev liblld-22-dev clang-22 libzstd-dev zlib1g-dev
TEST_PACKAGES := llvm-22-tools libvulkan1 mesa-vulkan-drivers

.DEFAULT_GOAL := help
.PHONY: help setup build develop library generate demo test quick lit py lint fmt tidy docs accuracy bench wheel test-wheel clean

help: ## Print this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(VENV)/.ready ## Install what is missing: Debian packages, a virtual environment

# What of a list of Debian packages is missing.
define install-packages
	@missing=$$(for p in $(1); do \
	  dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || echo $$p; done); \
	if [ -n "$$missing" ]; then \
	  echo "==> installing Debian packages:" $$missing; \
	  $(SUDO) apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y -qq --no-install-recommends $$missing; \
	fi
endef

# The demonstration needs half of what the tests do, and is what people begin with.
$(VENV)/.demo: Makefile tools/requirements.py pyproject.toml runtime/pyproject.toml
	$(call install-packages,$(PACKAGES))
	@echo "==> virtual environment $(VENV) with what xform and the demonstration need"
	@test -x $(BIN)/python || python3 -m venv $(VENV)
	@$(BIN)/python -m pip install -q --upgrade pip
	@$(BIN)/python tools/requirements.py --extra demo --build > $(VENV)/requirements.txt
	@$(BIN)/python -m pip install -q -r $(VENV)/requirements.txt
	@touch $@

$(VENV)/.ready: $(VENV)/.demo
	$(call install-packages,$(TEST_PACKAGES))
	@echo "==> what the development needs, in $(VENV)"
	@$(BIN)/python tools/requirements.py --extra demo --extra dev --build > $(VENV)/requirements.txt
	@$(BIN)/python -m pip install -q -r $(VENV)/requirements.txt
	@touch $@

INSTALL = CMAKE_BUILD_PARALLEL_LEVEL=$(JOBS) $(BIN)/python -m pip install -q --no-deps \
          --no-build-isolation --force-reinstall

build: setup ## Compile and install xform into .venv, xform-opt on its path
	@echo "==> building xform ($(JOBS) jobs)"
	@$(INSTALL) ./runtime .
	@$(BIN)/xform-opt --version > /dev/null && echo "==> installed: $(BIN)/xform-opt, $(BIN)/python -c 'import xform'"

develop: setup ## As build, but changes of Python files take effect at once
	@echo "==> building xform ($(JOBS) jobs)"
	@CMAKE_BUILD_PARALLEL_LEVEL=$(JOBS) $(BIN)/python -m pip install -q --no-deps \
	  --no-build-isolation --editable ./runtime --editable .

library: ## Compile one C++ library, once xform is built: make library LIB=XformLowering
	@cmake --build build --target $(LIB)

# Where Debian puts the tools and the records of MLIR.
LLVM    := /usr/lib/llvm-22

generate: setup ## Write primitives/generated.py and docs/primitives.md from the records in dialect/*.td
	@mkdir -p build
	@printf 'include "%s"\n' dialect/*.td | \
	  $(LLVM)/bin/llvm-tblgen --dump-json -I. -I$(LLVM)/include -o build/records.json -
	@$(BIN)/python dialect/generate_rules.py build/records.json \
	  --emit python -o frontend/xform/primitives/generated.py
	@$(BIN)/python dialect/generate_rules.py build/records.json --emit markdown -o docs/primitives.md

# xform-opt is a third of what is linked, and stays if it is there.
DEMO_PARTS = $(if $(wildcard $(BIN)/xform-opt),,\
             -C build.targets='_xform;_codegen' -C install.components=python)

demo: $(VENV)/.demo ## Train a classifier, map its saliency, save, reload, compare
	@echo "==> building xform ($(JOBS) jobs)"
	@$(INSTALL) ./runtime
	@$(INSTALL) $(DEMO_PARTS) .
	@$(BIN)/python examples/digits.py

test: build lit py ## Build, then run every test

# Files named after the family, those with an operation of that name, and its rows of the tables.
quick: ## Run one family's tests, of what is installed: make quick FAMILY=scan
	@files=$$(git ls-files 'tests/lit/*$(FAMILY)*.mlir'; \
	  git grep -lw 'xform\.$(FAMILY)' -- 'tests/lit/*.mlir'); \
	test -z "$$files" || $(BIN)/lit -sv $$files
	@$(BIN)/python -m pytest -k '$(FAMILY)' --durations=5 --durations-min=1 tests/python/dialect \
	  $$(git ls-files -co --exclude-standard 'tests/python/*test_*$(FAMILY)*.py')

lit: build ## FileCheck tests of the dialect and the passes
	@echo "==> lit"
	@$(BIN)/lit -sv tests/lit

py: build ## Python tests
	@echo "==> pytest"
	@$(BIN)/python -m pytest tests/python -n $(JOBS) --dist worksteal --durations=15

CXX_FILES = $(shell git ls-files '*.cpp' '*.h')

lint: setup ## Formatting, style and types
	@echo "==> ruff, mypy, clang-format"
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/clang-format --dry-run -Werror $(CXX_FILES)

fmt: setup ## Format everything
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .
	@$(BIN)/clang-format -i $(CXX_FILES)

tidy: build ## clang-tidy over the C++ sources (slow)
	@git ls-files '*.cpp' | xargs -P $(JOBS) -n 1 $(BIN)/clang-tidy -p build --quiet

docs: build generate ## Write the pages of docs/ that come from the sources
	@$(BIN)/python tools/numpy_coverage.py > docs/numpy-coverage.md
	@$(BIN)/python tools/numpy_coverage.py scipy > docs/scipy-coverage.md
	@$(BIN)/python tools/passes_page.py > docs/passes.md
	@$(BIN)/python tools/settings_page.py > docs/settings.md
	@$(BIN)/python tests/python/frontend/numpy/edge_differences.py > docs/numpy-differences.md

accuracy: build ## Measure the mathematical functions into docs/mathematics.md
	@$(BIN)/python tests/python/lowering/accuracy.py

bench: build ## Measure against the peers
	@$(BIN)/python benchmarks/run.py
	@$(BIN)/python benchmarks/overhead.py

# Wheels are for the Python of .venv, or another one: make wheel PYTHON=python3.13
PYTHON    :=
WHEEL_ENV := $(if $(PYTHON),build/for-$(notdir $(PYTHON)),$(VENV))
WHEEL_BIN := $(WHEEL_ENV)/bin

build/for-%/.ready: pyproject.toml runtime/pyproject.toml tools/requirements.py
	@$(PYTHON) -m venv $(@D)
	@$(@D)/bin/python tools/requirements.py --extra wheel --build --without-dependencies \
	  > $(@D)/requirements.txt
	@$(@D)/bin/python -m pip install -q -r $(@D)/requirements.txt
	@touch $@

wheel: $(if $(PYTHON),$(VENV)/.demo $(WHEEL_ENV)/.ready,setup) ## Wheels of xform and of its runtime in dist/
	@rm -rf build/wheels
	@PATH=$(abspath $(WHEEL_BIN)):$$PATH CMAKE_BUILD_PARALLEL_LEVEL=$(JOBS) \
	  $(WHEEL_BIN)/python -m pip wheel -q --no-deps --no-build-isolation -w build/wheels ./runtime .
	@mkdir -p dist && mv build/wheels/xform_runtime-*.whl dist
	@PATH=$(abspath $(WHEEL_BIN)):$$PATH $(WHEEL_BIN)/auditwheel repair -z 9 -w dist build/wheels/xform-*.whl
	@ls -sh dist

test-wheel: wheel ## Install the wheels in new environments, where no LLVM is, and try them
	@$(WHEEL_BIN)/python tools/try_wheels.py dist

clean: ## Remove what was built
	rm -rf build dist
