# Genomics Cloud: `make` lists what there is.

PYTHON ?= python3.11
VENV := .venv
RUN := $(VENV)/bin/python
PIP := $(RUN) -m pip --quiet --disable-pip-version-check --no-input
CODE := annotator archive billing genomics jobs tests manage.py
ONCE ?=
JOURNEY ?=
ARGS ?=
GENOMICS_SHARED_DATA ?= ../shared/data

# What `check --deploy` looks at: the settings of a production site, with values that lead nowhere.
PRODUCTION := GENOMICS_ENV=production LOCAL_AWS=0 WEB_ORIGIN=https://genomics.example \
	SECRET_KEY=0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ \
	DATABASE_URL=postgresql://genomics@database.example/genomics DEFAULT_FROM_EMAIL=hello@genomics.example \
	EMAIL_HOST=mail.example AWS_DEFAULT_REGION=us-east-1 AWS_ACCOUNT_ID=123456789012

# Nobody wants to wait minutes for a demonstration.
JOURNEY_TIMES := FREE_KEPT_HOT_SECONDS=10 DOWNLOAD_URL_LIFETIME_SECONDS=5 ARCHIVE_PAUSE_SECONDS=5 \
	BILLING_TEST_CLOCKS=1 BILLING_TRIAL_DAYS=0

# Each of the many processes would otherwise compile all our modules again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo up test check bench bench-annotator bench-archive accuracy chaos chaos-billing lambda fmt lock clean chromium

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-15s %s\n", $$1, $$2 }'

demo: $(VENV)/local.stamp ## Send a sample through everything; ONCE=1 stops then, JOURNEY=1 goes into the vault and back
	@$(if $(filter-out 0,$(JOURNEY)),$(JOURNEY_TIMES)) $(RUN) manage.py demo \
		$(if $(filter-out 0,$(ONCE)),--once) $(if $(filter-out 0,$(JOURNEY)),--journey) $(ARGS)

up: $(VENV)/local.stamp ## Start everything and serve until Ctrl-C; WEB_PORT=8001 chooses the port
	@$(RUN) manage.py up $(ARGS)

test: $(VENV)/dev.stamp chromium ## Run all tests, three at a time; ARGS="-k upload" runs some of them
	$(RUN) -m pytest --numprocesses 3 --dist loadfile $(ARGS)

check: $(VENV)/dev.stamp ## Run all static checks
	$(RUN) -m ruff format --check .
	$(RUN) -m ruff check .
	$(RUN) -m mypy $(CODE)
	$(VENV)/bin/lint-imports --no-logo
	$(RUN) -m djlint templates --check
	$(RUN) -m djlint templates --lint
	$(VENV)/bin/cfn-lint docker/aws/stack.yaml
	$(RUN) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	$(PRODUCTION) $(RUN) manage.py check --deploy --fail-level WARNING
	$(RUN) -m genomics.settings.example --check

bench: $(VENV)/local.stamp ## Time the annotator, then the product on an idle stack of its own (docs/performance.md)
	@for input in annotator/samples/sample.vcf $(GENOMICS_SHARED_DATA)/PG_NA12878_hg38-chr21.vcf.gz; do \
		if [ -f "$$input" ]; then \
			echo "== $$input"; \
			bash -c 'time $(RUN) -m annotator annotate "$$0" --output var/bench --progress none' "$$input" && \
			sed -n '/^Seconds/,$$p' var/bench/log.txt; \
		fi; \
	done
	@$(RUN) manage.py bench $(ARGS)

bench-archive: $(VENV)/local.stamp ## Time archiving and restoring of 1 GiB, and a recall of 1,000 results (docs/performance.md)
	@$(RUN) manage.py bench_archive $(ARGS)

bench-annotator: $(VENV)/local.stamp ## Time the annotator against merely copying the file; ARGS="--runs 3" (docs/performance.md)
	@$(RUN) -m annotator.benchmarks.speed --data $(GENOMICS_SHARED_DATA) $(ARGS)

accuracy: $(VENV)/local.stamp ## Compare the annotator with Ensembl VEP's answers (docs/accuracy.md)
	@$(RUN) -m annotator.benchmarks.accuracy --data $(GENOMICS_SHARED_DATA) $(ARGS)

chaos: $(VENV)/local.stamp ## Kill, cut off and confuse a stack of its own: nothing may be lost or doubled; ARGS="--rounds 2"
	@$(RUN) manage.py chaos $(ARGS)

chaos-billing: $(VENV)/local.stamp ## Labs subscribe, fail and cancel while webhooks go astray: each gets, and pays, what is right
	@$(RUN) manage.py chaos_billing $(ARGS)

lambda: $(VENV)/local.stamp ## Pack the function that restores, into var/lambda/restore.zip (docs/archive.md)
	@$(RUN) -m archive.lambda_package var/lambda/restore.zip

fmt: $(VENV)/dev.stamp ## Bring code and templates into their form
	$(RUN) -m ruff check --fix --quiet .
	$(RUN) -m ruff format --quiet .
	$(RUN) -m djlint templates --reformat --quiet || true

# Options that keep the addresses of package indexes out of the files.
COMPILE := var/lock/bin/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-header \
	--annotation-style=line --no-emit-index-url --no-emit-trusted-host --no-emit-find-links

lock: ## Compile the pinned requirements from pyproject.toml (a few minutes; ARGS=--upgrade takes newer ones)
	$(PYTHON) -m venv var/lock
	var/lock/bin/python -m pip install --quiet pip-tools==7.6.2
	$(COMPILE) $(ARGS) pyproject.toml --output-file docker/requirements/product.txt
	$(COMPILE) $(ARGS) --extra local pyproject.toml --output-file docker/requirements/local.txt
	$(COMPILE) $(ARGS) --extra local --extra dev pyproject.toml --output-file docker/requirements/dev.txt

clean: ## Remove the environment and the caches; var/, with all data, stays
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -not -path './var/*' -prune -exec rm -rf {} +

chromium:
	@if ! command -v chromium >/dev/null; then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			echo "Installing Chromium, which the browser tests drive"; \
			apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends chromium; \
		else \
			echo "The browser tests need Chromium. Install it first: sudo apt install chromium" >&2; exit 1; \
		fi; \
	fi

$(RUN):
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is missing: sudo apt install python3.11 python3-venv" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' || { echo "venv is missing: sudo apt install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/local.stamp: docker/requirements/local.txt $(wildcard annotator/native/*.[ch]) | $(RUN)
	@echo "Installing the pinned dependencies, about a minute the first time"
	$(PIP) install --require-hashes -r $<
	@$(RUN) -m annotator.native
	@$(RUN) -m compileall -q annotator archive billing genomics jobs
	@touch $@

$(VENV)/dev.stamp: docker/requirements/dev.txt $(VENV)/local.stamp | $(RUN)
	$(PIP) install --require-hashes -r $<
	@touch $@
