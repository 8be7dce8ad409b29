from __future__ import annotations

import dataclasses
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from pipeline.errors import NotFoundError, StoreError
from pipeline.lesson import LessonDetails, MediaInfo, Recording
from pipeline.store import schema
from pipeline.store.library import Library
from tests.store.store_samples import DETAILS, INFO, add_row, add_with_media, sha256_of

HOSTILE_NAMES = (
    "../../etc/passwd",
    "a\0b.mp4",
    "👩‍🏫 3·½ – „Brüche“.mp4",
    'it\'s "quoted"; DROP TABLE lesson; --.mp4',
    "%_\\.mp4",
    "new\nline\ttab.mp4",
    "undecodable-\udcff.mp4",
    "x" * 10_000,
    "",
)


def test_a_lesson_comes_back_as_it_was_added(library: Library, tmp_path: Path) -> None:
    before = datetime.now(UTC) - timedelta(seconds=5)
    row = add_with_media(library, tmp_path, b"moving pictures")
    assert row.created
    assert (row.name, row.media_name, row.duration_s, row.size_bytes) == ("lesson.mp4", "original.mp4", 61.5, 15)
    assert (row.details, row.info, row.state, row.language, row.teacher_share) == (DETAILS, INFO, "new", None, None)
    assert before <= row.added_at <= datetime.now(UTC) + timedelta(seconds=5)
    assert library.find_lesson(row.id) == dataclasses.replace(row, created=False)


def test_what_is_unknown_stays_unknown(library: Library) -> None:
    info = MediaInfo(3.0, "wav", "pcm_s16le", 1)
    row = library.add_lesson(Recording(sha256_of(b"x"), "x.wav", 3.0), info, LessonDetails())
    found = library.find_lesson(row.id)
    assert (found.info, found.details, found.size_bytes, found.media_name) == (info, LessonDetails(), 0, "")


def test_the_same_content_is_the_same_lesson(library: Library, tmp_path: Path) -> None:
    first = add_with_media(library, tmp_path, b"same", "first.mp4")
    second = add_with_media(library, tmp_path, b"same", "second.mov")
    assert (second.id, second.name, second.created) == (first.id, "first.mp4", False)
    assert library.lesson_by_sha256(first.sha256) == second
    assert len(library.lessons()) == 1


def test_two_files_of_one_name_are_two_lessons(library: Library, tmp_path: Path) -> None:
    assert add_with_media(library, tmp_path, b"one").id != add_with_media(library, tmp_path, b"two").id


@pytest.mark.parametrize("name", HOSTILE_NAMES, ids=range(len(HOSTILE_NAMES)))
def test_any_text_is_kept_and_found(library: Library, name: str) -> None:
    expected = name.replace("\0", "\ufffd").replace("\udcff", "\ufffd")
    texts = LessonDetails(teacher=name[:2000], title=name[:2000], lawful_basis=name[:2000])
    row = library.add_lesson(Recording(sha256_of(b"x"), name, 1.0), INFO, texts)
    assert library.find_lesson(row.id).name == expected
    assert library.find_lesson(row.id).details.teacher == expected[:2000]
    assert [found.id for found in library.lessons(search=expected[:100])] == [row.id]


def test_what_is_no_hash_is_refused(library: Library) -> None:
    for sha256 in ("", "../../etc", "A" * 64, "0" * 63):
        with pytest.raises(StoreError, match="SHA-256"):
            library.add_lesson(Recording(sha256, "x.mp4", 1.0), INFO, DETAILS)


def test_a_recording_whose_file_is_gone_is_refused(library: Library, tmp_path: Path) -> None:
    recording = Recording(sha256_of(b"x"), "x.mp4", 1.0, str(tmp_path / "gone.mp4"))
    with pytest.raises(NotFoundError, match=r"'x\.mp4' is not there any more"):
        library.add_lesson(recording, INFO, DETAILS)
    assert library.lessons() == ()


def test_lessons_are_found_by_id_its_beginning_or_the_hash(library: Library) -> None:
    row = add_row(library, "a")
    for text in (row.id, row.id.upper(), f" {row.id} ", row.id[:4], row.sha256, row.sha256[:8], row.sha256[:30]):
        assert library.find_lesson(text).id == row.id


@pytest.mark.parametrize("text", ["", " ", "nothere", "%", "_" * 10, "0" * 64, "x" * 65, "\0"])
def test_what_fits_no_lesson_is_not_found(library: Library, text: str) -> None:
    add_row(library, "a")
    with pytest.raises(NotFoundError) as caught:
        library.find_lesson(text)
    assert caught.value.hint


