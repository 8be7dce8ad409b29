"""The coaching cycle: it leads from a focus to what came of it, one step at a time."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from pipeline.errors import LessonMirrorError
from pipeline.store.rows import CycleSide, LessonRow
from pipeline.viewer import words
from pipeline.viewer.attempts import attempt
from pipeline.viewer.cycle_words import (
    STEPS,
    WHAT_NEXT,
    change_words,
    evidence_words,
    goal_words,
    side_name,
    step_number,
    waiting_words,
)
from pipeline.viewer.lesson_list import title_of, written_day
from pipeline.viewer.markdown import escaped
from pipeline.viewer.state import workspace
from pipeline.workspace.cycle import MAX_CHARS, QUESTIONS, Cycle, Cycles, Plan

LESSON_PAGE = "app_pages/lesson.py"
SIDES: tuple[CycleSide, ...] = ("teacher", "coach")
RECORDS = (("record.pdf", "PDF"), ("record.docx", "Word"), ("record.html", "Web page"))


def show() -> None:
    """The whole screen."""
    cycles, wanted = Cycles(workspace()), st.query_params.get("id", "")
    if not wanted:
        overview(cycles)
        return
    try:
        cycle = cycles.get(wanted)
    except LessonMirrorError as error:
        st.title("This cycle is not here", anchor=False)
        st.write(escaped(str(error)))
        if st.button("All cycles"):
            go_to(None)
        return
    one(cycles, cycle)


def overview(cycles: Cycles) -> None:
    """All cycles of the visitor, those that wait for them first."""
    st.title("Coaching", anchor=False)
    found = cycles.mine()
    waiting = {item.row.id for item in cycles.waiting()}
    for item in sorted(found, key=lambda item: item.row.id not in waiting):
        with st.container(border=True):
            if st.button(f"**{escaped(item.row.focus)}**", key=f"open-{item.row.id}", type="tertiary"):
                go_to(item.row.id)
            both = (
                f"{side_name(item, 'teacher')} with {side_name(item, 'coach')} · " if item.teacher or item.coach else ""
            )
            st.write(escaped(f"{both}{STEPS[step_number(item.stage)][0]}. {waiting_words(item)}"))
    if not found:
        st.write(
            "A cycle begins with what a teacher would like to look at. Then you choose a lesson, both write down what they "
            "see in it, agree on a next step, and look at a later lesson to see whether something changed."
        )
    begin(cycles)


def go_to(cycle_id: str | None) -> None:
    """One cycle, or all. Within one page a link would forget at the next click which one it is about."""
    st.query_params.clear()
    if cycle_id:
        st.query_params["id"] = cycle_id
    st.rerun()


def begin(cycles: Cycles) -> None:
    """A new cycle."""
    st.subheader("Begin a cycle", anchor=False)
    who = workspace().visitor
    with st.form("begin", width=620):
        focus = st.text_input("What would the teacher like to look at?", placeholder="Giving students time to think")
        other, side = None, "teacher"
        if not who.is_alone:
            sides = [item for item in ("teacher", "coach") if item in who.roles]
            side = st.radio("You are in it as", sides, horizontal=True) if len(sides) > 1 else sides[0]
            people = {item.id: item for item in workspace().colleagues() if item.roles & {"teacher", "coach"}}
            other = st.selectbox("With", list(people), index=None, format_func=lambda item: people[item].name)
        sent = st.form_submit_button("Begin", type="primary")
    if not sent:
        return
    teacher_id, coach_id = (who.id, other) if side == "teacher" else (other, who.id)
    if not who.is_alone and other is None:
        st.error("Choose with whom.")
        return
    try:
        started = cycles.start(teacher_id, coach_id, focus)
    except LessonMirrorError as error:
        st.error(escaped(str(error)))
        return
    go_to(started.row.id)


def one(cycles: Cycles, cycle: Cycle) -> None:
    """One cycle: where it stands, and its parts, the current one open."""
    if st.button("← All cycles", type="tertiary"):
        go_to(None)
    st.title(escaped(cycle.row.focus), anchor=False)
    if cycle.teacher or cycle.coach:
        st.caption(escaped(f"{side_name(cycle, 'teacher')} with {side_name(cycle, 'coach')}"))
    here = step_number(cycle.stage)
    names = [
        f"**{number + 1} {name}**" if number == here else f"{number + 1} {name}"
        for number, (name, _) in enumerate(STEPS)
    ]
    st.markdown(" → ".join(names))
    st.info(f"{WHAT_NEXT[cycle.stage]} {waiting_words(cycle)}")
    parts = (plan, reflect, talk, follow, look_back)
    for number, ((name, _), part) in enumerate(zip(STEPS, parts, strict=True)):
        with st.expander(f"{number + 1} {name}", expanded=number == here):
            part(cycles, cycle)


def plan(cycles: Cycles, cycle: Cycle) -> None:
    """Focus, goal and the lesson to look at."""
    row, closed = cycle.row, cycle.stage == "closed"
    if cycle.goal:
        st.write(escaped(f"The goal: {goal_words(cycle.goal)}."))
    with st.form("plan", border=False, width=620):
        focus = st.text_input("The focus", row.focus, max_chars=MAX_CHARS, disabled=closed)
        name, at_least, bound = goal_fields(cycle, disabled=closed)
        outcome = st.text_area(
            "What shall students be able to do, and how would you see it?",
            row.outcome,
            max_chars=MAX_CHARS,
            disabled=closed,
        )
        talk_on = st.date_input("When will you talk about the lesson?", row.talk_on, disabled=closed)
        sent = st.form_submit_button("Keep the plan", type="primary", disabled=closed)
    if sent:
        said = f": {cycle.goal.words}" if cycle.goal and cycle.goal.metric == name and cycle.goal.words else ""
        goal = f"{name} {'>=' if at_least else '<='} {bound:g}{said}" if name and bound is not None else ""
        attempt(lambda: cycles.plan(row.id, Plan(focus, goal, outcome, talk_on), seen_at=row.updated_at))
    choose_lesson(cycle, "The lesson to look at", row.observed_id, cycles.observe)
    if found := cycles.evidence(cycle, row.observed_id):
        evidence(found.lesson, evidence_words(found) if cycle.goal else "")
        st.html(
            f'<a href="/api/cycles/{row.id}/brief.html" target="_blank" style="color: inherit">One page for the talk</a>'
        )


def goal_fields(cycle: Cycle, *, disabled: bool) -> tuple[str | None, bool, float | None]:
    """A number of the lesson to reach, if wished: which, in which direction, how much (in its own unit, shares in percent)."""
    goal = cycle.goal
    names = list(words.METRIC_WORDS)
    first, second, third = st.columns([3, 1.4, 1.2])
    name = first.selectbox(
        "A number to reach, if you wish",
        names,
        index=names.index(goal.metric) if goal and goal.metric in names else None,
        format_func=lambda item: words.metric_words(item).label,
        disabled=disabled,
    )
    least = second.selectbox(
        "At", ["at least", "at most"], index=1 if goal and goal.at_least is None else 0, disabled=disabled
    )
    known = (goal.at_least if goal.at_least is not None else goal.at_most) if goal else None
    scale = 100 if goal and words.metric_words(goal.metric).form == "share" else 1
    bound = third.number_input(
        "How much", 0.0, None, None if known is None else known * scale, help="Shares in percent, pauses in seconds.",
        disabled=disabled,
    )  # fmt: skip
    if name and bound is not None and words.metric_words(name).form == "share":
        bound = bound / 100
    return name, least == "at least", bound


def choose_lesson(cycle: Cycle, label: str, chosen: str | None, keep: Callable[[str, str | None], Cycle]) -> None:
    """The teacher chooses a lesson, or takes the choice back."""
    if "teacher" not in cycle.sides or cycle.stage == "closed":
        return
    rows = {item.id: item for item in workspace().lessons(limit=200)}
    if chosen is None:
        picked = st.selectbox(
            label, list(rows), index=None, format_func=lambda item: lesson_name(rows[item]), key=f"pick-{label}"
        )
        if picked and st.button("Take this lesson", type="primary", key=f"take-{label}"):
            attempt(lambda: keep(cycle.row.id, picked))
    elif st.button("Choose another lesson", key=f"other-{label}"):
        attempt(lambda: keep(cycle.row.id, None))


def lesson_name(row: LessonRow) -> str:
    """A lesson in a list to choose from."""
    return f"{title_of(row)}, {written_day(row.details.held_on or row.added_at)}"


def evidence(row: LessonRow, said: str) -> None:
    """The lesson, one click away, and what it says about the goal."""
    st.page_link(LESSON_PAGE, label=escaped(lesson_name(row)), query_params={"id": row.id})
    if said:
        st.write(escaped(said))


def reflect(cycles: Cycles, cycle: Cycle) -> None:
    """What each side writes; a draft until it is shown."""
    for side in SIDES:
        written = cycle.reflections.get(side)
        if side in cycle.sides and cycle.stage != "closed":
            own_reflection(cycles, cycle, side)
        elif written:
            st.subheader(escaped(side_name(cycle, side)), anchor=False)
            for key, question in QUESTIONS[side]:
                if answer := written.answers.get(key):
                    st.markdown(f"*{escaped(question)}*")
                    st.markdown(escaped(answer))
        else:
            st.write(escaped(f"{side_name(cycle, side)} has shown nothing yet."))


def own_reflection(cycles: Cycles, cycle: Cycle, side: CycleSide) -> None:
    """The visitor's own part."""
    written = cycle.reflections.get(side)
    st.subheader(f"Your part as {side}", anchor=False)
    with st.form(f"reflect-{side}", border=False, width=620):
        answers = {
            key: st.text_area(question, (written.answers.get(key) or "") if written else "", max_chars=MAX_CHARS)
            for key, question in QUESTIONS[side]
        }
        left, right = st.columns(2)
        draft = left.form_submit_button("Keep as a draft", width="stretch")
        other = "coach" if side == "teacher" else "teacher"
        shown = right.form_submit_button(f"Show it to the {other}", type="primary", width="stretch")
    if written and written.shown_at:
        st.caption(f"Shown since {written_day(written.shown_at)}. Keeping it as a draft takes it back.")
    if draft or shown:
        attempt(lambda: cycles.reflect(cycle.row.id, side, answers, shown=shown))


