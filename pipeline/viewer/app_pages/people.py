"""For administrators: who has an account, and how much the program is used. Never what is in a lesson."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pipeline.errors import LessonMirrorError
from pipeline.store.rows import PersonRow
from pipeline.viewer.markdown import escaped
from pipeline.viewer.state import library, shared, visitor
from pipeline.workspace.people import Invited
from pipeline.workspace.use import use_of
from pipeline.workspace.visitor import ROLES


def show() -> None:
    """The whole screen."""
    st.title("People", anchor=False)
    use()
    everybody = shared().people.everybody()
    listed(everybody)
    left, right = st.columns(2, gap="large")
    with left:
        add()
    with right:
        change(everybody)


def use() -> None:
    """Numbers about the whole, that say nothing about anybody."""
    found = use_of(library(), visitor())
    columns = st.columns(4)
    columns[0].metric("People", found.people)
    columns[1].metric("Lessons", found.lessons)
    columns[2].metric("Hours recorded", f"{found.recorded_s / 3600:.0f}")
    columns[3].metric("Lessons shared", found.shared)
    if found.waiting or found.failed:
        st.caption(f"Waiting for their analysis: {found.waiting}. Failed: {found.failed}.")


def listed(everybody: tuple[PersonRow, ...]) -> None:
    """Who has an account."""
    import pandas as pd

    rows = [(item.name, item.login, ", ".join(sorted(item.roles)), _state(item), _seen(item)) for item in everybody]
    st.dataframe(pd.DataFrame(rows, columns=["Name", "Log-in", "Roles", "State", "Last seen"]), hide_index=True)


def add() -> None:
    """A new account."""
    st.subheader("Add somebody", anchor=False)
    with st.form("add", clear_on_submit=True):
        name = st.text_input("Name", max_chars=120)
        login = st.text_input("Log-in", max_chars=120, help="One word or an e-mail address.")
        roles = st.multiselect("Roles", ROLES, default=["teacher"])
        sent = st.form_submit_button("Make the account", type="primary")
    if sent:
        _attempt(lambda: shared().people.add(login, name or login, roles, by=visitor().id))


def change(everybody: tuple[PersonRow, ...]) -> None:
    """What can be done with an account."""
    st.subheader("Change an account", anchor=False)
    people = {item.id: item for item in everybody}
    chosen = st.selectbox(
        "Person", list(people), index=None, format_func=lambda item: f"{people[item].name} ({people[item].login})"
    )
    if not chosen:
        return
    person, accounts, by = people[chosen], shared().people, visitor().id
    if st.button("Give a code for a new password", help="All sessions of the person end; they are told at the log-in."):
        _attempt(lambda: accounts.invite(person.id, by=by))
    roles = st.multiselect("Roles", ROLES, default=sorted(person.roles), key=f"roles-{person.id}")
    if set(roles) != person.roles and st.button("Keep these roles"):
        _attempt(lambda: accounts.set_roles(person.id, roles, by=by))
    if person.state == "active":
        if st.button("Let this person in no more", help="What is theirs stays and can be handed over."):
            _attempt(lambda: accounts.disable(person.id, by=by))
    elif st.button("Let this person in again"):
        _attempt(lambda: accounts.enable(person.id, by=by))
    hand_over(person, people)


def hand_over(person: PersonRow, people: dict[str, PersonRow]) -> None:
    """Gives the lessons of somebody who leaves to somebody else."""
    others = [item.id for item in people.values() if item.id != person.id and item.state == "active"]
    to = st.selectbox(
        "Hand the lessons over to", others, index=None, format_func=lambda item: people[item].name, key="hand-over"
    )
    if to and st.button(f"Give all lessons of {escaped(person.name)} to {escaped(people[to].name)}"):
        _attempt(lambda: shared().people.hand_over(person.id, to, by=visitor().id))
    st.caption("To erase a person with everything, use `lessonmirror people erase` on the server.")


@st.dialog("The one-time code")
def _code(invited: Invited) -> None:
    st.markdown(f"Give this code to **{escaped(invited.person.name)}**, log-in **{escaped(invited.person.login)}**:")
    st.code(invited.code, language=None)
    st.caption('It holds for three days and is shown only here. With it they set a password under "Use a code".')


def _attempt(work: Callable[[], object]) -> None:
    try:
        done = work()
    except LessonMirrorError as error:
        st.error(escaped(str(error)))
        return
    if isinstance(done, Invited):
        _code(done)
    else:
        st.rerun()


def _state(person: PersonRow) -> str:
    if person.state != "active":
        return "disabled"
    return "active" if person.has_password or person.sign_on else "invited"


def _seen(person: PersonRow) -> str:
    return f"{person.seen_at.astimezone():%Y-%m-%d}" if person.seen_at else "never"


show()
