# Everything a developer types. A second call is quick: the files named .venv/.<step> say what was done already.

PYTHON ?= python3
BIN := .venv/bin
ROADS ?=
NAME ?= ingest
PROCESSES ?= 0

.DEFAULT_GOAL := help
.PHONY: help install demo test test-long lint format bench screenshots lock reference browser clean

help:  ## Show this list.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F '\t' '{printf "  make %-12s %s\n", $$1, $$2}'

install: .venv/.runtime .venv/.browser-packages .venv/.messages  ## Install what Kolonne needs, in this directory only.

demo: install  ## Run a demonstration fleet; ROADS=file.osm.pbf drives real roads.
	$(BIN)/kolonne demo $(if $(ROADS),--roads "$(ROADS)")

test: install .venv/.dev browser  ## Run all tests but the long ones, one after the other, or in PROCESSES=2.
	$(BIN)/pytest -n $(PROCESSES)

test-long: install .venv/.dev browser  ## Run the tests that kill, fill and flood for minutes.
	$(BIN)/pytest -m long -s

lint: install .venv/.dev  ## Check style, types, layers, translations, locks and reference pages.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/python tools/in_scratch.py $(BIN)/mypy
	$(if $(wildcard tsconfig.json),$(BIN)/python tools/node.py node_modules/typescript/bin/tsc --noEmit -p tsconfig.json)
	$(if $(wildcard tools/messages.py),$(BIN)/python tools/messages.py check)
	$(BIN)/python tools/lock.py check
	$(BIN)/python tools/in_scratch.py $(BIN)/python tools/reference.py check

format: .venv/.dev  ## Bring our code into shape.
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: install  ## Measure; NAME=ingest, command or live.
	$(BIN)/kolonne bench $(NAME)

screenshots: install .venv/.dev browser  ## Take the pictures of the README and the guides.
	$(BIN)/python tools/screenshots.py

lock: .venv/.dev  ## Resolve all dependencies anew (needs uv and npm).
	$(BIN)/python tools/lock.py

reference: install .venv/.dev  ## Write docs/reference from the code.
	$(BIN)/python tools/in_scratch.py $(BIN)/python tools/reference.py

clean:  ## Remove what was installed here; data directories stay.
	rm -rf .venv node_modules build src/*.egg-info

browser:
	@tools/browser.sh

.venv/bin/python:
	tools/venv.sh "$(PYTHON)"

.venv/.runtime: requirements.lock pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

.venv/.dev: requirements-dev.lock .venv/.runtime
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-dev.lock
	touch $@

.venv/.browser-packages: package.json package-lock.json .npmrc .venv/.runtime
	$(BIN)/python tools/node.py npm ci --no-progress --no-update-notifier --loglevel=error
	touch $@

.venv/.messages: $(wildcard src/kolonne/portal/locale/*/LC_MESSAGES/*.po) .venv/.runtime
	$(if $(wildcard tools/messages.py),$(BIN)/python tools/messages.py compile)
	touch $@
