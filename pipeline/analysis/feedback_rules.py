"""The rules of the feedback and the library of strategies: values, and strict reading of the two files that hold them.

``configs/feedback.toml`` says when something is worth a word and how it is worded; ``configs/strategies.toml`` says what a
teacher may try, why, and when not. Both are meant to be read and changed: a typo in either is an error that suggests
what was meant.
"""

from __future__ import annotations

import dataclasses
import functools
import string
import tomllib
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pipeline.analysis.moments import SELECTORS
from pipeline.config import suggestion
from pipeline.errors import ConfigError
from pipeline.lesson import AdviceKind
from pipeline.ports import STUDENT_LABELS, TEACHER_LABELS
from pipeline.resources import data_path

METRIC_NAMES: tuple[str, ...] = (
    *(
        "teacher_share student_share silence_share overlap_share unknown_talk_s teacher_talk_s student_talk_s "
        "longest_monologue_s turns_per_h pace_teacher_wpm pace_student_wpm fillers_teacher_per_100 voice_gini "
        "question_count question_rate_per_h open_question_share procedural_question_count rhetorical_question_count "
        "student_question_count student_answer_words_median short_answer_share wait_time_1_median_s "
        "wait_time_1_under_1s_share wait_time_1_open_median_s wait_time_1_closed_median_s wait_time_2_median_s uptake_mean "
        "ire_share reasoning_share praise_specific_count praise_general_count academic_words_teacher_per_100 "
        "academic_words_student_per_100"
    ).split(),
    *(f"move_{label}_count" for label in (*TEACHER_LABELS, *STUDENT_LABELS) if label != "none"),
)
"""The metrics of docs/definitions.md; a lesson need not have them all."""

ASPECTS = ("value", "percent", "count", "of", "clock")
"""How a metric may be written in a text; ``{student_share.percent}`` names one, ``{percent}`` is of the rule's first."""
RULE_FIELDS = (*ASPECTS, "often", "limit", "earlier")
GOAL_FIELDS = ("words", "value", "target", "strategy")


@dataclass(frozen=True, slots=True)
class Source:
    """A publication: who, when, what, and where it came out."""

    author: str
    year: int
    title: str
    published: str = ""


@dataclass(frozen=True, slots=True)
class Strategy:
    """Something to try: how (``what``), why with its sources, how it sounds, when not, where to learn more.

    ``raises`` and ``lowers`` name the metrics that it may move, best first.
    """

    id: str
    name: str
    topic: str
    what: str
    why: str
    sources: tuple[Source, ...]
    sounds_like: tuple[str, ...]
    not_when: str
    learn_more: str
    raises: tuple[str, ...] = ()
    lowers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Condition:
    """That a metric lies within bounds (``below`` leaves the bound out) and rests on ``needs`` things or seconds or more.

    It fails where the metric is unknown, unless ``or_unknown``.
    """

    metric: str
    at_least: float | None = None
    at_most: float | None = None
    below: float | None = None
    needs: float = 0.0
    or_unknown: bool = False


@dataclass(frozen=True, slots=True)
class Rank:
    """How urgent a rule is: ``start`` plus ``slope`` times ``by`` (a metric, or the selector's "found_share")."""

    start: float
    by: str = ""
    slope: float = 0.0


@dataclass(frozen=True, slots=True)
class Rule:
    """When something is worth a word, which moments show it, and how it is worded. The first metric is what it is about.

    ``limit`` goes to the selector ``moments``; of what that finds, ``found_at_least`` have to be there, among
    ``among_at_least`` looked at, and ``found_share_at_least`` of these. ``show`` moments are shown. ``compared`` makes it a rule
    about the teacher's own earlier lessons: "more" or "less" than their median, by at least ``compared_by``.
    """

    id: str
    kind: AdviceKind
    metrics: tuple[str, ...]
    moments: str
    text: str
    rank: Rank
    conditions: tuple[Condition, ...] = ()
    limit: float = 0.0
    found_at_least: int = 1
    among_at_least: int = 0
    found_share_at_least: float = 0.0
    show: int = 3
    strategy: str | None = None
    compared: Literal["more", "less"] | None = None
    compared_by: float = 0.0


