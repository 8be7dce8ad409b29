"""People in their own windows: logging in, sharing, taking back, and the administrator's page."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from pipeline.workspace.people import People
from tests.browser.conftest import Watched
from tests.browser.school import OpenSchool, choose, enter, school_server
from tests.workspace.school import PASSWORD

Visit = Callable[..., Watched]


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenSchool]:
    with school_server(tmp_path_factory.mktemp("school")) as opened:
        yield opened


def test_a_lesson_is_shared_and_taken_back_while_both_look(opened: OpenSchool, visit: Visit) -> None:
    lesson = f"/lesson?id={opened.school.lesson.id}"
    ada = enter(visit, opened.server, opened.school.ada, lesson)
    expect(ada.get_by_role("heading", name="Ice")).to_be_visible()
    dora = enter(visit, opened.server, opened.school.dora, lesson)
    expect(dora.get_by_role("heading", name="This lesson is not here")).to_be_visible()

    ada.get_by_role("button", name="Share", exact=True).click()
    dialog = ada.get_by_role("dialog")
    choose(ada, "Share with", "Dora Dyer (coach)")
    dialog.get_by_role("button", name="Share", exact=True).click()
    expect(dialog.get_by_text("Dora Dyer, until you take it back")).to_be_visible()

    dora.reload()
    expect(dora.get_by_role("heading", name="Ice")).to_be_visible()
    expect(dora.get_by_text("Shared with you")).to_be_visible()
    expect(dora.get_by_role("button", name="Share", exact=True)).to_have_count(0)
    expect(dora.get_by_role("button", name="Edit details")).to_have_count(0)

    row = dialog.locator("[data-testid=stHorizontalBlock]", has_text="Dora Dyer")
    row.get_by_role("button", name="Take back").click()
    expect(dialog.get_by_text("Dora Dyer, until")).to_have_count(0)
    dora.reload()
    expect(dora.get_by_role("heading", name="This lesson is not here")).to_be_visible()


def test_a_wrong_password_is_said_and_the_log_in_stays(opened: OpenSchool, visit: Visit) -> None:
    page = visit(opened.server).open("/")
    page.get_by_label("Log-in").fill("ben")
    page.get_by_label("Password").fill("not the password")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("do not fit together")
    expect(page.get_by_label("Log-in")).to_have_value("ben")


def test_logging_out_leaves_nothing_to_go_back_to(opened: OpenSchool, visit: Visit) -> None:
    page = enter(visit, opened.server, opened.school.cleo)
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    page.goto(opened.server.address + "/lessons")
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()


def test_an_administrator_makes_an_account_and_its_owner_sets_the_password(opened: OpenSchool, visit: Visit) -> None:
    head = enter(visit, opened.server, opened.school.head)
    expect(head.get_by_role("heading", name="People")).to_be_visible()
    expect(head.get_by_text("Ice")).to_have_count(0)
    head.get_by_label("Name", exact=True).fill("Fay Fresh")
    head.get_by_role("textbox", name="Log-in").fill("fay")
    head.get_by_role("button", name="Make the account").click()
    code = head.get_by_role("dialog").locator("code").inner_text()

    fay = visit(opened.server).open("/code")
    fay.get_by_label("Log-in").fill("fay")
    fay.get_by_label("One-time code").fill(code)
    fay.get_by_label("New password").fill("green window and rain")
    fay.get_by_role("button", name="Set the password and log in").click()
    expect(fay.get_by_role("link", name="Fay Fresh")).to_be_visible()
    expect(fay.get_by_text("Begin with your own lesson")).to_be_visible()


def test_a_code_that_was_given_out_is_told_until_it_is_read(opened: OpenSchool, visit: Visit) -> None:
    people = People(opened.library)
    code = people.invite(opened.school.dora.id, by="head").code
    people.set_password("dora", code, PASSWORD)
    dora = enter(visit, opened.server, opened.school.dora)
    told = dora.get_by_text("A code to set a new password was given out")
    expect(told).to_be_visible()
    dora.reload()
    expect(told).to_be_visible()
    dora.get_by_role("button", name="I have read it").click()
    expect(told).to_have_count(0)
    dora.reload()
    expect(dora.get_by_role("heading", name="Lesson Mirror")).to_be_visible()
    expect(told).to_have_count(0)


def test_the_password_is_changed_on_the_account_page(opened: OpenSchool, visit: Visit) -> None:
    page = enter(visit, opened.server, opened.school.ben, "/account")
    page.get_by_label("Password until now").fill("seven quiet lanterns")
    page.get_by_role("textbox", name="New password").fill("four brown river stones")
    page.get_by_role("button", name="Change it").click()
    expect(page.get_by_text("Your password is changed")).to_be_visible()
    page.goto(opened.server.address + "/account")
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
