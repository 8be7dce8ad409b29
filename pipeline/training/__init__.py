"""How the shipped weights were trained: one command a model, seeds fixed. Nothing imports this package."""
