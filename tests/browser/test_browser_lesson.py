"""The lesson page: player, transcript, timeline, notes, numbers; by mouse, by keyboard, narrow and dark."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from pipeline.config import Config, LibraryConfig
from pipeline.intake import take_in
from pipeline.lesson import LessonDetails, Recording, Role, Speech, Utterance
from pipeline.store.library import Library
from pipeline.timeline import Span
from tests.browser.conftest import Server, Watched
from tests.media_files import AAC, H264, make_media
from tests.viewer.lesson_samples import add_analysed, add_recording, moves_lesson, small_lesson

LONG_LINES, LINE_S = 1500, 3.6
CLICK_TO_SEEK_MS = 150.0  # what people feel as at once; measured in the browser from press to seek


@pytest.fixture
def lesson(server: Server, tmp_path: Path) -> str:
    """The id of an analysed lesson in the server's library."""
    with Library.open(LibraryConfig(str(server.folder))) as library:
        return add_analysed(library, tmp_path).id


def _player(window: Watched, lesson: str, query: str = "") -> Page:
    page = window.open(f"/lesson?id={lesson}{query}")
    expect(page.locator(".player.ready")).to_be_visible()
    return page


def _time_s(page: Page) -> float:
    return float(page.locator("video").evaluate("video => video.currentTime"))


def test_a_click_seeks_from_transcript_timeline_picture_and_card(
    server: Server, visit: Callable[..., Watched], lesson: str
) -> None:
    page = _player(visit(server), lesson)
    page.locator("li[data-line]").nth(1).locator(".words").click()
    assert _time_s(page) == pytest.approx(4.0, abs=0.1)
    expect(page.locator("li[aria-current]")).to_contain_text("lighter than water")

    lanes = page.locator(".lanes")
    box = lanes.bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] * 0.75, box["y"] + 35)
    assert _time_s(page) == pytest.approx(9.0, abs=0.2)
    expect(lanes).to_have_attribute("aria-valuetext", "0:09")
    expect(page.locator("li[aria-current]")).to_contain_text("Is it?")

    page.get_by_role("button", name="Picture at 0:05").click()
    assert _time_s(page) == pytest.approx(5.0, abs=0.1)

    page.get_by_role("button", name="Play 0:00: Why does").first.click()
    page.wait_for_function(
        "video => !video.paused && video.currentTime < 3", arg=page.locator("video").element_handle()
    )


def test_the_words_of_people_stay_words(server: Server, visit: Callable[..., Watched], lesson: str) -> None:
    page = _player(visit(server), lesson)
    expect(page.locator("li[data-line]").first.locator(".words")).to_have_text("Why does <b>ice</b> float?")
    expect(page.locator("li[data-line] b")).to_have_count(0)


def test_an_address_may_name_a_moment(server: Server, visit: Callable[..., Watched], lesson: str) -> None:
    page = _player(visit(server), lesson, "&t=7.6")
    expect(page.locator("li[aria-current]")).to_contain_text("Is it?")


def test_the_player_answers_to_the_keyboard(server: Server, visit: Callable[..., Watched], lesson: str) -> None:
    page = _player(visit(server), lesson)
    video = page.locator("video")
    page.keyboard.press("ArrowRight")
    assert _time_s(page) == pytest.approx(5.0, abs=0.1)
    page.keyboard.press("ArrowLeft")
    assert _time_s(page) == pytest.approx(0.0, abs=0.1)
    page.keyboard.press("+")
    assert video.evaluate("video => video.playbackRate") == 1.25
    page.keyboard.press("m")
    assert video.evaluate("video => video.muted") is True
    page.keyboard.press("c")
    expect(page.get_by_role("button", name="CC")).to_have_attribute("aria-pressed", "true")
    page.wait_for_function("video => video.textTracks[0].cues?.length === 4", arg=video.element_handle())
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("water n")
    expect(page.locator(".found")).to_have_text("nothing found")
    assert video.evaluate("video => video.paused") is True  # a blank in the search field is a blank


