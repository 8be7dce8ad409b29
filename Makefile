# make check: every check, as CI runs it. make quick: what a commit needs. make soak: the long runs, of which CI does a tenth.
.PHONY: check quick soak sample screenshots
check:
	sh tests/run
quick:
	.venv/bin/ruff check . && .venv/bin/ruff format --check . && .venv/bin/mypy && .venv/bin/lint-imports
soak:
	LESSONMIRROR_SOAK=1 .venv/bin/python -m pytest tests/test_soak.py tests/test_interrupted.py
sample:
	.venv/bin/python data/samples/make_sample.py
# Pictures of every screen at 1280 and 390 pixels, light and dark, into screenshots/.
screenshots:
	.venv/bin/python tests/browser/screenshots.py
