"""Questions that a page asks before it changes something: what a lesson is about, and whether it shall go."""

from __future__ import annotations

import streamlit as st

from pipeline.deletion_words import plan_lines
from pipeline.errors import LessonMirrorError
from pipeline.lesson import LessonDetails
from pipeline.store.rows import LessonRow
from pipeline.viewer import queries
from pipeline.viewer.actions import delete_lesson, set_details
from pipeline.viewer.details import LAWFUL_BASES, MAX_CHARACTERS
from pipeline.viewer.lesson_list import title_of
from pipeline.viewer.markdown import escaped

DELETED_KEY = "deleted_lesson"  # what the list of lessons says once, after a deletion


@st.dialog("About this lesson")
def edit_details(row: LessonRow) -> None:
    """What people say about the lesson; all of it optional."""
    now = row.details
    with st.form("details", border=False):
        title = st.text_input("Title", now.title, max_chars=MAX_CHARACTERS, placeholder=row.name)
        left, right = st.columns(2)
        teacher = left.text_input("Teacher", now.teacher, max_chars=MAX_CHARACTERS)
        class_name = right.text_input("Class", now.class_name, max_chars=MAX_CHARACTERS)
        subject = left.text_input("Subject", now.subject, max_chars=MAX_CHARACTERS)
        held_on = right.date_input("Date of the lesson", now.held_on)
        examples = f"For example: {'; '.join(LAWFUL_BASES)}."
        basis = left.text_input("May be used because of", now.lawful_basis, max_chars=MAX_CHARACTERS, help=examples)
        keep_until = right.date_input("Keep until", now.keep_until)
        kept = st.form_submit_button("Keep", type="primary")
    if kept:
        set_details(row.id, LessonDetails(teacher, class_name, subject, title, held_on, basis, keep_until, now.goal))
        st.rerun()


@st.dialog("Delete this lesson?")
def confirm_deletion(row: LessonRow) -> None:
    """Shows what will go, and asks once."""
    st.markdown(f"**{escaped(title_of(row))}** goes for good, with everything that belongs to it:")
    st.markdown("\n".join(f"- {line}" for line in plan_lines(queries.deletion_plan(row.id))))
    st.caption(
        "What stays is the date of the deletion and a mark by which the same file would be known again; nothing of what "
        "was seen or said. Files and folders that you exported stay on the disk; delete them yourself."
    )
    cancel, delete = st.columns(2)
    if cancel.button("Keep the lesson", width="stretch"):
        st.rerun()
    if delete.button("Delete for good", type="primary", width="stretch"):
        try:
            delete_lesson(row.id)
        except LessonMirrorError as error:
            st.error(str(error))
            return
        st.session_state[DELETED_KEY] = title_of(row)
        st.switch_page("app_pages/lessons.py")
