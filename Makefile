# Everything below is made from PyPI by `make`; nothing is installed outside this folder.
PYTHON ?= python3
UV := .tools/uv/bin/uv
MELTANO := .tools/meltano/bin/meltano
DBT := .tools/dbt/bin/dbt
BIN := .venv/bin
export UV_PYTHON_DOWNLOADS := never
export UV_COMPILE_BYTECODE := 1

WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
PYTHONS ?= 3.12 3.13
PARALLEL := -n $(WORKERS) --dist worksteal
SEED ?= 1
MINUTES ?= 10
SANDBOX ?= --requests-per-minute 3000 --requests-per-day 100000 --features approvers,udemy
DSN ?= $(TARGET_POSTGRES_SQLALCHEMY_URL)

.DEFAULT_GOAL := help

help: ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/ -/'

demo: setup ## load the sandbox into an embedded PostgreSQL, twice, and compare every row
	$(BIN)/python -m harness.demo

test: setup lint ## lint, types and all tests but the long ones
	$(BIN)/pytest $(PARALLEL) -m "not long"

test-long: setup ## the tests that `make test` leaves out
	$(BIN)/pytest $(PARALLEL) -m "long and not loaders"

loaders: setup ## load with each loader of docs/loaders.md and run the models on fakesnow; compare every row
	$(BIN)/pytest -m loaders tests/e2e/test_loaders.py tests/transform/test_fakesnow.py

test-pythons: setup ## the tests but the long ones and Meltano's, with each of PYTHONS that is here
	@for version in $(PYTHONS); do \
		found=$$(PYENV_VERSION=$$version python$$version -c "import sys; print(sys.executable)" \
			2>/dev/null) || { echo "Python $$version: not found, so not tested"; continue; }; \
		echo "Python $$version: $$found"; \
		$(UV) venv -q --allow-existing --python "$$found" .tools/python$$version && \
		$(UV) pip install -q --python .tools/python$$version -c constraints.txt --group test \
			-e . -e ./loader && \
		.tools/python$$version/bin/pytest $(PARALLEL) -m "not long and not meltano" || exit 1; \
	done

test-next: setup ## the tests against the newest pre-release of the Singer SDK
	$(UV) venv -q --allow-existing --python $(PYTHON) .tools/next
	$(UV) pip install -q --python .tools/next -c constraints.txt --group dev -e . -e ./loader
	$(UV) pip install -q --python .tools/next --prerelease allow --upgrade-package singer-sdk \
		"singer-sdk[testing]>=0.54.9.dev0"
	$(UV) pip list -q --python .tools/next | grep singer-sdk
	.tools/next/bin/pytest $(PARALLEL) -m "not long and not meltano"

sandbox: .venv/.done ## serve both APIs locally, and print the tap's environment to export
	@$(BIN)/python -m sandbox --exports $(SANDBOX)

soak: setup ## kill, break and change for MINUTES from a SEED, and compare every row
	$(BIN)/python -m harness.soak --seed $(SEED) --minutes $(MINUTES)

fuzz: .venv/.done ## the fuzz tests, with twenty times as many random examples
	FUZZ=long $(BIN)/pytest $(PARALLEL) tests/fuzz tests/decode/test_fastpath.py tests/decode/test_record.py

bench: setup ## measure against others, and write docs/performance.md and its chart
	$(BIN)/python -m benchmarks

bench-small: .venv/.done ## the same with few rows, to see that it runs
	$(BIN)/python -m benchmarks --small

coverage: .venv/.done ## which months of which report the warehouse DSN holds, and how old each table is
	@$(BIN)/tap-continu-coursebase-coverage --dsn "$(DSN)"

page: .venv/.done ## write learning.html from the models that the warehouse DSN has in the schema analytics
	@$(BIN)/tap-continu-coursebase-page --dsn "$(DSN)"

lint: .venv/.done ## ruff, mypy and the import rules
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo --no-cache

format: .venv/.done ## let ruff rewrite what it can
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

docs: .venv/.done ## the documentation's site in site/, refusing broken links
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

generate: .venv/.done ## write the settings, rules and streams into README.md, meltano.yml and docs/
	$(BIN)/python -m tools.generate

setup: .venv/.done .meltano/.done $(DBT) ## the environments of the project, of Meltano and of its plugins

constraints: $(UV) ## pin the newest versions that pyproject.toml allows
	$(UV) pip compile pyproject.toml --group dev --group meltano --universal --no-header -q \
		--upgrade -o constraints.txt
	$(UV) pip compile transform/requirements.txt --universal --python-version 3.11 --no-header -q \
		--upgrade -o transform/constraints.txt

dist: .venv/.done ## the source distribution and the wheel
	$(UV) build -q --out-dir dist

audit: $(UV) ## ask for known vulnerabilities of what the tap is installed with
	$(UV) pip compile pyproject.toml -c constraints.txt --universal --no-header --no-annotate -q \
		-o .tools/audit.txt
	$(UV) venv -q --allow-existing --python $(PYTHON) .tools/audit
	$(UV) pip install -q --python .tools/audit "pip-audit~=2.10"
	.tools/audit/bin/pip-audit --strict --disable-pip --no-deps --progress-spinner off \
		-r .tools/audit.txt

clean: ## remove everything that make has made
	rm -rf .venv .tools .meltano .demo .soak .bench .cache build dist site

$(UV):
	$(PYTHON) -m venv .tools/uv
	.tools/uv/bin/pip install -q --disable-pip-version-check -c constraints.txt uv

.venv/.done: pyproject.toml loader/pyproject.toml constraints.txt $(UV)
	$(UV) venv -q --allow-existing --python $(PYTHON) .venv
	$(UV) pip install -q --python .venv -c constraints.txt --group dev -e . -e ./loader
	@touch $@

$(MELTANO): constraints.txt $(UV)
	$(UV) venv -q --allow-existing --python $(PYTHON) .tools/meltano
	$(UV) pip install -q --python .tools/meltano -c constraints.txt --group meltano
	@touch $@

$(DBT): transform/constraints.txt $(UV)
	$(UV) venv -q --allow-existing --python $(PYTHON) .tools/dbt
	$(UV) pip install -q --python .tools/dbt -c transform/constraints.txt -r transform/requirements.txt
	@touch $@

.meltano/.done: transform/constraints.txt pyproject.toml loader/pyproject.toml constraints.txt meltano.yml $(MELTANO)
	$(MELTANO) --log-level=warning install extractor tap-continu-coursebase
	$(MELTANO) --log-level=warning install loader target-postgres
	$(MELTANO) --log-level=warning install utility dbt-postgres
	@touch $@

.PHONY: $(shell sed -n 's|^\([a-z-]*\):.*\#\# .*|\1|p' $(MAKEFILE_LIST))
