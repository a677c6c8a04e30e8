PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test test-slow check format audit lock image bench clean

demo: $(VENV)/ready ## a simulated company, pulled and shown
	$(BIN)/treadmill demo

test: $(VENV)/ready ## what takes minutes at most
	$(BIN)/pytest -n auto --dist loadgroup -m "not slow"

test-slow: $(VENV)/ready ## faults, kills and images, one after the other
	$(BIN)/pytest -m slow

check: $(VENV)/ready ## style, types, imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/ready
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

audit: $(VENV)/ready ## known vulnerabilities of what is shipped
	$(BIN)/pip-audit --require-hashes --disable-pip -r requirements.lock

lock: $(VENV)/ready ## the newest versions that fit
	$(BIN)/uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		pyproject.toml --extra pdf -o requirements.lock
	$(BIN)/uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		pyproject.toml --group dev --all-extras -o requirements-dev.lock

image:
	docker build -f docker/Dockerfile -t treadmill .

bench: $(VENV)/ready ## speed and memory of a sync beside a bare walk
	$(BIN)/python -m benchmarks.sync

$(VENV)/ready: requirements-dev.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --no-build-isolation --no-deps -e .
	touch $@

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
