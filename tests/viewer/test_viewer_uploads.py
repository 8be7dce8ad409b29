"""Uploads: in pieces, resumable, judged by content, and never a path."""

from __future__ import annotations

import errno
import os
import time
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from pipeline.errors import NotFoundError
from pipeline.lesson import LessonDetails
from pipeline.store.library import Library
from pipeline.viewer.details import details_from_json
from pipeline.viewer.uploads import KEEP_UNFINISHED_S, UploadFolder, display_name
from tests.media_files import make_media
from tests.viewer.lesson_samples import OWN


def _begin(client: TestClient, content: bytes, name: str = "lesson.mp4", **details: str) -> str:
    answer = client.post(
        "/api/uploads", headers=OWN, json={"name": name, "size_bytes": len(content), "details": details}
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def _put(client: TestClient, upload: str, offset: int, piece: bytes) -> Any:
    return client.put(f"/api/uploads/{upload}", params={"offset": offset}, headers=OWN, content=piece)


def _finish(client: TestClient, upload: str) -> Any:
    return client.post(f"/api/uploads/{upload}/finish", headers=OWN)


def _upload(client: TestClient, content: bytes, name: str = "lesson.mp4", **details: str) -> Any:
    upload = _begin(client, content, name, **details)
    assert _put(client, upload, 0, content).status_code == 200
    return _finish(client, upload)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return make_media(tmp_path_factory.mktemp("media") / "lesson.mp4", seconds=3).read_bytes()


def test_a_recording_becomes_a_lesson_that_waits(client: TestClient, shelf: Library, recording: bytes) -> None:
    answer = _upload(client, recording, "My lesson.MP4", title="Ice", teacher="M. Weber", held_on="2026-03-02")
    assert answer.status_code == 201
    row = shelf.find_lesson(answer.json()["lesson_id"])
    assert (row.name, row.state, row.details.title, row.details.teacher) == (
        "My lesson.MP4",
        "waiting",
        "Ice",
        "M. Weber",
    )
    assert row.details.held_on and row.details.held_on.isoformat() == "2026-03-02"
    original = shelf.media.original(row.sha256)
    assert original and original.suffix == ".mp4" and original.read_bytes() == recording
    assert [job.kind for job in shelf.jobs(row.id)] == ["analyze"]
    assert not list(shelf.media.uploads.glob("*.part"))


def test_pieces_arrive_in_order_and_go_on_after_an_interruption(
    client: TestClient, shelf: Library, recording: bytes
) -> None:
    upload = _begin(client, recording)
    third = len(recording) // 3
    assert _put(client, upload, 0, recording[:third]).json()["received_bytes"] == third
    # The browser is gone; later it asks how far it is and goes on there.
    assert client.get(f"/api/uploads/{upload}").json()["received_bytes"] == third
    assert _put(client, upload, third, recording[third:]).json()["received_bytes"] == len(recording)
    row = shelf.find_lesson(_finish(client, upload).json()["lesson_id"])
    original = shelf.media.original(row.sha256)
    assert original and original.read_bytes() == recording


def test_the_details_typed_last_count_where_an_upload_goes_on(
    client: TestClient, shelf: Library, recording: bytes
) -> None:
    upload = _begin(client, recording, title="Typed first", teacher="M. Weber")
    _put(client, upload, 0, recording[:1000])
    last = {"title": "Typed last", "lawful_basis": "Consent of the parents", "keep_until": "2027-07-31"}
    answer = client.put(f"/api/uploads/{upload}/details", headers=OWN, json={"details": last})
    assert (answer.status_code, answer.json()["received_bytes"]) == (200, 1000)
    _put(client, upload, 1000, recording[1000:])
    row = shelf.find_lesson(_finish(client, upload).json()["lesson_id"])
    assert row.details == details_from_json(last)
    # It is a lesson now: a late request changes nothing, and leads there.
    late = client.put(f"/api/uploads/{upload}/details", headers=OWN, json={"details": {"title": "Too late"}})
    assert late.json()["lesson_id"] == row.id
    assert shelf.find_lesson(row.id).details.title == "Typed last"


def test_details_that_make_no_sense_leave_the_earlier_ones(client: TestClient, uploads: UploadFolder) -> None:
    upload = _begin(client, b"x" * 100, title="Ice")
    answer = client.put(f"/api/uploads/{upload}/details", headers=OWN, json={"details": {"keep_until": "soon"}})
    assert answer.status_code == 400
    assert uploads.find(upload).details.title == "Ice"
    unknown = client.put(f"/api/uploads/{'a' * 24}/details", headers=OWN, json={"details": {}})
    assert unknown.status_code == 404


@pytest.mark.parametrize("offset", [0, 5, 500_000])
def test_a_piece_at_the_wrong_place_is_refused_and_changes_nothing(
    client: TestClient, recording: bytes, offset: int
) -> None:
    upload = _begin(client, recording)
    _put(client, upload, 0, recording[:1000])
    answer = _put(client, upload, offset, b"x" * 10)
    assert answer.status_code == 409
    assert "1000" in answer.json()["error"]
    assert client.get(f"/api/uploads/{upload}").json()["received_bytes"] == 1000


def test_more_bytes_than_announced_are_refused(client: TestClient) -> None:
    upload = _begin(client, b"x" * 100)
    answer = _put(client, upload, 0, b"x" * 101)
    assert answer.status_code == 400
    assert client.get(f"/api/uploads/{upload}").json()["received_bytes"] <= 100


def test_finishing_too_early_says_what_is_missing(client: TestClient, recording: bytes) -> None:
    upload = _begin(client, recording)
    _put(client, upload, 0, recording[:-7])
    answer = _finish(client, upload)
    assert answer.status_code == 409
    assert answer.json()["error"].startswith("7 bytes")
    assert _put(client, upload, len(recording) - 7, recording[-7:]).status_code == 200
    assert _finish(client, upload).status_code == 201


def test_finishing_twice_gives_the_same_lesson(client: TestClient, recording: bytes) -> None:
    upload = _begin(client, recording)
    _put(client, upload, 0, recording)
    first, second = _finish(client, upload), _finish(client, upload)
    assert second.status_code == 200
    assert second.json() == {"lesson_id": first.json()["lesson_id"], "created": False}


def test_the_same_recording_twice_is_recognised(client: TestClient, shelf: Library, recording: bytes) -> None:
    first = _upload(client, recording, "a.mp4", title="First")
    second = _upload(client, recording, "b.mp4", title="Second")
    assert second.status_code == 200
    assert second.json() == {"lesson_id": first.json()["lesson_id"], "created": False}
    assert [row.details.title for row in shelf.lessons()] == ["First"]


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"just a text", "lesson.mp4"),
        (b"\0" * 50_000, "lesson.mp4"),
        (b"<html><script>alert(1)</script></html>", "a.mov"),
    ],
)
def test_what_is_no_recording_is_answered_with_a_sentence(
    client: TestClient, shelf: Library, content: bytes, name: str
) -> None:
    answer = _upload(client, content, name)
    assert answer.status_code == 422
    assert name in answer.json()["error"] and answer.json()["hint"]
    assert shelf.lessons() == ()
    assert not list(shelf.media.uploads.glob("*.part"))


