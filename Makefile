# Every way to build, check and run the project. `make help` lists the targets.
# Package clients find their registries in the environment; nothing here names one.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PY_ROOTS := operator sandbox demo bench examples tools tests
# Each stage of `make test` says how long it took.
timed = @start=$$SECONDS; echo "== $(1)"; $(2) && echo "== $(1): ok, $$((SECONDS - start)) s"
# pytest's exit 5 (no test ran) is not 0, so an empty folder fails like any other fault.
PYTEST := $(BIN)/python -m pytest
SANDBOX := PYTHONPATH=sandbox $(BIN)/python -m kmig_sandbox
# Loaded by what talks to the sandbox; the sandbox writes it.
SANDBOX_ENV := .sandbox/env

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# ---------------------------------------------------------------- build
.PHONY: venv lock gen fmt
venv: $(VENV)/.stamp ## Virtual environment from the hash-locked requirements

$(VENV)/.stamp: requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed; set PYTHON=/path/to/python3"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

PIP_COMPILE = $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras \
  --no-header --no-emit-index-url --no-emit-find-links --no-emit-trusted-host $(LOCK_ARGS)
lock: ## Resolve requirements*.in again (LOCK_ARGS=--upgrade for newer versions); oldest Python only
	@$(BIN)/python -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' \
	  || { echo "Lock with Python 3.11, the oldest supported: its set serves 3.12 and 3.13"; exit 1; }
	$(PIP_COMPILE) -o requirements.lock requirements.in
	$(PIP_COMPILE) -o requirements-dev.lock requirements-dev.in

gen: venv ## Write CRDs, RBAC and generated pages
	$(BIN)/python -m kafka_migration.gen
	$(BIN)/python tests/e2e/matrix.py

fmt: venv ## Format, and fix what can be fixed safely
	$(BIN)/ruff format $(PY_ROOTS)
	$(BIN)/ruff check --fix $(PY_ROOTS)

# ---------------------------------------------------------------- check
.PHONY: check check-format check-lint check-types check-imports check-generated check-sizes
check: venv check-format check-lint check-types check-imports check-generated check-sizes ## Everything static, under 30 s

check-format:
	$(BIN)/ruff format --check --quiet $(PY_ROOTS)

check-lint:
	$(BIN)/ruff check --quiet $(PY_ROOTS)

check-types:
	$(BIN)/mypy

check-imports:
	@$(BIN)/lint-imports --no-logo

check-generated:
	$(BIN)/python -m kafka_migration.gen --check
	$(BIN)/python tests/e2e/matrix.py --check

check-sizes:
	$(BIN)/python tools/size_budgets.py
	$(BIN)/python tools/committed_addresses.py

# ---------------------------------------------------------------- test
.PHONY: unit model sandbox-test contract e2e e2e-nightly matrix test test-stages
unit: venv ## Unit tests, under 60 s
	$(PYTEST) tests/unit

model: venv ## Search the protocol's models, and show that each planted mistake is caught
	$(BIN)/python tools/check_model.py

sandbox-test: venv ## Smoke test of the running sandbox
	@source $(SANDBOX_ENV) && $(PYTEST) tests/sandbox

contract: venv ## Adapters against the real Kafka and Kubernetes of the sandbox
	@source $(SANDBOX_ENV) && "$$KUBECTL" apply --server-side -f crds/
	@source $(SANDBOX_ENV) && "$$KUBECTL" wait --for=condition=Established --timeout=30s -f crds/
	@source $(SANDBOX_ENV) && $(PYTEST) tests/contract

e2e: venv ## The rows of tests/e2e/MATRIX.md on the sandbox; one that did not run is a failure
	@rm -f .sandbox/e2e-rows.json
	@source $(SANDBOX_ENV) && $(PYTEST) $$($(BIN)/python tests/e2e/matrix.py --files)
	@$(BIN)/python tests/e2e/matrix.py --ran

e2e-nightly: venv ## The rows that are too long for every run
	@rm -f .sandbox/e2e-rows.json
	@source $(SANDBOX_ENV) && $(PYTEST) $$($(BIN)/python tests/e2e/matrix.py --files-nightly)
	@$(BIN)/python tests/e2e/matrix.py --ran-nightly

test: ## All tests: check, unit, model, then the sandbox and everything on it
	$(call timed,check,$(MAKE) check)
	$(call timed,unit,$(MAKE) unit)
	$(call timed,model,$(MAKE) model)
	$(call timed,sandbox-up,$(MAKE) sandbox-up)
	$(call timed,sandbox smoke,$(MAKE) sandbox-test)
	$(call timed,contract,$(MAKE) contract)
	$(call timed,images,$(MAKE) images)
	$(call timed,install,$(MAKE) install)
	$(call timed,e2e,$(MAKE) e2e)

# ---------------------------------------------------------------- sandbox
.PHONY: sandbox-up sandbox-down wheels images install demo bench clean
sandbox-up: venv ## Kubernetes and two Kafka clusters on this machine (idempotent, resumable)
	@$(SANDBOX) up

sandbox-down: venv ## End everything that sandbox-up started
	@$(SANDBOX) down

wheels: venv ## Wheels of requirements.lock for the operator's image, into build/wheels
	@$(SANDBOX) wheels

images: venv ## Build the operator and example images and load them into the sandbox
	@$(SANDBOX) images

install: venv ## CRDs, RBAC and the operator into the cluster of .sandbox/env
	@source $(SANDBOX_ENV) && tools/install.sh

demo: venv sandbox-up images install ## Watch a producer and a consumer move (FAULT=drop: see it refused)
	@PYTHONPATH=demo $(BIN)/python -m kmig_demo $(if $(FAULT),--fault $(FAULT))

bench: venv sandbox-up ## Beside plain MirrorMaker 2; goes on where it was killed (FORCE=1: anew; ONLY=throughput)
	@PYTHONPATH=bench $(BIN)/python -m kmig_bench $(if $(FORCE),--force) $(if $(ONLY),--only $(ONLY))

clean: ## Remove the virtual environment and caches of this clone (not the sandbox)
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache dist build
