# Everything one can do here. `make` alone prints the list.
# The exactly pinned Node comes with `npm ci`, so node_modules/.bin goes first on PATH; the machine's own Node only runs npm.
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory

NAME ?=
NODE ?=
PROJECTS ?= unit contracts integration
STAMP := node_modules/.package-lock.json
PARALLEL := -j4 $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)
VITEST := vitest run $(VITEST_ARGS)

.PHONY: help check types lint dead borders test e2e bench demo docs build image dist cluster-up cluster-down clean

help: ## This list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## /{printf "  $(if $(MAKE_TERMOUT),\033[1m)make %-13s$(if $(MAKE_TERMOUT),\033[0m) %s\n", $$1, $$2}' Makefile

check: $(STAMP) ## Types, format and lint, dead code, borders between folders (a few seconds)
	@$(MAKE) $(PARALLEL) types lint dead borders && echo "check: all in order"

test: build ## Unit, contract and integration tests, against real servers built on first use (PROJECTS=unit for some)
	@$(VITEST) $(addprefix --project ,$(PROJECTS))

e2e: image ## The built program's whole story, told from outside
	@$(VITEST) --project e2e

bench: build ## Speed and memory against a raw client; writes build/bench.json
	@node test/bench/run.ts

demo: build ## Back up, delete and restore a small application before your eyes
	@node scripts/demo.ts

docs: $(STAMP) ## docs/reference and docs/man (`man -M docs/man kubectl-backup`), anew from the command definitions
	@node plugin/reference/write.ts

build: $(STAMP) ## build/kubectl-backup, runnable from anywhere
	@node scripts/build.ts

image: build ## What the Dockerfile adds to its base, in build/image
	@node scripts/image.ts

dist: build ## Executables for every platform, archives, sums, bill of materials and krew index, in build/dist
	@node scripts/release.ts

cluster-up: $(if $(NODE),image,$(STAMP)) ## Start a disposable cluster and an S3 server (NAME=b for another beside it; NODE=1, as root: pods run)
	@node scripts/cluster.ts up $(NAME) $(if $(NODE),--node)

cluster-down: $(STAMP) ## Stop them and leave nothing behind (NAME=b likewise)
	@node scripts/cluster.ts down $(NAME)

clean: ## Remove what was built; running clusters are stopped first, the cached servers stay
	@if [ -d node_modules ] && compgen -G 'build/cluster*' >/dev/null; then node scripts/cluster.ts down --all; fi
	@rm -rf build

# What has not changed since the last time is not looked at again: half the time of `make check`.
types: $(STAMP)
	@tsc --noEmit --incremental --tsBuildInfoFile node_modules/.cache/tsconfig.tsbuildinfo -p .

lint: $(STAMP)
	@biome ci --error-on-warnings --colors=$(if $(MAKE_TERMOUT),force,off) .

dead: $(STAMP)
	@knip

borders: $(STAMP)
	@vitest run --project unit --reporter=dot test/unit/borders

$(STAMP): package-lock.json
	@command -v npm >/dev/null || { echo "npm is missing; install it with: sudo apt-get install npm" >&2; exit 1; }
	@npm ci --ignore-scripts --loglevel=error --no-fund --no-audit
	@touch $@
