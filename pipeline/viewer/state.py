"""What the pages of this server share: its settings and its library, set once, before the first request."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.config import Config
from pipeline.errors import SignInError, UsageError
from pipeline.store.library import Library
from pipeline.viewer.authentication import cookie_name, who
from pipeline.viewer.reach import LOCAL, Reach
from pipeline.viewer.results import Results
from pipeline.workspace.access import Workspace
from pipeline.workspace.people import People
from pipeline.workspace.visitor import Visitor


@dataclass(frozen=True, slots=True)
class Shared:
    """One server: one library, its settings, and the results looked at last."""

    library: Library
    config: Config
    results: Results
    reach: Reach = LOCAL

    @property
    def people(self) -> People:
        """The accounts of the library."""
        return People(self.library)


_shared: list[Shared] = []  # Streamlit runs one app a process, and gives its script no other way to reach it


def share(what: Shared) -> None:
    """Makes library and settings known to the pages."""
    _shared[:] = [what]


def shared() -> Shared:
    """What this server works on. Raises UsageError in a script that runs outside of it."""
    if not _shared:
        raise UsageError("This page runs outside of the viewer.", hint="Start `lessonmirror serve`.")
    return _shared[0]


def library() -> Library:
    """The library of this server."""
    return shared().library


def visitor() -> Visitor:
    """Who looks at this page, asked anew at each run. Raises SignInError where the session ended meanwhile."""
    import streamlit as st

    token = st.context.cookies.get(cookie_name(shared().reach), "")
    found = who(token, shared().people)
    if found is None:
        raise SignInError("You are not logged in any more.", hint="Reload the page to log in again.")
    return found


def workspace() -> Workspace:
    """The library as this visitor may see it. Pages ask here, and nowhere else."""
    return Workspace(library(), visitor())
