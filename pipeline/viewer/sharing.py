"""Who may see a lesson, for its owner: sharing it with a colleague, taking that back, and who looked at it."""

from __future__ import annotations

import streamlit as st

from pipeline.errors import LessonMirrorError
from pipeline.store.rows import AccessRow, LessonRow, ShareRow
from pipeline.viewer.lesson_list import title_of, written_day
from pipeline.viewer.markdown import escaped
from pipeline.viewer.state import workspace

_SHOWN_ACCESSES = 50
ACTION_WORDS = {
    "looked": "opened the page",
    "watched": "played the recording",
    "exported": "took files along",
    "uploaded": "added the recording",
    "shared": "shared it",
    "wrote": "wrote a note",
    "corrected": "corrected something",
}


@st.dialog("Who may see this lesson")
def share_dialog(row: LessonRow) -> None:
    """With whom the lesson is shared, somebody to add, and the record of who looked."""
    st.markdown(f"**{escaped(title_of(row))}** is seen by you, and by nobody else unless you share it here.")
    for share in workspace().shares(row.id):
        _shared_with(row, share)
    _add(row)
    with st.expander("Who looked at it"):
        _accesses(workspace().accesses(row.id))


def shared_words(row: LessonRow) -> str:
    """For somebody who is not the owner: how they come to see the lesson; empty for the owner."""
    found = workspace()
    if found.is_owner(row):
        return ""
    mine = next((item for item in found.shares(row.id) if item.person_id == found.visitor.id), None)
    return f"Shared with you until {written_day(mine.until)}" if mine and mine.until else "Shared with you"


def _shared_with(row: LessonRow, share: ShareRow) -> None:
    name, action = st.columns([3, 1], vertical_alignment="center")
    until = f"until {written_day(share.until)}" if share.until else "until you take it back"
    name.markdown(f"**{escaped(share.name)}**, {until}")
    if action.button("Take back", key=f"end-{share.id}", width="stretch"):
        workspace().end_share(row.id, share.id)
        st.rerun(scope="fragment")


def _add(row: LessonRow) -> None:
    shared = {share.person_id for share in workspace().shares(row.id)}
    people = {item.id: item for item in workspace().colleagues() if item.id not in shared}
    if not people:
        st.caption("There is nobody else to share it with.")
        return
    with st.form("share", clear_on_submit=True):
        chosen = st.selectbox(
            "Share with",
            list(people),
            index=None,
            format_func=lambda item: f"{people[item].name} ({', '.join(sorted(people[item].roles))})",
            placeholder="Choose a colleague",
        )
        until = st.date_input("Until the end of", None, min_value="today", help="Leave it empty for no end.")
        sent = st.form_submit_button("Share", type="primary")
    if sent and chosen:
        try:
            workspace().share(row.id, chosen, until)
        except LessonMirrorError as error:
            st.error(escaped(str(error)))
            return
        st.rerun(scope="fragment")


def _accesses(rows: tuple[AccessRow, ...]) -> None:
    import pandas as pd

    lines = [
        (f"{item.at.astimezone():%Y-%m-%d %H:%M}", item.name, ACTION_WORDS.get(item.action, item.action))
        for item in rows[:_SHOWN_ACCESSES]
    ]
    if not lines:
        st.write("Nobody yet.")
        return
    st.dataframe(pd.DataFrame(lines, columns=["When", "Who", "What"]), hide_index=True)
