# confhub. `make demo` shows it, `make test` checks it; both do all set-up.
.DEFAULT_GOAL := help
BIN := .venv/bin
RUN_STAMP := .venv/.run-installed
DEV_STAMP := .venv/.dev-installed
NATIVE := setup.py $(wildcard confhub/relay/native/*.pyx confhub/relay/native/*.h confhub/simulator/native/*.pyx confhub/simulator/native/*.h)
VENDOR_STAMP := web/static/vendor/.installed
# LiveKit's clients for Node.js: for the tests alone, under a lock of their own
CLIENTS := tests/contract/livekit_clients/node

# hundreds of processes load the same modules: each of them compiling them anew is a tenth of all the tests' work
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo test test-all coverage lint lint-types lint-style lint-layers lint-scripts format run native bench fuzz lock openapi clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

$(RUN_STAMP): requirements/run.txt pyproject.toml $(NATIVE)
	@scripts/setup.sh requirements/run.txt && touch $@

$(DEV_STAMP): requirements/dev.txt pyproject.toml $(NATIVE)
	@scripts/setup.sh requirements/dev.txt && touch $@ $(RUN_STAMP)

$(VENDOR_STAMP): package-lock.json scripts/vendor.py web/icons.txt
	@.venv/bin/python scripts/vendor.py && touch $@

$(CLIENTS)/node_modules/.package-lock.json: $(CLIENTS)/package-lock.json
	@.venv/bin/python scripts/vendor.py $(CLIENTS)

setup: $(DEV_STAMP) $(VENDOR_STAMP) $(CLIENTS)/node_modules/.package-lock.json ## Install everything into .venv

demo: $(RUN_STAMP) ## A whole province: 302 rooms, a chair and 40,000 people, with attendance reports
	@$(MAKE) --no-print-directory $(VENDOR_STAMP)
	@$(BIN)/confhub demo $(DEMO_ARGS)

test: setup ## Run every test; on PostgreSQL those that ask the database what SQLite may answer differently
	@scripts/test.sh $(PYTEST_ARGS)

test-all: ## The same, with every test of a database on SQLite and on PostgreSQL; for each night
	@$(MAKE) --no-print-directory test PYTEST_ARGS="--databases=all $(PYTEST_ARGS)"

coverage: ## make test, and which lines and branches no test reaches, by name where it matters most
	@COVERAGE=1 $(MAKE) --no-print-directory test

lint: setup ## Ruff, mypy, the layers, the pages' JavaScript
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target lint-types lint-style lint-layers lint-scripts

lint-types:
	@$(BIN)/mypy

lint-style:
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

lint-layers:
	@$(BIN)/lint-imports

lint-scripts:
	@$(BIN)/python scripts/api_types.py
	@PATH="$(CURDIR)/$(BIN):$$PATH" node_modules/.bin/tsc -p web/tsconfig.json

format: setup ## Format the code
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

run: $(RUN_STAMP) ## Start the hub and its relay on this machine
	@$(MAKE) --no-print-directory $(VENDOR_STAMP)
	@$(BIN)/confhub run

native: setup ## Compile the packet path again, with the compiler's words
	@$(BIN)/python setup.py --quiet build_ext --inplace --force

bench: setup ## Media, check-ins, reports, the hub; ONLY=fanout for one, BENCH_OUT=folder for JSON
	@$(BIN)/python -m bench $(ONLY) $(if $(BENCH_OUT),--out $(BENCH_OUT))

fuzz: setup ## Go on feeding the parsers broken input
	@$(BIN)/python -m fuzz $(FUZZ_ARGS)

lock: setup ## Renew the lock files after a change of the dependencies
	@$(BIN)/python -m uv --version >/dev/null 2>&1 || $(BIN)/python -m pip install --quiet uv
	@$(BIN)/python -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-emit-index-url --no-emit-find-links --extra endpoint pyproject.toml requirements/build.in -o requirements/run.txt
	@$(BIN)/python -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-emit-index-url --no-emit-find-links --all-extras pyproject.toml requirements/build.in -c requirements/run.txt -o requirements/dev.txt
	@$(BIN)/python -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-emit-index-url --no-emit-find-links requirements/node.in -o requirements/node.txt

openapi: setup ## Renew docs/openapi.json after a change of the API
	@$(BIN)/python -m scripts.openapi

clean: ## Remove what set-up and runs have made
	rm -f confhub/relay/native/*.so confhub/simulator/native/*.so
	rm -rf .venv node_modules web/static/vendor web/types/api.d.ts .demo build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .fuzz
