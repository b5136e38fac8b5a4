# make run: set up and run the main job. make test: set up and run every check and test.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test check docs nightly duckdb2 lock clean

run: .venv/installed
	@$(BIN)/transit run

test: .venv/installed-test
	@$(MAKE) --no-print-directory check
	$(BIN)/pytest -n 2 --dist loadgroup

check: .venv/installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The documentation site, which `transit docs` opens and a wheel built afterwards holds.
docs: .venv/installed-test
	$(BIN)/python docs/build.py flows/site

# The second tier, hours long: tests marked nightly, faults put into the code, a soak, runs that are killed, and the figures of the README again.
nightly: .venv/installed-test
	$(BIN)/pytest -m nightly
	$(BIN)/python -m tests.nightly.mutate
	$(BIN)/python -m tests.benchmarks.soak 200
	$(BIN)/python -m tests.benchmarks.kills 10
	$(BIN)/python -m tests.benchmarks.rehearsal
	$(BIN)/python -m tests.benchmarks.loading 10
	$(BIN)/python -m tests.benchmarks.failures
	$(BIN)/python -m tests.benchmarks.forecast_speed --series 1000
	$(BIN)/python -m tests.benchmarks.analysts

# The warehouse's tests under DuckDB 2, in an environment of their own: the lock holds 1.5. Extensions exist for 1.5 only; their tests are skipped.
duckdb2: .venv/installed-test
	[ -x .venv/duckdb2/bin/python ] || $(PYTHON) -m venv .venv/duckdb2
	.venv/duckdb2/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-test.lock
	.venv/duckdb2/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --upgrade "duckdb>=2,<3"
	.venv/duckdb2/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	.venv/duckdb2/bin/python -m pytest -n 2 --dist loadgroup tests/warehouse

.venv/installed: requirements.lock pyproject.toml
	@sh .ci/install $(PYTHON) requirements.lock
	@touch $@

.venv/installed-test: requirements-test.lock pyproject.toml
	@sh .ci/install $(PYTHON) requirements-test.lock
	@touch .venv/installed $@

# The lock pins every version with hashes and names no index.
UV_LOCK := uv pip compile --universal --generate-hashes --no-header --no-annotate --python-version 3.11 --quiet --group build
lock:
	$(UV_LOCK) pyproject.toml --output-file requirements.lock
	$(UV_LOCK) pyproject.toml --group test --extra dask --extra lake --extra endpoint --extra explore --output-file requirements-test.lock

clean:
	rm -rf .venv .transit published reports
