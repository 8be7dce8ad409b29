"""What is new to the visitor: notes and replies of others on the lessons they may see."""

from __future__ import annotations

import streamlit as st

from pipeline.timeline import clock
from pipeline.viewer.lesson_list import title_of, written_day
from pipeline.viewer.markdown import escaped
from pipeline.viewer.note_words import KIND_WORDS
from pipeline.viewer.state import workspace
from pipeline.workspace.conversation import Conversation, News

LESSON_PAGE = "app_pages/lesson.py"
_SHOWN_CHARS = 300


def show() -> None:
    """The whole screen."""
    st.title("What is new", anchor=False)
    found = Conversation(workspace()).news()
    if not found:
        st.write(
            "Nothing new. When somebody writes on a lesson that you may see, it stands here until you have read it."
        )
        return
    for item in found:
        entry(item)


def entry(item: News) -> None:
    """One note, and the way to its moment."""
    note, lesson = item.note, item.lesson
    what = "Reply" if note.parent_id else KIND_WORDS[note.kind]
    with st.container(border=True):
        st.markdown(
            f"**{escaped(note.author)}** · {what} · {escaped(title_of(lesson))} · {written_day(note.created_at)}"
        )
        short = note.text if len(note.text) <= _SHOWN_CHARS else f"{note.text[:_SHOWN_CHARS].rstrip()} …"
        st.markdown(escaped(short))
        st.page_link(
            LESSON_PAGE,
            label=f"Look at {clock(note.at_s)}",
            query_params={"id": lesson.id, "t": f"{note.at_s:.2f}", "notes": "1"},
        )


show()
