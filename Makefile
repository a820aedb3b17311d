# PixelFlow. `make` lists the commands.

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
web: setup ## Build the page (React, Tailwind CSS); the next build links it into the executable
	@scripts/web

.PHONY: setup
setup: ## Install the requirements to build and run (on Debian; prints them elsewhere)
	@scripts/setup

##@ Test and measure

.PHONY: test
test: ## Set up and run every test; ends with "N passed, N failed"
	@scripts/setup test
	@scripts/web
	@scripts/test

.PHONY: docs
docs: ## Generate documentation from the code: docs/api.md, the tables of docs/pipelines.md, the values of the chart
	@scripts/setup test
	@scripts/web
	@scripts/docs
	@scripts/chart-docs

.PHONY: test-faults
test-faults: ## Test the services under faults with 200 kills of each kind (`make test` uses fewer)
	@scripts/setup test
	@swift build --build-tests
	@export PIXELFLOW_STACK_DIR="$$PWD/.build/test-stack" PIXELFLOW_STACK_PORTS=free PIXELFLOW_TEST_KILLS=200 PIXELFLOW_TEST_SERVICE_KILLS=200 PIXELFLOW_TEST_AUTH_KILLS=200; \
	    trap 'scripts/stack wipe postgres mongodb kafka s3 redis >/dev/null' EXIT; \
	    scripts/stack up && eval "$$(scripts/stack env)" && swift test --skip-build \
	    --filter 'EndToEnd/(Kill|ServiceKill|IdentityKill|ServerOutage|WorkerFault|LostReply|Replica)Tests'

.PHONY: test-flaky
test-flaky: ## Run each test module 100 times next to two busy loops (RUNS=, LOAD=, MODULE="PixelFlowWorkerTests ...")
	@scripts/setup test
	@scripts/web
	@swift build --build-tests
	@scripts/test-flaky

.PHONY: e2e
e2e: ## Run the end-to-end test against BASE_WEB, BASE_AUTH, BASE_API, BASE_WORKER, or a pixelflow that it starts
	@scripts/setup test
	@if [[ -n "$(BASE_WEB)$(BASE_AUTH)$(BASE_API)$(BASE_WORKER)" ]]; then \
	    scripts/e2e; \
	else \
	    scripts/web && swift build -c release --product pixelflow && scripts/e2e --start $(RELEASE); \
	fi

.PHONY: test-api
test-api: ## Send generated requests to the API for ten minutes (less in `make test`), and generate a client
	@scripts/setup test
	@scripts/web
	@swift build --product pixelflow
	@scripts/test-api --start .build/debug/pixelflow --seconds 600

.PHONY: bench
bench: ## Run benchmarks against Celery, thumbor, libvips, Pillow and ImageMagick (QUICK=1: fewer, shorter rounds)
	@scripts/setup bench
	@swift build -c release
	@scripts/bench/run $(if $(QUICK),--quick)

##@ Real servers

.PHONY: stack-up
stack-up: ## Start local PostgreSQL, MongoDB, Kafka and S3 servers without containers; prints the settings
	@scripts/stack up && scripts/stack env

.PHONY: build-services
build-services: setup ## Build the page and the release executables of the four services
	@scripts/web
	@for name in auth api worker web; do swift build -c release --product pixelflow-$$name || exit 1; done

.PHONY: services
services: build-services ## Build the four services and run them on these servers, with two workers; Ctrl-C stops them
	@scripts/services .build/release

.PHONY: stack-down
stack-down: ## Stop these servers; the data stays in .stack
	@scripts/stack down

##@ Kubernetes

.PHONY: static
static: ## Build statically linked executables in .build/static/bin (PRODUCTS="pixelflow-web ..." selects some)
	@scripts/setup static
	@scripts/web
	@scripts/static $(PRODUCTS)

.PHONY: static-test
static-test: ## Run the static executables end to end, each in an empty root folder (needs root)
	@scripts/setup test
	@scripts/test-static

.PHONY: chart-test
chart-test: ## Run lint, schema, security, network and upgrade tests of the Helm chart, the images and compose
	@scripts/chart-test

.PHONY: images
images: ## Build FROM-scratch images with docker or podman (PREBUILT=1 uses the static executables)
	@scripts/images

.PHONY: kind-up
kind-up: ## Create a local cluster: kind, the images, metrics-server
	@scripts/kind up

.PHONY: kind-down
kind-down: ## Delete the local cluster
	@scripts/kind down

.PHONY: helm-install
helm-install: ## Install the chart, wait until it is ready, print how to open it (NAMESPACE=, HELM_ARGS=)
	@scripts/kind install

##@ Containers, for development (compose)

.PHONY: up
up: ## Start PixelFlow and its backing services from the images
	@scripts/compose up

.PHONY: down
down: ## Stop them; the data stays
	@scripts/compose down

.PHONY: restart
restart: ## Restart them
	@scripts/compose restart

.PHONY: ps
ps: ## List the containers
	@scripts/compose ps

.PHONY: logs
logs: ## Follow all logs; logs-api follows those of one service
	@scripts/compose logs

logs-%:
	@scripts/compose logs $*

.PHONY: health
health: ## Check that each service is ready
	@scripts/compose health

.PHONY: db-postgres
db-postgres: ## Open psql in the user database
	@scripts/compose db-postgres

.PHONY: db-mongo
db-mongo: ## Open mongosh in the task database
	@scripts/compose db-mongo

.PHONY: kafka-topics
kafka-topics: ## List topics and their partitions
	@scripts/compose kafka-topics

.PHONY: kafka-consumer
kafka-consumer: ## Print the dispatch messages from the start (TOPIC= for another topic)
	@scripts/compose kafka-consumer

.PHONY: kafka-groups
kafka-groups: ## List consumer groups and their lag
	@scripts/compose kafka-groups

##@ Source

.PHONY: release-dry-run
release-dry-run: static ## Build a release for this processor like the tag workflow, without publishing anything
	@scripts/release/dry-run

.PHONY: format
format: ## Format the Swift sources
	@swift format --in-place --parallel --recursive Sources Tests

.PHONY: lint
lint: ## Check Swift, shell, Python and the page's JavaScript without building them
	@scripts/setup test
	@scripts/lint

.PHONY: clean
clean: ## Remove all build output, and the containers of compose with their data; ./.pixelflow stays
	@scripts/compose clean
	@rm -rf .build .bench .venv-web .venv-api .venv-browser .venv-chart .venv-lint .venv-stack Sources/CWebAssets/page/built Sources/CCommonPasswords/list/*.txt

.PHONY: help
help: ## Show this list
	@awk 'BEGIN { FS = ":.*## "; print "PixelFlow: make TARGET" } \
	    /^##@ / { printf "\n%s\n", substr($$0, 5) } \
	    /^[a-z0-9-]+:.*## / { printf "  %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
