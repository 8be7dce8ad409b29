"""What a model's judgements make of a lesson: moves, uptake, and what can be read from words alone (praise, reasons).

A model judges English text. Utterances in other languages keep None: not judged is not the same as none.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from pipeline.analysis.questions import JUDGED_LANGUAGES, normalised
from pipeline.lesson import Role, Utterance
from pipeline.ports import STUDENT_LABELS, TEACHER_LABELS, Judgement, Sentence

UPTAKE_WORDS = 5  # a shorter student turn leaves nothing to build on (docs/definitions.md)

Praise = Literal["specific", "general"]
# About what a developer who read 45 sentences of each found (docs/accuracy.md): 40 and 44 were praise.
PRAISE_IS_ONE: dict[Praise, float] = {"specific": 0.85, "general": 0.9}


@dataclass(frozen=True, slots=True)
class Exchange:
    """A student's turn and the teacher's right after it; ``utterance_id`` is the teacher's first utterance."""

    utterance_id: str
    student: str
    teacher: str


def sentences_of(utterances: Sequence[Utterance]) -> tuple[Sentence, ...]:
    """The utterances as a model reads them."""
    before = [None, *(item.speaker for item in utterances)]
    return tuple(
        Sentence(item.text, item.role, item.speaker != last) for item, last in zip(utterances, before, strict=False)
    )


def group_turns(utterances: Iterable[Utterance]) -> list[list[Utterance]]:
    """Utterances of one speaker that follow each other."""
    turns: list[list[Utterance]] = []
    for item in utterances:
        if turns and turns[-1][0].speaker == item.speaker:
            turns[-1].append(item)
        else:
            turns.append([item])
    return turns


def find_exchanges(utterances: Sequence[Utterance]) -> tuple[Exchange, ...]:
    """Where a teacher speaks right after a student's turn of at least five words, both in a language that is judged."""
    turns = group_turns(item for item in utterances if item.text.strip())
    found = []
    for student, teacher in itertools.pairwise(turns):
        said, reply = (" ".join(item.text for item in turn) for turn in (student, teacher))
        languages = {item.language for item in (*student, *teacher)}
        if student[0].role != "student" or teacher[0].role != "teacher" or not languages <= JUDGED_LANGUAGES:
            continue
        if len(normalised(said).split()) >= UPTAKE_WORDS:
            found.append(Exchange(teacher[0].id, said, reply))
    return tuple(found)


def label_moves(utterances: Sequence[Utterance], judgements: Sequence[Judgement | None]) -> tuple[Utterance, ...]:
    """The utterances with their talk move and how sure it is; None for unknown roles and languages, and for no move."""
    return tuple(
        item if judgement is None or item.language not in JUDGED_LANGUAGES else _with_move(item, judgement)
        for item, judgement in zip(utterances, judgements, strict=True)
    )


def _with_move(item: Utterance, judgement: Judgement) -> Utterance:
    if item.role == "unknown":
        return item
    move, confidence = likeliest_move(judgement, item.role)
    if item.role == "teacher":
        return replace(item, teacher_move=move, move_confidence=confidence)
    return replace(item, student_move=move, move_confidence=confidence)


def likeliest_move(judgement: Judgement, role: Role) -> tuple[str | None, float]:
    """The move (None for none) should that role have spoken, and its probability."""
    labels, shares = (TEACHER_LABELS, judgement.teacher) if role == "teacher" else (STUDENT_LABELS, judgement.student)
    place = max(range(len(shares)), key=shares.__getitem__)
    return (labels[place] if place else None), round(min(1.0, shares[place]), 3)


def label_uptake(utterances: Sequence[Utterance], scores: dict[str, float]) -> tuple[Utterance, ...]:
    """The utterances with ``uptake`` where a score is known, by the utterance's id."""
    return tuple(replace(item, uptake=round(scores[item.id], 3)) if item.id in scores else item for item in utterances)


