# Everything runs in .venv, with the versions of constraints.txt.
PYTHON ?= python3
VENV = .venv
BIN = $(VENV)/bin
PIP = $(BIN)/pip install -q -c constraints.txt

.PHONY: gallery test check lint docs bench clean browser rest

gallery: $(VENV)/gallery  ## open the gallery of trained demos
	$(BIN)/keras-readinglist gallery

test: $(VENV)/dev  ## run the tests on the three backends
	$(BIN)/pytest --backends=all

check: $(VENV)/dev lint  ## what CI runs: lint, tests, gallery in a browser, pages
	$(BIN)/pytest --backends=all
	$(MAKE) --jobs=2 --output-sync=line browser rest  # a core each

# On a busy machine a browser loses an input once in thousands of tests: what timed out is tried
# once more, and reported, with what the page asked for.
browser: $(VENV)/dev
	KERAS_BACKEND=jax $(BIN)/pytest -m gallery --reruns 1 --only-rerun TimeoutError -rR

rest: $(VENV)/dev
	KERAS_BACKEND=jax $(BIN)/pytest -m "slow and not gallery"
	$(BIN)/keras-readinglist tour --backend jax
	KERAS_BACKEND=jax $(BIN)/python docs/build.py

lint: $(VENV)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

docs: $(VENV)/dev  ## execute the pages and build the site into site/
	KERAS_BACKEND=jax $(BIN)/python docs/build.py

bench: $(VENV)/dev  ## time every workload against its peer
	$(PIP) -e ".[bench]"
	$(BIN)/python benchmarks/run.py

clean:
	rm -rf $(VENV) build dist site docs/generated *.egg-info

$(VENV)/bin/pip:
	$(PYTHON) -m venv $(VENV)

$(VENV)/gallery: pyproject.toml constraints.txt | $(VENV)/bin/pip
	$(PIP) -e ".[jax,gallery]"
	touch $@

$(VENV)/dev: pyproject.toml constraints.txt | $(VENV)/bin/pip
	$(PIP) -e ".[all,dev]"
	touch $@ $(VENV)/gallery
