"""The script that Streamlit runs for every visitor: the frame around all screens."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pipeline.viewer.theme import PAGE_STYLE

PAGES = Path(__file__).parent / "app_pages"

st.set_page_config(page_title="Lesson Mirror", page_icon="🪞", layout="wide")
st.html(PAGE_STYLE)
st.navigation(
    [
        st.Page(PAGES / "lessons.py", title="Lessons", default=True),
        st.Page(PAGES / "lesson.py", title="Lesson", url_path="lesson"),
    ],
    position="hidden",
).run()
