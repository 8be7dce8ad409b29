"""The chart of one number over a teacher's lessons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipeline.viewer import words
from pipeline.viewer.lesson_list import title_of
from pipeline.workspace.growth import Point

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

_HEIGHT_PX = 260


def growth_table(points: Sequence[Point], name: str) -> pd.DataFrame:
    """One row a lesson, shares in percent."""
    import pandas as pd

    form = words.metric_words(name).form
    scale = 100 if form == "share" else 1
    rows = [
        (
            number,
            title_of(item.lesson),
            f"{item.day:%Y-%m-%d}",
            item.value * scale,
            None if item.low is None else item.low * scale,
            None if item.high is None else item.high * scale,
            words.written(item.value, form),
        )
        for number, item in enumerate(points, start=1)
    ]
    return pd.DataFrame(rows, columns=["Number", "Lesson", "Day", "Value", "Low", "High", "Written"])


def growth_chart(table: pd.DataFrame, name: str, ink: str) -> alt.LayerChart:
    """A point a lesson, with a bar of what it may be off by; lessons stand in their order, whatever lies between them."""
    import altair as alt

    unit = {"share": "percent", "seconds": "seconds"}.get(words.metric_words(name).form, "")
    base = alt.Chart(table, height=_HEIGHT_PX).encode(
        x=alt.X("Number:O", title="Lesson", axis=alt.Axis(labelAngle=0)),
        tooltip=["Lesson:N", "Day:N", "Written:N"],
    )
    line = base.mark_line(color=ink, opacity=0.35, strokeWidth=1.5).encode(y=alt.Y("Value:Q", title=unit))
    bars = base.transform_filter("isValid(datum.Low)").mark_rule(strokeWidth=5, opacity=0.35, color=ink)
    points = base.mark_point(filled=True, size=90, opacity=1, color=ink).encode(y="Value:Q")
    return alt.layer(line, bars.encode(y="Low:Q", y2="High:Q"), points)
