# Every goal is a command with a duration and a closing line. `make` alone lists them.

SHELL := bash
.DEFAULT_GOAL := help
.PHONY: help setup demo test check-long bench bench-aggregation fuzz lint format clean

FLAGS := $(shell scripts/swift-flags)
BLAS := $(shell scripts/blas-core)
# Seconds that `make fuzz` runs.
FUZZ_SECONDS ?= 60
SWIFT_FOLDERS := Sources Tests $(wildcard Benchmarks) Package.swift

help:  ## list the goals
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup:  ## install what is missing: Debian packages, and Python packages into .venv
	@scripts/setup

demo: setup  ## train one model across 100 simulated contributors, 20 of them hostile, and write a report
	swift build $(FLAGS) -c release --product tributary
	$(BLAS) .build/release/tributary demo

test:  ## lint, debug and release builds, Swift tests, and the tests against Python
	@scripts/test

check-long: test fuzz  ## everything in `test`, the fuzzer, and the tests under the address sanitizer
	@scripts/test-sanitized

bench: setup  ## measure, and print medians; SUITE=codec measures one suite
	swift build $(FLAGS) -c release --product tributary
	swift build $(FLAGS) -c release --product tributary-bench
	$(BLAS) .build/release/tributary-bench $(SUITE)

bench-aggregation: setup  ## time the rules for dense vectors against byzfl and Flower, in about 8 minutes
	@scripts/setup-peers
	swift build $(FLAGS) -c release --product tributary-bench
	$(BLAS) .build/release/tributary-bench aggregation

fuzz: setup  ## fuzz the decoders for FUZZ_SECONDS (60)
	@scripts/fuzz $(FUZZ_SECONDS)

lint:  ## check the Swift sources' form
	swift format lint --strict -r $(SWIFT_FOLDERS)

format:  ## put the Swift sources into form
	swift format -i -r $(SWIFT_FOLDERS)

clean:  ## remove what was built
	rm -rf .build
