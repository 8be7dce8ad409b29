"""The script that Streamlit runs for every visitor: the frame around all screens."""

from __future__ import annotations

import streamlit as st

from pipeline.errors import SignInError
from pipeline.viewer import frame
from pipeline.viewer.state import visitor
from pipeline.viewer.theme import page_style

st.set_page_config(page_title="Lesson Mirror", page_icon="🪞", layout="wide")
st.html(page_style())
try:
    here = visitor()
except SignInError as error:
    st.warning(str(error))
    st.html('<a href="/login" target="_self">Log in again</a>')
else:
    frame.show(here)
