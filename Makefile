# A fresh machine needs Python 3.11 or newer, Node 20.19 or newer, and make. Everything else is installed below this
# folder, except the system libraries that scripts/system-libs asks apt for. CI calls the same targets as a person.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
PACKAGES := $(wildcard schemas sync server tests bench)

# Data that may not be redistributed (bank statements, name lists) lies beside the checkout on machines that have it.
ifndef SANAD_REAL_DATA
ifneq ($(wildcard ../shared/data/.),)
export SANAD_REAL_DATA := $(abspath ../shared/data)
endif
endif

.PHONY: help run test check format wire screens world bench bench-growth bench-phone install install-dev pwa lock pdf-libs test-libs clean

help:
	@echo "make run      start a demo company on this machine"
	@echo "make test     everything: checks, unit, store, world and browser tests"
	@echo "make check    linters, types, stale wire types, and the unit tests of the phone"
	@echo "make format   rewrite the Python sources in the house format"
	@echo "make wire     write the TypeScript wire types from schemas/"
	@echo "make pwa      build the phone and desk application into pwa/dist"
	@echo "make screens  walk through every screen with axe; SANAD_SHOTS=folder keeps the pictures"
	@echo "make world    live simulated lives of a company: SEED=123 replays one, SEEDS=100000 runs on; ENGINE=postgres"
	@echo "make bench    measure pushes, pulls and a busy morning on this machine; bench-growth: with a long journal"
	@echo "make bench-phone  measure a phone with 10,000 customers in a browser slowed down six times, and Lighthouse"
	@echo "make lock     resolve the Python requirements again"

run: install pdf-libs pwa
	$(VENV)/bin/sanad demo --serve

# A loaded machine can make a page in a real browser miss any time-out, so what fails there is tried once more, by itself
# and in sight; what fails twice is a failure.
BROWSER := tests/browser tests/losses/test_device.py
# The simulated world lives beside the other tests, on a core of its own; it speaks when both are done.
WORLD_SAID := .pytest_cache/world.txt
test: install-dev test-libs pwa check
	$(PY) -m pytest $(BROWSER) || $(PY) -m pytest --last-failed --last-failed-no-failures none $(BROWSER)
	mkdir -p $(dir $(WORLD_SAID))
	$(PY) -m pytest tests/world > $(WORLD_SAID) 2>&1 & world=$$!; \
	$(PY) -m pytest $(addprefix --ignore=,$(BROWSER) tests/world) && rest=0 || rest=$$?; \
	wait $$world && lives=0 || lives=$$?; cat $(WORLD_SAID); exit $$((rest + lives))

check: install-dev pwa/node_modules/.stamp
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy $(PACKAGES)
	$(PY) -m schemas --check
	cd pwa && npm run --silent check
	cd pwa && npm run --silent lint
	cd pwa && npm run --silent test

format: install-dev
	$(PY) -m ruff check --fix --exit-zero .
	$(PY) -m ruff format .

wire: install
	$(PY) -m schemas

# A walk through every screen with axe, in Arabic and English; SANAD_SHOTS names a folder for the pictures.
screens: install-dev test-libs pwa
	$(PY) -m pytest tests/browser/test_screens.py
	$(if $(SANAD_SHOTS),$(PY) -m tests.browser.shots $(SANAD_SHOTS))

# Simulated lives of a small company, every step audited; see docs/decisions/0008-simulated-world.md.
world: install-dev
	SEED=$(SEED) SEEDS=$(SEEDS) FIRST=$(FIRST) ENGINE=$(ENGINE) $(PY) -m tests.world

bench: install-dev
	$(PY) -m bench.push
	$(PY) -m bench.pull
	$(PY) -m bench.load

# The same work with ten thousand and with a million entries behind it; takes a quarter of an hour.
bench-growth: install-dev
	$(PY) -m bench.growth

# A phone with a large portfolio in a real browser; takes some minutes.
bench-phone: install-dev test-libs pwa bench/lighthouse/node_modules/.stamp
	$(PY) -m bench.phone

bench/lighthouse/node_modules/.stamp: bench/lighthouse/package-lock.json bench/lighthouse/package.json scripts/node-modules
	scripts/node-modules bench/lighthouse
	touch $@

install: $(VENV)/.runtime
install-dev: $(VENV)/.dev
pwa: pwa/dist/sw.js

$(VENV)/.runtime: requirements.lock pyproject.toml scripts/python-env
	scripts/python-env $(PYTHON) $(VENV) requirements.lock
	touch $@

# The development lock contains the runtime lock, so its environment serves both.
$(VENV)/.dev: requirements-dev.lock requirements.lock pyproject.toml scripts/python-env
	scripts/python-env $(PYTHON) $(VENV) requirements-dev.lock
	touch $@ $(VENV)/.runtime

pwa/node_modules/.stamp: pwa/package-lock.json pwa/package.json pwa/.npmrc scripts/node-modules
	scripts/node-modules pwa
	touch $@

# Folders count as sources too, so that a deleted file leads to a new build. The service worker is written last.
PWA_SOURCES := $(shell find pwa/src pwa/public fonts -not -name '*.test.ts' -not -name '*~') \
	pwa/index.html pwa/vite.config.ts pwa/svelte.config.js pwa/tsconfig.json

pwa/dist/sw.js: pwa/node_modules/.stamp $(PWA_SOURCES)
	cd pwa && npm run --silent build

pdf-libs:
	@scripts/system-libs pdf

test-libs:
	@scripts/system-libs pdf chromium poppler strace postgres

# Written without index addresses, so that the same files install from any mirror; the hashes vouch for the contents.
UV_COMPILE := $(VENV)/bin/uv pip compile -q --universal --generate-hashes --no-header --no-annotate pyproject.toml
lock: install-dev
	$(UV_COMPILE) -o requirements.lock
	$(UV_COMPILE) --extra dev -o requirements-dev.lock

clean:
	rm -rf $(VENV) pwa/node_modules pwa/dist bench/lighthouse/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis
