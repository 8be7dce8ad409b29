"""Who a voice is, where the program was wrong: one choice, undone as easily, and the numbers follow at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pipeline.lesson import ROLES, Lesson, Role
from pipeline.store.rows import CorrectionRow, LessonRow
from pipeline.timeline import clock
from pipeline.viewer.actions import correct_voice, undo_correction
from pipeline.viewer.attempts import attempt
from pipeline.viewer.markdown import escaped
from pipeline.viewer.queries import corrections
from pipeline.viewer.voices import voices_of

if TYPE_CHECKING:
    from pipeline.viewer.voices import Voice

_ROLE_NAMES: dict[Role, str] = {"teacher": "the teacher", "student": "a student", "unknown": "nobody can tell"}


def who_is_it(row: LessonRow, lesson: Lesson) -> None:
    """The form for a voice that was taken for the wrong role, or is another voice's, and what was corrected so far."""
    voices = [voice for voice in voices_of(lesson) if voice.talk_s > 0]
    made = corrections(row.id)
    if not voices:
        return
    with st.expander("Is a voice wrong?"):
        _form(row, lesson, voices)
        for item in made:
            _made(row, item)


def _form(row: LessonRow, lesson: Lesson, voices: list[Voice]) -> None:
    names = {(voice.speaker, voice.role): voice.name for voice in voices}
    keys = list(names)
    with st.form(f"correct-{row.id}", border=False, width=620):
        which = st.selectbox("This voice", keys, format_func=lambda key: _heard(lesson, key, names[key]))
        roles: list[Role | tuple[str, Role]] = [*ROLES, *keys]
        what = st.selectbox(
            "is really",
            roles,
            format_func=lambda item: f"the same as {names[item]}" if isinstance(item, tuple) else _ROLE_NAMES[item],
        )
        sent = st.form_submit_button("Correct it", type="primary")
    if sent:
        speaker, role = (what[0], None) if isinstance(what, tuple) else (None, what)
        attempt(lambda: correct_voice(row.id, which[0], speaker=speaker, role=role))


def _heard(lesson: Lesson, key: tuple[str, Role], name: str) -> str:
    """The voice's name and where it is heard first, so that one can listen before one decides."""
    first = min(item.span.start_s for item in lesson.speech if (item.speaker, item.role) == key)
    return f"{name} (first heard at {clock(first)})"


def _made(row: LessonRow, item: CorrectionRow) -> None:
    text, undo = st.columns([5, 1], vertical_alignment="center")
    change = item.correction
    what = _ROLE_NAMES[change.role] if change.role else "another voice"
    places = (change.span,) if change.span else change.voice[:1]
    where = f" from {clock(places[0].start_s)} on" if places else ""
    by = f", by {item.author}" if item.author else ""
    text.write(escaped(f"A voice{where} was said to be {what}{by}."))
    if undo.button("Undo", key=f"undo-{item.id}", width="stretch"):
        attempt(lambda: undo_correction(row.id, item.id))
