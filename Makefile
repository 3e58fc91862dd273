# `make help` lists the targets. Everything runs in .venv, which the first target that needs it makes.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# The scheduler's environment: Airflow brings pandas 3, so it cannot share the jobs'.
AIRFLOW := .venv-airflow
AIRFLOW_STAMP := $(AIRFLOW)/.installed

# Test oracles that name opencv-python among their needs; the headless build serves them as well.
ORACLES := 'trackers>=2.6,<3' 'supervision>=0.31,<0.32' 'trackeval>=1.3,<2'

.PHONY: help setup airflow check test dags demo bench docs clean

help: ## List the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1	/' | expand -t 16

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "storeday needs Python 3.11 or newer; $(PYTHON) is older" >&2; exit 2; }
	@command -v java >/dev/null || { echo "storeday needs Java 17 on the path" >&2; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[test]'
	$(BIN)/python -m pip install --quiet --no-deps $(ORACLES)
	@touch $@

setup: $(STAMP) ## Make .venv and install storeday with what tests need

$(AIRFLOW_STAMP): airflow_dags/requirements.txt airflow_dags/constraints.txt
	@test -x $(AIRFLOW)/bin/python || $(PYTHON) -m venv $(AIRFLOW)
	$(AIRFLOW)/bin/python -m pip install --quiet --upgrade pip
	$(AIRFLOW)/bin/python -m pip install --quiet -r airflow_dags/requirements.txt -c airflow_dags/constraints.txt
	@touch $@

airflow: $(AIRFLOW_STAMP) ## Make .venv-airflow, in which the DAGs and their tests run

check: $(STAMP) ## Lint, types and import rules, in seconds
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: check dags ## Everything a commit has to pass
	$(BIN)/python -m pytest

dags: $(STAMP) $(AIRFLOW_STAMP) ## Test the DAGs in Airflow's own environment
	$(AIRFLOW)/bin/python -m pytest tests/airflow_dags

demo: $(STAMP) ## Simulate a small store-day, run the whole job on it, say where the tables are
	$(BIN)/storeday demo --out demo

bench: $(STAMP) ## Run one benchmark (NAME=..., RENDER=1 renders it), or all and render the README's tables
	@$(BIN)/python tests/benchmarks/run.py $(NAME) $(if $(RENDER),--render)

docs: $(STAMP) ## Render the table reference from the contracts
	$(BIN)/storeday tables > schemas/TABLES.md

clean: ## Remove what was built
	rm -rf $(VENV) $(AIRFLOW) build dist demo .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
