"""Colours and type of the viewer, light and dark. Only fonts that Streamlit brings along; nothing is fetched.

Blue stands for the teacher, orange for students, grey for voices nobody is sure of, everywhere; the names always stand
beside the colours. Every text colour has a contrast of at least 4.5 to its background.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

_LIGHT: Mapping[str, Any] = {
    "primaryColor": "#1c6a66",
    "backgroundColor": "#fbfaf7",
    "secondaryBackgroundColor": "#f1eee7",
    "textColor": "#23292b",
    "borderColor": "#ddd8cc",
    "linkColor": "#1c6a66",
    "blueColor": "#2c66a5",
    "orangeColor": "#a95a10",
    "grayColor": "#7d827f",
    "yellowColor": "#e2b93b",
    "redTextColor": "#9c3325",
    "chartCategoricalColors": ["#2c66a5", "#c77a2b", "#8d918e", "#1c6a66"],
}
_DARK: Mapping[str, Any] = {
    "primaryColor": "#74c7bd",
    "backgroundColor": "#14181a",
    "secondaryBackgroundColor": "#1f2528",
    "textColor": "#e8e5dd",
    "borderColor": "#363e41",
    "linkColor": "#74c7bd",
    "blueColor": "#84b6e8",
    "orangeColor": "#e8a763",
    "grayColor": "#979d9a",
    "yellowColor": "#b89224",
    "redTextColor": "#f0a193",
    "chartCategoricalColors": ["#84b6e8", "#e8a763", "#979d9a", "#74c7bd"],
}
_BOTH = {"font": "sans-serif", "headingFont": "serif", "baseRadius": "8px", "linkUnderline": True}

THEME: Mapping[str, Any] = {
    **{f"theme.{name}": value for name, value in _BOTH.items()},
    **{f"theme.light.{name}": value for name, value in _LIGHT.items()},
    **{f"theme.dark.{name}": value for name, value in _DARK.items()},
}
# What Streamlit has no setting for: a page as wide as a book, and no empty band above it.
_PAGE_STYLE = """
<style>
[data-testid="stMainBlockContainer"] { max-width: 1240px; padding: 2.2rem clamp(1rem, 3vw, 2.4rem) 4rem; }
[data-testid="stHeader"] { display: none; }
[data-testid="stExpander"] details { border: 0; background: none; }
[data-testid="stExpander"] summary { padding-left: 0; width: max-content; font-size: 0.9rem; }
[data-testid="stMain"] h1 { font-size: clamp(1.6rem, 3.4vw, 2.2rem); padding: 0 0 0.4rem; }
[data-testid="stMain"] h2 { font-size: 1.35rem; padding: 0.4rem 0 0; }
[data-testid="stMain"] h3 { font-size: 1.15rem; padding: 0.8rem 0 0.55rem; }
[data-testid="stCaptionContainer"] { color: inherit; opacity: 0.8; }
.st-key-bar { padding-bottom: 0.4rem; margin-bottom: 0.6rem; }
.st-key-bar { border-bottom: 1px solid color-mix(in srgb, currentColor 18%, transparent); }
.st-key-facts button { text-decoration: underline; text-underline-offset: 3px; }
</style>
"""


def page_style() -> str:
    """The style of every page. Streamlit writes on the chosen colour in white, which on the dark side nobody can read."""
    on_primary = f"[data-testid^='stBaseButton-primary'] {{ color: {_side()['backgroundColor']}; }}"
    return f"{_PAGE_STYLE}<style>{on_primary}</style>"


def ink() -> str:
    """The colour of text on the side of the theme that this visitor sees."""
    return str(_side()["textColor"])


def _side() -> Mapping[str, Any]:
    return _DARK if st.context.theme.type == "dark" else _LIGHT
