# Every target is a thin wrapper: README.md lists the same commands without make.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help install demo demo-codes test test-all check bench migrate wheelhouse lock

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-11s %s\n", $$1, $$2}' Makefile

install: $(STAMP) ## create .venv and install the locked dependencies and this project

$(STAMP): requirements-dev.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(STAMP)

check: install ## ruff and mypy --strict
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: check ## lint, types, everything on SQLite, the PostgreSQL essentials
	$(BIN)/pytest -n $(WORKERS) -m "not full"

# Playwright keeps an event loop in the process, which other asynchronous tests cannot share.
test-all: install ## everything on both engines, then the browser tests
	$(BIN)/pytest -n $(WORKERS) -m "not browser"
	$(BIN)/pytest -n $(WORKERS) -m browser

demo: install ## make a fictional city, run the main job on it and serve it at http://127.0.0.1:8000
	$(BIN)/python -m app.demo --fresh --serve

demo-codes: ## how to sign in to the demo right now
	$(BIN)/python -m app.demo.codes

bench: install ## print the figures of benchmarks/ beside their peers'
	$(BIN)/python -m benchmarks

migrate: install ## bring the database of YAOHAO_DATABASE_URL (default var/yaohao.sqlite) up to date
	$(BIN)/yaohao migrate

wheelhouse: install ## one folder that installs on a machine with no network
	$(BIN)/python -m app.wheelhouse wheelhouse

lock: ## renew the hashed requirement files (needs uv on the PATH; writes no addresses)
	uv pip compile pyproject.toml --universal --no-strip-extras --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet -o requirements.txt
	uv pip compile pyproject.toml --extra dev --universal --no-strip-extras --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet -o requirements-dev.txt
