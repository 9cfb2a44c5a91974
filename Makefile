PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: demo test lint format templates golden contact-sheet pictures bench clean

demo: $(VENV)/.installed
	$(BIN)/processor demo demo

test: $(VENV)/.developed
	$(BIN)/python -m pytest --numprocesses auto --dist loadscope

lint: $(VENV)/.developed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.developed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

templates: $(VENV)/.developed
	$(BIN)/python -m processor.documents.house
	$(BIN)/python -m processor.form.catalogue

golden: $(VENV)/.developed
	$(BIN)/python -m tests.documents.golden

contact-sheet: $(VENV)/.developed
	$(BIN)/python -m tests.documents.gallery

pictures: $(VENV)/.developed
	$(BIN)/python -m tests.pictures

bench: $(VENV)/.developed
	$(BIN)/python -m benchmarks --sessions 200 --watch 15 --nightly 2000

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(PIP) hatchling editables setuptools wheel
	$(PIP) --no-build-isolation --editable .
	touch $@

$(VENV)/.developed: $(VENV)/.installed
	$(PIP) --no-build-isolation --editable ".[dev]"
	touch $@

clean:
	rm -rf $(VENV) demo build dist .mypy_cache .pytest_cache .ruff_cache
