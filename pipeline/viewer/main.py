"""The script that Streamlit runs for every visitor: the frame around all screens."""

from __future__ import annotations

import streamlit as st

from pipeline.viewer import frame
from pipeline.viewer.state import visitor
from pipeline.viewer.theme import PAGE_STYLE

st.set_page_config(page_title="Lesson Mirror", page_icon="🪞", layout="wide")
st.html(PAGE_STYLE)
frame.show(visitor())
