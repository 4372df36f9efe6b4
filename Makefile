# `make` alone lists the targets.
.DEFAULT_GOAL := help
SECONDS ?= 600
SEED ?=
HOURS ?= 4

.PHONY: help demo test test-full bench bench-quick torture soak models mutants lint wheel npm c install deny check-platforms

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' $(firstword $(MAKEFILE_LIST)) | \
		awk -F'|' '{ printf "make %-15s %s\n", $$1, $$2 }'

demo: ## A real writer, and each of its commits seen live, with its latency
	@scripts/setup.sh build
	@scripts/timed.sh "make demo" cargo run --release -p honker-cli -- demo

test: ## Lints and the whole test suite, with reduced counts (minutes)
	@scripts/setup.sh test
	@scripts/timed.sh "make test" scripts/test.sh

test-full: ## The same with the stated counts (much longer)
	@scripts/setup.sh test
	@scripts/timed.sh "make test-full" scripts/test.sh full

bench: ## honker beside every other way to notice a commit: tables, results and pictures in target/bench (12 minutes)
	@scripts/setup.sh build
	@scripts/timed.sh "make bench" scripts/bench.sh

bench-quick: ## The same with fewer settings and repeats (a minute or two)
	@scripts/setup.sh build
	@scripts/timed.sh "make bench-quick" scripts/bench.sh --quick

torture: ## Writers, watchers and faults at random for SECONDS=600, each history checked; SEED= repeats the choices
	@scripts/setup.sh test
	@scripts/timed.sh "make torture" scripts/torture.sh "$(SECONDS)" "$(SEED)"

soak: ## HOURS=4 of commits and faults: memory, descriptors and threads of watchers stay flat
	@scripts/setup.sh test
	@scripts/timed.sh "make soak" scripts/soak.sh "$(HOURS)"

models: ## The wake in every schedule of its threads (loom)
	@scripts/setup.sh build
	@scripts/timed.sh "make models" scripts/models.sh

mutants: ## Simplify each rule in a copy, and show which checks notice (much longer)
	@scripts/setup.sh test
	@scripts/timed.sh "make mutants" scripts/mutants.py

lint: ## Format, clippy and rustdoc, with every warning an error
	@scripts/setup.sh test
	@scripts/timed.sh "make lint" scripts/lint.sh

wheel: ## Build the wheel of the Python package into target/wheels
	@scripts/setup.sh wheel
	@scripts/timed.sh "make wheel" scripts/wheel.sh

npm: ## Build the Node package for this machine into target/npm
	@scripts/setup.sh npm
	@scripts/timed.sh "make npm" scripts/addon.sh

c: ## Build the C library into target/c, or install it below PREFIX= (DESTDIR= and LIBDIR= as usual)
	@scripts/setup.sh build
	@scripts/timed.sh "make c" env PREFIX="$(PREFIX)" LIBDIR="$(LIBDIR)" DESTDIR="$(DESTDIR)" scripts/c.sh

check-platforms: ## Type-check macOS, FreeBSD and aarch64, run Windows under Wine; ONLY= picks some
	@scripts/timed.sh "make check-platforms" scripts/check-platforms.sh $(ONLY)

install: ## Install the honker command with cargo
	@scripts/setup.sh build
	@scripts/timed.sh "make install" cargo install --path crates/honker-cli --locked

deny: ## Licences, bans and sources of all dependencies (installs cargo-deny when it is missing)
	@scripts/setup.sh build
	@scripts/timed.sh "make deny" scripts/deny.sh
