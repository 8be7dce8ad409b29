"""One's own account: who one is here, the password, and what is kept about oneself."""

from __future__ import annotations

import streamlit as st

from pipeline.errors import LessonMirrorError
from pipeline.viewer.markdown import escaped
from pipeline.viewer.state import shared, visitor
from pipeline.workspace.passwords import MIN_CHARS


def show() -> None:
    """The whole screen."""
    who = visitor()
    st.title(escaped(who.name), anchor=False)
    st.write(f"You work here as {' and '.join(sorted(who.roles))}.")
    password()
    record()
    st.subheader("Take it along", anchor=False)
    st.write("Everything that is kept about you, with the files of your lessons.")
    st.html('<a href="/api/me/everything.zip" download style="color: inherit">Everything about me (ZIP)</a>')


def password() -> None:
    """Another password."""
    st.subheader("Password", anchor=False)
    with st.form("password", clear_on_submit=True, width=420):
        old = st.text_input("Password until now", type="password", autocomplete="current-password")
        rule = f"At least {MIN_CHARS} characters."
        new = st.text_input("New password", type="password", autocomplete="new-password", help=rule)
        sent = st.form_submit_button("Change it")
    if not sent:
        return
    try:
        shared().people.change_password(visitor().id, old, new)
    except LessonMirrorError as error:
        st.error(escaped(str(error)))
        return
    st.success("Your password is changed. Log in with it again.")
    st.html('<a href="/login" target="_self">To the log-in</a>')


def record() -> None:
    """What was done with the account."""
    import pandas as pd

    st.subheader("What was done with your account", anchor=False)
    rows = shared().people.record_of(visitor().id)
    lines = [(f"{item.at.astimezone():%Y-%m-%d %H:%M}", item.action, item.detail) for item in reversed(rows)]
    st.dataframe(pd.DataFrame(lines, columns=["When", "What", "How"]), hide_index=True)


show()
