# Every goal is a command with a duration and a closing line. `make` alone lists them.

SHELL := bash
.DEFAULT_GOAL := help
.PHONY: help setup demo cluster example test check-long bench bench-aggregation bench-load bench-participation \
  bench-quality bench-simulation bench-stragglers bench-tournament fuzz lint format clean

FLAGS := $(shell scripts/swift-flags)
# Asked for by the goals that run something, and not by every make.
BLAS = $(shell scripts/blas-core)
# Seconds that `make fuzz` spends on each decoder.
FUZZ_SECONDS ?= 60
# The grid of `make bench-tournament`, and where it writes.
GRID ?= Benchmarks/tournament/mnist.json5
TOURNAMENT ?= Benchmarks/out/tournament
# The folder with MNIST's four files, of `make bench-stragglers` and `make bench-participation`.
MNIST ?= ../shared/data/mnist
# The example of `make example`, and its data where it comes without.
NAME ?= tabular
DATA ?=
# The text of `make bench-quality`.
TEXT ?= input.txt
SWIFT_FOLDERS := Sources Tests $(wildcard Benchmarks) Package.swift

help:  ## list the goals
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup:  ## install what is missing: Debian packages, and Python packages into .venv
	@scripts/setup

demo: setup  ## train one model across 100 simulated contributors, 20 of them hostile, and write a report
	swift build $(FLAGS) -c release --product tributary
	$(BLAS) .build/release/tributary demo

cluster: setup  ## run a whole network as processes: 3 nats-servers, 4 validators, 2 gateways, 20 contributors
	swift build $(FLAGS) -c release --product tributary
	$(BLAS) scripts/cluster

example: setup  ## run an example in full: NAME=mnist-convolution DATA=FOLDER, see its README
	swift build $(FLAGS) -c release --product tributary
	PATH="$(CURDIR)/.build/release:$$PATH" .venv/bin/python examples/run.py examples/$(NAME) \
	  $(if $(DATA),--data $(DATA))

test:  ## lint, the SDK's types and tests, debug and release builds, Swift tests, and the tests against Python
	@scripts/test

check-long: test fuzz  ## everything in `test`, the fuzzer, the address sanitizer, all faults, and the peers' tests
	@scripts/test-sanitized
	.build/release/tributary simulate --faults --seeds 1-2000
	@scripts/check-faults --long
	@scripts/setup-peers
	Benchmarks/peers/.venv/bin/python -m pytest -q Benchmarks/peers
	@scripts/check-sdk -k flower

bench: setup  ## measure, and print medians; SUITE=codec measures one suite
	swift build $(FLAGS) -c release --product tributary
	swift build $(FLAGS) -c release --product tributary-bench
	$(BLAS) .build/release/tributary-bench $(SUITE)

bench-aggregation: setup  ## time the rules for dense vectors against byzfl and Flower, in about 9 minutes
	@scripts/setup-peers
	swift build $(FLAGS) -c release --product tributary-bench
	$(BLAS) .build/release/tributary-bench aggregation

bench-load: setup  ## hold 10,000 contributors at one gateway, beside Flower's SuperLink, in about 6 minutes
	@scripts/setup-peers
	swift build $(FLAGS) -c release --product tributary-bench
	.build/release/tributary-bench load

bench-simulation: setup  ## simulate federations beside Flower, pfl-research and a NumPy loop, and let them grow
	@scripts/setup-peers
	swift build $(FLAGS) -c release --product tributary
	swift build $(FLAGS) -c release --product tributary-bench
	$(BLAS) .build/release/tributary-bench simulation

bench-stragglers: setup  ## race FedAvg, FedProx, FedAsync and FedBuff in virtual time; go on where it was; MNIST=FOLDER
	swift build $(FLAGS) -c release --product tributary-bench
	MNIST=$(MNIST) $(BLAS) .build/release/tributary-bench stragglers

bench-tournament: setup  ## run every rule and byzfl's under every attack on MNIST, for hours; go on where it was
	@scripts/setup-peers
	swift build $(FLAGS) -c release --product tributary
	$(BLAS) .build/release/tributary tournament $(GRID) --export-split $(TOURNAMENT)/split
	Benchmarks/peers/.venv/bin/python Benchmarks/peers/tournament.py $(TOURNAMENT)/split \
	  --out $(TOURNAMENT)/byzfl.json --jobs $(shell nproc)
	$(BLAS) .build/release/tributary tournament $(GRID) --out $(TOURNAMENT)/report --peers $(TOURNAMENT)/byzfl.json

bench-quality: setup  ## hold bits sent against loss, beside dense FedAvg and DiLoCo, for an hour; TEXT=input.txt
	.venv/bin/python Benchmarks/quality/quality.py --data $(TEXT)

bench-participation: setup  ## compare ways to code updates, by how often a node takes part, in half an hour; MNIST=FOLDER
	.venv/bin/python Benchmarks/quality/participation.py --data $(MNIST)

fuzz: setup  ## fuzz each decoder of outside bytes for FUZZ_SECONDS (60)
	@scripts/fuzz $(FUZZ_SECONDS)

lint:  ## check the Swift sources' form
	swift format lint --strict -r $(SWIFT_FOLDERS)

format:  ## put the Swift sources into form
	swift format -i -r $(SWIFT_FOLDERS)

clean:  ## remove what was built
	rm -rf .build
