from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from pipeline.errors import NotFoundError, StoreError
from pipeline.lesson import Metric
from pipeline.store import schema
from pipeline.store.library import Library
from tests.store.store_samples import RECORD, add_row, add_with_media, analysed


def _metrics(library: Library) -> dict[str, float | None]:
    query = sa.select(schema.metric.c.name, schema.metric.c.value)
    return {row.name: row.value for row in library.database.read(lambda connection: connection.execute(query).all())}


def test_a_result_comes_back_whole(library: Library) -> None:
    row = add_row(library, "a")
    lesson = analysed(row)
    library.save_result(row.id, lesson)
    assert library.load_result(row.id) == lesson


def test_a_loaded_result_knows_where_its_media_lie(library: Library, tmp_path) -> None:
    row = add_with_media(library, tmp_path, b"content")
    library.media.audio(row.sha256).write_bytes(b"RIFF")
    library.save_result(row.id, analysed(row))
    loaded = library.load_result(row.id)
    assert loaded.recording.media_path == str(library.media.original(row.sha256))
    assert loaded.recording.audio_path == str(library.media.audio(row.sha256))


def test_before_the_analysis_there_is_no_result(library: Library) -> None:
    assert library.load_result(add_row(library, "a").id) is None
    with pytest.raises(NotFoundError):
        library.load_result("nope")


def test_a_saved_result_shows_in_the_list(library: Library) -> None:
    row = add_row(library, "a")
    library.set_state(row.id, "failed", message="before")
    library.save_result(row.id, analysed(row))
    found = library.find_lesson(row.id)
    assert (found.state, found.message, found.language, found.teacher_share) == ("done", "", "en", 0.58)
    library.save_result(row.id, analysed(row, teacher_share=None))
    assert library.find_lesson(row.id).teacher_share is None


def test_metrics_are_rows_that_a_new_result_replaces(library: Library) -> None:
    row = add_row(library, "a")
    library.save_result(row.id, analysed(row))
    assert _metrics(library) == {"teacher_share": 0.58, "voice_gini": None}
    library.save_result(
        row.id, dataclasses.replace(analysed(row), metrics=(Metric("pace_teacher_wpm", 120.0, "1/min"),))
    )
    assert _metrics(library) == {"pace_teacher_wpm": 120.0}
    library.save_result(row.id, dataclasses.replace(analysed(row), metrics=()))
    assert _metrics(library) == {}


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_that_is_none_is_unknown_everywhere(library: Library, value: float) -> None:
    row = add_row(library, "a")
    library.save_result(row.id, analysed(row, teacher_share=value))
    assert library.load_result(row.id).metric("teacher_share").value is None
    assert _metrics(library)["teacher_share"] is None
    assert library.find_lesson(row.id).teacher_share is None


def test_a_result_that_fails_half_way_changes_nothing(library: Library) -> None:
    row = add_row(library, "a")
    library.save_result(row.id, analysed(row))
    twice = (Metric("teacher_share", 0.1, "share"), Metric("teacher_share", 0.2, "share"))
    with pytest.raises(StoreError):
        library.save_result(row.id, dataclasses.replace(analysed(row), metrics=twice))
    assert library.load_result(row.id) == analysed(row)
    assert _metrics(library)["teacher_share"] == 0.58


def test_a_result_of_a_deleted_lesson_is_not_kept(library: Library) -> None:
    row = add_row(library, "a")
    library.delete_lesson(row.id)
    with pytest.raises(NotFoundError):
        library.save_result(row.id, analysed(row))
    with pytest.raises(NotFoundError, match="may have been deleted"):
        library.save_stage_output(row.sha256, "transcribe", "k", RECORD, b"words")


def test_a_damaged_result_is_called_damaged(library: Library) -> None:
    row = add_row(library, "a")
    library.save_result(row.id, analysed(row))
    library.database.write(lambda connection: connection.execute(sa.update(schema.lesson_result).values(payload=b"x")))
    with pytest.raises(StoreError, match="damaged") as caught:
        library.load_result(row.id)
    assert "again" in caught.value.hint


def test_the_output_of_a_stage_is_found_by_its_key(library: Library) -> None:
    row = add_row(library, "a")
    payload = bytes(range(256)) * 4000
    library.save_stage_output(row.sha256, "transcribe", "k1", RECORD, payload)
    output = library.stage_output(row.sha256, "transcribe", "k1")
    assert (output.record, output.payload) == (RECORD, payload)
    assert library.stage_output(row.sha256, "transcribe", "k2") is None
    assert library.stage_output(row.sha256, "diarize", "k1") is None
    assert library.stage_output(add_row(library, "b").sha256, "transcribe", "k1") is None


def test_outputs_are_kept_small(library: Library) -> None:
    row = add_row(library, "a")
    library.save_stage_output(row.sha256, "transcribe", "k", RECORD, b"word " * 100_000)
    query = sa.select(sa.func.length(schema.stage_output.c.payload))
    assert library.database.read(lambda connection: connection.execute(query).scalar_one()) < 10_000


def test_a_stage_that_runs_again_replaces_its_output(library: Library) -> None:
    row = add_row(library, "a")
    library.save_stage_output(row.sha256, "transcribe", "k", RECORD, b"old")
    later = dataclasses.replace(RECORD, elapsed_s=1.0, finished_at=None)
    library.save_stage_output(row.sha256, "transcribe", "k", later, b"")
    assert library.stage_output(row.sha256, "transcribe", "k").payload == b""
    assert library.stage_records(row.sha256) == (later,)


def test_every_stage_tells_how_it_came_to_be(library: Library) -> None:
    row = add_row(library, "a")
    records = [
        dataclasses.replace(RECORD, stage=stage, finished_at=datetime(2026, 3, 2, 10, tzinfo=UTC))
        for stage in ("transcribe", "diarize", "measure")
    ]
    for record in records:
        library.save_stage_output(row.sha256, record.stage, "k", record, b"x")
    assert library.stage_records(row.sha256) == tuple(records)
    assert library.stage_records("0" * 64) == ()


def test_a_damaged_output_counts_as_absent(library: Library) -> None:
    row = add_row(library, "a")
    library.save_stage_output(row.sha256, "transcribe", "k", RECORD, b"words")
    library.database.write(lambda connection: connection.execute(sa.update(schema.stage_output).values(payload=b"x")))
    assert library.stage_output(row.sha256, "transcribe", "k") is None


def test_a_time_without_a_zone_is_refused(library: Library) -> None:
    row = add_row(library, "a")
    naive = dataclasses.replace(RECORD, finished_at=datetime(2026, 3, 2, 10))
    with pytest.raises(StoreError, match="refuses: a time without a zone"):
        library.save_stage_output(row.sha256, "transcribe", "k", naive, b"words")
