"""The frame around all screens: which there are, who sees them in the bar, and the bar itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from pipeline.store.rows import PersonRole
from pipeline.viewer.components import component
from pipeline.viewer.markdown import escaped
from pipeline.viewer.state import shared, workspace
from pipeline.workspace.conversation import Conversation
from pipeline.workspace.visitor import ROLES, Visitor

PAGES = Path(__file__).parent / "app_pages"


@dataclass(frozen=True, slots=True)
class Screen:
    """One screen: ``app_pages/<name>.py`` at the address ``/<name>``. Without ``in_bar`` it is reached by links only."""

    name: str
    title: str
    in_bar: bool = True
    needs_accounts: bool = False
    roles: tuple[PersonRole, ...] = ROLES

    def is_for(self, visitor: Visitor) -> bool:
        """Whether the visitor finds anything there."""
        if visitor.is_alone:
            return not self.needs_accounts
        return any(visitor.has(role) for role in self.roles)


# In the order of the bar; the first is where everybody begins.
SCREENS: tuple[Screen, ...] = (
    Screen("lessons", "Lessons", roles=("teacher", "coach")),
    Screen("lesson", "Lesson", in_bar=False, roles=("teacher", "coach")),
    Screen("cycle", "Coaching", roles=("teacher", "coach")),
    Screen("growth", "Growth", roles=("teacher", "coach")),
    Screen("news", "New", needs_accounts=True, roles=("teacher", "coach")),
    Screen("people", "People", needs_accounts=True, roles=("administrator",)),
    Screen("frameworks", "What to look for"),
    Screen("account", "Account", in_bar=False, needs_accounts=True),
)


def screens_for(visitor: Visitor) -> Iterator[Screen]:
    """The screens that the visitor may open."""
    return (screen for screen in SCREENS if screen.is_for(visitor))


def show(visitor: Visitor) -> None:
    """The bar, and below it the screen that the address names."""
    shown = tuple(screens_for(visitor))
    pages = {
        screen.name: st.Page(
            PAGES / f"{screen.name}.py", title=screen.title, url_path=screen.name, default=screen is shown[0]
        )
        for screen in shown
    }
    chosen = st.navigation(list(pages.values()), position="hidden")
    in_bar = [screen for screen in shown if screen.in_bar]
    if len(in_bar) > 1 or not visitor.is_alone:
        with st.container(horizontal=True, vertical_alignment="center", gap="medium", key="bar"):
            for screen in in_bar:
                st.page_link(pages[screen.name], label=_label(screen))
            if not visitor.is_alone:
                st.space("stretch")
                st.page_link(pages["account"], label=escaped(visitor.name))
                component("leave")(key="leave", width="content")
    if not visitor.is_alone:
        _tell(visitor)
    chosen.run()


def _tell(visitor: Visitor) -> None:
    """What happened to the account, until the person says that they have read it."""
    people = shared().people
    if told := people.notice(visitor.id):
        st.warning(escaped(f"{told} If that was not you, tell your administrator."))
        if st.button("I have read it"):
            people.notice_read(visitor.id)
            st.rerun()


def _label(screen: Screen) -> str:
    if screen.name != "news":
        return screen.title
    count = Conversation(workspace()).count_news()
    return f"{screen.title} ({count})" if count else screen.title
