PYTHON ?= python3
VENV := .venv
LOWEST := .venv-lowest
ACCESS_TESTS := tests/service/web/auth tests/service/web/test_server.py
BIN := $(VENV)/bin
# From Python 3.12 on coverage counts lines by sys.monitoring. Before, tests take half as long again, so it is asked for:
# make test COVER="--cov --cov-report="
COUNTS_LINES = $(shell test -x $(BIN)/python && $(BIN)/python -c 'import sys; print("yes" if sys.version_info >= (3, 12) else "")')
COVER ?= $(if $(COUNTS_LINES),--cov --cov-report=)
export COVERAGE_CORE = $(if $(COUNTS_LINES),sysmon,ctrace)

# Each worker, and each command that a test runs, would compile all modules again.
unexport PYTHONDONTWRITEBYTECODE
# More workers than cores: tests wait for servers and commands.
CORES := $(shell $(PYTHON) -c "import os; print(os.cpu_count() or 1)")
WORKERS := $(shell expr 2 \* $(CORES))
# A worker runs all quick tests of a file, whose fixtures are thus built once. Slow ones are spread, but for their groups.
PYTEST := $(BIN)/pytest --durations=20 --durations-min=1

.DEFAULT_GOAL := help
.PHONY: help demo test test-slow test-lowest check format audit lock image bench clean

help: ## Show these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/ready ## Simulate a company, pull and analyse it, and serve its page (PORT=8080)
	$(BIN)/treadmill demo $(if $(PORT),--port $(PORT))

test: $(VENV)/ready ## Run the quick tests
	$(PYTEST) -n $(WORKERS) --dist loadfile -m "not slow" $(COVER)
	$(if $(COVER),@echo "Coverage: $$($(BIN)/coverage report --format=total) % of the lines")

test-slow: $(VENV)/ready ## Run the slow tests: PostgreSQL, faults, kills, container images
	$(PYTEST) -n $(WORKERS) --dist loadgroup -m slow

test-lowest: $(LOWEST)/ready ## Run the tests of access at the lowest versions of the dependencies
	PYTHONPATH=. $(LOWEST)/bin/pytest -W default::DeprecationWarning $(ACCESS_TESTS) -m "not slow"

check: $(VENV)/ready ## Check format, lint, types and directions of imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/ready ## Format the code and repair what the linter can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

audit: $(VENV)/ready ## Look for known vulnerabilities in shipped dependencies
	$(BIN)/python .ci/audit.py

lock: $(VENV)/ready ## Update the lock files to the newest versions that fit, and the lowest
	$(BIN)/uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		pyproject.toml --extra pdf -o requirements.lock
	$(BIN)/uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		pyproject.toml --group dev --all-extras -o requirements-dev.lock
	$(BIN)/uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--resolution lowest-direct pyproject.toml --group access -o requirements-lowest.lock

image: ## Build the container image; needs docker
	docker build -f docker/Dockerfile -t treadmill .

bench: $(VENV)/ready ## Measure speed and memory of a pull beside a bare walk
	$(BIN)/python -m benchmarks.sync

$(VENV)/ready: requirements-dev.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --no-build-isolation --no-deps -e .
	touch $@

$(LOWEST)/ready: requirements-lowest.lock | $(VENV)/ready
	$(PYTHON) -m venv --clear --without-pip $(LOWEST)
	$(BIN)/uv pip install --quiet --python $(LOWEST) --require-hashes -r requirements-lowest.lock
	touch $@

clean: ## Remove the virtual environments, builds and caches
	rm -rf $(VENV) $(LOWEST) build dist .coverage* .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
