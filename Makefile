# Muster's commands. `make` alone lists them.

CARGO ?= cargo
YES := $(if $(or $(CI),$(findstring -y,$(ARGS))),-y,)
AREA ?= all
SECONDS_EACH ?= 60

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

.PHONY: setup
setup: ## install what is missing from Debian's packages (asks first; ARGS=-y does not)
	@scripts/ensure-engine.sh $(YES)

.PHONY: run
run: ## build Muster, start it on this machine and deploy the sample stack (ARGS=-y asks nothing)
	@scripts/run.sh $(YES)

.PHONY: stop
stop: ## stop what `make run` started; `make run` brings it back as it was
	@scripts/run.sh --stop

.PHONY: lint
lint: ## formatting, clippy, and cargo-deny where it is installed
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --quiet -- -D warnings
	@if command -v cargo-deny >/dev/null; then cargo deny check licenses bans sources; fi

.PHONY: test
test: clean-lab ## everything that must hold: lint, unit, property, conformance, simulation, end to end on real engines
	@CI=1 scripts/ensure-engine.sh -y --tests
	@$(MAKE) --no-print-directory lint
	scripts/planted.sh --check
	scripts/test.sh
	$(CARGO) run --release --quiet -p muster-sim -- --seed 1 --seeds 500

.PHONY: test-full
test-full: clean-lab ## the same with long runs: more cases, kills and seeds, planted bugs, coverage, every fuzz target for a minute
	@CI=1 scripts/ensure-engine.sh -y --tests
	@$(MAKE) --no-print-directory lint
	PROPTEST_CASES=4096 MUSTER_CRASH_ROUNDS=200 scripts/test.sh
	$(CARGO) run --release --quiet -p muster-sim -- --seed 1 --seeds 2000 --marks
	scripts/planted.sh
	scripts/coverage.sh
	@$(MAKE) --no-print-directory fuzz SECONDS_EACH=60

.PHONY: bench
bench: clean-lab ## measure the promised figures beside their peers (AREA=store|control|files|engine|api|idle|run|sim|scale|failover|hosts|hollow|all)
	@CI=1 scripts/ensure-engine.sh -y --tests
	@scripts/bench.sh $(AREA)

.PHONY: fuzz
fuzz: ## run every fuzz target for SECONDS_EACH seconds
	@scripts/fuzz.sh $(SECONDS_EACH)

.PHONY: clean-lab
clean-lab: ## remove what a crashed test run left behind
	@scripts/clean-lab.sh
