"""axe-core on every screen: nothing serious or critical, at desk and phone width, light and dark."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import Watched
from tests.browser.school import OpenSchool, enter, school_server

Visit = Callable[..., Watched]
GRAVE = ("serious", "critical")
LOOKS = pytest.mark.parametrize("look", [{"width": 1280}, {"width": 390, "dark": True}], ids=["desk", "phone, dark"])


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenSchool]:
    with school_server(tmp_path_factory.mktemp("school"), talking=True) as opened:
        yield opened


def findings(page: Page) -> list[str]:
    """What axe-core calls serious or critical, one line a place."""
    expect(page.locator('[data-stale="true"]')).to_have_count(0)  # what is being drawn anew is shown faded
    page.wait_for_timeout(400)
    found = Axe().run(page).response["violations"]
    return [
        f"{rule['id']} ({rule['impact']}): {place['target']} {place['html'][:160]}"
        for rule in found
        if rule["impact"] in GRAVE
        for place in rule["nodes"]
    ]


@LOOKS
def test_the_log_in_and_the_code(opened: OpenSchool, visit: Visit, look: dict[str, object]) -> None:
    for path in ("/login", "/code"):
        page = visit(opened.server, **look).open(path)
        expect(page.get_by_role("button")).to_be_visible()
        assert findings(page) == []


@LOOKS
def test_the_list_of_lessons_and_the_account(opened: OpenSchool, visit: Visit, look: dict[str, object]) -> None:
    page = enter(visit, opened.server, opened.school.ada, "/", **look)
    expect(page.get_by_role("link", name="Ice", exact=True)).to_be_visible()
    assert findings(page) == []
    page.goto(f"{opened.server.address}/account")
    expect(page.get_by_text("Everything about me")).to_be_visible()
    assert findings(page) == []


@LOOKS
def test_a_lesson_with_each_of_its_tabs(opened: OpenSchool, visit: Visit, look: dict[str, object]) -> None:
    page = enter(visit, opened.server, opened.school.ada, f"/lesson?id={opened.school.lesson.id}", **look)
    expect(page.locator(".player.ready")).to_be_visible()
    tabs = page.locator("[data-testid=stTabs] [role=tab]")
    expect(tabs.first).to_be_visible()
    for number in range(tabs.count()):
        tabs.nth(number).click()
        expect(tabs.nth(number)).to_have_attribute("aria-selected", "true")
        assert findings(page) == [], tabs.nth(number).inner_text()


@LOOKS
def test_coaching_growth_news_and_frameworks(opened: OpenSchool, visit: Visit, look: dict[str, object]) -> None:
    page = enter(visit, opened.server, opened.school.cleo, "/", **look)
    for path, heading in (
        (f"/cycle?id={opened.cycle_id}", "Longer waiting"),
        ("/cycle", "Coaching"),
        ("/growth", "Growth"),
        ("/news", "What is new"),
        ("/frameworks", "What to look for"),
    ):
        page.goto(opened.server.address + path)
        expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
        assert findings(page) == [], path


@LOOKS
def test_people(opened: OpenSchool, visit: Visit, look: dict[str, object]) -> None:
    page = enter(visit, opened.server, opened.school.head, "/", **look)
    expect(page.get_by_role("button", name="Make the account")).to_be_visible()
    assert findings(page) == []
