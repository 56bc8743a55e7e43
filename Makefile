# What one can do here. Each target installs what it needs and does no work twice.
PYTHON ?= python3
BIN := .venv/bin
PWA := server/pwa
OFFICE := server/office
CLIENTS := tests/clients
STAMPS := .stamps
PWA_SOURCES := $(shell find $(PWA)/src $(PWA)/public $(PWA)/build sync/linkage/tables -type f 2>/dev/null) $(wildcard $(PWA)/*.html $(PWA)/*.ts $(PWA)/*.json)
# One more than there are cores: some of the tests wait for what takes its time. Each may have a server, a browser and 1 GB of memory.
TEST_PROCESSES ?= $(shell cores=$$(getconf _NPROCESSORS_ONLN); echo $$(( cores < 7 ? cores + 1 : 8 )))
TRANSLATIONS := $(wildcard $(OFFICE)/translations/*/LC_MESSAGES/*.po)

.DEFAULT_GOAL := help
.PHONY: help run test test-long lint format bench install build chromium lock clean

help: ## say what one can do (this)
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

run: build ## install, build and serve the demo organisation on http://127.0.0.1:8000
	@DOORSTEP_DEMO=$${DOORSTEP_DEMO:-1} exec $(BIN)/python -m flask --app wsgi serve

test: lint build $(STAMPS)/requirements-dev $(STAMPS)/clients-modules chromium ## everything that must hold, a real browser included (under 15 minutes)
	cd $(PWA) && npm test --silent
	$(BIN)/python -m pytest -n $(TEST_PROCESSES) --dist loadgroup --reruns 1 --reruns-delay 2

test-long: build $(STAMPS)/requirements-dev $(STAMPS)/clients-modules chromium ## the long ones: ten times the examples, 200 kills at random moments
	EXAMPLES_TIMES=10 $(BIN)/python -m pytest -n 2 --dist worksteal --timeout 3600 -m property

lint: $(STAMPS)/requirements-dev $(STAMPS)/pwa-modules ## ruff, mypy and the TypeScript compiler
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	cd $(PWA) && npm run check --silent

format: $(STAMPS)/requirements-dev ## put the Python files in the house's shape
	$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format .

bench: build $(STAMPS)/requirements-dev $(STAMPS)/clients-modules ## measure everything, beside pouchdb-server, up to a million submissions stored (some 40 minutes); `python -m benchmarks storm` only that
	$(BIN)/python -m benchmarks

install: $(STAMPS)/requirements $(STAMPS)/pwa-modules $(STAMPS)/office-modules ## what running needs

build: install $(STAMPS)/pwa-build $(STAMPS)/office-build $(STAMPS)/translations ## the phone app, the office's styles and the translations

lock: ## write requirements*.txt anew from requirements*.in (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header requirements.in -o requirements.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header requirements-dev.in -o requirements-dev.txt

clean: ## remove what was installed and built; data stays
	rm -rf .venv $(STAMPS) $(PWA)/node_modules $(PWA)/dist $(OFFICE)/node_modules $(OFFICE)/static/vendor $(CLIENTS)/node_modules

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Doorstep needs Python 3.11 or newer; $(PYTHON) is `$(PYTHON) -V`. Name another one: make PYTHON=python3.12 …"; exit 1; }
	$(PYTHON) -m venv .venv

$(STAMPS)/requirements: requirements.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/requirements-dev: requirements-dev.txt $(STAMPS)/requirements
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

$(STAMPS)/%-modules: server/%/package-lock.json
	@node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' || { echo "Doorstep needs Node 20.19 or newer to build."; exit 1; }
	cd server/$* && npm ci --no-audit --no-fund --loglevel=error
	@mkdir -p $(STAMPS) && touch $@

# Official clients and another server of the same API, for the tests and benchmarks only
$(STAMPS)/clients-modules: $(CLIENTS)/package-lock.json
	cd $(CLIENTS) && npm ci --no-audit --no-fund --loglevel=error
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/pwa-build: $(STAMPS)/pwa-modules $(PWA_SOURCES)
	cd $(PWA) && npm run build --silent
	@touch $@

$(STAMPS)/office-build: $(STAMPS)/office-modules $(OFFICE)/vendor.mjs
	cd $(OFFICE) && npm run build --silent
	@touch $@

$(STAMPS)/translations: $(TRANSLATIONS) $(STAMPS)/requirements
	$(BIN)/pybabel --quiet compile -d $(OFFICE)/translations
	@touch $@

chromium:
	@sh tests/end_to_end/provide_chromium.sh