def test_a_recording_counts_by_content_not_by_name(client: TestClient, shelf: Library, recording: bytes) -> None:
    answer = _upload(client, recording, "notes.txt")
    assert answer.status_code == 201
    assert shelf.find_lesson(answer.json()["lesson_id"]).name == "notes.txt"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\le\"ss'on 🎬.mp4", "le\"ss'on 🎬.mp4"),
        ("a\x00b\nc\u202egpj.mp4", "abcgpj.mp4"),
        ("", "recording"),
        ("..", ".."),
        ("x" * 500 + ".mp4", "x" * 200),
    ],
)
def test_names_are_for_showing_only(
    client: TestClient, shelf: Library, recording: bytes, name: str, shown: str
) -> None:
    assert display_name(name) == shown
    answer = _upload(client, recording, name)
    row = shelf.find_lesson(answer.json()["lesson_id"])
    assert row.name == shown
    original = shelf.media.original(row.sha256)
    assert original and original.parent == shelf.media.folder_of(row.sha256)


@pytest.mark.parametrize("upload", ["..", "%2e%2e%2fx", "a" * 24, "..%2F..%2Fetc%2Fpasswd0000", "x" * 300])
def test_an_id_is_never_a_path(client: TestClient, upload: str) -> None:
    for answer in (client.get(f"/api/uploads/{upload}"), _put(client, upload, 0, b"x"), _finish(client, upload)):
        assert answer.status_code in (404, 405)


