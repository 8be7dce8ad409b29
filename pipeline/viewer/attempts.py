"""What a page does when somebody presses a button."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pipeline.errors import LessonMirrorError
from pipeline.viewer.markdown import escaped


def attempt(work: Callable[[], object]) -> None:
    """Does it and shows the page anew, or says why not."""
    try:
        work()
    except LessonMirrorError as error:
        st.error(escaped(str(error)))
        return
    st.rerun()
