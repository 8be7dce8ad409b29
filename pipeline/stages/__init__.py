"""The steps of an analysis, each thin: it reads what it needs, calls :mod:`pipeline.analysis`, returns a value."""
