"""Pictures of every screen at 1280 and 390 pixels, light and dark, into the folder ``screenshots/``: make screenshots

Looking at them is part of a change to any screen.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from playwright.sync_api import Browser, Page, sync_playwright

from pipeline.store.rows import PersonRow
from tests.browser.conftest import CHROMIUM_OPTIONS, chromium_path
from tests.browser.school import OpenSchool, school_server
from tests.workspace.school import PASSWORD

TARGET = Path(__file__).resolve().parents[2] / "screenshots"
WIDTHS = (1280, 390)
SETTLE_MS = 1500


def shoot(browser: Browser, opened: OpenSchool, person: PersonRow, paths: dict[str, str]) -> None:
    """Each path, as that person sees it."""
    for width in WIDTHS:
        for scheme in ("light", "dark"):
            context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
            page = context.new_page()
            page.goto(f"{opened.server.address}/login")
            _keep(page, f"login-{width}-{scheme}")
            page.get_by_label("Log-in").fill(person.login)
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Log in").click()
            for name, path in paths.items():
                page.goto(opened.server.address + path)
                _keep(page, f"{name}-{person.login}-{width}-{scheme}")
            context.close()


def _keep(page: Page, name: str) -> None:
    page.wait_for_timeout(SETTLE_MS)
    height = page.evaluate("Math.max(900, document.querySelector('[data-testid=stMain]')?.scrollHeight ?? 0)")
    width = page.viewport_size["width"] if page.viewport_size else WIDTHS[0]
    page.set_viewport_size({"width": width, "height": height})
    page.wait_for_timeout(300)
    page.screenshot(path=TARGET / f"{name}.png")
    page.set_viewport_size({"width": width, "height": 900})


def main() -> None:
    """Makes all of them."""
    TARGET.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        school_server(Path(folder), talking=True) as opened,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=list(CHROMIUM_OPTIONS))
        lesson = f"/lesson?id={opened.school.lesson.id}"
        alone = {"lessons": "/", "lesson": lesson, "account": "/account", "frameworks": "/frameworks"}
        shoot(browser, opened, opened.school.ada, {**alone, "growth": "/growth", "coaching": "/cycle", "news": "/news"})
        shoot(
            browser,
            opened,
            opened.school.cleo,
            {"lesson": f"{lesson}&notes=1", "cycle": f"/cycle?id={opened.cycle_id}"},
        )
        shoot(browser, opened, opened.school.head, {"people": "/"})
        browser.close()


if __name__ == "__main__":
    main()
