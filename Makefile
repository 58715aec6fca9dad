# make demo     sets up .venv and grades examples/hw1/
# make test     sets up everything that the tests need and runs them all
# make test-gpu the tests that compute on a graphics processor; fails where none can be used (docs/gpu.md)
# make fuzz     two million hostile cases for each parser; FUZZ_CASES=n for another number
# make chaos    kills a small batch 200 times over, and Docker's daemon below one; CHAOS_ROUNDS=n for another number
# make test-cgroup-v2  control groups of version 2, in a virtual machine that is emulated: minutes
# make images   the images that some of the tests run in, a few gigabytes; without them those tests are skipped
# make bench    every benchmark of docs/benchmarks.md, an hour; bench-peers and the like for one of them
# make check    ruff and mypy
# make schema   the JSON schemas of an assignment and a report, into build/schema/
# make clean    removes the environments and everything that was built

PYTHON ?= python3
PYTEST_ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help demo test test-gpu fuzz chaos test-cgroup-v2 images bench bench-cold bench-warm bench-limit bench-many bench-peers check format schema clean environment environment-tensorflow system

help:
	@sed -n 's/^# //p' $(firstword $(MAKEFILE_LIST))

# scripts/set_up.py compares what it would install with what it has installed, so asking again costs nothing.
environment:
	@$(PYTHON) scripts/set_up.py torch

environment-tensorflow: environment
	@$(PYTHON) scripts/set_up.py tensorflow

system:
	@scripts/install-system-packages
	@scripts/start-docker
	@scripts/make-base-image

demo: environment
	@scripts/demo

test: system environment environment-tensorflow
	.venv/bin/python -m pytest $(PYTEST_ARGS)

# No environment is made here: PyTorch with CUDA is a few gigabytes, and the machine with the GPU has it or gets it once.
GPU_PYTHON ?= .venv/bin/python
test-gpu:
	$(GPU_PYTHON) -m pytest --expect-gpu -m gpu -v -rA --tb=short tests/sandbox/gpu/test_on_hardware.py $(PYTEST_ARGS)

FUZZ_CASES ?= 2000000
fuzz: environment
	.venv/bin/python -m pytest tests/fuzz --fuzz-cases $(FUZZ_CASES) $(PYTEST_ARGS)

CHAOS_ROUNDS ?= 200
CHAOS_ARGS ?=
chaos: system environment
	.venv/bin/python -m tests.batch.chaos --rounds $(CHAOS_ROUNDS) $(CHAOS_ARGS)
	.venv/bin/python -m pytest tests/batch/dockerd_faults.py

test-cgroup-v2: system environment
	.venv/bin/python -m pytest tests/virtual --expect-virtual -v -rA $(PYTEST_ARGS)

images: system environment
	@scripts/make-images

# Each writes benchmarks/results/<name>.json. The machine should do nothing else meanwhile.
BENCH = .venv/bin/python -m benchmarks.
bench: bench-cold bench-warm bench-limit bench-many bench-peers

bench-cold: system environment
	$(BENCH)cold_submission

bench-warm: system environment
	$(BENCH)warm_runs

bench-limit: system environment
	$(BENCH)limit

bench-many: system environment
	$(BENCH)many

# The other graders get environments of their own below build/peers.
bench-peers: system environment
	$(BENCH)peers

check: environment
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy

format: environment
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

schema: environment
	@mkdir -p build/schema
	.venv/bin/grade schema assignment > build/schema/assignment.json
	.venv/bin/grade schema report > build/schema/report.json

clean:
	rm -rf .venv .venv-tensorflow build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