def test_text_is_found_in_place(server: Server, visit: Callable[..., Watched], lesson: str) -> None:
    page = _player(visit(server), lesson)
    page.get_by_label("Find in the transcript").fill("IT")
    expect(page.locator(".found")).to_have_text("1 of 2")
    expect(page.locator(".lines mark")).to_have_text(["it", "it"])
    page.keyboard.press("Enter")
    expect(page.locator(".found")).to_have_text("2 of 2")
    expect(page.locator("li.here")).to_contain_text("Is it?")
    page.keyboard.press("Escape")
    expect(page.locator(".lines mark")).to_have_count(0)


def test_notes_are_written_changed_deleted_and_brought_back(
    server: Server, visit: Callable[..., Watched], lesson: str
) -> None:
    page = _player(visit(server), lesson, "&t=4")
    page.keyboard.press("n")
    page.keyboard.type("A long pause")
    page.reload()  # nothing is lost, the draft neither
    expect(page.locator(".player.ready")).to_be_visible()
    page.get_by_role("tab", name="Notes").click()
    expect(page.get_by_placeholder("What do you see or hear?")).to_have_value("A long pause")
    expect(page.locator(".compose-at")).to_have_text("0:04")
    page.get_by_role("button", name="Keep note").click()
    text = page.locator(".note-text")
    expect(text).to_have_text("A long pause")
    expect(page.locator(".flag")).to_have_count(1)

    page.get_by_role("button", name="Edit the note").click()
    page.get_by_label("Change the note at 0:04").fill("A good pause")
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(text).to_have_text("A good pause")

    page.get_by_role("button", name="Delete the note").click()
    expect(text).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(text).to_have_text("A good pause")
    with Library.open(LibraryConfig(str(server.folder))) as library:
        assert [(note.at_s, note.text) for note in library.notes(lesson)] == [(4.0, "A good pause")]


def test_a_note_that_somebody_else_changed_is_not_overwritten(
    server: Server, visit: Callable[..., Watched], lesson: str
) -> None:
    with Library.open(LibraryConfig(str(server.folder))) as library:
        note = library.add_note(lesson, 2.0, "Before")
        page = _player(visit(server), lesson)
        page.get_by_role("tab", name="Notes (1)").click()
        library.edit_note(note.id, "By somebody else")
        page.get_by_role("button", name="Edit the note").click()
        page.get_by_label("Change the note at 0:02").fill("By me")
        page.get_by_role("button", name="Keep", exact=True).click()
        expect(page.locator(".saving")).to_contain_text("changed this note")
        assert [found.text for found in library.notes(lesson)] == ["By somebody else"]


def test_every_tab_shows_its_numbers(server: Server, visit: Callable[..., Watched], lesson: str) -> None:
    page = _player(visit(server), lesson)
    chart = page.locator("[data-testid=stVegaLiteChart] canvas, [data-testid=stVegaLiteChart] svg").first
    expect(chart).to_be_visible()
    for tab, words in (
        ("Who talked", "Student 1"),
        ("Questions", "Every question"),
        ("What was said", "did not look at this lesson"),
        ("Waiting", "Every pause"),
        ("All numbers", "it counts for both"),
        ("Files and details", "Everything, for other programs"),
    ):
        page.get_by_role("tab", name=tab).click()
        expect(page.get_by_role("tabpanel", name=tab)).to_contain_text(words)


def test_what_was_said_can_be_sorted_and_heard(server: Server, visit: Callable[..., Watched], tmp_path: Path) -> None:
    with Library.open(LibraryConfig(str(server.folder))) as library:
        lesson = add_analysed(library, tmp_path, moves_lesson).id
    page = _player(visit(server), lesson)
    expect(page.locator(".badge.move")).to_have_text(["Asking for reasons", "Giving reasons"])
    page.get_by_role("tab", name="What was said").click()
    panel = page.get_by_role("tabpanel", name="What was said")
    expect(panel).to_contain_text("learned from mathematics lessons")
    expect(panel.locator("[data-testid=stVegaLiteChart]")).to_be_visible()
    expect(panel.locator(".places li")).to_have_count(3)
    panel.get_by_role("button", name="Giving reasons (1)").click()
    moment = panel.locator(".places li")
    expect(moment).to_have_count(1)
    expect(moment).to_contain_text("Giving reasons, fairly sure")
    moment.get_by_role("button", name="Play from 0:04").click()
    page.wait_for_function(
        "video => !video.paused && video.currentTime >= 4", arg=page.locator("video").element_handle()
    )


