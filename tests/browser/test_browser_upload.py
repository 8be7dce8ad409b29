"""Uploading in the browser: an empty library, a broken file, a lost connection, two files at once."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, Route, expect

from pipeline.config import LibraryConfig
from pipeline.store.library import Library
from tests.browser.conftest import Server, Watched
from tests.media_files import make_media, make_wav
from tests.viewer.lesson_samples import add_recording

PIECE_BYTES = 8 * 1024 * 1024


@pytest.fixture(scope="module")
def noise(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """20 MB of sound: three pieces."""
    samples = np.random.default_rng(1).normal(0, 0.05, (109 * 48000, 2))
    return make_wav(tmp_path_factory.mktemp("sound") / "noise.wav", samples, 48000).read_bytes()


@pytest.fixture
def long_sound(noise: bytes, tmp_path: Path) -> Path:
    """The same, but no two are alike in content and name."""
    path = tmp_path / f"long {os.urandom(4).hex()}.wav"
    path.write_bytes(noise[:1000] + os.urandom(16) + noise[1016:])
    return path


def _add(page: Page, *files: Path, teacher: str = "") -> None:
    closed = page.locator(".uploader details:not([open]) > summary")
    choice = page.locator(".uploader .drop")
    expect(closed.or_(choice).first).to_be_visible()
    if closed.count():
        closed.click()
    expect(choice).to_be_visible()
    page.locator("input[type=file]").set_input_files([str(file) for file in files])
    page.get_by_label("Teacher").fill(teacher)
    page.get_by_role("button", name="Add this recording" if len(files) == 1 else f"Add {len(files)} recordings").click()


def _card(page: Page, file: Path) -> Locator:
    return page.locator(".lessons li", has_text=file.stem)


def test_an_empty_library_explains_itself_and_offers_the_sample(
    fresh_server: Server, visit: Callable[..., Watched]
) -> None:
    page = visit(fresh_server).open()
    expect(page.get_by_text("Nothing is sent anywhere")).to_be_visible()
    page.get_by_role("button", name="Analyse the sample lesson").click()
    expect(page.locator(".lessons li")).to_contain_text("Waits for its turn")
    with Library.open(LibraryConfig(str(fresh_server.folder))) as library:
        (row,) = library.lessons()
        assert row.state == "waiting"
        assert row.details.title  # from the file beside the sample


def test_a_broken_file_is_answered_with_its_sentence(
    fresh_server: Server, visit: Callable[..., Watched], tmp_path: Path
) -> None:
    broken = tmp_path / "holiday.mp4"
    broken.write_text("This is a text, not a film.")
    page = visit(fresh_server).open()
    _add(page, broken)
    problem = page.locator(".queue .problem")
    expect(problem).to_contain_text("holiday.mp4")
    page.get_by_role("button", name="Remove").click()
    expect(page.locator(".queue li")).to_have_count(0)
    expect(page.get_by_role("button", name="Analyse the sample lesson")).to_be_visible()


def test_two_files_at_once_become_two_lessons(server: Server, visit: Callable[..., Watched], tmp_path: Path) -> None:
    first, second = (
        make_media(tmp_path / "one of two.mp4", seconds=2),
        make_media(tmp_path / "two of two.mp3", seconds=2),
    )
    page = visit(server).open()
    _add(page, first, second)
    expect(_card(page, first)).to_be_visible()
    expect(_card(page, second)).to_be_visible()


def test_the_same_file_twice_leads_to_the_lesson_that_is_there(
    server: Server, visit: Callable[..., Watched], tmp_path: Path
) -> None:
    recording = make_media(tmp_path / "only one.mp4", seconds=3)
    page = visit(server).open()
    _add(page, recording)
    expect(_card(page, recording)).to_be_visible()
    _add(page, recording)
    expect(page.locator(".queue")).to_contain_text("in your library already")
    expect(_card(page, recording)).to_have_count(1)
    page.get_by_role("button", name="Open it").click()
    expect(page.locator("h1")).to_have_text("only one")


def test_a_lost_connection_is_bridged(server: Server, visit: Callable[..., Watched], long_sound: Path) -> None:
    page = visit(server).open()
    failed: list[str] = []

    def fail_once(route: Route) -> None:
        if f"offset={PIECE_BYTES}" in route.request.url and not failed:
            failed.append(route.request.url)
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/api/uploads/*", fail_once)
    _add(page, long_sound)
    expect(_card(page, long_sound)).to_be_visible()
    assert failed


def test_an_interrupted_upload_goes_on_where_it_was(
    server: Server, visit: Callable[..., Watched], long_sound: Path
) -> None:
    window = visit(server)
    page = window.open()
    page.on("dialog", lambda dialog: dialog.accept())  # the browser asks before it leaves a running upload

    def cut(route: Route) -> None:
        if "offset=0" in route.request.url:
            route.continue_()
        else:
            route.abort("connectionreset")

    page.route("**/api/uploads/*?offset=*", cut)
    _add(page, long_sound)
    expect(page.locator(".queue")).to_contain_text("The connection was lost")
    page.unroute_all(behavior="ignoreErrors")
    page.reload()
    window.requests.clear()
    _add(page, long_sound, teacher="Typed after the reload")
    expect(_card(page, long_sound)).to_contain_text("Typed after the reload")
    pieces = [url.split("offset=")[1] for url in window.requests if "offset=" in url]
    assert pieces == [str(PIECE_BYTES), str(2 * PIECE_BYTES)]


def test_a_paused_upload_goes_on_and_does_so_beside_another_page(
    server: Server, visit: Callable[..., Watched], long_sound: Path, tmp_path: Path
) -> None:
    with Library.open(LibraryConfig(str(server.folder))) as library:
        other = add_recording(library, tmp_path, title="Looked at meanwhile")
    page = visit(server).open()
    held: list[Route] = []
    page.route("**/api/uploads/*?offset=*", lambda route: held.append(route))
    _add(page, long_sound)
    page.get_by_role("button", name="Pause").click()
    expect(page.locator(".queue")).to_contain_text("Paused at 0")
    page.get_by_role("button", name="Go on").click()
    while len(held) < 2:  # the piece of before the pause, and the one of now
        page.wait_for_timeout(50)
    page.locator(".lessons li", has_text=other.details.title).get_by_role("link").click()
    expect(page.locator("h1")).to_have_text(other.details.title)
    held[-1].continue_()
    page.unroute_all(behavior="ignoreErrors")
    page.get_by_role("link", name="All lessons").click()
    expect(_card(page, long_sound)).to_be_visible()