def test_seven_digits_of_a_hash_are_too_few(library: Library) -> None:
    row = add_row(library, "a")
    with pytest.raises(NotFoundError):
        library.find_lesson(row.sha256[:7])


def test_a_beginning_that_fits_several_lessons_names_them(library: Library) -> None:
    rows = [add_row(library, str(number)) for number in range(80)]
    shared = next(row.id[0] for row in rows if sum(other.id[0] == row.id[0] for other in rows) > 1)
    with pytest.raises(StoreError, match="fits several lessons") as caught:
        library.find_lesson(shared)
    assert any(row.id in caught.value.message for row in rows)


def test_lessons_come_newest_first_and_in_pages(library: Library) -> None:
    ids = [add_row(library, str(number)).id for number in range(5)][::-1]
    assert [row.id for row in library.lessons()] == ids
    assert [row.id for row in library.lessons(limit=2)] == ids[:2]
    assert [row.id for row in library.lessons(limit=2, offset=4)] == ids[4:]
    assert [row.id for row in library.lessons(offset=3)] == ids[3:]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("", ["apples", "streets"]),
        ("ÄPFEL", ["apples"]),
        ("strasse", ["streets"]),
        ("GRÖSSER", ["streets"]),
        ("smith 7B", ["apples"]),
        ("7b smith", ["apples"]),
        ("smith 8a", []),
        ("mov", ["streets"]),
        ("geo", ["streets"]),
        ("100%", ["apples"]),
        ("1_0", []),
        ("%", ["apples"]),
        ("\\", []),
        ("x" * 70_000, []),
        ("\0", []),
    ],
)
def test_search_reads_every_field_in_any_case(library: Library, search: str, found: list[str]) -> None:
    apples = LessonDetails(teacher="Smith", class_name="7b", subject="Maths", title="Äpfel teilen, 100%")
    streets = LessonDetails(teacher="O'Neil", class_name="8a", subject="Geography", title="Die größere Straße")
    ids = {add_row(library, "1", apples).id: "apples", add_row(library, "2", streets, name="x.MOV").id: "streets"}
    assert sorted(ids[row.id] for row in library.lessons(search=search)) == found


def test_new_details_replace_the_old_ones_and_are_searched(library: Library) -> None:
    row = add_row(library, "a")
    details = LessonDetails(teacher="Mr. Blau", held_on=date(2026, 5, 1))
    library.set_details(row.id, details)
    changed = library.find_lesson(row.id)
    assert changed.details == details
    assert changed.updated_at > row.updated_at
    assert [found.id for found in library.lessons(search="blau")] == [row.id]
    assert library.lessons(search="iqbal") == ()


def test_details_without_end_are_refused(library: Library) -> None:
    row = add_row(library, "a")
    with pytest.raises(StoreError, match="class name is longer than 2000 characters"):
        library.set_details(row.id, LessonDetails(class_name="x" * 2001))
    assert library.find_lesson(row.id).details == DETAILS


def test_a_state_comes_with_its_reason(library: Library) -> None:
    row = add_row(library, "a")
    library.set_state(row.id, "failed", message="No sound.", hint="Export it again.")
    found = library.find_lesson(row.id)
    assert (found.state, found.message, found.hint) == ("failed", "No sound.", "Export it again.")


def test_changing_an_unknown_lesson_says_so(library: Library) -> None:
    with pytest.raises(NotFoundError, match="There is no lesson 'nope'"):
        library.set_state("nope", "done")
    with pytest.raises(NotFoundError):
        library.set_details("nope", DETAILS)


def test_ten_thousand_lessons_are_listed_and_searched_in_half_a_second(library: Library) -> None:
    row = add_row(library, "first", dataclasses.replace(DETAILS, title="The needle"))

    def copy(connection: sa.Connection) -> None:
        known = connection.execute(sa.select(schema.lesson)).mappings().one()
        plain = {name: value for name, value in known.items() if name != "number"}
        hay = [
            {**plain, "id": f"copy{number}", "sha256": f"{number:064d}", "search_text": f"hay {number}\nmaths\n7b"}
            for number in range(10_000)
        ]
        connection.execute(sa.insert(schema.lesson), hay)

    library.database.write(copy)
    for work in (
        lambda: [found.id for found in library.lessons(search="NEEDLE")] == [row.id],
        lambda: len(library.lessons(limit=50)) == 50,
        lambda: len(library.lessons(limit=50, offset=9_900)) == 50,
        lambda: library.find_lesson("copy777").id == "copy777",
        lambda: library.lesson_by_sha256(row.sha256) is not None,
    ):
        started = time.perf_counter()
        assert work()
        assert time.perf_counter() - started < 0.5