def talk(cycles: Cycles, cycle: Cycle) -> None:
    """What both agree to do next."""
    for step in cycle.steps:
        tick, away = st.columns([6, 1], vertical_alignment="center")
        due = f", by {written_day(step.due_on)}" if step.due_on else ""
        label = f"{escaped(step.text)} ({escaped(side_name(cycle, step.side))}{due})"
        done = tick.checkbox(label, step.done_at is not None, key=f"step-{step.id}")
        if done != (step.done_at is not None):
            attempt(partial(cycles.set_step, cycle.row.id, step.id, done=done))
        if cycle.stage != "closed" and away.button("Remove", key=f"remove-{step.id}", type="tertiary"):
            attempt(partial(cycles.remove_step, cycle.row.id, step.id))
    if cycle.stage == "closed":
        return
    with st.form("step", clear_on_submit=True, width=620):
        text = st.text_input("A next step", max_chars=MAX_CHARS, placeholder="Count to three before the first hand")
        who = st.selectbox("Who", SIDES, format_func=lambda item: side_name(cycle, item))
        by = st.date_input("By", None)
        sent = st.form_submit_button("Agree on it", type="primary")
    if sent:
        attempt(lambda: cycles.add_step(cycle.row.id, who, text, by))


def follow(cycles: Cycles, cycle: Cycle) -> None:
    """A later lesson, and whether the number changed."""
    choose_lesson(cycle, "The later lesson", cycle.row.later_id, cycles.follow_up)
    for lesson_id in (cycle.row.observed_id, cycle.row.later_id):
        if found := cycles.evidence(cycle, lesson_id):
            evidence(found.lesson, evidence_words(found) if cycle.goal else "")
    changed = cycles.change(cycle)
    if changed and cycle.goal:
        st.markdown(f"**{escaped(change_words(changed, cycle.goal.metric))}**")


def look_back(cycles: Cycles, cycle: Cycle) -> None:
    """The record to keep, and the end of the cycle."""
    links = "".join(
        f'<li><a href="/api/cycles/{cycle.row.id}/{name}" download style="color: inherit">{label}</a></li>'
        for name, label in RECORDS
    )
    st.write("All of this cycle as one document, with what you may read of it:")
    st.html(f"<ul>{links}</ul>")
    if cycle.stage == "closed":
        if st.button("Open it again"):
            attempt(lambda: cycles.close(cycle.row.id, closed=False))
    elif st.button("Close this cycle"):
        attempt(lambda: cycles.close(cycle.row.id))
    if "teacher" in cycle.sides and st.button("Remove this cycle …", type="tertiary"):
        confirm_removal(cycle.row.id)


@st.dialog("Remove this cycle?")
def confirm_removal(cycle_id: str) -> None:
    """Asks once."""
    st.write("Plan, reflections and next steps of both go for good. The lessons stay.")
    if st.button("Remove for good", type="primary"):
        Cycles(workspace()).remove(cycle_id)
        go_to(None)


show()