def test_ids_of_the_folder_are_checked(uploads: UploadFolder) -> None:
    for wrong in ("../../../etc/passwd00", "a/b", "", "short"):
        with pytest.raises(NotFoundError):
            uploads.find(wrong)


@pytest.mark.parametrize(
    "body",
    [
        {"name": "a.mp4", "size_bytes": 0},
        {"name": "a.mp4", "size_bytes": -5},
        {"name": "a.mp4", "size_bytes": 10**15},
        {"name": "a.mp4", "size_bytes": "12"},
        {"name": "a.mp4"},
        {"name": "a.mp4", "size_bytes": 5, "details": {"colour": "red"}},
        {"name": "a.mp4", "size_bytes": 5, "details": {"held_on": "yesterday"}},
        {"name": "a.mp4", "size_bytes": 5, "details": {"title": "x" * 300}},
        {"name": "a.mp4", "size_bytes": 5, "details": ["title"]},
        ["a.mp4"],
    ],
)
def test_a_beginning_that_makes_no_sense_is_refused(client: TestClient, body: object) -> None:
    answer = client.post("/api/uploads", headers=OWN, json=body)
    assert answer.status_code == 400
    assert answer.json()["error"] and answer.json()["hint"]


@pytest.mark.parametrize(
    ("size", "sentence"), [(0, "This file is empty."), (10**15, "This file is larger than 64 GB.")]
)
def test_a_size_is_refused_for_its_own_reason(client: TestClient, size: int, sentence: str) -> None:
    answer = client.post("/api/uploads", headers=OWN, json={"name": "a.mp4", "size_bytes": size})
    assert answer.json()["error"] == sentence


def test_a_body_that_is_no_json_is_refused(client: TestClient) -> None:
    assert client.post("/api/uploads", headers=OWN, content=b"{").status_code == 400


def test_an_upload_can_be_given_up(client: TestClient, shelf: Library) -> None:
    upload = _begin(client, b"x" * 100)
    assert client.delete(f"/api/uploads/{upload}", headers=OWN).status_code == 204
    assert client.get(f"/api/uploads/{upload}").status_code == 404
    assert list(shelf.media.uploads.iterdir()) == []


def test_a_disk_without_room_is_said_before_anything_is_sent(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.viewer.uploads.ROOM_TO_SPARE_BYTES", 2**60)
    answer = client.post("/api/uploads", headers=OWN, json={"name": "a.mp4", "size_bytes": 5})
    assert answer.status_code == 507
    assert "room" in answer.json()["error"] and answer.json()["hint"]


def test_a_disk_that_fills_up_during_the_upload_is_said_and_what_came_is_kept(
    client: TestClient, uploads: UploadFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = _begin(client, b"x" * 100)
    _put(client, upload, 0, b"x" * 40)

    class FullDisk:
        def write(self, piece: bytes) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

        def __enter__(self) -> FullDisk:
            return self

        def __exit__(self, *_: object) -> None: ...

    with monkeypatch.context() as patch:
        patch.setattr(UploadFolder, "open_at", lambda *_: FullDisk())
        answer = _put(client, upload, 40, b"x" * 60)
    assert answer.status_code == 507
    assert "filled up" in answer.json()["error"]
    assert _put(client, upload, 40, b"x" * 60).json()["received_bytes"] == 100


def test_uploads_that_nobody_went_on_with_are_swept_away(uploads: UploadFolder, shelf: Library) -> None:
    old, young = uploads.create("old.mp4", 10, LessonDetails()), uploads.create("young.mp4", 10, LessonDetails())
    long_ago = time.time() - KEEP_UNFINISHED_S - 60
    for path in shelf.media.uploads.glob(f"{old.id}.*"):
        os.utime(path, (long_ago, long_ago))
    orphan = shelf.media.uploads / "left-behind.mp4"
    orphan.touch()
    os.utime(orphan, (long_ago, long_ago))
    uploads.sweep()
    assert {path.stem for path in shelf.media.uploads.iterdir()} == {young.id}


def test_a_note_that_is_damaged_is_an_unknown_upload(uploads: UploadFolder, shelf: Library) -> None:
    upload = uploads.create("a.mp4", 10, LessonDetails())
    Path(shelf.media.uploads / f"{upload.id}.json").write_text("{")
    with pytest.raises(NotFoundError):
        uploads.find(upload.id)
