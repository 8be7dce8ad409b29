# make check: every check, as CI runs it. make quick: what a commit needs.
.PHONY: check quick sample
check:
	sh tests/run
quick:
	.venv/bin/ruff check . && .venv/bin/ruff format --check . && .venv/bin/mypy && .venv/bin/lint-imports
sample:
	.venv/bin/python data/samples/make_sample.py
