# The commands that people and CI share. `make` alone lists them.
.DEFAULT_GOAL := help
.PHONY: help env env-real demo serve test test-real bench-check bench-features bench-scoring bench-nightly bench-quality \
	bench-audiences bench-pages check format schema lock clean

VENV   := .venv
BIN    := $(VENV)/bin
PYTHON ?= python3
REAL   := postgres or browser or spark or faults
EXTRAS := auth demo dev notebooks postgres
RIVALS := $(patsubst %,data/benchmarks/rivals/%/.ready,rivals rivals-pandas2)
QUALITY_RIVALS := data/benchmarks/quality-venv

export OMP_NUM_THREADS ?= 1
export MLFLOW_DISABLE_TELEMETRY := true
# Else each process that trains would compile its libraries' sources anew, which takes longer than most tests.
unexport PYTHONDONTWRITEBYTECODE

help:            ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## (.*)/  make \1\t\2/' | expand -t 20

env: $(VENV)/.ready   ## the environment, from the hashed lock

$(VENV)/.ready: requirements.lock pyproject.toml hatch_build.py
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

env-real: env $(VENV)/.real  ## what the tests against real things need beside it: large, so not in the lock

$(VENV)/.real: $(VENV)/.ready
	$(BIN)/uv pip install --quiet --python $(BIN)/python --group real
	@touch $@

demo: env        ## real purchase logs to explained tags, in a few minutes
	$(BIN)/limner demo --config configs/demo.yaml

serve: env       ## the pages on what the demo made, for a browser
	$(BIN)/limner serve --config configs/demo.yaml

test: env        ## the core tests, under four minutes
	$(BIN)/pytest -n 2 --dist loadscope --no-loadscope-reorder -q -m "not ($(REAL))"

test-real: env-real  ## the tests against real browsers, databases, clusters and faults
	$(BIN)/pytest -q -m "$(REAL)"

bench-features: env $(RIVALS)  ## features beside pandas, DuckDB, Spark and others: benchmarks/results/features.md; ARGS=--help
	$(BIN)/python -m benchmarks.features.run $(ARGS)

bench-check: env $(RIVALS)  ## whether all systems of bench-features give the same features, on a small log
	$(BIN)/python -m benchmarks.features.run --check

data/benchmarks/rivals/%/.ready: pyproject.toml
	$(PYTHON) -m venv $(@D)
	$(BIN)/uv pip install --quiet --python $(@D)/bin/python --group $*
	@touch $@

bench-scoring: env data/benchmarks/rivals/rivals-scoring/.ready ## margins and explanations beside LightGBM, shap and others: benchmarks/results/scoring.md
	$(BIN)/python -m benchmarks.scoring.run $(ARGS)

bench-nightly: env ## years ingested, days added, everybody scored: benchmarks/results/nightly.md
	$(BIN)/python -m benchmarks.nightly.run $(ARGS)

bench-audiences: env ## audiences over ten million users counted: benchmarks/results/audiences.md
	$(BIN)/python -m benchmarks.audiences.run

bench-quality: env $(QUALITY_RIVALS)/.ready data/benchmarks/rivals/rivals-pandas2/.ready  ## scores beside BG/NBD, AutoGluon, getML and others on public data: benchmarks/results/quality.md
	$(BIN)/python -m benchmarks.quality.run

$(QUALITY_RIVALS)/.ready: benchmarks/quality/rivals.txt | env
	$(PYTHON) -m venv $(QUALITY_RIVALS)
	$(BIN)/uv pip install --quiet --python $(QUALITY_RIVALS)/bin/python -r benchmarks/quality/rivals.txt
	@touch $@

bench-pages: env  ## how quickly pages come with many users in the store: benchmarks/results/pages.md; ARGS=--help
	$(BIN)/python -m benchmarks.pages.run $(ARGS)

check: env       ## format, lint, types, layers, docs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -q tests/test_house.py tests/test_docs.py

format: env      ## put the code in shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

schema: env      ## write configs/schema.json anew, after the project file's format has changed
	$(BIN)/python -c "from limner.project.schema import schema_text; print(schema_text(), end='')" > configs/schema.json

lock: env        ## renew requirements.lock
	$(BIN)/uv pip compile --quiet --upgrade --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
		$(EXTRAS:%=--extra %) pyproject.toml -o requirements.lock

clean:           ## remove what runs have made, the environment included
	rm -rf $(VENV) .editable data mlruns/mlflow.db mlruns/artifacts mlruns/studies .pytest_cache .mypy_cache .ruff_cache
