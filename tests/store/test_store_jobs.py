from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from pipeline.errors import Cancelled, NotFoundError
from pipeline.store import schema
from pipeline.store.jobs import MAX_ATTEMPTS, STALE_S
from pipeline.store.library import Library
from tests.store.store_samples import add_row, analysed


def _fall_silent(library: Library, job_id: str, silent_s: float = STALE_S + 5) -> None:
    then = datetime.now(UTC) - timedelta(seconds=silent_s)
    change = sa.update(schema.job).where(schema.job.c.id == job_id).values(updated_at=then)
    library.database.write(lambda connection: connection.execute(change))


def test_jobs_are_claimed_in_the_order_they_came(library: Library) -> None:
    first, second = (library.enqueue(add_row(library, key).id, "analyze") for key in "ab")
    assert library.claim_job("w").id == first.id
    assert library.claim_job("w").id == second.id
    assert library.claim_job("w") is None
    assert [job.id for job in library.jobs()] == [second.id, first.id]


def test_a_job_waits_only_once(library: Library) -> None:
    row = add_row(library, "a")
    job = library.enqueue(row.id, "analyze")
    assert library.enqueue(row.id, "analyze") == job
    running = library.claim_job("w")
    assert library.enqueue(row.id, "analyze") == running
    assert library.enqueue(row.id, "proxy").id != job.id
    library.finish_job(job.id)
    assert library.enqueue(row.id, "analyze").id != job.id


def test_a_worker_may_ask_for_one_lesson_or_one_kind(library: Library) -> None:
    one, two = add_row(library, "a"), add_row(library, "b")
    library.enqueue(one.id, "proxy")
    library.enqueue(one.id, "analyze")
    library.enqueue(two.id, "analyze")
    assert library.claim_job("w", lesson_id=two.id).lesson_id == two.id
    assert library.claim_job("w", lesson_id=two.id) is None
    assert library.claim_job("w", kinds=("analyze",)).kind == "analyze"
    assert library.claim_job("w", kinds=("analyze",)) is None
    assert library.claim_job("w").kind == "proxy"


def test_a_running_job_tells_how_far_it_is(library: Library) -> None:
    job = library.enqueue(add_row(library, "a").id, "analyze")
    claimed = library.claim_job("w")
    assert (claimed.state, claimed.worker, claimed.attempts) == ("running", "w", 1)
    library.report_job(job.id, "transcribe", 0.25, 90.0, worker="w")
    (found,) = library.jobs(job.lesson_id)
    assert (found.stage, found.share_done, found.eta_s) == ("transcribe", 0.25, 90.0)
    assert found.updated_at >= claimed.updated_at
    library.report_job(job.id, "transcribe", 1.0000001)
    assert library.jobs()[0].share_done == 1.0


def test_the_lesson_follows_its_analysis(library: Library) -> None:
    row = add_row(library, "a")
    job = library.enqueue(row.id, "analyze")
    assert library.find_lesson(row.id).state == "waiting"
    library.claim_job("w")
    assert library.find_lesson(row.id).state == "running"
    library.fail_job(job.id, "The recording holds no sound.", "Export it again.")
    found = library.find_lesson(row.id)
    assert (found.state, found.message, found.hint) == ("failed", "The recording holds no sound.", "Export it again.")
    library.retry_job(job.id)
    assert (library.find_lesson(row.id).state, library.find_lesson(row.id).message) == ("waiting", "")
    library.claim_job("w")
    library.finish_job(job.id)
    assert library.find_lesson(row.id).state == "done"


def test_a_proxy_leaves_the_state_of_the_lesson_alone(library: Library) -> None:
    row = add_row(library, "a")
    job = library.enqueue(row.id, "proxy")
    library.claim_job("w")
    library.fail_job(job.id, "The video cannot be converted.", "")
    assert library.find_lesson(row.id).state == "new"


def test_cancelling_a_waiting_job_keeps_it_from_running(library: Library) -> None:
    row = add_row(library, "a")
    job = library.enqueue(row.id, "analyze")
    assert library.cancel_job(job.id).state == "cancelled"
    assert library.claim_job("w") is None
    assert library.find_lesson(row.id).state == "new"