def test_nothing_moves_once_a_tab_is_shown(server: Server, visit: Callable[..., Watched], tmp_path: Path) -> None:
    """A chart is drawn some frames later than what stands below it; a click meant for that would go astray."""
    with Library.open(LibraryConfig(str(server.folder))) as library:
        lesson = add_analysed(library, tmp_path, moves_lesson).id
    page = _player(visit(server), lesson)
    below = page.locator("section[aria-label='What was said'] .filter")
    expect(below).to_be_attached()
    below.evaluate(
        """(below) => {
          window.places = new Set();
          const main = document.querySelector('[data-testid=stMain]');
          const look = () => {
            const box = below.getBoundingClientRect();
            if (box.height) window.places.add(Math.round(box.top + main.scrollTop));
            requestAnimationFrame(look);
          };
          look();
        }"""
    )
    page.get_by_role("tab", name="What was said").click()
    chart = page.get_by_role("tabpanel", name="What was said").locator("[data-testid=stVegaLiteChart]")
    page.wait_for_function("chart => chart.getBoundingClientRect().height > 300", arg=chart.element_handle())
    page.wait_for_timeout(300)
    assert len(page.evaluate("[...window.places]")) == 1


def test_a_number_explains_itself(server: Server, visit: Callable[..., Watched], lesson: str) -> None:
    page = _player(visit(server), lesson)
    numbers = page.get_by_role("region", name="Main numbers")
    card = numbers.locator(".card", has_text="Teacher's share of the talk")
    expect(card).to_contain_text("56 %")
    expect(card).to_contain_text("between 50 and 60 %")
    card.get_by_text("What is this?").click()
    expect(card).to_contain_text("it counts for both")
    expect(card).to_contain_text("In four of five lessons")
    expect(card).to_contain_text("5.0 s of 9.0 s")


def test_an_export_is_downloaded(server: Server, visit: Callable[..., Watched], lesson: str) -> None:
    page = _player(visit(server), lesson)
    page.get_by_role("tab", name="Files and details").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Transcript as captions (WebVTT)").click()
    assert download.value.path().read_text().startswith("WEBVTT")


def test_details_can_be_changed(server: Server, visit: Callable[..., Watched], lesson: str) -> None:
    page = _player(visit(server), lesson)
    page.get_by_role("button", name="Edit details").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Title").fill("Ice and *water*")
    dialog.get_by_role("button", name="Keep").click()
    expect(page.locator("h1")).to_have_text("Ice and *water*")


def test_a_lesson_that_does_not_exist_leads_back(server: Server, visit: Callable[..., Watched]) -> None:
    page = visit(server).open("/lesson?id=nothing")
    expect(page.locator("h1")).to_have_text("This lesson is not here")
    page.get_by_role("link", name="All lessons").click()
    expect(page.locator("h1")).to_have_text("Lesson Mirror")


def test_before_the_analysis_the_recording_plays_already(
    server: Server, visit: Callable[..., Watched], tmp_path: Path
) -> None:
    with Library.open(LibraryConfig(str(server.folder))) as library:
        row = add_recording(library, tmp_path)
        library.enqueue(row.id, "analyze")
    page = visit(server).open(f"/lesson?id={row.id}")
    expect(page.locator(".total")).to_have_text("0:12")
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_function("video => video.currentTime > 0.3", arg=page.locator("video").element_handle())
    expect(page.get_by_text("Waits for its turn")).to_be_visible()


