"""Teacher, student or unknown, for every speaker: from the voice, and from how much and how one speaks.

Where children and adults are both heard clearly, the adults are teachers (there may be several) and the children students,
whoever talks most. Else (adult students, recordings in which ages are not told apart) the share of all talk and of
questions and directions decides: where one voice stands out it is the teacher's and all others are students'; where two are
nearly alike, nobody is called a teacher.
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
MIN_CHILD_S = 3.0  # of children's voices in a lesson: less may be one misheard piece
MIN_CHILD_LOG_ODDS = 0.5  # mean of the voices called children: below, adults of different pitch are being told apart
MIN_AGES_APART = 1.0  # log odds between the means of the two groups
ADULT_BORDER = (-0.9, 0.2)  # log odds between which the border of a lesson may lie, wherever its voices fall apart best
MINOR_SHARE = 0.15  # of the talk of the adult who talks most: there are more students than teachers in a room, ...
MINOR_MARGIN = 0.7  # ... so who talks less than that has to sound clearly adult
MIN_TALK_S = 5.0  # less is too little to know anybody's role by

_DIRECTING = re.compile(
    r"^(?:(?:okay|ok|so|now|and|alright|all right|well|good|yes) )*(?:let's|i want you|i'd like you|turn to|turn and"
    r"|look at|take out|open your|talk to|go ahead|raise your|listen|please|who can|tell me|explain|remember|everybody"
    r"|everyone|write down|think about|you have \w+ minutes|can (?:you|somebody|someone|anybody|anyone)|what do you"
    r"|how do you|how did you|why do you|thank you)\b"
)


@dataclass(frozen=True, slots=True)
class SpeakerEvidence:
    """What speaks for a speaker being the teacher: shares (0 to 1) of all talk and of all asking and directing.

    ``child_log_odds``: how far the voice is a child's (above 0) rather than an adult's; None where nobody listened to that.
    """

    talk_s: float
    talk_share: float
    asking_share: float
    child_log_odds: float | None = None

    @property
    def score(self) -> float:
        """Weighted mean of the shares, 0 to 1."""
        return (TALK_WEIGHT * self.talk_share + ASKING_WEIGHT * self.asking_share) / (TALK_WEIGHT + ASKING_WEIGHT)


def gather_evidence(speech: Sequence[Speech], utterances: Sequence[Utterance]) -> Mapping[str, SpeakerEvidence]:
    """Evidence by speaker. Where nobody asks or directs (no transcript, another language), talk alone counts."""
    talk_s, ages = dict[str, float](), _ages(speech)
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
        result[speaker] = SpeakerEvidence(seconds, talk, talk if asked is None else asked, ages.get(speaker))
    return result


def _ages(speech: Sequence[Speech]) -> dict[str, float]:
    """The mean log odds of each voice being a child's, by length of its stretches."""
    sums: dict[str, tuple[float, float]] = {}
    for item in speech:
        if item.child_log_odds is not None:
            seconds, odds = sums.get(item.speaker, (0.0, 0.0))
            duration_s = item.span.duration_s
            sums[item.speaker] = (seconds + duration_s, odds + duration_s * item.child_log_odds)
    return {speaker: odds / seconds for speaker, (seconds, odds) in sums.items() if seconds > 0}


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
    adults = find_adults(evidence)
    if adults:
        return {speaker: "teacher" if speaker in adults else "student" for speaker in evidence}
    ranked = sorted(evidence, key=lambda speaker: -evidence[speaker].score)
    if not ranked or evidence[ranked[0]].talk_s < MIN_TALK_S:
        return {}
    lead = evidence[ranked[0]].score - (evidence[ranked[1]].score if len(ranked) > 1 else 0.0)
    if lead < CLEAR_LEAD:
        return {}
    return {speaker: "teacher" if speaker == ranked[0] else "student" for speaker in ranked}


def find_adults(evidence: Mapping[str, SpeakerEvidence]) -> frozenset[str]:
    """The adult voices of a lesson in which children are heard too; empty where the two cannot be told apart.

    Voices are split in two by age where the groups differ most for their size (Otsu 1979), within the limits in which
    adults of other lessons lie.
    """
    aged = [(item.child_log_odds, item.talk_s, speaker) for speaker, item in evidence.items() if item.talk_s > 0]
    voices = sorted((odds, talk_s, speaker) for odds, talk_s, speaker in aged if odds is not None)
    splits = [(_mean(voices[:place]), _mean(voices[place:]), place) for place in range(1, len(voices))]
    if not splits:
        return frozenset()
    apart = {place: _talk_s(voices[:place]) * _talk_s(voices[place:]) * (b - a) ** 2 for a, b, place in splits}
    adult_mean, child_mean, _ = max(splits, key=lambda split: apart[split[2]])
    border = min(max((adult_mean + child_mean) / 2, ADULT_BORDER[0]), ADULT_BORDER[1])
    adults = [voice for voice in voices if voice[0] < border]
    most_s = max((talk_s for _, talk_s, _ in adults), default=0.0)
    adults = [v for v in adults if v[1] >= MINOR_SHARE * most_s or v[0] < border - MINOR_MARGIN]
    children = [voice for voice in voices if voice not in adults]
    clear = (
        _talk_s(adults) >= MIN_TALK_S
        and _talk_s(children) >= MIN_CHILD_S
        and child_mean >= MIN_CHILD_LOG_ODDS
        and child_mean - adult_mean >= MIN_AGES_APART
    )
    return frozenset(speaker for _, _, speaker in adults) if clear else frozenset()


_Voice = tuple[float, float, str]


def _talk_s(voices: Sequence[_Voice]) -> float:
    return sum(talk_s for _, talk_s, _ in voices)


def _mean(voices: Sequence[_Voice]) -> float:
    return sum(odds * talk_s for odds, talk_s, _ in voices) / _talk_s(voices)
