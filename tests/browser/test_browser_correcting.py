"""A voice that was taken for the wrong one is corrected on the screen, and the correction taken back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from pipeline.config import LibraryConfig, load_config
from pipeline.intake import take_in
from pipeline.runner import Runner
from pipeline.store.library import Library
from tests.browser.conftest import Server, Watched
from tests.browser.school import choose
from tests.programs import excerpt


def test_a_voice_is_said_to_be_a_student_and_taken_back(
    server: Server, visit: Callable[..., Watched], tmp_path: Path
) -> None:
    config = load_config(overrides={"asr": {"model": "tiny.en", "language": "en"}})
    with Library.open(LibraryConfig(str(server.folder))) as library:
        row = take_in(library, excerpt(tmp_path / "lesson.mp4", seconds=25), config)
        Runner(library, config).analyze(row)
    page = visit(server).open(f"/lesson?id={row.id}")
    expect(page.locator(".player.ready")).to_be_visible()
    teacher = page.locator(".player .names").get_by_text("Teacher", exact=True)
    expect(teacher).to_be_visible()
    page.get_by_role("tab", name="Who talked").click()
    page.get_by_text("Is a voice wrong?").click()
    choose(page, "is really", "a student")
    page.get_by_role("button", name="Correct it").click()
    expect(page.get_by_text("was said to be a student")).to_be_visible()
    expect(teacher).to_have_count(0)  # the player has read the lesson again
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("was said to be a student")).to_have_count(0)
    expect(teacher).to_be_visible()
