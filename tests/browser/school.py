"""A running viewer with the invented school, and windows for its people."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page

from pipeline.config import LibraryConfig
from pipeline.store.library import Library
from pipeline.store.rows import PersonRow
from tests.browser.conftest import ALONE, Server, Watched, running
from tests.workspace.school import PASSWORD, School, open_school


@dataclass
class OpenSchool:
    """The school, its library, and the server that people reach it by."""

    server: Server
    library: Library
    school: School


@contextmanager
def school_server(folder: Path) -> Iterator[OpenSchool]:
    """The school on a server without analysis."""
    place = folder / "library"
    with Library.open(LibraryConfig(str(place))) as library:
        school = open_school(library, folder)
        with running([sys.executable, "-c", ALONE, str(place)], place) as server:
            yield OpenSchool(server, library, school)


def enter(visit: Callable[..., Watched], server: Server, person: PersonRow, path: str = "/", **window: object) -> Page:
    """A window in which the person has logged in and gone to ``path``."""
    page = visit(server, **window).open(path)
    page.get_by_label("Log-in").fill(person.login)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    return page
