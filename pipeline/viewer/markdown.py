"""Words of people inside Streamlit's Markdown."""

from __future__ import annotations


def escaped(text: str) -> str:
    """Words of people, so that they stay just words."""
    return "".join(f"\\{char}" if char in "\\`*_{}[]()#+-.!|<>~$:" else char for char in text)
