"""The whole way, as a teacher goes it: upload, wait, watch, write, delete. Real server, real analysis, real browser."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from pipeline.resources import data_path
from tests.browser.conftest import Server, Watched

ANALYSIS_MS = 600_000  # three minutes of sound on a busy machine


def test_from_the_upload_of_the_sample_to_its_deletion(whole_server: Server, visit: Callable[..., Watched]) -> None:
    window = visit(whole_server)
    page = window.open()
    expect(page.get_by_role("button", name="Analyse the sample lesson")).to_be_visible()

    # Upload
    page.locator("input[type=file]").set_input_files(str(data_path("data", "samples", "lesson.mp4")))
    page.get_by_label("Title").fill("Floating and sinking")
    page.get_by_label("Teacher").fill("M. Weber")
    page.get_by_role("button", name="Add this recording").click()

    # Wait for the result
    card = page.locator(".lessons li")
    expect(card).to_contain_text("Floating and sinking")
    expect(card).to_contain_text("M. Weber")
    expect(card).to_have_class("done", timeout=ANALYSIS_MS)

    # Play
    card.get_by_role("link").click()
    expect(page.locator(".player.ready")).to_be_visible()
    video = page.locator("video")
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_function("video => video.currentTime > 1", arg=video.element_handle())

    # A line of the transcript
    line = page.locator("li[data-line]").nth(8)
    said_at_s = _seconds(line.locator(".at").inner_text())
    line.locator(".words").click()
    page.wait_for_function(
        "([video, at]) => Math.abs(video.currentTime - at) < 3", arg=[video.element_handle(), said_at_s]
    )
    expect(line).to_have_attribute("aria-current", "true")
    page.get_by_role("button", name="Pause", exact=True).click()

    # A note, which is still there after a reload
    page.locator(".add-note").click()
    page.get_by_placeholder("What do you see or hear?").fill("What made you wait here?")
    page.get_by_role("button", name="Keep note").click()
    expect(page.locator(".note-text")).to_have_text("What made you wait here?")
    page.reload()
    page.get_by_role("tab", name="Notes (1)").click()
    expect(page.locator(".note-text")).to_have_text("What made you wait here?")

    # What was found
    expect(page.locator(".board .card").first).to_contain_text("%")

    # Delete
    page.get_by_role("tab", name="Files and details").click()
    page.get_by_role("button", name="Delete this lesson").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("The recording")
    expect(dialog).to_contain_text("1 note")
    dialog.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_role("button", name="Analyse the sample lesson")).to_be_visible()
    assert not [path for path in (whole_server.folder / "media").rglob("*") if path.is_file()]
    assert any("/_stcore/stream" in url for url in window.requests)  # the websocket was watched too


def _seconds(clock: str) -> float:
    minutes, seconds = clock.split(":")
    return int(minutes) * 60 + int(seconds)
