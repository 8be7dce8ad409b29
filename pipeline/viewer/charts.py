"""The charts of a lesson page, and the tables behind them.

Colours come from the theme in the order teacher, students, unknown; names and numbers always stand beside them, in
the colour ``ink``, which charts alone do not take from the theme.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from pipeline.lesson import ROLES, Lesson
from pipeline.timeline import summed_s
from pipeline.viewer import words
from pipeline.viewer.move_words import MOVE_WORDS
from pipeline.viewer.pauses import MIDDLES, pause_rows
from pipeline.viewer.said import is_judged, move_of
from pipeline.viewer.voices import voices_of

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

_NAMES = [words.ROLE_WORDS[role] for role in ROLES]
_LONGEST_SHOWN_S = 12.0  # longer pauses stand at the chart's edge, or they would press all others together
_ROW_PX = 30
_BELOW_PX = 20  # Streamlit counts this much room below a chart into its height
_LABEL_PX = 14
_ROOM = 1.15  # of the longest bar: its number stands behind it
_FAINT = 0.72  # pale, and still read: a contrast over 4.5


def talk_table(lesson: Lesson) -> pd.DataFrame:
    """Seconds of talk of each role and their share; ``begins`` and ``ends`` place it in one bar from 0 to 1."""
    import pandas as pd

    seconds = {role: summed_s(item.span for item in lesson.speech if item.role == role) for role in ROLES}
    total_s, begins, rows = sum(seconds.values()), 0.0, []
    for role, talk_s in seconds.items():
        if talk_s <= 0:
            continue
        share = talk_s / total_s
        time = words.written(talk_s, "seconds")
        rows.append((words.ROLE_WORDS[role], time, share, f"{share:.0%}", begins, begins + share))
        begins += share
    return pd.DataFrame(rows, columns=["Who", "Time", "share", "Share", "begins", "ends"])


def talk_chart(table: pd.DataFrame, ink: str) -> alt.LayerChart:
    """One bar: how the talk was shared out."""
    import altair as alt

    base = alt.Chart(table.assign(label=table["Who"] + " " + table["Share"]))
    place = alt.X("begins:Q", axis=None, scale=alt.Scale(domain=[0, 1]))
    bars = base.mark_bar(height=26, cornerRadius=4).encode(
        x=place, x2="ends:Q", y=alt.value(44), color=_role_color("Who"), tooltip=["Who:N", "Time:N", "Share:N"]
    )
    labels = base.mark_text(align="left", baseline="bottom", dx=2, fontSize=_LABEL_PX + 1, fontWeight=600, color=ink)
    return (bars + labels.encode(x=place, y=alt.value(25), text="label:N")).properties(height=62)


def voices_table(lesson: Lesson) -> pd.DataFrame:
    """Seconds of talk of each voice, the longest first within a role."""
    import pandas as pd

    rows = [
        (voice.name, words.ROLE_WORDS[voice.role], round(voice.talk_s, 1), words.written(voice.talk_s, "seconds"))
        for voice in voices_of(lesson)
        if voice.talk_s > 0
    ]
    return pd.DataFrame(rows, columns=["Voice", "Who", "Seconds", "Time"])


def voices_chart(table: pd.DataFrame, ink: str) -> alt.LayerChart:
    """A bar a voice."""
    import altair as alt

    base = alt.Chart(table).encode(
        y=alt.Y("Voice:N", sort=None, title=None, axis=_names_axis(ink)),
        x=alt.X("Seconds:Q", axis=None),
        tooltip=["Voice:N", "Time:N"],
    )
    bars = base.mark_bar(height=16, cornerRadius=3).encode(color=_role_color("Who"))
    labels = base.mark_text(align="left", dx=6, fontSize=_LABEL_PX, color=ink).encode(text="Time:N")
    return (bars + labels).properties(height=max(1, len(table)) * _ROW_PX + _BELOW_PX)


def questions_table(lesson: Lesson) -> pd.DataFrame:
    """How many questions of each kind the teacher asked."""
    import pandas as pd

    asked = Counter(line.question.kind for line in lesson.utterances if line.question and line.role == "teacher")
    rows = [(name, asked[kind], meaning) for kind, (name, meaning) in words.QUESTION_WORDS.items() if asked[kind]]
    return pd.DataFrame(rows, columns=["Kind", "Questions", "Meaning"])


def questions_chart(table: pd.DataFrame, ink: str) -> alt.LayerChart:
    """A bar a kind of question."""
    import altair as alt

    base = alt.Chart(table).encode(
        y=alt.Y("Kind:N", sort=None, title=None, axis=_names_axis(ink)),
        x=alt.X("Questions:Q", axis=None),
        tooltip=["Kind:N", "Questions:Q", "Meaning:N"],
    )
    bars = base.mark_bar(height=16, cornerRadius=3)
    labels = base.mark_text(align="left", dx=6, fontSize=_LABEL_PX, color=ink).encode(text="Questions:Q")
    return (bars + labels).properties(height=max(1, len(table)) * _ROW_PX + _BELOW_PX)


def moves_table(lesson: Lesson) -> pd.DataFrame:
    """How often each talk move was made, those that were not made too; empty where nothing was judged."""
    import pandas as pd

    made = Counter(move.move for line in lesson.utterances if (move := move_of(line)))
    rows = [
        (item.name, words.ROLE_WORDS[item.role], made[item.move], item.meaning)
        for item in MOVE_WORDS.values()
        if is_judged(lesson, item.role)
    ]
    return pd.DataFrame(rows, columns=["Talk move", "Who", "Times", "Meaning"])


def moves_chart(table: pd.DataFrame, ink: str) -> alt.LayerChart:
    """A bar a talk move, below the name of who makes it; those that were not made are faint."""
    import altair as alt
    import pandas as pd

    heads = {who: pd.DataFrame([{"Talk move": who}]) for who in table["Who"].unique()}
    rows = pd.concat([part for who, head in heads.items() for part in (head, table[table["Who"] == who])])
    names, absent = list(rows["Talk move"]), list(table["Talk move"][table["Times"] == 0])
    axis = _names_axis(
        ink,
        labelFontWeight=_where(list(heads), 700, 400),
        labelColor=_where(absent, f"{ink}{round(_FAINT * 255):02x}", ink),
    )
    base = alt.Chart(rows).encode(
        # The names in full: rows without a bar, such as the heads, would be left out.
        y=alt.Y("Talk move:N", scale=alt.Scale(domain=names), title=None, axis=axis),
        x=alt.X("Times:Q", axis=None, scale=alt.Scale(domain=[0, max(1.0, _ROOM * table["Times"].max())])),
        tooltip=["Talk move:N", "Times:Q", "Meaning:N"],
    )
    counted = base.transform_filter("isValid(datum.Times)")
    bars = counted.mark_bar(height=16, cornerRadius=3).encode(color=_role_color("Who"))
    labels = counted.mark_text(align="left", dx=6, fontSize=_LABEL_PX, color=ink).encode(
        text="Times:Q", opacity=alt.condition("datum.Times > 0", alt.value(1), alt.value(_FAINT))
    )
    return (bars + labels).properties(height=len(rows) * _ROW_PX + _BELOW_PX)


def waits_table(lesson: Lesson) -> pd.DataFrame:
    """Every pause after a question or an answer: how long, who ended it, and the middle one by the metric."""
    import pandas as pd

    middles = {metric.name: metric.value for metric in lesson.metrics}
    rows = [
        (
            words.PAUSE_WORDS[row],
            round(wait.span.duration_s, 1),
            f"{wait.span.duration_s:.1f} s",
            words.ROLE_WORDS[wait.by],
            middles.get(MIDDLES.get(row, "")),
        )
        for wait, row in zip(lesson.waits, pause_rows(lesson), strict=True)
    ]
    return pd.DataFrame(rows, columns=["Pause", "Seconds", "Length", "Then spoke", "Middle"])


def waits_chart(table: pd.DataFrame, ink: str) -> alt.LayerChart:
    """A dot a pause, one row for each kind, with a line at the middle one where that is known."""
    import altair as alt

    shown = table.assign(shown=table["Seconds"].clip(upper=_LONGEST_SHOWN_S))
    kinds = list(words.PAUSE_WORDS.values())
    base = alt.Chart(shown).encode(
        y=alt.Y("Pause:N", sort=kinds, title=None, axis=_names_axis(ink)),
        x=alt.X(
            "shown:Q",
            title="seconds of silence",
            scale=alt.Scale(domain=[0, _longest(shown)]),
            axis=alt.Axis(tickCount=6, labelFontSize=_LABEL_PX - 1),
        ),
    )
    dots = (
        base.transform_calculate(jitter="random() - 0.5")
        .mark_point(filled=True, size=70, opacity=0.65)
        .encode(
            yOffset=alt.YOffset("jitter:Q", scale=alt.Scale(domain=[-1, 1])),
            color=_role_color("Then spoke"),
            shape=alt.Shape("Then spoke:N", scale=alt.Scale(domain=_NAMES, range=["square", "circle", "diamond"])),
            tooltip=["Pause:N", "Length:N", "Then spoke:N"],
        )
    )
    middles = (
        base.transform_filter("isValid(datum.Middle)")
        .mark_tick(thickness=3, size=46, color=ink)
        .encode(x="mean(Middle):Q", tooltip=[alt.Tooltip("mean(Middle):Q", title="Middle", format=".1f")])
    )
    return (dots + middles).properties(height=60 + 70 * shown["Pause"].nunique())


def talk_words(table: pd.DataFrame) -> str:
    """The talk bar in words, for those who do not see it."""
    return ", ".join(f"{who} {share}" for who, share in zip(table["Who"], table["Share"], strict=True))


def _names_axis(ink: str, **more: Any) -> alt.Axis:
    import altair as alt

    # Streamlit's theme moves the first and the last label to the edges, away from their rows.
    return alt.Axis(
        labelLimit=180,
        labelFontSize=_LABEL_PX,
        labelPadding=8,
        labelFlush=False,
        ticks=False,
        domain=False,
        **{"labelColor": ink, **more},
    )


def _where(names: list[str], then: float | str, otherwise: float | str) -> Any:
    """What the labels of these names look like, and all others."""
    return {"condition": {"test": f"indexof({json.dumps(names)}, datum.value) >= 0", "value": then}, "value": otherwise}


def _role_color(field: str) -> alt.Color:
    import altair as alt

    return alt.Color(f"{field}:N", scale=alt.Scale(domain=_NAMES), legend=None)


def _longest(table: pd.DataFrame) -> float:
    return max(3.0, float(table["shown"].max()) * 1.04) if len(table) else 3.0
