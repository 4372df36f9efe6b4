# `make` alone lists the targets.
.DEFAULT_GOAL := help
SECONDS ?= 600
SEED ?=
HOURS ?= 4

.PHONY: help demo test test-full bench torture soak models mutants lint wheel npm install deny check-platforms

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

bench: ## Wake after commit under a stream of commits, and among up to 10,000 idle databases, beside other ways
	@scripts/setup.sh test
	@scripts/timed.sh "make bench" cargo bench -p honker-core --bench stream --bench scale

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

check-platforms: ## Type-check macOS, FreeBSD and aarch64, run Windows under Wine, from Debian's packages; ONLY= picks some
	@scripts/timed.sh "make check-platforms" scripts/check-platforms.sh $(ONLY)

install: ## Install the honker command with cargo
	@scripts/setup.sh build
	@scripts/timed.sh "make install" cargo install --path crates/honker-cli --locked

deny: ## Licences, bans and sources of all dependencies (installs cargo-deny when it is missing)
	@scripts/setup.sh build
	@scripts/timed.sh "make deny" scripts/deny.sh
