# Two commands need nothing but Python 3.11 or newer, git and make:
#   make demo     a whole company to play with, served on http://127.0.0.1:8000
#   make test     everything that the tests need, then the whole suite

SHELL   := /bin/bash
HOST    ?= 127.0.0.1
PORT    ?= 8000
WORKERS ?= $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
ARGS    ?=

BIN     := .venv/bin
PIP     := $(BIN)/python -m pip --disable-pip-version-check
APPS    := $(wildcard apps/*.yaml apps/templates/*.yaml)
INSTALL := $(PIP) install --quiet --require-hashes
# The newest python3 that is new enough; PYTHON=… chooses another.
PYTHON  ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
             $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)

export HOST PORT

.DEFAULT_GOAL := help
TEXTS   := engine/runtime/web/translations

.PHONY: help demo demo-reset guides test soak security check lint types apps bench gallery assets install texts reference locks clean

help:               ## What can be made
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 20

# ---- environment: each stamp is the installation of one lock file --------------------------------------------------

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed (PYTHON=/path/to/python3 names one)." >&2; exit 1; }
	@echo "Creating .venv with $(PYTHON) …"
	@$(PYTHON) -m venv .venv

.venv/.runtime: requirements/build.txt requirements/runtime.txt | .venv/bin/python
	@echo "Installing what Formwork runs on …"
	@$(INSTALL) -r requirements/build.txt -r requirements/runtime.txt
	@touch $@

.venv/.test: requirements/test.txt .venv/.runtime
	@echo "Installing what the tests need …"
	@$(INSTALL) -r requirements/test.txt
	@touch $@

.venv/.formwork: pyproject.toml .venv/.runtime
	@FORMWORK_SKIP_FRONTEND=1 $(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

assets: .venv/.runtime      ## Build the browser's files and the translations, if anything changed
	@$(BIN)/python hatch_build.py

install: .venv/.formwork assets   ## The environment in .venv, with .venv/bin/formwork

# ---- demo ----------------------------------------------------------------------------------------------------------

demo: install       ## A demo company on http://HOST:PORT; a second run keeps its data
	@exec $(BIN)/formwork demo

demo-reset: install ## The same, from a fresh start
	@exec $(BIN)/formwork demo --reset

guides: install .venv/.test  ## The pictures of the guides by role, from a demo that runs on HOST:PORT
	@$(BIN)/python docs/screenshots.py http://$(HOST):$(PORT) --guides

# ---- tests ---------------------------------------------------------------------------------------------------------

# Every part runs, also after one that failed; pytest comes last, with the counts.
test: install .venv/.test   ## Style, types, apps and the whole suite (CI=1: a part that cannot run is a failure)
	@failed=; \
	$(MAKE) --no-print-directory machine || failed="$$failed machine"; \
	$(MAKE) --no-print-directory -k -j$(WORKERS) check || failed="$$failed check"; \
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS) || failed="$$failed pytest"; \
	test -z "$$failed" || { echo "Failed:$$failed" >&2; exit 1; }

soak: install .venv/.test   ## The long runs: hours, not minutes
	@$(MAKE) --no-print-directory machine
	@FORMWORK_SOAK=1 $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder --timeout=0 $(ARGS)

.PHONY: machine
machine: .venv/.test
	@.ci/prepare

check: lint types apps  ## ruff, mypy and the definitions, without the suite

# The tool that knows published weaknesses has an environment of its own: it would hold others back. What it cannot look
# up is a failure (--strict), no silence.
security: install .venv/.test  ## Weaknesses of what is installed, dangerous spellings, hostile requests, sqlmap
	@test -x .make/audit/bin/pip-audit || { mkdir -p .make && .venv/bin/python -m venv .make/audit && \
	  .make/audit/bin/python -m pip install --quiet --disable-pip-version-check pip-audit; } || \
	  { rm -rf .make/audit; echo "pip-audit cannot be installed here; the rest goes on" >&2; }
	@failed=; \
	$(BIN)/ruff check --select S --ignore S101,S105,S311,S603,S608,S704 engine || failed="$$failed ruff"; \
	.make/audit/bin/pip-audit --strict --requirement requirements/runtime.txt --require-hashes --disable-pip || failed="$$failed pip-audit"; \
	$(BIN)/python -m pytest -q tests/web/test_contract.py tests/web/test_leaks.py tests/web/test_bodies.py \
	  tests/web/test_providers.py tests/web/test_signing_in.py tests/web/test_outsiders.py tests/web/test_open_links.py \
	  tests/services/test_jail.py tests/imports/test_hostile_files.py || failed="$$failed tests"; \
	$(BIN)/python -m tests.injections || failed="$$failed sqlmap"; \
	test -z "$$failed" || { echo "Failed:$$failed" >&2; exit 1; }

lint: .venv/.test
	@$(BIN)/ruff check .

types: .venv/.test
	@$(BIN)/mypy

apps: $(APPS:%=proven/%)

.PHONY: $(APPS:%=proven/%)
$(APPS:%=proven/%): proven/%: install .venv/.test
	@$(BIN)/formwork check $*
	@$(BIN)/formwork test $* $(if $(findstring sales_erp,$*),--coverage --fail-under 99)

texts: install      ## Bring the catalogue of translations up to date with the templates; fill in what is new
	@mkdir -p .make
	@$(BIN)/pybabel -q extract -F pyproject.toml --no-location --sort-output --omit-header -o .make/messages.pot .
	@$(BIN)/pybabel -q update -i .make/messages.pot -d $(TEXTS) -N --ignore-obsolete --omit-header -w 130
	@$(BIN)/python hatch_build.py

reference: install  ## Write the pages of the reference anew, from the declarations and their examples
	@$(BIN)/formwork reference --write docs

# Needs uv. The lock files name versions and hashes, no address. The extra `s3` is in none of them: its library holds
# python-dateutil below the version that the others run with, and the tests of buckets bring a client of their own.
locks:              ## Write the lock files anew from the ranges in pyproject.toml
	@for part in build:requirements/build.in postgres:requirements/postgres.in \
	    "runtime:--extra demo pyproject.toml" "test:--extra dev -c requirements/runtime.txt pyproject.toml"; do \
	  uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --no-header --no-annotate -o requirements/$${part%%:*}.txt $${part#*:} || exit 1; done

bench: install .venv/.test  ## Ratios against references measured in the same run
	@$(BIN)/python -m bench.checking
	@$(BIN)/python -m bench.trialing
	@$(BIN)/python -m bench.importing
	@$(BIN)/python -m bench.requests
	@$(BIN)/python -m bench.pages
	@$(BIN)/python -m bench $(ARGS)

gallery: install .venv/.test  ## A picture of every kind of page in every look: gallery/index.html (ARGS="--only list --axe")
	@$(MAKE) --no-print-directory machine
	@$(BIN)/python -m tests.browser.gallery $(ARGS)

clean:              ## Everything that is built; the data in var/ stays
	rm -rf .venv node_modules static/vendor dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis test-results
	find engine demo tests bench -name __pycache__ -type d -prune -exec rm -rf {} +
	find engine -name '*.mo' -delete
