"""The rules and the library are complete, kind, and strict about typos."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipeline.analysis.feedback_rules import METRIC_NAMES, fields_of, filled_in, load_feedback
from pipeline.analysis.metrics import measure
from pipeline.analysis.moments import SELECTORS
from pipeline.analysis.vocabulary import measure_vocabulary
from pipeline.errors import ConfigError
from pipeline.ports import STUDENT_LABELS, TEACHER_LABELS
from pipeline.resources import data_path
from tests.lesson_values import lesson

RULES, LIBRARY = data_path("configs", "feedback.toml"), data_path("configs", "strategies.toml")

# Words that judge, or that compare people. "Never compare" is a promise to teachers and to students.
UNKIND = re.compile(
    r"\b(bad|badly|poor|poorly|weak|wrongly|fail(?:ed|s|ing|ure)?|should have|must|worse|worst|better than|best teacher"
    r"|other teachers|other classes|most teachers|average|below|above|norm|percentile|ranked|unfortunately|lacking)\b",
    re.IGNORECASE,
)


def test_the_library_has_at_least_25_complete_strategies() -> None:
    library = load_feedback().strategies
    assert len(library) >= 25
    for item in library:
        assert re.fullmatch(r"[a-z_]+", item.id)
        assert all((item.name, item.topic, item.what, item.why, item.not_when, item.learn_more)), item.id
        assert 1 <= len(item.sounds_like) <= 3, item.id
        assert item.raises or item.lowers, item.id
        assert item.not_when.startswith("Not "), item.id
        for source in item.sources:
            assert source.author and source.title and 1960 < source.year < 2026, item.id


def test_the_same_publication_is_named_alike_everywhere() -> None:
    known: dict[tuple[str, int, str], str] = {}
    for item in load_feedback().strategies:
        for source in item.sources:
            key = (source.author, source.year, source.title)
            assert known.setdefault(key, source.published) == source.published, item.id


def test_the_library_covers_what_teachers_ask_for() -> None:
    topics = {item.topic for item in load_feedback().strategies}
    assert topics == {
        "waiting",
        "questioning",
        "building on ideas",
        "taking part",
        "language",
        "universal design",
        "feedback",
        "warmth",
    }


def test_every_thing_to_try_names_a_strategy_of_the_library() -> None:
    feedback = load_feedback()
    for rule in feedback.of_kind("try_next"):
        assert rule.strategy is not None
        assert feedback.strategy(rule.strategy).id == rule.strategy
    with pytest.raises(KeyError):
        feedback.strategy("shouting")


def test_no_text_judges_or_compares() -> None:
    feedback = load_feedback()
    texts = [rule.text for rule in feedback.rules] + [item.text for item in feedback.thin]
    texts += [text for item in feedback.strategies for text in (item.name, item.what, item.why, *item.sounds_like)]
    texts += [feedback.goal.reached, feedback.goal.ahead, feedback.goal.towards]
    for text in texts:
        assert not UNKIND.search(text), text


def test_all_talk_moves_can_be_shown() -> None:
    assert {*TEACHER_LABELS, *STUDENT_LABELS} - {"none"} <= set(SELECTORS)
    assert {f"move_{label}_count" for label in TEACHER_LABELS if label != "none"} <= set(METRIC_NAMES)


def test_every_metric_that_is_measured_may_be_named() -> None:
    assert {metric.name for metric in (*measure(lesson()), *measure_vocabulary(lesson(), ()))} <= set(METRIC_NAMES)
    assert len(set(METRIC_NAMES)) == len(METRIC_NAMES)


def changed(tmp_path: Path, source: Path, before: str, after: str) -> Path:
    text = source.read_text(encoding="utf-8")
    assert before in text
    path = tmp_path / source.name
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("[[try_next]]", "[[try_nxt]]", "did you mean 'try_next'"),
        ("found_at_least = 2", "found_atleast = 2", "did you mean 'found_at_least'"),
        ('metrics = ["student_share"]', 'metrics = ["student_shares"]', "did you mean 'student_share'"),
        ('metric = "open_question_share"', 'metric = "open_questions_share"', "did you mean 'open_question_share'"),
        ('moments = "long_waits"', 'moments = "long_wait"', "did you mean 'long_waits'"),
        ('strategy = "say_more"', 'strategy = "say_mor"', "did you mean 'say_more'"),
        ("needs = 4", "need = 4", "did you mean 'needs'"),
        ("{often} you held", "{offen} you held", "did you mean 'often'"),
        ("{longest_monologue_s.clock}", "{longest_monologue_s.clok}", "did you mean 'longest_monologue_s.clock'"),
        ('by = "open_question_share"', 'by = "open_question_shar"', "did you mean 'open_question_share'"),
        ('compared = "more"', 'compared = "mor"', "did you mean 'more'"),
        ("limit = 3.0", 'limit = "three"', "has to be a number"),
        ("at_least = 1.5", "at_least = true", "has to be a number"),
        ('metrics = ["student_share"]', 'metrics = "student_share"', "has to be a list"),
        ('metrics = ["student_share"]', "metrics = []", "metrics is empty"),
        ('id = "long_answers"', 'id = "many_voices"', "two entries with the id 'many_voices'"),
        ('strategy = "say_more"\n', "", "there is no strategy"),
        ('moments = "long_waits"\n', "", "lacks the key 'moments'"),
        ("{often} you held", "{often you held", "braces"),
        ('id = "long_waits"', 'id = "long_waits', "not valid TOML"),
        ("rank = { start = 0.8 }", "rank = 0.8", "is a table"),
        ("{words}: you are", "{word}: you are", "did you mean 'words'"),
        ("timed_only = true", "timed_onli = true", "did you mean 'timed_only'"),
    ],
)
def test_a_typo_in_the_rules_is_refused_with_a_suggestion(tmp_path: Path, before: str, after: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_feedback(changed(tmp_path, RULES, before, after))
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("[[strategy]]", "[[strategies]]", "did you mean 'strategy'"),
        ("learn_more =", "learnmore =", "did you mean 'learn_more'"),
        ('raises = ["wait_time_1_median_s"', 'raises = ["wait_time_median_s"', "did you mean 'wait_time_"),
        ("year = 1974", 'year = "1974"', "has to be a whole number"),
        ("year = 1974", "yaer = 1974", "did you mean 'year'"),
        ('name = "Wait after the question"', 'name = ""', "has to be text in quotes"),
        ('id = "wait_after_answer"', 'id = "wait_after_question"', "two entries with the id"),
    ],
)
def test_a_typo_in_the_library_is_refused_with_a_suggestion(tmp_path: Path, before: str, after: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_feedback(None, changed(tmp_path, LIBRARY, before, after))
    assert says in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"mine\.toml cannot be read"):
        load_feedback(tmp_path / "mine.toml")


def test_a_changed_threshold_changes_the_rule(tmp_path: Path) -> None:
    path = changed(tmp_path, RULES, "at_least = 1.5, needs = 3", "at_least = 2, needs = 5")
    rule = next(item for item in load_feedback(path).rules if item.id == "long_waits")
    assert (rule.conditions[0].at_least, rule.conditions[0].needs) == (2.0, 5.0)


def test_names_in_braces_are_filled_in_and_nothing_else() -> None:
    assert fields_of("{a} of {b.c}, {{so}}") == ("a", "b.c")
    assert filled_in("{a} of {b.c}, {{so}}", lambda name: f"<{name}>") == "<a> of <b.c>, {so}"
