"""Talk moves in plain words, and how sure a judgement is. The moves are those of TalkMoves (docs/definitions.md)."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.lesson import Role

_SURE, _FAIRLY_SURE = 0.8, 0.6


@dataclass(frozen=True, slots=True)
class MoveWords:
    """A talk move by its label, who makes it, its plain name, and what it means."""

    move: str
    role: Role
    name: str
    meaning: str


_MOVES: tuple[MoveWords, ...] = (
    MoveWords(
        "keeping_everyone_together",
        "teacher",
        "Keeping everyone together",
        "The teacher makes sure that all can follow.",
    ),
    MoveWords(
        "getting_students_to_relate",
        "teacher",
        "Inviting reactions",
        "The teacher asks students to react to what a classmate said.",
    ),
    MoveWords("restating", "teacher", "Restating", "The teacher repeats what a student said, word for word."),
    MoveWords(
        "revoicing",
        "teacher",
        "Revoicing",
        "The teacher repeats a student's idea and adds to it or puts it in other words.",
    ),
    MoveWords(
        "pressing_for_accuracy",
        "teacher",
        "Asking for precision",
        "The teacher asks for a more exact answer or term.",
    ),
    MoveWords(
        "pressing_for_reasoning", "teacher", "Asking for reasons", "The teacher asks why, or how a student knows."
    ),
    MoveWords(
        "relating_to_another_student",
        "student",
        "Relating to a classmate",
        "A student comments on what a classmate said.",
    ),
    MoveWords(
        "asking_for_more_information", "student", "Asking for more", "A student asks for information or for help."
    ),
    MoveWords("making_a_claim", "student", "Stating an answer", "A student states an answer or a fact."),
    MoveWords("providing_evidence_or_reasoning", "student", "Giving reasons", "A student explains why, or shows how."),
)
MOVE_WORDS: dict[str, MoveWords] = {item.move: item for item in _MOVES}


def sureness(confidence: float) -> str:
    """How sure the program is of one judgement, in words."""
    return "sure" if confidence >= _SURE else "fairly sure" if confidence >= _FAIRLY_SURE else "unsure"