_GOOD = (
    r"(?:good|great|nice|excellent|awesome|wonderful|fantastic|amazing|beautiful|brilliant|perfect|terrific|lovely"
    r"|outstanding|impressive)"
)
_WORK = (
    r"(?:job|work|thinking|idea|ideas|question|point|observation|explanation|strategy|try|effort|answer|answers|start"
    r"|connection|catch|example|reasoning|listening|sharing|teamwork|discussion|progress|explaining|noticing)"
)
# Says what was good: what somebody did, or praise with more behind it.
_SPECIFIC = re.compile(
    rf"\b(?:i (?:really )?(?:like|love|liked|loved|appreciate|appreciated|admire)"
    r" (?:how|that you|that he|that she|that they|the way|what you|what he|what she|what they|your|his|her)"
    rf"|{_GOOD} {_WORK} (?:of |in |on |at |about |with |by |for |when |explaining|using|showing|finding|listening|working"
    r"|thinking|sharing|noticing|connecting|checking|trying|remembering|because)"
    rf"|{_GOOD} use of|that(?:'s| is| was) (?:a |an |such a )(?:very |really )?{_GOOD} way (?:of|to)"
    rf"|{_GOOD} (?:explaining|noticing|reasoning|listening|observation|connection|catch)"
    rf"|(?:thank you|thanks) (?:so much )?for (?!coming|watching|your (?:time|attention))\w+ing"
    r"|i(?:'m| am) (?:so )?(?:proud of|impressed (?:by|with|that))"
    rf"|that(?:'s| is| was) (?:a |an |such a |really |very )*{_GOOD} (?:\w+ )?{_WORK}"
    r"|you (?:explained|worked|listened|thought) (?:that |it |this )?(?:so |really |very )?(?:well|hard|carefully|clearly))\b"
)
_GENERAL = re.compile(
    rf"\b(?:(?:very |really |so |that's |that is |you're |yes |okay |oh |all )*{_GOOD}(?: {_WORK})?(?: (?:everybody|everyone"
    r"|guys|class|friends|boys and girls|ladies and gentlemen|there|you guys))?$"
    rf"|^(?:okay |oh |yes |yeah |and |well )*(?:that's|that is|that was|you did|you're doing) (?:very |really |so )*"
    rf"(?:{_GOOD}|well)(?: \w+)?$|^(?:oh )?(?:i )?(?:love it|love that)$|^(?:oh )?wow$"
    r"|well done|way to go|good for you|nicely done|you got it|good (?:boy|girl|man)|bravo|kudos|hooray"
    rf"|^(?:okay |oh |yes |yeah |very |so )*{_GOOD}(?: {_WORK})?\b)"
)
# Words of judgement that are something else: "good morning", "is it good", "a great deal", "perfect square".
_NO_PRAISE = re.compile(
    r"\b(?:good (?:morning|afternoon|evening|night|day|luck|enough)|great (?:deal|big|britain|wall|lakes)|perfect squares?"
    r"|nice to (?:meet|see)|greater|not (?:so |very |that )?good|no good|(?:is|are|was|be|looks|look|feel|feels|feeling"
    r"|sound|sounds|everybody|everyone|we|you) (?:good|great) ?(?:$|to\b|so far|with)|good (?:at|to))\b"
)


def find_praise(text: str) -> tuple[Praise, float] | None:
    """Whether a teacher's English utterance praises: specific (says what was good) or general, and how sure that is."""
    plain = normalised(text)
    if not plain or text.rstrip().endswith("?") or plain.startswith("if "):
        return None
    if _SPECIFIC.search(plain):
        return "specific", PRAISE_IS_ONE["specific"]
    if _GENERAL.search(plain) and not _NO_PRAISE.search(plain):
        return "general", PRAISE_IS_ONE["general"]
    return None


def label_praise(utterances: Sequence[Utterance]) -> tuple[Utterance, ...]:
    """The utterances with ``praise`` where a teacher praises in English."""
    return tuple(
        replace(item, praise=found[0], praise_confidence=found[1])
        if item.role == "teacher" and item.language in JUDGED_LANGUAGES and (found := find_praise(item.text))
        else item
        for item in utterances
    )


_REASON = re.compile(
    r"\b(?:because|cause|cuz|since (?:it|we|you|they|there|the|that)|so that means|that means|which means|that's why"
    r"|the reason|if .+ then|therefore|so (?:it|that|they|you) (?:has|have|must|would|can't|can))\b"
)


def gives_reason(text: str) -> bool:
    """Whether an English utterance gives a reason, by its words alone; for use where no model judges."""
    return bool(_REASON.search(normalised(text)))
