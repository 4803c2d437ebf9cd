# Laju's tasks. Everything installs itself into .venv; only Python 3.11 or newer, make and git are needed.
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed
RUN_ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help install run test faults compose-test mutations bench profile check lint types docs lock audit sbom clean

help: ## Show these targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

install: $(INSTALLED) ## Create .venv with exactly the locked versions

$(INSTALLED): requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

run: $(INSTALLED) ## Start everything with demo data, print the standings and the mails, run until Ctrl-C
	$(BIN)/laju up --demo $(RUN_ARGS)

test: $(INSTALLED) ## Run all tests (unit, property, integration and end to end, on real servers)
	$(BIN)/python -m pytest -n 2 tests/unit tests/property
	$(BIN)/python -m pytest -n 3 --dist loadfile tests/e2e tests/integration tests/browser
	$(BIN)/python -m pytest -n 2 --dist loadfile tests/faults

faults: $(INSTALLED) ## Kill, freeze and cut everything under load: make faults SEED=7 MINUTES=3 CLUSTER=1
	$(BIN)/python -m tests.faults $(if $(SEED),--seed $(SEED)) --minutes $(or $(MINUTES),3) $(if $(CLUSTER),--cluster)

compose-test: $(INSTALLED) ## Build the image and run docker-compose.yml, one of each and three; needs Docker
	$(BIN)/python -m pytest tests/compose

mutations: $(INSTALLED) ## Bring in one defect after the other and see which test notices it
	$(BIN)/python -m tests.mutations

bench: $(INSTALLED) ## Measure against the limit and against what else one could do: make bench BENCH_ARGS=--quick
	$(BIN)/python -m bench $(BENCH_ARGS)

profile: $(INSTALLED) ## What the hot paths cost, stage by stage
	$(BIN)/python -m bench.profile

lint: $(INSTALLED) ## Check style and generated documentation
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m docs.generate --check

types: $(INSTALLED) ## Check types
	$(BIN)/mypy

check: lint types test ## All of the above: exactly what CI runs

docs: $(INSTALLED) ## Write the generated pages of docs/ anew
	$(BIN)/python -m docs.generate

lock: ## Resolve the dependencies anew into requirements.lock, without index addresses
	$(BIN)/uv pip compile pyproject.toml --all-extras --generate-hashes --universal --python-version 3.11 \
		--no-emit-index-url --no-header --no-annotate --quiet --output-file requirements.lock
	$(BIN)/uv pip compile pyproject.toml --extra tracing -c requirements.lock --generate-hashes --universal --python-version 3.11 \
		--no-emit-index-url --no-header --no-annotate --quiet --output-file deploy/requirements.lock

# These two ask the package index about every dependency, and so are no part of check.
audit: $(INSTALLED) ## Look for known vulnerabilities in what is locked
	$(BIN)/uv tool run pip-audit==2.10.1 --strict --require-hashes --disable-pip --requirement deploy/requirements.lock
	$(BIN)/uv tool run pip-audit==2.10.1 --strict --require-hashes --disable-pip --requirement requirements.lock

sbom: $(INSTALLED) ## Write what the image holds to sbom.json (CycloneDX)
	$(BIN)/uv tool run --from cyclonedx-bom==7.5.0 cyclonedx-py requirements --pyproject pyproject.toml \
		--output-reproducible --output-file sbom.json deploy/requirements.lock

clean: ## Remove .venv and the demo's data
	rm -rf .venv .laju
