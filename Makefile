# Two commands matter: `make demo` shows counterseal, `make test` proves it.
# Both need nothing but Python 3.11, 3.12 or 3.13 to begin with; PYTHON=... names another one.

SHELL := /bin/sh
.DELETE_ON_ERROR:
.PHONY: help demo test check scan bench mutation clean

SUITED := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c '$(SUITED)' >/dev/null 2>&1 && echo $$p && exit; done; echo python3)

BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --no-input --disable-pip-version-check

help:
	@echo 'make demo   install into .venv and run the demonstration (ARGS="..." is passed on)'
	@echo 'make test   install everything that the tests need, then run every check and test'
	@echo 'make check  format, lint, import contracts and types: seconds'
	@echo 'make scan   bandit and detect-secrets over what is shipped'
	@echo 'make bench  measure (ARGS="..." is passed on)'
	@echo 'make mutation  change the code of policies at random and see which tests notice (ARGS="..." is passed on)'
	@echo 'make clean  remove .venv, caches and builds; ledgers and demonstrations stay'

demo: .venv/.demo
	@$(BIN)/counterseal demo $(ARGS)

test: system-tools .venv/.dev
	@$(BIN)/python -m tests.check full

check: .venv/.dev
	@$(BIN)/python -m tests.check static

scan: .venv/.dev
	@$(BIN)/python -m tests.check scan

bench: .venv/.dev
	@$(BIN)/python -m bench $(ARGS)

mutation: .venv/.dev
	@$(PIP) -e '.[mutation]'
	@nice -n 10 $(BIN)/python -m tests.mutation $(ARGS)

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	rm -rf build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: suited-python system-tools

suited-python:
	@$(PYTHON) -c '$(SUITED)' 2>/dev/null || { \
	echo 'counterseal needs Python 3.11, 3.12 or 3.13; name one with PYTHON=/path/to/python3.' >&2; exit 1; }

system-tools: | suited-python
	@$(PYTHON) tests/setup_tools.py

# On Debian and Ubuntu the venv module is a package of its own, and its absence shows only here.
.venv/.made: | suited-python
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	echo 'This Python has no venv module. On Debian and Ubuntu: apt-get install python3-venv' >&2; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	@touch $@

# Programs in environments of their own; they wait for the network more than for each other.
BESIDE := tests.interop.golang tests.tools.mlflow tests.tools.verapdf tests.interop.oidc_provider \
	tests.tools.dvc tests.tools.schemathesis tests.tools.trestle

# Editable, so that a changed source needs no new installation and both commands share one .venv.
.venv/.demo: pyproject.toml | .venv/.made
	@echo 'Installing counterseal into .venv (about a minute the first time) ...'
	@$(PIP) -e '.[demo]'
	@touch $@

.venv/.dev: pyproject.toml tests/interop/go/go.sum tests/interop/oidc/package-lock.json tests/tools/dvc.py tests/tools/mlflow.py tests/tools/schemathesis.py | .venv/.made
	@echo 'Installing counterseal and its test tools into .venv (two minutes the first time) ...'
	@$(PIP) -e '.[dev]'
	@printf '%s\n' $(BESIDE) | xargs -n 1 -P 4 $(BIN)/python -m
	@touch $@ .venv/.demo
