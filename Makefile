# The whole loop: `make demo`, `make test`, `make lint`, `make lock`. Each sets up what it needs, once; offline after that.
.DELETE_ON_ERROR:
SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.9
UV := $(shell command -v uv 2>/dev/null || echo $(BIN)/uv)
export PYTHONDONTWRITEBYTECODE :=

.PHONY: setup demo test unit lint bench kills mutants locust-examples soak lock clean pictures shell

setup: $(VENV)/.ready

$(VENV)/.ready: requirements.lock pyproject.toml
	test -x $(BIN)/python || if command -v uv >/dev/null; then uv venv --quiet --no-python-downloads $(VENV); else python3 -m venv $(VENV); fi
	test -x "$(UV)" || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --offline -e .
	sed -i '1s|^\(#!.*/python[0-9.]*\)$$|\1 -I|' $(BIN)/squall # no module of the user is imported
	touch $@

demo: setup
	$(BIN)/squall run ledger-killed-at-peak

# The linters run beside the tests that need no quiet machine; tests that measure run alone after both.
test: setup
	$(MAKE) --no-print-directory --jobs=2 lint unit
	$(BIN)/python -m pytest -m alone

# Most of these tests wait for processes and sockets: three at a time, each file in one process.
unit: setup
	$(BIN)/python -m pytest -m "not alone" --numprocesses=3 --dist=loadfile

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: setup
	mkdir -p runs
	$(BIN)/squall bench --write docs/benchmarks.md --json > runs/bench.json

# 200 kills of short runs at random instants: about 6 minutes. ARGS="--count 20 --seed 3" for others.
kills: setup
	$(BIN)/python -m tests.stress.kills $(ARGS)

# Ten seeded defects, each with the experiment that is aimed at it: about 4 minutes on a quiet machine.
mutants: setup
	$(BIN)/squall mutants --suite ci $(ARGS)

# 22 of Locust's own example files against a server on loopback: about 2 minutes.
locust-examples: setup
	$(BIN)/python -m tests.stress.locust_examples $(ARGS)

# An hour at 100 payments/s; memory and descriptors of each process, and their slope. ARGS="--minutes 5".
soak: setup
	$(BIN)/python -m benchmarks.soak $(ARGS)

# Pictures of the report in runs/pictures: four verdicts, three widths, light and dark. Needs Chromium; with axe-core each page is checked. ARGS="RUN ..." for stored runs, ARGS="--document RUN" for docs/report.png.
pictures: setup
	$(BIN)/python -m tests.stress.pictures $(ARGS)

# A shell in which `squall` works.
shell: setup
	@PATH="$(CURDIR)/$(BIN):$$PATH" $${SHELL:-bash} -i

lock:
	$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --extra dev pyproject.toml -o requirements.lock

clean:
	rm -rf $(VENV) runs .mypy_cache .ruff_cache .pytest_cache
