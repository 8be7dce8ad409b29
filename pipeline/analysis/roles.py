"""Teacher, student or unknown, for every speaker: a first version from how much and how one speaks.

Evidence a speaker gives: the share of all talk, how many turns, and how many questions and directions. Where one voice
stands out it is the teacher's and all others are students'; where two are nearly alike, nobody is called a teacher.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.analysis.questions import normalised, question_probability
from pipeline.lesson import Role, Speech, Utterance
from pipeline.timeline import share

TALK_WEIGHT = 1.0
ASKING_WEIGHT = 1.0  # questions and directions are shared out even more unevenly than talk
CLEAR_LEAD = 0.08  # of the score: a smaller lead over the next voice is chance
MIN_TALK_S = 5.0  # less is too little to know anybody's role by

_DIRECTING = re.compile(
    r"^(?:(?:okay|ok|so|now|and|alright|all right|well|good|yes) )*(?:let's|i want you|i'd like you|turn to|turn and"
    r"|look at|take out|open your|talk to|go ahead|raise your|listen|please|who can|tell me|explain|remember|everybody"
    r"|everyone|write down|think about|you have \w+ minutes|can (?:you|somebody|someone|anybody|anyone)|what do you"
    r"|how do you|how did you|why do you|thank you)\b"
)


@dataclass(frozen=True, slots=True)
class SpeakerEvidence:
    """What speaks for a speaker being the teacher: shares (0 to 1) of all talk and of all asking and directing."""

    talk_s: float
    talk_share: float
    asking_share: float

    @property
    def score(self) -> float:
        """Weighted mean of the shares, 0 to 1."""
        return (TALK_WEIGHT * self.talk_share + ASKING_WEIGHT * self.asking_share) / (TALK_WEIGHT + ASKING_WEIGHT)


def gather_evidence(speech: Sequence[Speech], utterances: Sequence[Utterance]) -> Mapping[str, SpeakerEvidence]:
    """Evidence by speaker. Where nobody asks or directs (no transcript, another language), talk alone counts."""
    talk_s: dict[str, float] = {}
    for item in speech:
        talk_s[item.speaker] = talk_s.get(item.speaker, 0.0) + item.span.duration_s
    asking = dict.fromkeys(talk_s, 0.0)
    for utterance in utterances:
        if utterance.speaker in asking:
            asking[utterance.speaker] += _asks_or_directs(utterance)
    whole_s, whole_asking = sum(talk_s.values()), sum(asking.values())
    result = {}
    for speaker, seconds in talk_s.items():
        talk = share(seconds, whole_s) or 0.0
        asked = share(asking[speaker], whole_asking)
        result[speaker] = SpeakerEvidence(seconds, talk, talk if asked is None else asked)
    return result


def _asks_or_directs(utterance: Utterance) -> float:
    directing = bool(_DIRECTING.match(normalised(utterance.text)))
    return max(float(directing), question_probability(utterance.text, language=utterance.language))


def assign_roles(
    speech: Sequence[Speech], utterances: Sequence[Utterance]
) -> tuple[tuple[Speech, ...], tuple[Utterance, ...]]:
    """Speech and utterances with their roles.

    One speaker alone is the teacher; no clear lead makes everybody unknown.
    """
    roles = _roles(gather_evidence(speech, utterances))
    return (
        tuple(replace(item, role=roles.get(item.speaker, "unknown")) for item in speech),
        tuple(replace(item, role=roles.get(item.speaker, "unknown")) for item in utterances),
    )


def _roles(evidence: Mapping[str, SpeakerEvidence]) -> dict[str, Role]:
    ranked = sorted(evidence, key=lambda speaker: -evidence[speaker].score)
    if not ranked or evidence[ranked[0]].talk_s < MIN_TALK_S:
        return {}
    lead = evidence[ranked[0]].score - (evidence[ranked[1]].score if len(ranked) > 1 else 0.0)
    if lead < CLEAR_LEAD:
        return {}
    return {speaker: "teacher" if speaker == ranked[0] else "student" for speaker in ranked}
