"""What players and pages fetch of a lesson."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from pipeline.report.exports import WRITERS
from pipeline.store.library import Library
from pipeline.store.rows import LessonRow
from tests.viewer.lesson_samples import add_analysed, add_recording


@pytest.fixture
def row(shelf: Library, tmp_path: Path) -> LessonRow:
    return add_analysed(shelf, tmp_path)


@pytest.fixture
def content(shelf: Library, row: LessonRow) -> bytes:
    original = shelf.media.original(row.sha256)
    assert original
    return original.read_bytes()


def test_the_server_says_that_it_lives(client: TestClient) -> None:
    assert client.get("/healthz").text == "ok"


def test_the_video_comes_whole(client: TestClient, row: LessonRow, content: bytes) -> None:
    answer = client.get(f"/api/lessons/{row.id}/video")
    assert (answer.status_code, answer.headers["content-type"], answer.content) == (200, "video/mp4", content)
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["cache-control"] == "private, no-store"


@pytest.mark.parametrize(
    ("asked", "begin", "end"), [("bytes=0-99", 0, 100), ("bytes=500-", 500, None), ("bytes=-200", -200, None)]
)
def test_the_video_comes_by_ranges(
    client: TestClient, row: LessonRow, content: bytes, asked: str, begin: int, end: int | None
) -> None:
    answer = client.get(f"/api/lessons/{row.id}/video", headers={"range": asked})
    assert answer.status_code == 206
    assert answer.content == content[begin:end]
    first = begin % len(content)
    assert answer.headers["content-range"] == f"bytes {first}-{first + len(answer.content) - 1}/{len(content)}"


def test_a_range_beyond_the_end_is_416(client: TestClient, row: LessonRow, content: bytes) -> None:
    answer = client.get(f"/api/lessons/{row.id}/video", headers={"range": f"bytes={len(content)}-"})
    assert (answer.status_code, answer.headers["content-range"]) == (416, f"bytes */{len(content)}")


def test_the_head_of_the_video_has_its_length_and_no_body(client: TestClient, row: LessonRow, content: bytes) -> None:
    answer = client.head(f"/api/lessons/{row.id}/video")
    assert (answer.headers["content-length"], answer.content) == (str(len(content)), b"")


def test_the_web_copy_goes_before_the_original(client: TestClient, shelf: Library, row: LessonRow) -> None:
    (shelf.media.folder_of(row.sha256) / "proxy.mp4").write_bytes(b"the web copy")
    assert client.get(f"/api/lessons/{row.id}/video").content == b"the web copy"


def test_what_no_browser_plays_waits_for_its_copy(client: TestClient, shelf: Library, tmp_path: Path) -> None:
    row = add_recording(shelf, tmp_path, "lesson.avi")
    answer = client.get(f"/api/lessons/{row.id}/video")
    assert answer.status_code == 404
    assert "made ready" in answer.json()["error"]


def test_sound_alone_comes_as_sound(client: TestClient, shelf: Library, tmp_path: Path) -> None:
    row = add_recording(shelf, tmp_path, "lesson.mp3")
    assert client.get(f"/api/lessons/{row.id}/video").headers["content-type"] == "audio/mpeg"


def test_pictures(client: TestClient, row: LessonRow) -> None:
    poster = client.get(f"/api/lessons/{row.id}/poster.jpg")
    assert (poster.content, poster.headers["content-type"]) == (b"\xff\xd8picture poster.jpg", "image/jpeg")
    assert client.get(f"/api/lessons/{row.id}/thumbs/5000.jpg").content.endswith(b"000005000.jpg")
    assert client.get(f"/api/lessons/{row.id}/thumbs/0.jpg").content.endswith(b"000000000.jpg")
    assert client.get(f"/api/lessons/{row.id}/thumbs/77.jpg").status_code == 404


def test_a_lesson_without_a_picture_says_so(client: TestClient, shelf: Library, tmp_path: Path) -> None:
    row = add_recording(shelf, tmp_path)
    assert client.get(f"/api/lessons/{row.id}/poster.jpg").status_code == 404


def test_captions_are_webvtt_with_the_words_as_text(client: TestClient, row: LessonRow) -> None:
    answer = client.get(f"/api/lessons/{row.id}/captions.vtt")
    assert answer.headers["content-type"].startswith("text/vtt")
    assert answer.text.startswith("WEBVTT")
    assert "<b>" not in answer.text


def test_the_player_gets_lines_voices_and_marks(client: TestClient, row: LessonRow) -> None:
    data = client.get(f"/api/lessons/{row.id}/player.json").json()
    assert [voice["name"] for voice in data["voices"]] == ["Teacher", "Student 1", "Student 2"]
    assert data["lines"][0] == [0.5, 3.0, 0, "Why does <b>ice</b> float?", "open", ""]
    assert [line[2] for line in data["lines"]] == [0, 1, 0, 2]
    assert data["speech"] == [[0.5, 3.0, 7.5, 10.0], [4.0, 7.0], [10.5, 11.5]]
    assert data["segments"] == [[0.0, 6.0, "teacher_talk"], [6.0, 12.0, "dialogue"]]
    assert data["waits"] == [[3.0, 4.0, "wait_time_1", "student"], [7.0, 7.5, "wait_time_2", "teacher"]]
    assert data["thumbnails_s"] == [0.0, 5.0]


def test_every_export_is_a_download_under_a_name_of_its_own(client: TestClient, row: LessonRow) -> None:
    for name in WRITERS:
        answer = client.get(f"/api/lessons/{row.id}/export/{name}")
        assert answer.status_code == 200
        assert answer.headers["content-disposition"] == f"attachment; filename*=UTF-8''lesson-{row.sha256[:8]}-{name}"
        assert answer.content
    assert json.loads(client.get(f"/api/lessons/{row.id}/export/lesson.json").content)["schema"] == "lessonmirror/1"


def test_an_unknown_export_is_404(client: TestClient, row: LessonRow) -> None:
    assert client.get(f"/api/lessons/{row.id}/export/secrets.txt").status_code == 404


@pytest.mark.parametrize("what", ["player.json", "captions.vtt", "export/lesson.json"])
def test_before_the_analysis_there_is_nothing_to_fetch(
    client: TestClient, shelf: Library, tmp_path: Path, what: str
) -> None:
    row = add_recording(shelf, tmp_path)
    answer = client.get(f"/api/lessons/{row.id}/{what}")
    assert answer.status_code == 404
    assert "not analysed" in answer.json()["error"]


@pytest.mark.parametrize("wrong", ["nothing", "..", "%2e%2e", "..%2f..%2fetc%2fpasswd", "a%00b", "' OR 1=1 --"])
def test_an_id_that_is_none_is_404(client: TestClient, row: LessonRow, wrong: str) -> None:
    for what in ("video", "poster.jpg", "player.json", "thumbs/0.jpg", "export/lesson.json"):
        assert client.get(f"/api/lessons/{wrong}/{what}").status_code == 404


def test_a_shortened_id_is_no_address(client: TestClient, row: LessonRow) -> None:
    assert client.get(f"/api/lessons/{row.id[:5]}/player.json").status_code == 404
    assert client.get(f"/api/lessons/{row.sha256}/player.json").status_code == 404


@pytest.mark.parametrize("wrong", ["..%2f..%2fposter", "-1", "000005000/../..", "x"])
def test_a_picture_is_found_by_its_moment_only(client: TestClient, row: LessonRow, wrong: str) -> None:
    assert client.get(f"/api/lessons/{row.id}/thumbs/{wrong}.jpg").status_code == 404
