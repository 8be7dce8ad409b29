"""The advice of a lesson in a language model's words: kept where it holds, and never at the price of the lesson."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from pipeline import corrections, registry
from pipeline.config import Config, DiscourseConfig, WriterConfig
from pipeline.errors import Cancelled
from pipeline.lesson import Advice, Lesson, Passage, Recording, StageRecord
from pipeline.ports import Brief, Proposal
from pipeline.registry import feedback_writer
from pipeline.runner import Runner, _Run
from pipeline.stages.payloads import passages_to_json, speech_to_json
from pipeline.stages.reword import (
    ASKED_ELSEWHERE,
    NOT_WORDED,
    THROWN_AWAY,
    WORDED_ELSEWHERE,
    in_the_rules_words,
    proposals_from_json,
    reword,
)
from pipeline.stages.understand import attribute, spoken_languages, understand
from pipeline.store.library import Library
from pipeline.text_lesson import TextAnalyzer
from pipeline.timeline import Span
from tests.analysis.test_wording import ADVICE, GOOD, LESSON
from tests.lesson_values import student, teacher, words
from tests.programs import run_program
from tests.store.store_samples import add_row
from tests.writer_server import WriterServer, completion, repeats, running, send, writes

OTHER = Advice(
    "reflection", "Listen to this student. What would you ask next?", ("question_count",), ADVICE.evidence[:1]
)
TWO = replace(LESSON, advice=(ADVICE, OTHER), notices=("A notice.",))
CLOSED = "speaker,role,text\n" + "T,teacher,Is it seven or is it eight?\nA,student,Yes it is.\n" * 6


def settings(server: WriterServer | str, **more: Any) -> Config:
    address = server if isinstance(server, str) else server.address
    writer = WriterConfig("openai-compatible", address, **{"model": "m", "timeout_s": 5, **more})
    return Config(writer=writer, discourse=DiscourseConfig("rules"))


def worded(library: Library, config: Config, lesson: Lesson = TWO) -> tuple[Lesson, tuple[str, ...], list[StageRecord]]:
    """What a runner makes of a lesson that is analysed."""
    row = next(iter(library.lessons()), None) or add_row(library, "a")
    run = _Run(Runner(library, config), row)
    found, told = run._worded(lesson)
    return found, told, run._records


@pytest.fixture
def nobody() -> Iterator[str]:
    """An address where no server listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    yield f"http://127.0.0.1:{port}/v1"


def test_the_default_is_no_writer() -> None:
    assert feedback_writer(Config()) is None


def test_what_holds_is_shown_and_what_does_not_stays_in_the_rules_words(library: Library) -> None:
    with running(writes(GOOD, "m1")) as server:
        found, told, records = worded(library, settings(server))
    assert found.advice == (replace(ADVICE, text=GOOD, evidence=ADVICE.evidence[:1]), OTHER)
    assert told == (THROWN_AWAY.format(of=2, count=1),)
    assert [(item.stage, item.backend, item.reused) for item in records] == [("writer", "openai-compatible/m", False)]


@pytest.mark.parametrize(
    "answer",
    [
        writes("You asked “What is the moon made of?” and waited 0.8 s for an answer."),
        writes("You waited 0.4 s for an answer. Try counting to 3 in silence."),
        writes(GOOD, "m9"),
        lambda handler, body: send(handler, completion("I cannot help with that.")),
    ],
    ids=["invented quotation", "invented number", "unknown moment", "no JSON"],
)
def test_what_does_not_hold_is_thrown_away_and_said(library: Library, answer: Any) -> None:
    with running(answer) as server:
        found, told, _ = worded(library, settings(server))
    assert found == TWO and told == (THROWN_AWAY.format(of=2, count=2),)


def test_a_server_that_is_away_costs_nothing_but_a_sentence(library: Library, nobody: str) -> None:
    found, told, records = worded(library, settings(nobody))
    assert found == TWO and records == []
    assert told == (
        NOT_WORDED.format(reason="No server answers at 127.0.0.1, where [writer] looks for a language model."),
    )


def test_after_the_first_failure_the_server_is_left_alone(library: Library) -> None:
    with running(lambda handler, body: send(handler, b"", 500)) as server:
        found, told, _ = worded(library, settings(server))
        assert len(server.proposals) == 1
    assert found == TWO and "error 500" in told[0]


def test_a_slow_server_is_waited_for_once(library: Library) -> None:
    def slow(handler: BaseHTTPRequestHandler, body: Any) -> None:
        server.released.wait(20)

    with running(slow) as server:
        found, told, _ = worded(library, settings(server, timeout_s=1))
    assert found == TWO and "longer than 1 s" in told[0]


def test_whatever_goes_wrong_the_lesson_is_not_lost() -> None:
    def broken(briefs: object) -> Any:
        raise RuntimeError("out of luck")

    found, told = reword(TWO, broken, elsewhere=None)
    assert found == TWO and "out of luck" in told[0]


def test_a_wish_to_stop_is_no_failure() -> None:
    def stopped(briefs: object) -> Any:
        raise Cancelled("stop")

    with pytest.raises(Cancelled):
        reword(TWO, stopped, elsewhere=None)


