# The two commands that matter are `make run` and `make test`; both need Rust and nothing else set up by hand.
.PHONY: run test lint soak bench schemathesis

run: ## Builds Ferrum and runs it with demo people and data, on the embedded database.
	cargo run --bin ferrum -- serve --demo

test: ## Everything, on both engines: 3 kill rounds and 60 s of fuzzing included.
	scripts/with-postgres scripts/test

lint:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings

soak: ## 20 kill rounds and 10 minutes of fuzzing; the output is kept in bench/soak.txt.
	scripts/with-postgres scripts/soak

bench: ## The figures of bench/results.md: the release server beside a bare axum server, in one run.
	FERRUM_TEST_POSTGRES_FSYNC=on scripts/with-postgres bench/run.sh

schemathesis: ## A generated client against the OpenAPI documents (Python from the distribution, the tool from PyPI).
	scripts/schemathesis
