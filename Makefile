# Every target sets up what it needs: only Python 3.11+ and make are assumed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
UV_VERSION := 0.13.9
STAMP := $(VENV)/.synced
ORACLES_STAMP := $(VENV)/.oracles
DOCS_STAMP := $(VENV)/.docs

.DEFAULT_GOAL := help
DATA ?= fixtures/usage/hourly_tokens.csv.gz
PAGES := server/tokenworth_mcp/apps

.PHONY: help demo test check format schemas pages docs oracles bench backtest soak build generated bundle clean

help: ## what can be asked for
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 12

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit("tokenworth needs Python 3.11 or newer; try: make PYTHON=python3.13") if sys.version_info < (3, 11) else 0'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(STAMP): pyproject.toml uv.lock | $(UV)
	@VIRTUAL_ENV= $(UV) sync --quiet --frozen --inexact --group dev
	@touch $@

demo: $(STAMP) ## value three real offers through a real MCP client and server
	@$(BIN)/tokenworth demo

test: $(STAMP) $(if $(shell command -v npm),pages) ## all tests: on the installed wheel, the slow ones on the checkout
	@$(BIN)/python tests/run.py

check: $(STAMP) ## ruff, mypy, pyright, import-linter, tidy rules
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/pyright
	@$(BIN)/lint-imports
	@$(BIN)/python -m pytest -q tests/test_tidy.py

format: $(STAMP) ## apply ruff's fixes and formatting
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

schemas: $(STAMP) ## write the tool schemas that tools/list is served from
	@$(BIN)/python -m tokenworth_mcp.snapshots

$(DOCS_STAMP): pyproject.toml uv.lock | $(STAMP)
	@VIRTUAL_ENV= $(UV) sync --quiet --frozen --inexact --group dev --group docs
	@touch $@

docs: $(DOCS_STAMP) ## the documentation site, into site/
	@$(BIN)/python -m tokenworth_mcp.reference docs/reference
	@$(BIN)/zensical build --clean --strict

pages: $(PAGES)/built/page.html ## what is drawn inside chats and in reports, from npm; everything else does without

$(PAGES)/built/page.html: $(shell find $(PAGES)/source -not -path '*/node_modules*' -type f)
	@npm ci --prefix $(PAGES)/source --ignore-scripts --no-audit --no-fund --silent
	@npm run build --prefix $(PAGES)/source --silent

$(ORACLES_STAMP): pyproject.toml uv.lock | $(STAMP)
	@VIRTUAL_ENV= $(UV) sync --quiet --frozen --inexact --group dev --group oracles
	@touch $@

oracles: $(ORACLES_STAMP) ## every outside oracle row, and 500 random cases against each outside library
	@$(BIN)/python tests/oracles.py
	@$(BIN)/python -m pytest -q tests/differential

bench: $(STAMP) ## medians of what we claim about speed and memory
	@$(BIN)/python tests/benchmarks/run.py

backtest: $(STAMP) ## forecasts of use against simple ones on hourly tokens, ours or DATA=path
	@$(BIN)/python tests/backtest/run.py "$(DATA)"

soak: $(STAMP) ## the fuzzer on every tool, rounds of killed writers, sequences against the ledger's model, ten minutes of replicas
	@$(BIN)/python tests/fuzzing.py
	@TOKENWORTH_KILL_ROUNDS=30 TOKENWORTH_MODEL_EXAMPLES=1000 $(BIN)/python -m pytest -q --timeout 3600 \
		tests/burn/ledger/test_kill.py tests/burn/ledger/test_model.py
	@SOAK_SECONDS=$${SOAK_SECONDS:-600} $(BIN)/python -m pytest -q --timeout 3600 tests/replicas/test_soak.py

build: $(STAMP) $(if $(shell command -v npm),pages) ## sdist, and the wheel built from it, into dist/
	@rm -rf dist && $(UV) build --quiet --out-dir dist

generated: $(STAMP) ## write README's snippets, server.json and the bundle's manifest anew
	@$(BIN)/python .ci/generate.py

bundle: $(STAMP) ## the .mcpb bundle for desktop clients, into dist/
	@$(BIN)/python .ci/bundle.py

clean: ## remove what the targets made
	@rm -rf $(VENV) .venv-* dist build .coverage* htmlcov .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis site docs/reference
