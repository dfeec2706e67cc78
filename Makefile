# make lists the targets.

GO ?= go
export CGO_ENABLED = 0

# The packages whose code runs on many goroutines.
CONCURRENT = . ./stdlib ./internal/txn/... ./internal/store ./internal/pgwire ./internal/table ./internal/sql/session/... ./server

# A fixed release, so that a newer one fails no unchanged build.
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2

.PHONY: help build test short race lint generate fuzz model crash mutants bench profile soak-pgbench grammar ci

help:
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | sort

build: ## bin/driftdb
	$(GO) build -trimpath -o bin/driftdb ./cmd/driftdb

test: ## all tests
	$(GO) test ./...

short: ## the quick tests
	$(GO) test -short ./...

race: ## the concurrent packages under the race detector (needs a C compiler)
	CGO_ENABLED=1 $(GO) test -race -short -timeout 20m $(CONCURRENT)

lint: ## gofmt, go vet, staticcheck
	@out=$$(gofmt -l $$(git ls-files '*.go')); test -z "$$out" || { echo "gofmt needed: $$out"; exit 1; }
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...

generate: ## the files that tools/ makes
	$(GO) generate ./...

fuzz: ## each fuzz target for FUZZTIME (10m)
	@for p in $$($(GO) list ./...); do for f in $$($(GO) test -list '^Fuzz' $$p | grep '^Fuzz'); do \
		$(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $(or $(FUZZTIME),10m) $$p || exit 1; done; done

model: ## 200 random runs against the model
	DRIFTDB_MODEL_RUNS=200 DRIFTDB_MODEL_STEPS=400 $(GO) test -count=1 -timeout 60m -v ./tests/model

crash: ## 2,000 power cuts and 200 kills under load, on 20 databases; 400 disk faults, 40 flipped bits in each kind of file
	DRIFTDB_CRASH_CUTS=100 DRIFTDB_CRASH_KILLS=10 $(GO) test -count=20 -timeout 120m -run 'PowerCut|Kill' -v ./tests/crash
	DRIFTDB_CRASH_FAULTS=400 DRIFTDB_CRASH_FLIPS=40 $(GO) test -count=1 -timeout 120m -run 'DiskFaults|DamagedBytes' -v ./tests/crash

mutants: ## deliberate faults, each of which a test must notice
	$(GO) run ./tools/mutants

bench: ## figures beside PostgreSQL's (bench is a module of its own)
	cd bench && $(GO) run .

profile: ## the benchmark's CPU profile, which builds of the command use
	cd bench && $(GO) run . -only 'point|tpcb|scan|asof|bulk' -rounds 2 -d 1500ms -cpuprofile ../cmd/driftdb/default.pgo

soak-pgbench: ## pgbench at scale 10 and its sums at 200 moments
	DRIFTDB_SOAK_SCALE=10 DRIFTDB_SOAK_SECONDS=30 DRIFTDB_SOAK_MOMENTS=200 $(GO) test -count=1 -timeout 60m -run Pgbench -v ./tests/soak

grammar: ## the parser against PostgreSQL's grammar (needs a C compiler)
	cd tests/grammar && CGO_ENABLED=1 $(GO) test .

ci: ## what continuous integration runs
	bash .ci/run
