"""All lessons: what is there, what is being listened to, and how to add one."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pipeline.errors import LessonMirrorError
from pipeline.viewer import queries
from pipeline.viewer.actions import add_sample, try_again
from pipeline.viewer.components import component
from pipeline.viewer.details import LAWFUL_BASES
from pipeline.viewer.dialogs import DELETED_KEY
from pipeline.viewer.lesson_list import is_busy, list_entry
from pipeline.viewer.markdown import escaped
from pipeline.viewer.state import visitor

PAGE_SIZE = 30
FEW = 3  # so many are seen at a glance, without searching
REFRESH_S = 2.0
LESSON_PAGE = "app_pages/lesson.py"


def show() -> None:
    """The whole screen."""
    st.title("Lesson Mirror", anchor=False)
    farewell()
    if not queries.lessons("", 1):
        welcome()
        return
    add_area(alone=False)
    st.fragment(lesson_list)()


def farewell() -> None:
    """Says once that a lesson was deleted."""
    deleted = st.session_state.pop(DELETED_KEY, None)
    if deleted:
        st.toast(f"{escaped(deleted)} was deleted.")


def welcome() -> None:
    """What an empty library says about itself, and two ways to begin."""
    st.markdown(
        "A mirror for your own teaching. Record a lesson with a phone or a camera and add it here. Lesson Mirror "
        "writes down what was said, hears who spoke, how long you waited after a question and what kinds of questions "
        "were asked. You read it beside the video, and you alone decide what it means.",
        width=680,
    )
    place = "this computer" if visitor().is_alone else "your school's computer"
    st.markdown(f"**Everything happens on {place}. Nothing is sent anywhere.**")
    own, sample = st.columns(2, gap="large")
    with own:
        st.subheader("Begin with your own lesson", anchor=False)
        add_area(alone=True)
    with sample:
        st.subheader("No recording at hand?", anchor=False)
        st.markdown("A short lesson comes along. Listening to its three minutes takes a minute or two.")
        if st.button("Analyse the sample lesson", type="primary"):
            attempt_sample()


def attempt_sample() -> None:
    """Takes the sample in, or says why not."""
    try:
        add_sample()
    except LessonMirrorError as error:
        st.error(str(error))
        return
    st.rerun()


def add_area(*, alone: bool) -> None:
    """Where recordings come in; ``alone`` on the screen, it is open from the start."""
    answer = component("uploader")(
        key="uploader",
        data={"bases": list(LAWFUL_BASES), "open": alone, **whose()},
        on_added_change=lambda: None,
        on_open_change=lambda: None,
    )
    if answer.open:
        open_lesson(answer.open)


def whose() -> dict[str, Any]:
    """Who may be named as the teacher of a new recording, and what that means."""
    who = visitor()
    if who.is_alone:
        words = "All of this is optional and can be changed later."
        return {"teachers": [], "teacher": "", "whose": words, "place": "It stays on this computer."}
    names = [item.name for item in queries.teachers()]
    words = (
        "The lesson belongs to the teacher you name here, who decides who else sees it. Without one, only you see it."
    )
    own = who.name if who.name in names else ""
    return {"teachers": names, "teacher": own, "whose": words, "place": "It stays on your school's computer."}


def lesson_list() -> None:
    """The lessons, newest first; while one is being listened to, the list asks for this part anew every two seconds."""
    state = st.session_state.get("lessons", {})
    search = str(state.get("search") or "")
    limit = st.session_state.setdefault("lessons_shown", PAGE_SIZE)
    rows = queries.lessons(search, limit + 1)
    entries = [
        list_entry(row, queries.job(row.id) if is_busy(row) else None, has_poster=queries.media_of(row).has_poster)
        for row in rows[:limit]
    ]
    searchable, more = bool(search) or len(rows) > FEW, len(rows) > limit
    answer = component("lessons")(
        key="lessons",
        data={
            "lessons": entries,
            "search": search,
            "searchable": searchable,
            "more": more,
            "refresh_s": REFRESH_S if any(is_busy(row) for row in rows) else None,
        },
        default={"search": ""},
        on_search_change=lambda: None,
        on_open_change=lambda: None,
        on_again_change=lambda: None,
        on_more_change=lambda: None,
        on_refresh_change=lambda: None,
    )
    if answer.open:
        open_lesson(answer.open)
    if answer.again:
        try_again(answer.again)
        st.rerun()
    if answer.more:
        st.session_state["lessons_shown"] = limit + PAGE_SIZE
        st.rerun(scope="fragment")


def open_lesson(lesson_id: str) -> None:
    """Goes to the lesson's page."""
    st.switch_page(LESSON_PAGE, query_params={"id": lesson_id})


show()
