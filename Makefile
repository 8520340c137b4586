# Each target sets up what it needs. On a new machine python3 (3.11 or newer), pip
# and make are enough.

PLUGINS := care community fhir hl7 payer sftp webhook
VENV := .venv
BIN := $(VENV)/bin
PIP := python3 -m pip --python $(VENV) --disable-pip-version-check
EDITABLE := $(foreach plugin,$(PLUGINS),-e plugins/$(plugin))
PROJECTS := pyproject.toml $(PLUGINS:%=plugins/%/pyproject.toml)

.DEFAULT_GOAL := demo
.PHONY: demo test soak check bench docs faults exchange-faults fuzz clean

demo: $(VENV)/installed
	$(BIN)/hub demo --exit

# Three at a time, since some wait; tests that share what their module sets up stay
# together.
test: $(VENV)/installed-dev
	$(BIN)/python -m pytest -n 3 --dist loadscope -m "not long"

# Crash loops, storms, and comparisons with other libraries: some minutes more.
soak: $(VENV)/installed-dev
	$(BIN)/python -m pytest -n 2 --dist loadscope -m long

check: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell
	$(BIN)/python -m hub.reference --check

# With a million people, which take ten minutes and 15 GB below var the first time;
# with PEOPLE=20000 half a minute.
bench: $(VENV)/installed-dev
	$(BIN)/python tests/perf/bench.py
	$(BIN)/python tests/perf/parsing.py
	$(BIN)/python tests/perf/tls.py
	$(BIN)/python tests/perf/pictures.py $(if $(PEOPLE),--people $(PEOPLE))
	$(BIN)/python tests/perf/panels.py $(if $(PEOPLE),--members $(PEOPLE))
	$(BIN)/python tests/perf/files.py $(if $(PEOPLE),--rows $(PEOPLE))
	$(BIN)/python tests/perf/auditing.py
	$(BIN)/python tests/perf/sftp.py
	$(BIN)/python tests/perf/x12.py
	$(BIN)/python tests/perf/referrals.py
	$(BIN)/python tests/perf/service_matching.py
	$(BIN)/python tests/perf/evidence.py $(if $(PEOPLE),--events $(PEOPLE))
	$(BIN)/python tests/perf/hsds_validation.py
	$(BIN)/python tests/perf/directories.py $(if $(PEOPLE),--services $(PEOPLE))

docs: $(VENV)/installed-dev
	$(BIN)/python -m hub.reference --write

# Fifty crashes under load: some minutes, and not part of `make test`.
faults: $(VENV)/installed-dev
	$(BIN)/python tests/faults/kill_loop.py --times 50

# A hundred uploads that are cut anywhere, with a server and a hub killed in between.
# It needs OpenSSH's sshd and takes ten minutes; five of them are in `make test`.
exchange-faults: $(VENV)/installed-dev
	$(BIN)/python -m tests.acceptance.exchange_loop --times 100

# A minute for each target; FUZZ_SECONDS=3600 for an hour.
FUZZ_SECONDS := 60
fuzz: $(VENV)/installed-dev
	$(PIP) install --quiet -e '.[fuzz]'
	for target in framer parser normaliser escapes times; do \
		$(BIN)/python -m tests.fuzz.$$target -max_total_time=$(FUZZ_SECONDS) \
			|| exit 1; done
	CAREHUB_WALKS=20 $(BIN)/python -m pytest -q tests/runtime/test_identity_walks.py \
		tests/runtime/test_overlap.py \
		tests/runtime/test_disclosure_walks.py tests/coordination

clean:
	rm -rf $(VENV) build dist var .mypy_cache .ruff_cache .pytest_cache .hypothesis \
		.import_linter_cache *.egg-info plugins/*/build plugins/*/dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Debian's python3 makes no environment with pip in it, so pip works from outside.
$(VENV)/bin/python:
	python3 -m venv --without-pip $(VENV)

$(VENV)/installed: $(PROJECTS) | $(VENV)/bin/python
	$(PIP) install --quiet -e '.[demo]' $(EDITABLE)
	touch $@

$(VENV)/installed-dev: $(VENV)/installed
	$(PIP) install --quiet -e '.[demo,dev]' $(EDITABLE)
	touch $@
