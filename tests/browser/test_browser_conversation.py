"""A coach and a teacher talk about a lesson, each in a window of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Watched
from tests.browser.school import OpenSchool, enter, school_server

Visit = Callable[..., Watched]


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenSchool]:
    with school_server(tmp_path_factory.mktemp("school")) as opened:
        yield opened


def _notes(page: Page) -> Page:
    expect(page.locator(".player.ready")).to_be_visible()
    page.get_by_role("tab", name="Notes").click()
    return page


def test_a_question_is_asked_found_answered_and_settled(opened: OpenSchool, visit: Visit) -> None:
    lesson = f"/lesson?id={opened.school.lesson.id}"
    cleo = _notes(enter(visit, opened.server, opened.school.cleo, lesson))
    cleo.get_by_role("textbox", name="Note at").fill("What did you expect here?")
    cleo.get_by_role("combobox", name="Kind of note").select_option("Question")
    cleo.reload()  # a draft survives
    _notes(cleo)
    expect(cleo.get_by_role("textbox", name="Note at")).to_have_value("What did you expect here?")
    expect(cleo.get_by_role("combobox", name="Kind of note")).to_have_value("question")
    cleo.get_by_role("button", name="Keep note").click()
    thread = cleo.locator("li.note", has_text="What did you expect here?")
    expect(thread.get_by_text("Question", exact=True)).to_be_visible()
    expect(cleo.get_by_role("textbox", name="Note at")).to_have_value("")

    ada = enter(visit, opened.server, opened.school.ada, "/")
    ada.get_by_role("link", name="New (1)").click()
    expect(ada.get_by_text("What did you expect here?")).to_be_visible()
    ada.get_by_role("link", name="Look at 0:00").click()
    thread = ada.locator("li.note", has_text="What did you expect here?")
    expect(thread.get_by_text("Cleo Carter")).to_be_visible()
    expect(thread.get_by_role("button", name="Edit")).to_have_count(0)
    thread.get_by_role("button", name="Reply").click()
    ada.get_by_label("Your reply to the note").fill("That somebody would go on.")
    ada.keyboard.press("Control+Enter")
    expect(thread.get_by_role("list", name="Replies")).to_contain_text("That somebody would go on.")
    thread.get_by_role("button", name="Settle").click()
    expect(thread.get_by_text("Settled")).to_be_visible()

    cleo.reload()
    _notes(cleo)
    thread = cleo.locator("li.note", has_text="What did you expect here?")
    expect(thread).to_contain_text("That somebody would go on.")
    expect(thread).to_contain_text("Settled")


def test_a_private_note_stays_with_its_author(opened: OpenSchool, visit: Visit) -> None:
    lesson = f"/lesson?id={opened.school.lesson.id}"
    cleo = _notes(enter(visit, opened.server, opened.school.cleo, lesson))
    cleo.get_by_role("textbox", name="Note at").fill("Be careful how to say this.")
    cleo.get_by_label("Only for me").check()
    cleo.get_by_role("button", name="Keep note").click()
    expect(cleo.locator("li.note", has_text="Be careful").get_by_text("Only you")).to_be_visible()
    ada = _notes(enter(visit, opened.server, opened.school.ada, lesson))
    expect(ada.locator("li.note").or_(ada.locator("li.empty")).first).to_be_visible()
    expect(ada.get_by_text("Be careful")).to_have_count(0)