def test_cancelling_a_running_job_stops_its_worker(library: Library) -> None:
    row = add_row(library, "a")
    library.save_result(row.id, analysed(row))
    job = library.enqueue(row.id, "analyze")
    library.claim_job("w")
    library.cancel_job(job.id)
    with pytest.raises(Cancelled):
        library.report_job(job.id, "transcribe", 0.5, None)
    library.finish_job(job.id)
    library.fail_job(job.id, "too late", "")
    assert library.jobs()[0].state == "cancelled"
    assert library.find_lesson(row.id).state == "done"  # its earlier result is still there


def test_a_finished_job_cannot_be_cancelled(library: Library) -> None:
    job = library.enqueue(add_row(library, "a").id, "analyze")
    library.claim_job("w")
    library.finish_job(job.id)
    assert library.cancel_job(job.id).state == "done"
    assert library.retry_job(job.id).state == "done"


def test_deleting_the_lesson_stops_its_worker(library: Library) -> None:
    row = add_row(library, "a")
    job = library.enqueue(row.id, "analyze")
    library.claim_job("w")
    library.delete_lesson(row.id)
    with pytest.raises(Cancelled):
        library.report_job(job.id, "transcribe", 0.5, None)
    library.finish_job(job.id)
    library.fail_job(job.id, "too late", "")
    assert library.jobs() == ()


def test_a_job_whose_worker_fell_silent_is_claimed_again(library: Library) -> None:
    row = add_row(library, "a")
    job = library.enqueue(row.id, "analyze")
    library.claim_job("dead")
    _fall_silent(library, job.id, STALE_S - 20)
    assert library.claim_job("w") is None
    _fall_silent(library, job.id)
    again = library.claim_job("w")
    assert (again.id, again.worker, again.attempts) == (job.id, "w", 2)


def test_a_worker_that_was_thought_dead_stops_when_another_has_its_job(library: Library) -> None:
    job = library.enqueue(add_row(library, "a").id, "analyze")
    library.claim_job("slow")
    _fall_silent(library, job.id)
    library.claim_job("w")
    with pytest.raises(Cancelled):
        library.report_job(job.id, "transcribe", 0.5, worker="slow")
    library.finish_job(job.id, worker="slow")
    library.fail_job(job.id, "too late", worker="slow")
    assert library.jobs()[0].state == "running"
    library.report_job(job.id, "transcribe", 0.5, worker="w")


def test_a_report_keeps_a_job_alive(library: Library) -> None:
    job = library.enqueue(add_row(library, "a").id, "analyze")
    library.claim_job("w")
    _fall_silent(library, job.id)
    library.report_job(job.id, "transcribe", 0.5)
    assert library.claim_job("other") is None


def test_a_recording_that_brings_down_every_worker_is_put_aside(library: Library) -> None:
    poison, good = add_row(library, "a"), add_row(library, "b")
    job = library.enqueue(poison.id, "analyze")
    library.enqueue(good.id, "analyze")
    for _ in range(MAX_ATTEMPTS):
        assert library.claim_job("w").id == job.id
        _fall_silent(library, job.id)
    assert library.claim_job("w").lesson_id == good.id
    (failed,) = library.jobs(poison.id)
    assert failed.state == "failed"
    assert "3 times" in failed.message
    assert failed.hint
    assert library.find_lesson(poison.id).state == "failed"
    assert library.retry_job(job.id).attempts == 0
    assert library.claim_job("w").id == job.id


def test_retrying_while_another_of_its_kind_waits_gives_that_one(library: Library) -> None:
    row = add_row(library, "a")
    first = library.enqueue(row.id, "analyze")
    library.cancel_job(first.id)
    second = library.enqueue(row.id, "analyze")
    assert library.retry_job(first.id).id == second.id


def test_unknown_jobs_and_lessons_are_not_found(library: Library) -> None:
    for change in (
        lambda: library.cancel_job("nope"),
        lambda: library.retry_job("nope"),
        lambda: library.enqueue("nope", "analyze"),
    ):
        with pytest.raises(NotFoundError) as caught:
            change()
        assert caught.value.hint
    assert library.jobs("nope") == ()
