# Needs Python 3.11 or later, make and the package registries. `make` alone lists the targets.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

# A distribution's own Python comes first: it is compiled to be fast, one made on the spot mostly is not.
PYTHONS := $(wildcard /usr/bin/python3.1[1-9]) $(foreach name,python3.11 python3.12 python3.13 python3.14 python3,$(shell command -v $(name)))
PYTHON ?= $(or $(shell for each in $(PYTHONS); do $$each -c 'import ensurepip' 2> /dev/null && echo $$each && break; done),$(firstword $(PYTHONS)))
UV := $(or $(shell command -v uv),.uv/bin/uv)
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed
LOCKS := requirements.lock deploy/requirements.lock deploy/uv-requirements.lock
export UV_PYTHON_DOWNLOADS := never
unexport PYTHONDONTWRITEBYTECODE # without bytecode each process spends seconds on imports

.PHONY: help
help: ## List the targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

.PHONY: demo
demo: $(INSTALLED) ## A company's year through the whole way (FEC=path: your own file)
	@$(BIN)/acquit demo $(if $(FEC),--fec "$(FEC)")

.PHONY: up
up: $(INSTALLED) ## Bring the local stack up and leave it running
	@$(BIN)/acquit up

.PHONY: down
down: $(INSTALLED) ## Take the local stack down
	@$(BIN)/acquit down

.PHONY: test
test: $(INSTALLED) ## Run every test against real parts (ARGS=…: to pytest)
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

.PHONY: lint
lint: $(INSTALLED) ## Style, format, types, import contracts, locks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@$(MAKE) check-locks

.PHONY: features
features: $(INSTALLED) ## Which features are proven, and by which test
	@$(BIN)/python -m tests.features

.PHONY: bench
bench: $(INSTALLED) ## Measure every case beside its limit (ARGS="--quick --case single-64")
	@$(BIN)/python -m bench $(ARGS)

.PHONY: faults
faults: $(INSTALLED) ## Break each part under load, then prove the books (CYCLES=200 SEED=1)
	@$(BIN)/python -m tests.faults --cycles $(or $(CYCLES),200) $(if $(SEED),--seed $(SEED)) $(ARGS)

.PHONY: faults-record
faults-record: ## 1,000 cycles for the record (CYCLES=200 SEED=1)
	@$(MAKE) faults CYCLES=$(or $(CYCLES),1000) ARGS=--record

.PHONY: simulate
simulate: $(INSTALLED) ## Play histories of the core in memory (HISTORIES=10000 SEED=1)
	@$(BIN)/python -m tests.simulation --histories $(or $(HISTORIES),10000) --seed $(or $(SEED),1)

.PHONY: fuzz
fuzz: $(INSTALLED) ## 10,000 odd requests, 10,000 damaged files, tampering, properties on random examples
	$(BIN)/pytest -m "fuzz or hypothesis" --hypothesis-profile=random \
		-o faulthandler_timeout=3600 $(or $(ARGS),tests)

.PHONY: contracts
contracts: $(INSTALLED) ## Renew the published contracts (events, topics, HTTP) and the API reference
	@for module in generate reference; do $(BIN)/python -m shared.contracts.$$module \
		$(foreach name,payments invoicing reconciliation archive,services.$(name).service:SERVICE); \
	done

.PHONY: lock
lock: $(UV) ## Renew the locks, keeping every version that still fits
	@$(call compile_locks,.)
	@$(MAKE) deploy/local/jgo.lock.toml

deploy/local/jgo.lock.toml: deploy/local/jgo.toml | $(INSTALLED)
	$(BIN)/python -m deploy.local.maven

# A newer release of something does not make a lock stale: what is locked is preferred.
.PHONY: check-locks
check-locks: $(UV)
	@fresh=$$(mktemp -d); trap 'rm -rf "$$fresh"' EXIT; \
	cp --parents $(LOCKS) "$$fresh"; \
	$(call compile_locks,"$$fresh"); \
	for lock in $(LOCKS); do \
		cmp -s "$$lock" "$$fresh/$$lock" || { echo "$$lock is stale: run \`make lock\`"; exit 1; }; \
	done; \
	echo "the locks are current"

# $(1): the folder whose copies of the locks are renewed
compile_locks = \
	compile() { $(UV) pip compile --quiet --universal --generate-hashes --no-header \
		--no-emit-index-url --no-annotate --python-version 3.11 "$$@"; }; \
	compile --extra local --extra dev pyproject.toml -o $(1)/requirements.lock; \
	compile -c $(1)/requirements.lock pyproject.toml -o $(1)/deploy/requirements.lock; \
	compile - -o $(1)/deploy/uv-requirements.lock <<< uv

# The project is linked, not installed: installing it would fetch a build backend, and
# whatever runs at install time is not in the lock. The console script is pyproject's.
$(INSTALLED): requirements.lock | $(UV)
	@[ -x $(BIN)/python ] || $(UV) venv --quiet --python "$(PYTHON)" $(VENV)
	@echo "installing what requirements.lock names"
	@$(UV) pip sync --quiet --compile-bytecode --require-hashes \
		--python $(BIN)/python requirements.lock
	@echo '$(CURDIR)' > "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/acquit.pth"
	@echo "$$ACQUIT" > $(BIN)/acquit && chmod +x $(BIN)/acquit
	@touch $@

# Both a shell script and a Python program, because a path may hold a space.
define ACQUIT
#!/bin/sh
'''exec' '$(CURDIR)/$(BIN)/python' "$$0" "$$@" #'''
from cli.main import app

app()
endef
export ACQUIT

.uv/bin/uv: deploy/uv-requirements.lock
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null \
		|| { echo "Python 3.11 or later is needed (PYTHON=path: another than \"$(PYTHON)\")"; exit 1; }
	@echo "installing uv into .uv"
	@"$(PYTHON)" -m venv .uv
	@.uv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r deploy/uv-requirements.lock
	@touch $@
