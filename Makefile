# make run    serve the workbench on http://127.0.0.1:7860 (ARGS="--port 8001" is passed on)
# make test   run the tests
# make check  format, lint, types, import contracts, tests
# make fix    format and mend what can be mended
# make soak   the long tests at full size
# make setup  the shared part: .venv with requirements.txt
PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test check lint soak fix setup setup-dev

.venv/.run: requirements.txt
	@echo "setup: making .venv and installing requirements.txt (a few minutes and some GB the first time)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "error: Python 3.11 or newer is needed; give one by: make $(MAKECMDGOALS) PYTHON=/path/to/python3"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

.venv/.dev: .venv/.run requirements-dev.txt requirements-ray.txt
	@echo "setup: installing requirements-dev.txt (what the tests need)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

setup: .venv/.run

setup-dev: .venv/.dev

run: setup
	@echo "run: starting the workbench; stop it with Ctrl+C"
	@$(BIN)/python app.py $(ARGS)

test: setup-dev
	@echo "test: running the tests"
	@$(BIN)/python -m pytest $(ARGS)

lint: setup-dev
	@echo "check: format, lint, types, import contracts"
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/pyright --pythonpath $(BIN)/python
	@$(BIN)/lint-imports

check: lint test

soak: setup-dev
	@echo "soak: running the long tests at full size"
	@REALNESS_SOAK=1 $(BIN)/python -m pytest $(ARGS)

fix: setup-dev
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .
