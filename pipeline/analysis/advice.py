"""Feedback from metrics, moments, a teacher's goal and earlier lessons: what went well, one thing to try, questions.

Prompts, not verdicts: each says what was heard, and points to moments to listen to. The rules, their thresholds with
reasons, and their words are in ``configs/feedback.toml``; what may be tried is in ``configs/strategies.toml``. A rule that
finds no moment, too few of them to speak of a habit, or a number that is unknown says nothing. A lesson is compared with
the same teacher's own earlier ones and with nobody else's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median

from pipeline.analysis.feedback_rules import Condition, Feedback, Rule, Strategy, filled_in, load_feedback
from pipeline.analysis.moments import SELECTORS, Selection
from pipeline.lesson import Advice, AdviceKind, Goal, Lesson, Metric, Moment
from pipeline.timeline import clock

MAX_STRENGTHS, MAX_REFLECTIONS = 3, 3  # a page that a person reads and still has in mind in the next lesson
MIN_EARLIER = 2  # one earlier lesson is no habit to compare with
SHOWN_MOMENTS = 3
GOAL_RANK = 10.0  # what the teacher set out to do comes before all else
MINUTE_S = 60.0  # from here on seconds are read as minutes and seconds


@dataclass(frozen=True, slots=True)
class _Found:
    """A piece of advice that holds, what it is about, and how strongly (larger is stronger)."""

    advice: Advice
    about: str
    rank: float


@dataclass(frozen=True, slots=True)
class _Case:
    """One lesson as the rules look at it."""

    metrics: Mapping[str, Metric]
    lesson: Lesson
    goal: Goal | None
    earlier: Sequence[Mapping[str, float]]
    feedback: Feedback

    def value(self, name: str) -> float | None:
        return self.metrics[name].value if name in self.metrics else None


def advise(
    lesson: Lesson,
    *,
    goal: Goal | None = None,
    earlier: Sequence[Mapping[str, float]] = (),
    feedback: Feedback | None = None,
) -> tuple[Advice, ...]:
    """Up to three strengths, the one thing to try next where a rule holds, and up to three questions to reflect on.

    What is named as a strength is not advised in the same breath. ``goal`` comes first: while it is not reached, something
    that serves it is proposed; once it is reached, that is a strength. ``earlier`` are the values of metrics in earlier
    lessons of the same teacher, oldest first. Raises KeyError for a lesson that was not measured.
    """
    if not lesson.metrics:
        raise KeyError("the lesson has no metrics: measure it first")
    metrics = {metric.name: metric for metric in lesson.metrics}
    case = _Case(metrics, lesson, goal, earlier, feedback or load_feedback())
    ahead = _goal_is_ahead(case)
    strengths = _strengths(case, None if goal is None or not ahead else goal.metric)
    praised = {name for item in strengths for name in item.advice.metric_names}
    tries = [item for item in _tries(case, ahead) if not praised & set(item.advice.metric_names)]
    reflections = _holding("reflection", case)[:MAX_REFLECTIONS]
    return tuple(item.advice for item in (*strengths, *tries[:1], *reflections))


def thin_evidence(lesson: Lesson, *, feedback: Feedback | None = None) -> str | None:
    """One plain sentence that names what is too little to propose anything from; None where there is enough.

    Raises KeyError for a lesson that was not measured.
    """
    feedback = feedback or load_feedback()
    if any(item.kind == "try_next" for item in advise(lesson, feedback=feedback)):
        return None
    timed = bool(lesson.speech) or lesson.recording.duration_s > 0
    metrics = {metric.name: metric for metric in lesson.metrics}
    for thin in feedback.thin:
        if (timed or not thin.timed_only) and _evidence(metrics.get(thin.metric)) < thin.needs:
            return thin.text
    return None


def _strengths(case: _Case, not_about: str | None) -> list[_Found]:
    """The strongest, one for each metric, none about a goal that is still ahead."""
    chosen: list[_Found] = []
    for item in sorted([*_goal_reached(case), *_holding("strength", case)], key=lambda item: -item.rank):
        names = {name for other in chosen for name in other.advice.metric_names}
        if item.about not in names and not_about not in item.advice.metric_names:
            chosen.append(item)
    return chosen[:MAX_STRENGTHS]


def _tries(case: _Case, goal_ahead: bool) -> list[_Found]:
    """What could be tried, most urgent first; what serves a goal that is still ahead goes before all else."""
    held = [(rule, found) for rule in case.feedback.of_kind("try_next") if (found := _apply(rule, case))]
    held.sort(key=lambda item: -item[1].rank)
    others = [found for _, found in held]
    if not goal_ahead or case.goal is None:
        return others
    goal = case.goal
    serving = [_towards(found, goal, case.feedback) for rule, found in held if _serves(rule, case)]
    serving.sort(key=lambda item: item.about != goal.metric)
    return [*serving, *_goal_ahead(case), *others]


def _holding(kind: AdviceKind, case: _Case) -> list[_Found]:
    found = [item for rule in case.feedback.of_kind(kind) if (item := _apply(rule, case)) is not None]
    return sorted(found, key=lambda item: -item.rank)


def _apply(rule: Rule, case: _Case) -> _Found | None:
    """The advice of a rule, or None where it does not hold for this lesson."""
    about = case.metrics.get(rule.metrics[0])
    if about is None or not all(_holds(condition, case) for condition in rule.conditions):
        return None
    before = _moved_from(rule, case)
    if rule.compared is not None and before is None:
        return None
    selection = SELECTORS[rule.moments](case.lesson, about.name, rule.limit)
    evidence = selection.moments[: rule.show]
    if not evidence or not _enough(rule, selection):
        return None
    text = _worded(rule, case, selection, before)
    if text is None:
        return None
    names = tuple(name for name in rule.metrics if name in case.metrics)
    return _Found(Advice(rule.kind, text, names, evidence, rule.strategy), about.name, _rank(rule, case, selection))


def _holds(condition: Condition, case: _Case) -> bool:
    value = case.value(condition.metric)
    if value is None:
        return condition.or_unknown
    within = (
        (condition.at_least is None or value >= condition.at_least)
        and (condition.at_most is None or value <= condition.at_most)
        and (condition.below is None or value < condition.below)
    )
    return within and _evidence(case.metrics[condition.metric]) >= condition.needs


def _evidence(metric: Metric | None) -> float:
    """How many things (or seconds) a number rests on: its denominator, else what was counted."""
    if metric is None or metric.value is None:
        return 0.0
    if metric.denominator is not None and metric.unit != "1/h":  # hours say nothing of how often
        return metric.denominator
    return metric.value if metric.numerator is None else metric.numerator


def _enough(rule: Rule, selection: Selection) -> bool:
    return (
        len(selection.moments) >= rule.found_at_least
        and selection.among >= rule.among_at_least
        and selection.found_share >= rule.found_share_at_least
    )


def _rank(rule: Rule, case: _Case, selection: Selection) -> float:
    by = selection.found_share if rule.rank.by == "found_share" else case.value(rule.rank.by)
    return rule.rank.start + rule.rank.slope * (by or 0.0)


def _moved_from(rule: Rule, case: _Case) -> float | None:
    """The median of the own earlier lessons, where the number has moved from it in the rule's direction."""
    name = rule.metrics[0]
    metric, past = case.metrics.get(name), [values[name] for values in case.earlier if name in values]
    if metric is None or metric.value is None or rule.compared is None or len(past) < MIN_EARLIER:
        return None
    before = median(past)
    if metric.low is not None and metric.high is not None and metric.low <= before <= metric.high:
        return None  # the number's own uncertainty reaches back to the earlier ones
    moved = metric.value - before if rule.compared == "more" else before - metric.value
    return before if moved >= rule.compared_by else None


# The teacher's own goal


def _goal_is_ahead(case: _Case) -> bool:
    value = _goal_value(case)
    return value is not None and case.goal is not None and not case.goal.reached_by(value)


def _goal_value(case: _Case) -> float | None:
    """The value of the goal's metric, where it rests on enough to speak of it."""
    if case.goal is None:
        return None
    metric = case.metrics.get(case.goal.metric)
    enough = _evidence(metric) >= case.feedback.needed(case.goal.metric)
    return metric.value if metric is not None and enough else None


def _serves(rule: Rule, case: _Case) -> bool:
    return rule.strategy is not None and _place(case.feedback.strategy(rule.strategy), case) is not None


def _place(strategy: Strategy, case: _Case) -> int | None:
    """How far in front the goal's metric is among those that the strategy moves in the wished direction."""
    value = _goal_value(case)
    if case.goal is None or value is None:
        return None
    rising = case.goal.at_least is not None and value < case.goal.at_least
    moved = strategy.raises if rising else strategy.lowers
    return moved.index(case.goal.metric) if case.goal.metric in moved else None


def _towards(found: _Found, goal: Goal, feedback: Feedback) -> _Found:
    """The same advice, with the goal named in front where the teacher has worded it."""
    if not goal.words:
        return found
    values = {"words": goal.words, "text": found.advice.text}
    return replace(found, advice=replace(found.advice, text=filled_in(feedback.goal.towards, values.__getitem__)))


def _goal_reached(case: _Case) -> list[_Found]:
    if case.goal is None or _goal_value(case) is None or _goal_is_ahead(case):
        return []
    return _goal_advice("strength", case, case.goal, None)


def _goal_ahead(case: _Case) -> list[_Found]:
    """A strategy from the library that serves the goal, where no rule has one to propose."""
    places = [(place, item) for item in case.feedback.strategies if (place := _place(item, case)) is not None]
    if case.goal is None or not places:
        return []
    _, strategy = min(places, key=lambda item: item[0])
    return _goal_advice("try_next", case, case.goal, strategy)


def _goal_advice(kind: AdviceKind, case: _Case, goal: Goal, strategy: Strategy | None) -> list[_Found]:
    metric, texts = case.metrics[goal.metric], case.feedback.goal
    evidence = _goal_moments(kind, case, metric)
    if metric.value is None or not evidence:
        return []
    values = {
        "words": goal.words[:1].upper() + goal.words[1:] or "Your goal",
        "value": written(metric, metric.value),
        "target": _target(metric, goal),
        "strategy": strategy.name if strategy else "",
        "text": "",
    }
    text = filled_in(texts.ahead if strategy else texts.reached, values.__getitem__)
    advice = Advice(kind, text, (metric.name,), evidence, strategy.id if strategy else None)
    return [_Found(advice, metric.name, GOAL_RANK)]


def _goal_moments(kind: AdviceKind, case: _Case, metric: Metric) -> tuple[Moment, ...]:
    """What a rule about the metric would show, else what the number was counted from."""
    for rule in case.feedback.of_kind(kind):
        if rule.metrics[0] == metric.name and rule.compared is None:
            found = SELECTORS[rule.moments](case.lesson, metric.name, rule.limit).moments
            if found:
                return found[:SHOWN_MOMENTS]
    return metric.moments[:SHOWN_MOMENTS]


def _target(metric: Metric, goal: Goal) -> str:
    bounds = (("at least", goal.at_least), ("at most", goal.at_most))
    return " and ".join(f"{word} {written(metric, value)}" for word, value in bounds if value is not None)


# Words


def _worded(rule: Rule, case: _Case, selection: Selection, before: float | None) -> str | None:
    """The rule's text with its numbers; None where one of them is unknown."""
    about = case.metrics[rule.metrics[0]]
    own = {
        "often": "Once" if len(selection.moments) == 1 else "More than once",
        "limit": f"{rule.limit:g}",
        "earlier": None if before is None else written(about, before),
    }

    def named(name: str) -> str:
        if name in own:
            value = own[name]
        else:
            metric, _, aspect = name.rpartition(".")
            source = case.metrics.get(metric) if metric else about
            value = _aspect(source, aspect) if source else None
        if value is None:
            raise _UnknownNumberError(name)
        return value

    try:
        return filled_in(rule.text, named)
    except _UnknownNumberError:
        return None


class _UnknownNumberError(Exception):
    """A text names a number that this lesson does not have."""


def _aspect(metric: Metric, aspect: str) -> str | None:
    number = {"count": metric.numerator, "of": metric.denominator}.get(aspect, metric.value)
    if number is None:
        return None
    if aspect == "percent":
        return f"{round(100 * number)} %"
    if aspect == "clock":
        return clock(number)
    return f"{number:.0f}" if aspect in ("count", "of") else written(metric, number)


_PER = {"1/h": "an hour", "words/min": "words a minute", "1/100 words": "in 100 words"}


def written(metric: Metric, value: float) -> str:
    """A value of this metric as people read it."""
    if metric.unit == "share":
        return f"{round(100 * value)} %"
    if metric.unit == "s":
        return f"{value:.1f} s" if value < MINUTE_S else clock(value)
    if metric.unit in _PER:
        return f"{value:.0f} {_PER[metric.unit]}"
    if metric.unit in ("count", "words"):
        return f"{value:.0f}"
    return f"{value:.1f}" if abs(value) >= 1 else f"{value:.2f}"