def test_a_failed_lesson_says_why_and_can_be_tried_again(
    server: Server, visit: Callable[..., Watched], tmp_path: Path
) -> None:
    with Library.open(LibraryConfig(str(server.folder))) as library:
        row = add_recording(library, tmp_path)
        library.enqueue(row.id, "analyze")
        job = library.claim_job("somebody", lesson_id=row.id)
        assert job
        library.fail_job(job.id, "No speech was found.", "Was the microphone on?")
        card = visit(server).open().locator(f"[data-lesson='{row.id}']")
        expect(card.locator(".problem")).to_contain_text("No speech was found. Was the microphone on?")
        card.get_by_role("button", name="Try again").click()
        expect(card).to_contain_text("Waits for its turn")
        assert library.find_lesson(row.id).state == "waiting"


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_phone_needs_no_sideways_scrolling(
    server: Server, visit: Callable[..., Watched], lesson: str, dark: bool
) -> None:
    window = visit(server, width=390, dark=dark)
    page = _player(window, lesson)
    too_wide = "() => document.querySelector('[data-testid=stMain]').scrollWidth - window.innerWidth"
    assert page.evaluate(too_wide) <= 0
    for tab in ("Who talked", "Waiting", "Files and details"):
        page.get_by_role("tab", name=tab).click()
        expect(page.get_by_role("tabpanel", name=tab)).to_be_visible()
        assert page.evaluate(too_wide) <= 0
    page = window.open("/")
    expect(page.locator(".lessons li").first).to_be_visible()
    assert page.evaluate(too_wide) <= 0


@pytest.fixture
def long_lesson(server: Server, tmp_path: Path) -> str:
    """The id of a lesson of 90 minutes with 1,500 lines of 26 people."""
    source = make_media(
        tmp_path / "long.mp4",
        *H264,
        *AAC,
        seconds=LONG_LINES * LINE_S,
        picture="color=s=64x36:r=1",
        sound="anullsrc=r=8000:cl=mono",
    )
    with Library.open(LibraryConfig(str(server.folder))) as library:
        row = take_in(library, source, Config(), details=LessonDetails(title="Long"))
        lines = tuple(_line(number) for number in range(LONG_LINES))
        speech = tuple(Speech(line.span, line.speaker, line.role) for line in lines if line.span)
        recording = Recording(row.sha256, row.name, row.duration_s)
        library.save_result(row.id, dataclasses.replace(small_lesson(recording), utterances=lines, speech=speech))
    return row.id


def _line(number: int) -> Utterance:
    role: Role = "teacher" if number % 26 == 0 else "student"
    span = Span(number * LINE_S, number * LINE_S + 3)
    said = Utterance(f"u{number}", span, f"S{number % 26}", role, f"This is what was said as number {number}.")
    if role == "teacher":
        return dataclasses.replace(said, teacher_move="keeping_everyone_together", move_confidence=0.9)
    return dataclasses.replace(said, student_move="making_a_claim", move_confidence=0.7)


def _wait_for_rest(line: Locator) -> None:
    """Rows get their true heights once they are seen: nobody clicks a line that still moves."""
    line.evaluate(
        """(row) => new Promise((rest) => {
          let place, still = 0;
          const look = () => {
            const now = row.getBoundingClientRect().top;
            still = now === place ? still + 1 : 0;
            place = now;
            still >= 10 ? rest() : requestAnimationFrame(look);
          };
          look();
        })"""
    )


def test_a_long_lesson_stays_smooth(server: Server, visit: Callable[..., Watched], long_lesson: str) -> None:
    """A click in the transcript seeks at once and marks its line, also far down."""
    page = _player(visit(server), long_lesson)
    page.locator("video").evaluate(
        """(video) => {
          window.waits = [];
          document.addEventListener('pointerdown', () => { window.pressed = performance.now(); }, { capture: true });
          video.addEventListener('seeking', () => window.waits.push(performance.now() - window.pressed));
        }"""
    )
    for number in (1200, 3, 750, 1499):
        line = page.locator("li[data-line]").nth(number)
        line.scroll_into_view_if_needed()
        _wait_for_rest(line)
        line.locator(".words").click()
        expect(line).to_have_attribute("aria-current", "true")
        assert _time_s(page) == pytest.approx(number * LINE_S, abs=0.1)
    waits_ms = sorted(page.evaluate("window.waits"))
    assert len(waits_ms) == 4
    assert waits_ms[1] < CLICK_TO_SEEK_MS  # the second best of four: others may use this machine too
