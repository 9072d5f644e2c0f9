# 问效 Wenxiao. `make` lists what there is.

# Pinned: every tool is built from source through the module proxy, into .tools/.
GOTESTSUM := gotest.tools/gotestsum@v1.13.0
GOLANGCI  := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.6.2

TOOLS   := $(CURDIR)/.tools
STAGE   := .ci/stage
TEST    := $(TOOLS)/gotestsum --format pkgname-and-test-fails --format-hide-empty-pkg --hide-summary skipped -- -timeout 30m
# SQLite is C turned into Go, under locks of its own: the detector would make it
# twenty times slower and could find no fault of ours in it.
RACE    := -race -gcflags=modernc.org/sqlite/lib=-race=false

# Each test runs once: under the race detector where goroutines meet, without it
# where it would only take ten times as long. Of the packages of the first kind
# these are tests of one goroutine, and laws of a store that TestStore and
# TestFollower put to the same code.
RACED := ./eventstore/... ./projections/... ./api/...
ALONE := TestTooLargeToHandIn|TestConformance/memory|FuzzFile|TestEveryRefusalIsTested|TestBitsOfTheFile|TestOddPartitions|TestFormat2|TestStoreOfPartitions|TestJoinedLeader|TestEveryFile|TestGoingOn|TestKeptRows|TestIndexesAreRead|TestTilesDoNotTell|TestEveryReceiptVerifies|TestReceiptsOfALargeLog|TestStore/any_run_of_calls|TestFollower/any_run_of_calls
FUZZ    ?= 3s
ROUNDS  ?= 10
SCREENS ?= bin/screens
# Modules beside the ledger's own. staticcheck would take apart whole servers of
# others that they import, for longer than all other linters together.
BESIDE  := e2e bench independent esdbtests deploy
MODULES := . $(BESIDE)

.NOTPARALLEL:
.DEFAULT_GOAL := help

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: test
test: need tools tidy lint arrows alone race fuzz bench-check independent clients deploy browser total ## install what the tests need, then run them all

.PHONY: build
build: ## the binary, bin/wenxiao
	go build -trimpath -o bin/wenxiao ./cmd/wenxiao

.PHONY: demo
demo: ## the demonstration ledger in the browser
	go run ./cmd/wenxiao demo

.PHONY: lint
lint: $(TOOLS)/golangci-lint ## vet, staticcheck and a few more, and the formatting: .golangci.yml
	@$(STAGE) "lint and formatting" sh -ec '$(TOOLS)/golangci-lint run ./...; for m in $(BESIDE); do (cd $$m && $(TOOLS)/golangci-lint run --disable staticcheck ./...); done'

.PHONY: format
format: $(TOOLS)/golangci-lint ## gofmt over everything
	$(TOOLS)/golangci-lint fmt

.PHONY: bench
bench: ## the ledger measured beside others, in one run
	go run -C bench . $(BENCH)

.PHONY: unit
unit: $(TOOLS)/gotestsum ## every test of the ledger without the race detector
	$(TEST) ./...

.PHONY: soak
soak: ## long fault campaigns: kills, races, random histories; ROUNDS=100 for a night
	go test -count=$(ROUNDS) -timeout 0 -run TestKill ./cmd/wenxiao
	go test -count=$(ROUNDS) -timeout 0 $(RACE) ./eventstore/...
	go test -count=1 -timeout 0 ./projections -rapid.checks=$(ROUNDS)00
	.ci/fuzz $(ROUNDS)0s

.PHONY: screens
screens: ## pictures of every page into bin/screens
	WENXIAO_SCREENS=$(abspath $(SCREENS)) go test -C e2e -count=1 ./...

.PHONY: paint
paint: ## how soon each page shows something on a processor slowed six times
	go test -C e2e -count=1 -v -run TestFirstPaint . | grep ' ms '

.PHONY: clean
clean: ## remove what was built
	rm -rf bin .tools

# --- the stages of make test -------------------------------------------------

.PHONY: need
need:
	@$(STAGE) "what the tests need" .ci/install

.PHONY: tools
tools:
	@$(STAGE) "pinned tools" $(MAKE) --no-print-directory \
		$(TOOLS)/gotestsum $(TOOLS)/golangci-lint

.PHONY: tidy
tidy: # bench stands on this module, which has no checksum of its own to verify
	@$(STAGE) "go.mod is tidy" sh -ec 'for m in $(MODULES); do go -C $$m mod tidy -diff; done; go mod verify; go -C e2e mod verify; go -C independent mod verify'

.PHONY: arrows
arrows:
	@$(STAGE) "arrows and names" $(TEST) -count=1 .

.PHONY: alone
alone: # side by side: each waits for one package most of the time
	@$(STAGE) "tests" sh -c '$(TEST) -run "$(ALONE)" $(RACED) & $(TEST) ./cmd/... ./domain/...; rest=$$?; wait $$! && exit $$rest'

.PHONY: race
race:
	@$(STAGE) "tests under the race detector" $(TEST) $(RACE) -skip '$(ALONE)' $(RACED)

.PHONY: fuzz
fuzz: ## every fuzz target; FUZZ=10m for long
	@$(STAGE) "fuzzing, $(FUZZ) each" .ci/fuzz $(FUZZ)

.PHONY: independent
independent: ## other people's verifiers, witness and openssl judge what the ledger publishes
	@$(STAGE) "tests by independent verifiers" sh -c 'cd independent && $(TEST) -count=1 ./...'

.PHONY: browser
browser:
	@$(STAGE) "every page in a browser" sh -c 'cd e2e && $(TEST) -count=1 ./...'

.PHONY: clients
clients: # the vendors' clients and their own tests, on the ports those want: 2111 to 2115
	@$(STAGE) "clients of EventStoreDB" sh -c 'cd esdbtests && $(TEST) -count=1 ./...'

.PHONY: deploy
deploy: ## what the compose file would run, played as processes
	@$(STAGE) "deployments rehearsed" sh -c 'cd deploy && $(TEST) -count=1 ./...'

.PHONY: bench-check
bench-check: # that it still measures, not what
	@$(STAGE) "bench, short" go run -C bench . -short

.PHONY: total
total:
	@awk '/^DONE .* tests/ { n += $$2 } END { printf "\n%d passed, 0 failed\n", n }' .tools/log/tests*.log .tools/log/clients*.log .tools/log/deploy*.log .tools/log/every-page*.log

$(TOOLS)/gotestsum: ; GOBIN=$(TOOLS) go install $(GOTESTSUM)
$(TOOLS)/golangci-lint: ; GOBIN=$(TOOLS) go install $(GOLANGCI)