@dataclass(frozen=True, slots=True)
class GoalTexts:
    """What is said of a goal: that it is reached, that it is still ahead, and before a rule that serves it."""

    reached: str
    ahead: str
    towards: str


@dataclass(frozen=True, slots=True)
class Thin:
    """The sentence for a lesson in which ``metric`` rests on less than ``needs``; ``timed_only``: not for text."""

    metric: str
    needs: float
    text: str
    timed_only: bool = False


@dataclass(frozen=True, slots=True)
class Feedback:
    """All rules and strategies, in the order of their files."""

    rules: tuple[Rule, ...]
    strategies: tuple[Strategy, ...]
    goal: GoalTexts
    thin: tuple[Thin, ...]

    def of_kind(self, kind: AdviceKind) -> tuple[Rule, ...]:
        """The rules of one kind."""
        return tuple(rule for rule in self.rules if rule.kind == kind)

    def strategy(self, name: str) -> Strategy:
        """The strategy with that id. Raises KeyError where there is none."""
        for strategy in self.strategies:
            if strategy.id == name:
                return strategy
        raise KeyError(name)

    def needed(self, metric: str) -> float:
        """The least evidence with which a rule speaks of a metric; 1 where none says."""
        asked = (item.needs for rule in self.rules for item in rule.conditions if item.metric == metric)
        return min((needs for needs in asked if needs > 0), default=1.0)


@functools.cache
def load_feedback(rules: Path | None = None, strategies: Path | None = None) -> Feedback:
    """The rules and strategies that travel with the program, or those of other files.

    Raises ConfigError for a file that cannot be read, and for an unknown key, metric, selector, field or strategy.
    """
    rules_path = rules or data_path("configs", "feedback.toml")
    library = _strategies(strategies or data_path("configs", "strategies.toml"))
    data = _read(rules_path, ("strength", "try_next", "reflection", "goal", "thin"))
    kinds: tuple[AdviceKind, ...] = ("strength", "try_next", "reflection")
    found = tuple(
        _rule(kind, table, library, rules_path.name) for kind in kinds for table in _tables(data, kind, rules_path)
    )
    _refuse_twins([rule.id for rule in found], rules_path.name)
    goal = _filled(GoalTexts, data.get("goal", {}), f"{rules_path.name} [goal]")
    for text in (goal.reached, goal.ahead, goal.towards):
        _check_fields(text, (*GOAL_FIELDS, "text"), f"{rules_path.name} [goal]")
    thin = tuple(_thin(table, rules_path.name) for table in _tables(data, "thin", rules_path))
    return Feedback(found, library, goal, thin)


def _strategies(path: Path) -> tuple[Strategy, ...]:
    tables = _tables(_read(path, ("strategy",)), "strategy", path)
    found = []
    for table in tables:
        item = _filled(Strategy, table, f"{path.name} {table.get('id', '[[strategy]]')}")
        for name in (*item.raises, *item.lowers):
            _need(name, METRIC_NAMES, f"{path.name} {item.id}: there is no metric")
        if not item.sources or not item.sounds_like:
            raise ConfigError(f"{path.name} {item.id} lacks sources or words for the room;", hint="add at least one.")
        found.append(item)
    _refuse_twins([item.id for item in found], path.name)
    return tuple(found)


def _rule(kind: AdviceKind, table: Mapping[str, Any], library: Sequence[Strategy], file: str) -> Rule:
    where = f"{file} {table.get('id', f'[[{kind}]]')}"
    rule = _filled(Rule, table, where, kind=kind)
    by = (rule.rank.by,) if rule.rank.by not in ("", "found_share") else ()
    for name in (*rule.metrics, *(item.metric for item in rule.conditions), *by):
        _need(name, METRIC_NAMES, f"{where}: there is no metric")
    if not rule.metrics:
        raise ConfigError(f"{where}: metrics is empty;", hint="name what the rule is about.")
    _need(rule.moments, tuple(SELECTORS), f"{where}: there is no selector of moments")
    if kind == "try_next" or rule.strategy is not None:
        known = tuple(item.id for item in library)
        _need(rule.strategy or "", known, f"{where}: there is no strategy")
    if rule.compared not in (None, "more", "less"):
        _need(str(rule.compared), ("more", "less"), f"{where}: compared cannot be")
    named = tuple(f"{name}.{aspect}" for name in rule.metrics for aspect in ASPECTS)
    _check_fields(rule.text, (*RULE_FIELDS, *named), where)
    return rule


