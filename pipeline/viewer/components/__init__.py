"""The viewer's own components: HTML, CSS and JavaScript that lie beside this file, without a build step.

A component's script is ``shared.js`` and its own parts, joined; its style likewise. What comes from recordings and
people is never put into them: it travels as data, and the scripts write it as text.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer

_FOLDER = Path(__file__).parent
_PARTS = {"player": ("player_transcript", "player_timeline", "player_notes", "player")}


@functools.cache
def component(name: str) -> ComponentRenderer:
    """The mounting command of the component of that name."""
    scripts = ("shared", *_PARTS.get(name, (name,)))
    return st.components.v2.component(
        f"lessonmirror.{name}",
        html=_read(f"{name}.html"),
        css="\n".join(_read(f"{part}.css") for part in ("shared", name)),
        js="\n".join(_read(f"{part}.js") for part in scripts),
    )


def _read(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")
