# PixelFlow. `make` lists what there is.

SHELL := /bin/bash
.DEFAULT_GOAL := help

DATA_DIR ?= .pixelflow
RELEASE := .build/release/pixelflow

##@ Use

.PHONY: run
run: build ## Set up, build and start everything in one process on ./.pixelflow; Ctrl-C stops it
	@if [[ -t 2 ]]; then export PIXELFLOW_LOG_FORMAT=$${PIXELFLOW_LOG_FORMAT:-text}; fi; exec $(RELEASE) --data-dir $(DATA_DIR)

.PHONY: build
build: setup ## Build the page and the release executable
	@scripts/web
	@swift build -c release --product pixelflow

.PHONY: web
web: setup ## Build the page (React, Tailwind CSS); the next build of the executable takes it in
	@scripts/web

.PHONY: setup
setup: ## Install what building and running need (Debian; says what is needed elsewhere)
	@scripts/setup

##@ Test and measure

.PHONY: test
test: ## Set up and run every test; ends with "N passed, N failed"
	@scripts/setup test
	@scripts/web
	@scripts/test

.PHONY: test-faults
test-faults: ## The four services through faults, with 200 kills: part of `make test` with fewer
	@scripts/setup test
	@swift build --build-tests
	@export PIXELFLOW_STACK_DIR="$$PWD/.build/test-stack" PIXELFLOW_STACK_PORTS=free PIXELFLOW_TEST_SERVICE_KILLS=200; \
	    trap 'scripts/stack wipe postgres mongodb kafka s3 >/dev/null' EXIT; \
	    scripts/stack up && eval "$$(scripts/stack env)" && swift test --skip-build \
	    --filter 'EndToEnd/(ServiceKill|ServerOutage|WorkerFault|LostReply|Replica)Tests'

.PHONY: test-flaky
test-flaky: ## Each test module 100 times beside two busy loops (RUNS=, LOAD=, MODULE="PixelFlowWorkerTests ...")
	@scripts/setup test
	@scripts/web
	@swift build --build-tests
	@scripts/test-flaky

.PHONY: e2e
e2e: ## End to end against BASE_WEB, BASE_AUTH, BASE_API, BASE_WORKER, or a pixelflow it starts
	@scripts/setup test
	@if [[ -n "$(BASE_WEB)$(BASE_AUTH)$(BASE_API)$(BASE_WORKER)" ]]; then \
	    scripts/e2e; \
	else \
	    scripts/web && swift build -c release --product pixelflow && scripts/e2e --start $(RELEASE); \
	fi

.PHONY: bench
bench: ## Benchmarks beside Celery, thumbor, libvips, Pillow and ImageMagick (QUICK=1: fewer, shorter rounds)
	@scripts/setup bench
	@swift build -c release
	@scripts/bench/run $(if $(QUICK),--quick)

##@ Real servers

.PHONY: stack-up
stack-up: ## Start PostgreSQL, MongoDB, Kafka and S3 servers here, without containers; prints the settings
	@scripts/stack up && scripts/stack env

.PHONY: build-services
build-services: setup ## Build the page and the release executables of the four services
	@scripts/web
	@for name in auth api worker web; do swift build -c release --product pixelflow-$$name || exit 1; done

.PHONY: services
services: build-services ## Build the four services and run them on those servers, two workers; Ctrl-C stops them
	@scripts/services .build/release

.PHONY: stack-down
stack-down: ## Stop them; the data stays in .stack
	@scripts/stack down

##@ Kubernetes

.PHONY: static
static: ## Statically linked executables for images, in .build/static/bin (PRODUCTS="pixelflow-web ...": some)
	@scripts/setup static
	@scripts/web
	@scripts/static $(PRODUCTS)

.PHONY: static-test
static-test: ## Run what make static has built, each in an empty root, end to end (needs root)
	@scripts/setup test
	@scripts/test-static

.PHONY: chart-test
chart-test: ## Lint, schema, security, network and upgrade tests of the Helm chart, the images and compose
	@scripts/chart-test

.PHONY: images
images: ## FROM-scratch images with docker or podman (PREBUILT=1: of what make static has built)
	@scripts/images

.PHONY: kind-up
kind-up: ## A cluster on this computer: kind, the images, metrics-server
	@scripts/kind up

.PHONY: kind-down
kind-down: ## Delete that cluster
	@scripts/kind down

.PHONY: helm-install
helm-install: ## Install the chart, wait for it, say how to open it (NAMESPACE=, HELM_ARGS=)
	@scripts/kind install

##@ Containers, for development (compose)

.PHONY: up
up: ## Start PixelFlow and its backing services from the images
	@scripts/compose up

.PHONY: down
down: ## Stop them; data stays
	@scripts/compose down

.PHONY: restart
restart: ## Restart them
	@scripts/compose restart

.PHONY: ps
ps: ## What runs
	@scripts/compose ps

.PHONY: logs
logs: ## Follow all logs; logs-api those of one service
	@scripts/compose logs

logs-%:
	@scripts/compose logs $*

.PHONY: health
health: ## Ask each service whether it is ready
	@scripts/compose health

.PHONY: db-postgres
db-postgres: ## psql in the users' database
	@scripts/compose db-postgres

.PHONY: db-mongo
db-mongo: ## mongosh in the tasks' database
	@scripts/compose db-mongo

.PHONY: kafka-topics
kafka-topics: ## Topics and their partitions
	@scripts/compose kafka-topics

.PHONY: kafka-consumer
kafka-consumer: ## Print the dispatch messages from the start (TOPIC= for another topic)
	@scripts/compose kafka-consumer

.PHONY: kafka-groups
kafka-groups: ## Consumer groups with their lag
	@scripts/compose kafka-groups

##@ Source

.PHONY: format
format: ## Format the Swift sources
	@swift format --in-place --parallel --recursive Sources Tests

.PHONY: lint
lint: ## Check Swift, shell, Python and the page's JavaScript without building them
	@scripts/setup test
	@scripts/lint

.PHONY: clean
clean: ## Remove everything built, and compose's containers with their data; ./.pixelflow stays
	@scripts/compose clean
	@rm -rf .build .bench .venv-web .venv-browser .venv-chart .venv-lint .venv-stack Sources/CWebAssets/page/built

.PHONY: help
help: ## Show this list
	@awk 'BEGIN { FS = ":.*## "; print "PixelFlow: make TARGET" } \
	    /^##@ / { printf "\n%s\n", substr($$0, 5) } \
	    /^[a-z0-9-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