def _thin(table: Mapping[str, Any], file: str) -> Thin:
    item = _filled(Thin, table, f"{file} [[thin]]")
    _need(item.metric, METRIC_NAMES, f"{file} [[thin]]: there is no metric")
    return item


def _refuse_twins(names: Sequence[str], file: str) -> None:
    twin = next((name for place, name in enumerate(names) if name in names[:place]), None)
    if twin is not None:
        raise ConfigError(f"{file} has two entries with the id '{twin}';", hint="rename one of them.")


def _need(name: str, known: tuple[str, ...], problem: str) -> None:
    if name not in known:
        raise ConfigError(f"{problem} '{name}';", hint=suggestion(name, known))


def _check_fields(text: str, known: tuple[str, ...], where: str) -> None:
    for name in fields_of(text):
        _need(name, known, f"{where}: a text cannot name")


def fields_of(text: str) -> tuple[str, ...]:
    """The names in braces of a text."""
    try:
        return tuple(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)
    except ValueError as error:
        raise ConfigError(f"The braces of a text do not match: {text!r}.", hint="Write {name}.") from error


def filled_in(text: str, values: Callable[[str], str]) -> str:
    """The text with each name in braces replaced by what ``values`` says for it."""
    parts = string.Formatter().parse(text)
    return "".join(before + (values(name) if name is not None else "") for before, name, _, _ in parts)


# Strict reading of TOML into frozen dataclasses


def _read(path: Path, sections: tuple[str, ...]) -> dict[str, Any]:
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))  # Windows editors put a mark in front
    except OSError as error:
        raise ConfigError(f"The file {path} cannot be read: {error.strerror}.", hint="Check the path.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"The file {path} is not valid TOML: {error}.", hint="Mend that line.") from error
    for name in data:
        _need(name, sections, f"{path.name} has no section")
    return data


def _tables(data: Mapping[str, Any], name: str, path: Path) -> list[Mapping[str, Any]]:
    tables = data.get(name, [])
    if not isinstance(tables, list) or not all(isinstance(item, Mapping) for item in tables):
        raise ConfigError(f"{path.name}: '{name}' is a list of tables;", hint=f"write [[{name}]] before each.")
    return tables


Filled = typing.TypeVar("Filled")


def _filled(cls: type[Filled], table: object, where: str, **given: Any) -> Filled:
    """A dataclass from a table whose keys are its fields; ``given`` are fields that the table has not."""
    if not isinstance(table, Mapping):
        raise ConfigError(f"{where} is a table, not {table!r};", hint="write its keys and values.")
    hints = typing.get_type_hints(cls)
    known = tuple(name for name in hints if name not in given)
    for key in table:
        _need(key, known, f"{where} has no key")
    required = [item.name for item in dataclasses.fields(cls) if item.default is dataclasses.MISSING]  # type: ignore[arg-type]
    missing = [name for name in required if name not in table and name not in given]
    if missing:
        raise ConfigError(f"{where} lacks the key '{missing[0]}';", hint="add it.")
    values = {key: _value(hints[key], value, f"{where} {key}") for key, value in table.items()}
    return cls(**values, **given)


def _value(hint: Any, value: object, where: str) -> Any:
    if typing.get_origin(hint) is types.UnionType or typing.get_origin(hint) is typing.Union:
        hint = next(item for item in typing.get_args(hint) if item is not type(None))
    if typing.get_origin(hint) is tuple:
        if not isinstance(value, list):
            raise ConfigError(f"{where} has to be a list, not {value!r};", hint="write it in [ ].")
        return tuple(_value(typing.get_args(hint)[0], item, where) for item in value)
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return _filled(hint, value, where)
    return _plain(hint, value, where)


def _plain(hint: Any, value: object, where: str) -> Any:
    if typing.get_origin(hint) is Literal:
        hint = str
    if hint is float and type(value) is int:
        return float(value)
    if type(value) is not hint or (hint is str and not str(value).strip()):
        kind = {str: "text in quotes", int: "a whole number", float: "a number", bool: "true or false"}[hint]
        raise ConfigError(f"{where} has to be {kind}, not {value!r}.", hint="Mend that value.")
    return value
