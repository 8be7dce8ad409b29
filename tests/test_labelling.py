"""Tables of text get their labels, row by row, whatever the table looks like."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import pytest

from pipeline import labelling
from pipeline.config import Config
from pipeline.ports import STUDENT_LABELS, TEACHER_LABELS, DiscourseModel
from pipeline.registry import discourse_model
from tests.programs import run_program

ROWS = (
    ("l1", "1", "T", "teacher", "what is three times four"),
    ("l1", "2", "Ana", "student", "twelve"),
    ("l1", "3", "T", "teacher", ""),
    ("l1", "3", "T", "teacher", "why do you think so"),
    ("l2", "1", "Bo", "student", "because if you add four three times you get twelve so it has to be"),
    ("l2", "2", "?", "unknown", "can you say more about that"),
)
COLUMNS = ["transcript", "turn", "speaker", "role", "sentence"]


@pytest.fixture(scope="module")
def model() -> DiscourseModel:
    found = discourse_model(Config())
    assert found is not None
    return found


def labelled(model: DiscourseModel | None, table: pd.DataFrame) -> pd.DataFrame:
    return labelling.label_sentences(table, model, progress=lambda done: None)


def test_every_row_gets_its_labels_in_order(model: DiscourseModel) -> None:
    table = pd.DataFrame(ROWS, columns=COLUMNS)
    found = labelled(model, table)
    assert found[COLUMNS].equals(table)
    assert list(found.question) == ["true", "false", "false", "true", "false", "true"]
    assert list(found.question_kind != "") == [asks == "true" for asks in found.question]
    assert found.teacher_move[3] == "pressing_for_reasoning"
    assert found.student_move[4] == "providing_evidence_or_reasoning"
    assert (found.student_move[0], found.teacher_move[1]) == ("", "")
    assert found.teacher_move[5] in TEACHER_LABELS and found.student_move[5] in STUDENT_LABELS


def test_a_table_of_sentences_alone_is_enough(model: DiscourseModel) -> None:
    found = labelled(model, pd.DataFrame({"sentence": ["who knows the answer", "open your books"]}))
    assert list(found.question) == ["true", "false"]
    assert labelled(model, pd.DataFrame({"sentence": []})).empty


def test_rows_of_one_lesson_belong_together_wherever_they_stand(model: DiscourseModel) -> None:
    table = pd.DataFrame(ROWS, columns=COLUMNS)
    mixed = table.iloc[[0, 4, 1, 5, 2, 3]].reset_index(drop=True)
    found = labelled(model, mixed).iloc[[0, 2, 4, 5, 1, 3]].reset_index(drop=True)
    assert found.equals(labelled(model, table))


def test_rules_find_questions_and_leave_moves_empty() -> None:
    found = labelled(None, pd.DataFrame(ROWS, columns=COLUMNS))
    assert found.question[0] == "true" and set(found.teacher_move) == set(found.student_move) == {""}


def test_uptake_has_a_number_in_every_row(model: DiscourseModel) -> None:
    pairs = pd.DataFrame(
        {
            "student_text": ["I think it is a half because both parts are even", "", "it is a half"],
            "teacher_text": ["So both parts are even. Why is it a half?", "", "okay open your books"],
        }
    )
    for judge in (model, None):
        rated = labelling.rate_uptake(pairs, judge)
        assert rated.uptake.between(0, 1).all() and rated.uptake[0] > rated.uptake[2]


def test_the_command_writes_the_same_rows(tmp_path: Path) -> None:
    source, out = tmp_path / "said.csv", tmp_path / "new" / "labels.csv"
    pd.DataFrame(ROWS, columns=COLUMNS).to_csv(source, index=False)
    done = run_program(tmp_path / "library", "label", source, "--out", out)
    assert done.returncode == 0, done.stderr
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["sentence"] for row in rows] == [row[4] for row in ROWS]
    assert {row["question"] for row in rows} == {"true", "false"}
    assert list(out.parent.iterdir()) == [out]


@pytest.mark.parametrize(
    ("content", "arguments", "words"),
    [
        ("speaker,role\nT,teacher\n", (), "sentence"),
        ("sentence\nhello\n", ("--pairs",), "student_text"),
        ("", (), "empty"),
        (None, (), "said.csv"),
    ],
)
def test_a_table_that_cannot_be_labelled_gets_a_sentence(
    tmp_path: Path, content: str | None, arguments: tuple[str, ...], words: str
) -> None:
    source = tmp_path / "said.csv"
    if content is not None:
        source.write_text(content, encoding="utf-8")
    done = run_program(tmp_path / "library", "label", source, "--out", tmp_path / "out.csv", *arguments)
    assert done.returncode == 1 and words in done.stderr + done.stdout
    assert "Traceback" not in done.stderr and not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize(("out", "code"), [(".", 2), ("/proc/nowhere/labels.csv", 1)])
def test_where_nothing_can_be_written_is_said_before_the_work(tmp_path: Path, out: str, code: int) -> None:
    source = tmp_path / "said.csv"
    source.write_text("sentence\nhello\n", encoding="utf-8")
    done = run_program(tmp_path / "library", "label", source, "--out", out, cwd=tmp_path)
    assert done.returncode == code and out in done.stderr
    assert "done" not in done.stdout and "unexpected" not in done.stderr


def test_the_table_that_is_read_is_never_written_over(tmp_path: Path) -> None:
    source = tmp_path / "said.csv"
    source.write_text("sentence\nhello\n", encoding="utf-8")
    done = run_program(tmp_path / "library", "label", source, "--out", source)
    assert done.returncode == 2 and source.read_text(encoding="utf-8") == "sentence\nhello\n"
