"""A teacher and a coach go through a whole cycle, each in a window of their own; the administrator sees none of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from pipeline.lesson import LessonDetails
from pipeline.workspace.access import Workspace
from pipeline.workspace.visitor import visitor_of
from tests.browser.conftest import Watched
from tests.browser.school import OpenSchool, choose, enter, school_server
from tests.viewer.lesson_samples import add_analysed

Visit = Callable[..., Watched]


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenSchool]:
    folder = tmp_path_factory.mktemp("school")
    with school_server(folder) as opened:
        later = add_analysed(opened.library, folder)
        opened.library.set_details(later.id, LessonDetails("A. Archer", title="Steam"))
        Workspace(opened.library, visitor_of(opened.school.ada)).claim(later.id, None)
        yield opened


def test_a_whole_cycle(opened: OpenSchool, visit: Visit, tmp_path: Path) -> None:
    cleo = enter(visit, opened.server, opened.school.cleo)
    cleo.get_by_role("link", name="Coaching").click()
    cleo.get_by_label("What would the teacher like to look at?").fill("Longer waiting")
    choose(cleo, "With", "Ada Archer")
    cleo.get_by_role("button", name="Begin", exact=True).click()
    expect(cleo.get_by_text("It waits for the teacher.")).to_be_visible()

    ada = enter(visit, opened.server, opened.school.ada)
    ada.get_by_role("link", name="Coaching").click()
    expect(ada.get_by_text("It waits for you.")).to_be_visible()
    ada.get_by_role("button", name="Longer waiting").click()
    choose(ada, "A number to reach, if you wish", "Wait after a question")
    ada.get_by_role("spinbutton", name="How much").fill("3")
    ada.get_by_role("button", name="Keep the plan").click()
    expect(ada.get_by_text(re.compile("The goal: .*at least 3"))).to_be_visible()
    choose(ada, "The lesson to look at", re.compile("Ice"))
    ada.get_by_role("button", name="Take this lesson").click()
    ada.get_by_label("What did you notice").fill("I went on after a second.")
    ada.get_by_role("button", name="Show it to the coach").click()
    expect(ada.get_by_text("It waits for the coach.")).to_be_visible()

    cleo.reload()
    expect(cleo.get_by_text("I went on after a second.")).to_be_visible()
    cleo.get_by_label("What did you see").fill("At 0:04 she thought it over.")
    cleo.get_by_role("button", name="Show it to the teacher").click()
    cleo.get_by_label("A next step").fill("Count to three")
    cleo.get_by_role("button", name="Agree on it").click()
    expect(cleo.get_by_text("When there is a later lesson")).to_be_visible()

    ada.reload()
    choose(ada, "The later lesson", re.compile("Steam"))
    ada.get_by_role("button", name="Take this lesson").click()
    expect(ada.get_by_text("whether they changed stays open")).to_be_attached()
    with ada.expect_download() as word:
        ada.get_by_role("link", name="Word").click()
    assert word.value.suggested_filename.endswith(".docx")
    ada.get_by_role("button", name="Close this cycle").click()
    expect(ada.get_by_text("This cycle is closed.")).to_be_visible()

    ada.get_by_role("link", name="Growth").click()
    expect(ada.get_by_role("heading", name="Two lessons side by side")).to_be_visible()

    head = enter(visit, opened.server, opened.school.head, "/cycle")
    expect(head.get_by_role("link", name="Coaching")).to_have_count(0)
    expect(head.get_by_text("Longer waiting")).to_have_count(0)