def test_a_second_run_uses_the_same_words_without_the_server(library: Library) -> None:
    with running(writes(GOOD, "m1")) as server:
        first, told, _ = worded(library, settings(server))
    again, told_again, records = worded(library, settings(server))
    assert (again, told_again) == (first, told) and records[0].reused


def test_a_lesson_without_advice_is_not_sent_anywhere(library: Library) -> None:
    with running(writes(GOOD)) as server:
        found, told, _ = worded(library, settings(server), replace(TWO, advice=()))
    assert (found.advice, told, server.asked) == ((), (), [])


def test_another_computer_is_named_whether_it_answered_or_not() -> None:
    good = proposals_from_json([{"text": GOOD, "evidence": ["m1"]}, None])
    _, told = reword(TWO, lambda briefs: good, elsewhere="gpu.example.org")
    assert told[0] == (
        "Feedback was worded by a language model at gpu.example.org, which is not this computer: what was said in this lesson "
        "was sent there."
    )

    def away(briefs: object) -> Any:
        raise RuntimeError("away")

    _, told = reword(TWO, away, elsewhere="gpu.example.org")
    assert told[0] == ASKED_ELSEWHERE.format(host="gpu.example.org")


def test_a_run_with_a_server_elsewhere_says_where_it_sent_what_was_said(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Elsewhere:
        name, model_sha256 = "openai-compatible/m", ""

        def propose(self, brief: Brief) -> Proposal:
            return Proposal(GOOD, ("m1",))

    monkeypatch.setattr(registry, "feedback_writer", lambda config: Elsewhere())
    _, told, _ = worded(library, settings("https://gpu.example.org/v1", allow_remote=True))
    assert told[0] == WORDED_ELSEWHERE.format(host="gpu.example.org")
    _, told, _ = worded(library, settings("http://localhost:1/v1"))
    assert not any("not this computer" in text for text in told)


def test_after_a_correction_the_rules_words_stand_and_what_was_sent_stays_told() -> None:
    record = StageRecord("understand", "rules", "", "", 1.0)
    sent = WORDED_ELSEWHERE.format(host="gpu.example.org")
    before = replace(
        TWO,
        stages=(record, replace(record, stage="writer")),
        notices=(sent, THROWN_AWAY.format(of=2, count=1), "A notice."),
    )
    found = in_the_rules_words(before)
    assert found.stages == (record,)
    assert found.notices == (sent.replace("was worded", "was first worded"), "A notice.")
    assert in_the_rules_words(found) == found


def test_a_correction_brings_the_rules_words_back(library: Library) -> None:
    row = add_row(library, "a")
    speech = (teacher(0, 20, "S1"), student(22, 28, "S2"), teacher(30, 45, "S1"))
    passages = (Passage(Span(22, 28), "", words("Because the sun lights only one side of it.", 22.2), "en"),)
    record = StageRecord("diarize", "campplus", "m" * 64, "c" * 64, 1.0)
    for stage, payload in (("transcribe", passages_to_json(passages)), ("diarize", speech_to_json(speech))):
        library.save_stage_output(row.sha256, stage, "key", replace(record, stage=stage), json.dumps(payload).encode())
    made = understand(Recording(row.sha256, row.name, 60.0), spoken_languages(passages), attribute(passages, speech))
    assert made.advice
    other = tuple(replace(item, text="In other words.") for item in made.advice)
    library.save_result(row.id, replace(made, advice=other, stages=(record, replace(record, stage="writer"))))
    after = corrections.correct(library, row.id, voice="S2", speaker="S3", role="student")
    assert [item.text for item in after.advice] == [item.text for item in made.advice]
    assert after.stages == (record,)


def test_a_transcripts_advice_is_worded_too(tmp_path: Path) -> None:
    path = tmp_path / "lesson.csv"
    path.write_text(CLOSED, encoding="utf-8")
    with running(repeats) as server:
        found = TextAnalyzer(settings(server)).analyze(path, progress=lambda done: None)
    plain = TextAnalyzer(Config(discourse=DiscourseConfig("rules"))).analyze(path, progress=lambda done: None)
    assert plain.advice and len(server.proposals) == len(plain.advice)
    assert [item.text for item in found.advice] == [item.text for item in plain.advice]
    assert all(len(item.evidence) == 1 for item in found.advice)
    assert [(item.stage, item.backend) for item in found.stages][-1] == ("writer", "openai-compatible/m")
    assert found.notices == plain.notices


def test_the_command_says_when_the_server_is_away(tmp_path: Path, nobody: str) -> None:
    path, config = tmp_path / "lesson.csv", tmp_path / "my.toml"
    path.write_text(CLOSED, encoding="utf-8")
    mine = f'[discourse]\nengine = "rules"\n[writer]\nengine = "openai-compatible"\naddress = "{nobody}"\nmodel = "m"\n'
    config.write_text(mine, encoding="utf-8")
    done = run_program(
        tmp_path / "library", "--config", config, "analyze", "--transcript", path, "--out", tmp_path / "results"
    )
    assert done.returncode == 0, done.stderr
    assert "The language model could not word the feedback" in " ".join(done.stdout.split())
    (written,) = (tmp_path / "results").rglob("lesson.json")
    assert all(item["stage"] != "writer" for item in json.loads(written.read_text())["stages"])
