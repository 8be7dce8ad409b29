"""One's own lessons over time: a number with its range, and two lessons side by side."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pipeline.lesson import Lesson, Metric
from pipeline.store.rows import LessonRow
from pipeline.viewer import queries, words
from pipeline.viewer.cycle_words import change_words
from pipeline.viewer.growth_chart import growth_chart, growth_table
from pipeline.viewer.lesson_list import title_of, written_day
from pipeline.viewer.markdown import escaped
from pipeline.viewer.state import workspace
from pipeline.viewer.theme import ink
from pipeline.workspace.growth import Compared, Point, compare, day_of, own_lessons, series

FIRST = "wait_time_1_median_s"
COMPARED = (
    "teacher_share",
    "question_count",
    "open_question_share",
    "wait_time_1_median_s",
    "wait_time_2_median_s",
    "student_answer_words_median",
    "uptake_mean",
)
_Lessons = tuple[tuple[LessonRow, Lesson], ...]


def show() -> None:
    """The whole screen."""
    st.title("Growth", anchor=False)
    lessons = tuple((row, lesson) for row in own_lessons(workspace()) if (lesson := queries.result(row)))
    if len(lessons) < 2:
        st.write(
            "From your second analysed lesson on, you see here how a number went over time, with how far it may be off, "
            "and two lessons side by side. Only your own lessons are here, and only you see this page."
        )
        return
    over_time(lessons)
    side_by_side(lessons)


def over_time(lessons: _Lessons) -> None:
    """One number over all lessons."""
    known = [name for name in words.METRIC_WORDS if len(series(lessons, name)) > 1]
    first = known.index(FIRST) if FIRST in known else 0
    name = st.selectbox("Which number?", known, index=first, format_func=lambda item: words.metric_words(item).label)
    points = series(lessons, name)
    st.caption(escaped(words.metric_words(name).meaning))
    drawing = growth_chart(growth_table(points, name), name, ink())
    said = ", ".join(words.written(item.value, words.metric_words(name).form) for item in points)
    st.altair_chart(drawing, key=f"growth-{name}", alt=f"{words.metric_words(name).label}, lesson by lesson: {said}")
    with st.expander("As a table"):
        st.table(_written(points, name))
    st.caption("The bar is what the number may be off by, in four of five cases. Bars that overlap claim no change.")


def side_by_side(lessons: _Lessons) -> None:
    """Two lessons and what differs between them, as far as that can be claimed."""
    st.subheader("Two lessons side by side", anchor=False)
    by_id = {row.id: (row, lesson) for row, lesson in lessons}
    ids = list(by_id)

    def name_of(lesson_id: str) -> str:
        row = by_id[lesson_id][0]
        return f"{title_of(row)}, {written_day(day_of(row))}"

    left, right = st.columns(2)
    one = left.selectbox("Before", ids, index=len(ids) - 2, format_func=name_of)
    two = right.selectbox("After", ids, index=len(ids) - 1, format_func=name_of)
    if one == two or one is None or two is None:
        st.write("Choose two different lessons.")
        return
    found = compare(by_id[one][1], by_id[two][1], COMPARED)
    st.table(_compared(found))
    for column, lesson_id in ((left, one), (right, two)):
        column.page_link("app_pages/lesson.py", label="Look at it", query_params={"id": lesson_id})


def _compared(found: tuple[Compared, ...]) -> Any:
    import pandas as pd

    def value(metric: Metric | None) -> str:
        return words.written_with_range(metric) if metric else "–"

    rows = [
        (
            words.metric_words(item.name).label,
            value(item.before),
            value(item.after),
            change_words(item.change, item.name),
        )
        for item in found
    ]
    return pd.DataFrame(rows, columns=["Number", "Before", "After", "Did it change?"]).set_index("Number")


def _written(points: tuple[Point, ...], name: str) -> Any:
    import pandas as pd

    form = words.metric_words(name).form
    rows = []
    for item in points:
        between = "" if item.low is None else f"{words.written(item.low, form)} to {words.written(item.high, form)}"
        rows.append((escaped(title_of(item.lesson)), written_day(item.day), words.written(item.value, form), between))
    return pd.DataFrame(rows, columns=["Lesson", "Day", "Value", "May be"]).set_index("Lesson")


show()
