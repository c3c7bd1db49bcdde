# chatd: `make run` starts a server, `make test` runs every test. Both set up .venv by themselves.
PORT ?= 2222
WEB ?= 8022
DATA ?= data
CONFIG ?=
JOBS ?= $(shell nproc 2>/dev/null || echo 1)
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# Some tests take a thousand times as long as others: who has nothing left takes of what the other has.
SPREAD := -n auto --dist worksteal

.PHONY: run demo test lint check format meta graph sim sometimes covered sweep mutants mutate fuzz golden latency bench profile crowd hostile abuse clients live clean

run: $(VENV)/.run
	$(BIN)/chatd serve --data "$(DATA)" --listen 127.0.0.1:$(PORT) $(if $(WEB),--web 127.0.0.1:$(WEB)) $(if $(CONFIG),--config "$(CONFIG)")

# A server on free ports, entered with ssh and curl step by step, each step checked; nothing of it stays.
demo: $(VENV)/.run
	$(BIN)/python -m chatd.demo.walk

# First what runs on the virtual clock, on every core; then what uses real sockets and clients, a file of it on each core;
# then what leads a browser, which takes several cores by itself.
test: $(VENV)/.dev
	$(BIN)/python -m pytest -m "not real" $(SPREAD)
	$(BIN)/python -m pytest -m "real and not browser" -n auto --dist loadfile
	$(BIN)/python -m pytest -m browser tests/end_to_end/test_page.py

lint: $(VENV)/.dev
	$(BIN)/ruff format --check chatd tests
	$(BIN)/ruff check chatd tests
	$(BIN)/mypy

check: lint
	$(BIN)/python -m pytest -m "not real" $(SPREAD)

format: $(VENV)/.dev
	$(BIN)/ruff format chatd tests
	$(BIN)/ruff check --fix chatd tests

# What lua-language-server and /help scripting know of the functions given to scripts.
meta: $(VENV)/.run
	$(BIN)/python -m chatd.tasks.scripts.api_files lua

# Who imports whom: modules and arrows of each layer and floor, and the circles there are.
graph: $(VENV)/.dev
	$(BIN)/python -m tests.imports

# Simulated worlds, on every core: make sim SEED=1 RUNS=1000, also SCHEDULE=pct PROFILE=ssh TRACE=file
sim: $(VENV)/.dev
	$(BIN)/chatd sim --seed $(or $(SEED),1) --runs $(or $(RUNS),400) --jobs $(JOBS) \
	  $(if $(SCHEDULE),--schedule $(SCHEDULE)) $(if $(PROFILE),--profile $(PROFILE)) $(if $(TRACE),--trace "$(TRACE)")

# As sim, and every refusal and every way of falling behind must be met in one of the worlds: make sometimes RUNS=400
sometimes: $(VENV)/.dev
	$(BIN)/python -m tests.sometimes --seed $(or $(SEED),1) --runs $(or $(RUNS),400) --jobs $(JOBS) $(if $(LEAST),--least $(LEAST))

# Which lines of the server worlds run, and which they miss: make covered RUNS=100 BELOW=95
covered: $(VENV)/.dev
	$(BIN)/python -m tests.covered --seed $(or $(SEED),1) --runs $(or $(RUNS),100) --jobs $(JOBS) \
	  --below $(or $(BELOW),95) $(if $(PROFILE),--profile $(PROFILE))

# Short scenarios, with a fault or a kill at every step of theirs (STRIDE=5: at every fifth; PROFILE=ssh).
sweep: $(VENV)/.dev
	$(BIN)/chatd sim --sweep --stride $(or $(STRIDE),1) --jobs $(JOBS) $(if $(PROFILE),--profile $(PROFILE))

# The simulation proves itself: bugs that people write are planted. make mutants LIST=own|screens|foreign FIRST=5000 WANTED=40
mutants: $(VENV)/.dev
	$(BIN)/python -m tests.mutants --jobs $(JOBS) --list $(or $(LIST),all) --first $(or $(FIRST),0) \
	  $(if $(WANTED),--wanted $(WANTED))

# What the tests do not notice: make mutate IN="core wire" SAMPLE=100 SEED=1 OUT=mutated.txt
mutate: $(VENV)/.dev
	$(BIN)/python -m tests.mutate --in $(or $(IN),core tasks wire) --sample $(or $(SAMPLE),100) --seed $(or $(SEED),0) \
	  --jobs $(JOBS) --out "$(or $(OUT),mutated.txt)"

# A million odd crossings of the border to Lua: make fuzz SEED=1 CROSSINGS=1000000
fuzz: $(VENV)/.dev
	$(BIN)/python -m tests.adapters.lua.fuzz --seed $(or $(SEED),1) --crossings $(or $(CROSSINGS),1000000)

# Draws the golden screens anew: look at `git diff tests/golden` afterwards.
golden: $(VENV)/.dev
	$(BIN)/python -m pytest tests/golden --chatd-update

# Every way that a text takes, fed with the worst shapes: make abuse WAYS="history 'say, piped'"
abuse: $(VENV)/.dev
	$(BIN)/python -m tests.bench.abuse $(WAYS)

latency: $(VENV)/.dev
	$(BIN)/python -m tests.bench.latency

# One table, each figure beside its floor: make bench ONLY=delivered,login QUICK=1 ROUNDS=5 JSON=after.json
# Two revisions side by side: make bench COMPARE="before.json after.json"
bench: $(VENV)/.dev
	$(BIN)/python -m tests.bench $(if $(COMPARE),--compare $(COMPARE),$(if $(ONLY),--only "$(ONLY)") \
	  $(if $(QUICK),--quick) $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(DEADLINE),--deadline $(DEADLINE)) \
	  $(if $(JSON),--json "$(JSON)"))

# A flame graph of the server while fifty look on: make profile OUT=profile.svg RATE=5
profile: $(VENV)/.dev
	$(BIN)/python -m tests.bench.profiled "$(or $(OUT),profile.svg)" --rate $(or $(RATE),5)

# Two hundred answers at once on one core, real ssh clients that type, and the longest passes of the loop.
crowd: $(VENV)/.dev
	$(BIN)/python -m tests.bench.crowd

# What hostile scripts and rude input cost everybody else.
hostile: $(VENV)/.dev
	$(BIN)/python -m tests.bench.attacks
	$(BIN)/python -m tests.bench.rude

# The official JavaScript clients against a server (npm brings them).
clients: $(VENV)/.dev
	$(BIN)/python -m tests.clients

# A real model's server: make live ENDPOINT=http://127.0.0.1:8080/v1 MODEL=qwen3 PROVIDER=openai KEY_ENV=MY_KEY
live: $(VENV)/.dev
	$(if $(ENDPOINT),,$(error ENDPOINT=… is missing))$(if $(MODEL),,$(error MODEL=… is missing))
	$(BIN)/python -m tests.live "$(ENDPOINT)" "$(MODEL)" $(if $(PROVIDER),--provider "$(PROVIDER)") $(if $(KEY_ENV),--key-env "$(KEY_ENV)")

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[web]"
	touch $@

$(VENV)/.dev: $(VENV)/.run
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[dev]"
	touch $@
