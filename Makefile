# make            what there is to do
# make serve      the page, at http://127.0.0.1:8080
# make test       everything that must hold before a change goes in

SHELL := /bin/sh
.DEFAULT_GOAL := help

# cargo fmt does not see files that a macro declares, nor another workspace.
FMT_POLICIES := rustfmt --edition 2024 src/simulator/cache/eviction/*.rs benches/nexosim/main.rs
WASM := --target wasm32-unknown-unknown --lib --bin page --bin figure

# A machine that builds once has no use for what helps the next build: gigabytes, and the time to write them.
ifdef CI
export CARGO_INCREMENTAL := 0
endif

.PHONY: help serve setup build cli test lint fmt bench clean test-rust test-long test-browser fuzz check-redis check-firefox check-sweeps
.PHONY: code page browser

help: ## List what there is to do
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

serve: ## Open the page on http://127.0.0.1:8080, rebuilt on every change (installs what is missing)
	@scripts/setup serve
	trunk serve --no-autoreload=false --dist target/serve

setup: ## Install the pinned tools that are missing, also those of the browser tests
	@scripts/setup test

build: ## Build the page into dist/, compressed files beside each, ready to be copied to any folder of any site
	@scripts/setup serve
	trunk build
	@command -v node >/dev/null && node scripts/compress.mjs dist || echo 'no .br and .gz beside the files: Node.js is missing'

cli: ## Build the command line program into target/release/cachelane
	cargo build --release --locked --bin cachelane

test: ## Run every check: formatting, clippy, Rust tests, the page's build, the browser tests
	@scripts/setup test
	@$(MAKE) --no-print-directory page & page=$$!; $(MAKE) --no-print-directory code && wait $$page
	@$(MAKE) --no-print-directory browser

# The page is linked in one piece, by one core; meanwhile the other checks the code. (No --jobs: cargo would look for make's
# server of jobs, which it cannot reach.)
code:
	@$(MAKE) --no-print-directory lint
	@$(MAKE) --no-print-directory test-rust

page:
	trunk build

# Native, native without the command line, and wasm, so that nothing cfg'd away rots.
lint: ## Check versions, formatting, clippy for native and wasm, the documentation's links, the crates
	@scripts/check-versions
	cargo fmt --all --check
	$(FMT_POLICIES) --check
	cargo clippy --locked --all-targets -- -D warnings
	cargo clippy --locked --lib --no-default-features -- -D warnings
	cargo clippy --locked $(WASM) -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --lib --no-deps --document-private-items
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --lib --no-deps --document-private-items --target wasm32-unknown-unknown
	@scripts/check-crates

test-rust: ## Run the Rust tests: unit, integration, documentation; count the instructions of a request
	cargo test --locked
	@scripts/check-instructions

test-long: ## Run the checks that take too long for every change
	cargo test --locked --test cachelane -- --ignored --skip real_redis

fuzz: ## Look for input that breaks a reader, with new mutations for FUZZ_SECONDS (60)
	FUZZ_SECONDS=$${FUZZ_SECONDS:-60} cargo test --locked --test cachelane fuzz:: -- --nocapture

check-redis: ## Compare the Redis policies with a real redis-server (installs it if it is missing)
	@scripts/setup redis
	cargo test --locked --test cachelane real_redis -- --ignored --nocapture --test-threads 1

check-sweeps: ## Run a sweep by GNU parallel and by Dask, killing a worker of each (installs what is missing)
	@scripts/check-sweeps

check-firefox: ## Try the page and its embeds in Firefox (installs it if it is missing)
	@scripts/check-firefox

test-browser: page ## Build the page and run the browser tests against dist/
	@$(MAKE) --no-print-directory browser

# Two files at once: no test goes by the clock.
browser:
	node --test --test-concurrency=2 --test-reporter=spec tests/browser/*.test.mjs

fmt: ## Format the Rust code
	cargo fmt --all
	$(FMT_POLICIES)

bench: ## Measure the simulator's speed, natively and in WebAssembly
	@scripts/setup test
	@scripts/bench

clean: ## Remove what was built; the installed tools stay
	rm -rf target dist
