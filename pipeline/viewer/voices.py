"""Names for the voices of a lesson: Teacher, Student 1, Student 2, ... The program never guesses who somebody is."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from pipeline.lesson import ROLES, Lesson, Role

_NAMES: dict[Role, str] = {"teacher": "Teacher", "student": "Student", "unknown": "Voice"}


@dataclass(frozen=True, slots=True)
class Voice:
    """One speaker as pages show it: a name made of role and number, and how long it was heard."""

    speaker: str
    role: Role
    name: str
    talk_s: float


def voices_of(lesson: Lesson) -> tuple[Voice, ...]:
    """The speakers: teachers first, then students, then the rest; the one who was heard longest first."""
    talk_s: dict[tuple[str, Role], float] = defaultdict(float)
    for item in lesson.speech:
        talk_s[item.speaker, item.role] += item.span.duration_s
    for line in lesson.utterances:
        talk_s.setdefault((line.speaker, line.role), 0.0)
    found: list[Voice] = []
    for role in ROLES:
        mine = sorted(((who, s) for (who, its), s in talk_s.items() if its == role), key=lambda item: -item[1])
        alone = role == "teacher" and len(mine) == 1
        found += [
            Voice(who, role, _NAMES[role] if alone else f"{_NAMES[role]} {number}", seconds)
            for number, (who, seconds) in enumerate(mine, start=1)
        ]
    return tuple(found)
