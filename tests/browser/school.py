"""A running viewer with the invented school, and windows for its people."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, TimeoutError

from pipeline.config import LibraryConfig
from pipeline.lesson import LessonDetails
from pipeline.store.library import Library
from pipeline.store.notes import NoteDraft
from pipeline.store.rows import PersonRow
from pipeline.workspace.access import Workspace
from pipeline.workspace.conversation import Conversation
from pipeline.workspace.cycle import Cycles, Plan
from pipeline.workspace.visitor import visitor_of
from tests.browser.conftest import ALONE, Server, Watched, running
from tests.viewer.lesson_samples import add_analysed
from tests.workspace.school import PASSWORD, School, open_school


@dataclass
class OpenSchool:
    """The school, its library, the server that people reach it by, and a cycle of Ada and Cleo in its middle."""

    server: Server
    library: Library
    school: School
    cycle_id: str = ""


@contextmanager
def school_server(folder: Path, *, talking: bool = False) -> Iterator[OpenSchool]:
    """The school on a server without analysis; with ``talking``, notes and a cycle are there."""
    place = folder / "library"
    with Library.open(LibraryConfig(str(place))) as library:
        school = open_school(library, folder)
        cycle_id = _begin_to_talk(library, school, folder) if talking else ""
        with running([sys.executable, "-c", ALONE, str(place)], place) as server:
            yield OpenSchool(server, library, school, cycle_id)


def enter(visit: Callable[..., Watched], server: Server, person: PersonRow, path: str = "/", **window: object) -> Page:
    """A window in which the person has logged in and gone to ``path``."""
    page = visit(server, **window).open(path)
    page.get_by_label("Log-in").fill(person.login)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    return page


def _begin_to_talk(library: Library, school: School, folder: Path) -> str:
    """Another lesson, notes of both, and a cycle in its middle; gives the cycle's id."""
    later = add_analysed(library, folder)
    ada, cleo = (Workspace(library, visitor_of(person)) for person in (school.ada, school.cleo))
    library.set_details(later.id, LessonDetails("Ada Archer", "7b", "Physics", "Steam"))
    ada.claim(later.id, None)
    draft = NoteDraft(1.0, "What did you expect here?", 3.0, "question", ("discourse/thinking_time",))
    note = Conversation(cleo).add(school.lesson.id, draft)
    Conversation(ada).add(school.lesson.id, NoteDraft(0, "That somebody would go on.", parent_id=note.id))
    Conversation(cleo).add(school.lesson.id, NoteDraft(4.0, "A reason, without being asked.", None, "praise"))
    cycles = Cycles(cleo)
    cycle_id = cycles.start(school.ada.id, school.cleo.id, "Longer waiting").row.id
    cycles.plan(cycle_id, Plan("Longer waiting", "wait_time_1_median_s >= 3: wait longer", "They give reasons."))
    Cycles(ada).observe(cycle_id, school.lesson.id)
    Cycles(ada).reflect(cycle_id, "teacher", {"noticed": "I went on after a second."}, shown=True)
    return cycle_id


def choose(page: Page, label: str, option: str | re.Pattern[str]) -> None:
    """Opens the list and takes the option; the page may still be settling after the last click, and close it again."""
    wanted = page.get_by_role("option", name=option).first
    for _ in range(10):
        page.get_by_role("combobox", name=label).click()
        if isinstance(option, str):  # long lists draw only what is in sight
            page.get_by_role("combobox", name=label).fill(option)
        with suppress(TimeoutError):
            wanted.click(timeout=3000)
            return
        page.keyboard.press("Escape")
    raise AssertionError(f"{label} never offered {option}")
