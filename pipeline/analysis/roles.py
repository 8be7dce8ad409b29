"""Teacher, student or unknown, for every stretch of speech, with how sure that is.

The evidence for a voice being the teacher's: how much of the talk it has, whether it sounds like an adult, who asks and
directs, and an enrolled voice where there is one. One voice is the main teacher; others are teachers beside it where they too
sound like adults and talk about as much, but never all. Where no voice is more likely than not to be a teacher's, all roles are
unknown. A student may talk most; a class may be of adults (then voices say little, and talk and questions decide).

The weights of voice and talk were fitted by ``pipeline/training/roles.py`` on simulated lessons with known roles.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.analysis.questions import normalised, question_probability
from pipeline.lesson import Role, Speech, Utterance
from pipeline.timeline import share

MIN_TALK_S = 5.0  # of the voice that talks most: less is too little to know anybody's role by
LIKELY_TEACHER = 0.55  # some voice has to be a teacher's with this probability; less is a coin's toss
MAX_LOG_ODDS = 3.0  # of a voice's age: beyond, they tell how unlike both the training's people it is
ENOUGH_TALK_S = 5.0  # a voice heard for this long has its age counted half
ENOUGH_ASKING = 4.0  # questions and directions of the lesson at which their shares count half
ONE_GROUP_SPREAD = 1.4  # times the teacher's: on simulated lessons, from here on most counts of students are too low
MIN_GROUP_S = 20.0  # of students' talk: the spread of less is chance
ALMOST = 0.995  # nobody is surer than this by a voice


@dataclass(frozen=True, slots=True)
class RoleModel:
    """Weights of the evidence, in log odds.

    ``talk``: of the square root of a voice's share of the talk; ``age``: of its child log odds; ``asking``: of how far its share
    of questions and directions exceeds its share of talk (not fitted: the simulated lessons hold no real questions; twice the
    others at most). ``also_*``: for a further teacher beside the main one; ``also_talk`` of the log ratio of their talk,
    ``also_age`` of its own age, ``also_younger`` of how much younger than the main teacher it sounds. ``sure_*``: from the
    probability of a role (as log odds) and of a speaker to the confidence of a stretch, the error of hearing speech
    where there is none included.
    """

    talk: float = 3.27
    age: float = -1.83
    asking: float = 4.0
    also: float = -0.51
    also_talk: float = 1.93
    also_age: float = -1.95
    also_younger: float = -0.43
    sure: float = 0.29
    sure_role: float = 0.61
    sure_speaker: float = 0.47


_DIRECTING = re.compile(
    r"^(?:(?:okay|ok|so|now|and|alright|all right|well|good|yes) )*(?:let's|i want you|i'd like you|turn to|turn and"
    r"|look at|take out|open your|talk to|go ahead|raise your|listen|please|who can|tell me|explain|remember|everybody"
    r"|everyone|write down|think about|you have \w+ minutes|can (?:you|somebody|someone|anybody|anyone)|what do you"
    r"|how do you|how did you|why do you|thank you)\b"
)


@dataclass(frozen=True, slots=True)
class SpeakerEvidence:
    """What speaks for a voice being the teacher's: shares (0 to 1) of all talk and of all asking and directing.

    ``asking``: how much asking and directing the whole lesson holds. ``child_log_odds``: how far the voice is a child's (above
    0) rather than an adult's; ``enrolled_log_odds``: how far it is the enrolled teacher's; 0 where nobody listened to that.
    """

    talk_s: float
    talk_share: float
    asking_share: float
    asking: float = 0.0
    child_log_odds: float = 0.0
    enrolled_log_odds: float = 0.0

    @property
    def age(self) -> float:
        """The child log odds, bounded and the less the shorter the voice was heard."""
        bounded = min(max(self.child_log_odds, -MAX_LOG_ODDS), MAX_LOG_ODDS)
        return bounded * self.talk_s / (self.talk_s + ENOUGH_TALK_S)

    @property
    def lead(self) -> float:
        """How much more of the asking than of the talk is this voice's, -1 to 1, the less the fewer questions there are."""
        return (self.asking_share - self.talk_share) * self.asking / (self.asking + ENOUGH_ASKING)


def gather_evidence(speech: Sequence[Speech], utterances: Sequence[Utterance]) -> Mapping[str, SpeakerEvidence]:
    """Evidence by speaker. Where nobody asks or directs (no transcript, another language), talk and voice alone count."""
    talk_s: dict[str, float] = {}
    for item in speech:
        talk_s[item.speaker] = talk_s.get(item.speaker, 0.0) + item.span.duration_s
    asking = dict.fromkeys(talk_s, 0.0)
    for utterance in utterances:
        if utterance.speaker in asking:
            asking[utterance.speaker] += _asks_or_directs(utterance)
    whole_s, whole_asking = sum(talk_s.values()), sum(asking.values())
    ages = _means((item.speaker, item.span.duration_s, item.child_log_odds) for item in speech)
    known = _means((item.speaker, item.span.duration_s, item.enrolled_log_odds) for item in speech)
    result = {}
    for speaker, seconds in talk_s.items():
        talk = share(seconds, whole_s) or 0.0
        asked = share(asking[speaker], whole_asking)
        result[speaker] = SpeakerEvidence(
            talk_s=seconds,
            talk_share=talk,
            asking_share=talk if asked is None else asked,
            asking=whole_asking,
            child_log_odds=ages.get(speaker, 0.0),
            enrolled_log_odds=known.get(speaker, 0.0),
        )
    return result


def _means(parts: Iterable[tuple[str, float, float | None]]) -> dict[str, float]:
    """The mean value of each speaker, by seconds, over the stretches that have one."""
    sums: dict[str, tuple[float, float]] = {}
    for speaker, seconds, value in parts:
        if value is not None:
            whole_s, total = sums.get(speaker, (0.0, 0.0))
            sums[speaker] = (whole_s + seconds, total + seconds * value)
    return {speaker: total / seconds for speaker, (seconds, total) in sums.items() if seconds > 0}


def _asks_or_directs(utterance: Utterance) -> float:
    directing = bool(_DIRECTING.match(normalised(utterance.text)))
    return max(float(directing), question_probability(utterance.text, language=utterance.language))


def assign_roles(
    speech: Sequence[Speech], utterances: Sequence[Utterance], model: RoleModel | None = None
) -> tuple[tuple[Speech, ...], tuple[Utterance, ...]]:
    """Speech and utterances with their roles; speech also with the confidence of the role, None where that is unknown."""
    model = model or RoleModel()
    evidence = gather_evidence(speech, utterances)
    teacher = teacher_probability(evidence, model)
    most_s = max((item.talk_s for item in evidence.values()), default=0.0)
    if most_s < MIN_TALK_S or max(teacher.values(), default=0.0) < LIKELY_TEACHER:
        return (
            tuple(replace(item, role="unknown", role_confidence=None) for item in speech),
            tuple(replace(item, role="unknown") for item in utterances),
        )
    roles: dict[str, Role] = {voice: "teacher" if chance > 0.5 else "student" for voice, chance in teacher.items()}
    return (
        tuple(_with_role(item, roles[item.speaker], teacher, model) for item in speech),
        tuple(replace(item, role=roles.get(item.speaker, "unknown")) for item in utterances),
    )


def _with_role(item: Speech, role: Role, teacher: Mapping[str, float], model: RoleModel) -> Speech:
    """The stretch in its voice's role; that it may be another voice's counts only where that one has another role."""
    sure = 1.0 if item.speaker_confidence is None else item.speaker_confidence
    voices = {item.speaker: sure, **{voice: chance for voice, chance in item.others if voice in teacher}}
    whole = sum(voices.values())
    chance = sum(part * teacher[voice] for voice, part in voices.items()) / whole if whole else teacher[item.speaker]
    odds = _log_odds(chance if role == "teacher" else 1 - chance)
    confidence = _logistic(model.sure + model.sure_role * odds + model.sure_speaker * sure)
    return replace(item, role=role, role_confidence=round(confidence, 3))


def students_told_apart(speech: Sequence[Speech]) -> bool:
    """Whether the students' voices stand for one person each, as far as can be heard.

    Where their pieces are much less alike than those of the teacher's voice, several students were taken for one.
    """
    spread = {}
    for role in ("teacher", "student"):
        parts = ((role, item.span.duration_s, item.voice_spread) for item in speech if item.role == role)
        spread[role] = _means(parts).get(role)
    teacher, student = spread["teacher"], spread["student"]
    talk_s = sum(item.span.duration_s for item in speech if item.role == "student")
    return teacher is None or student is None or talk_s < MIN_GROUP_S or student <= ONE_GROUP_SPREAD * teacher


def teacher_probability(evidence: Mapping[str, SpeakerEvidence], model: RoleModel | None = None) -> dict[str, float]:
    """How probably each voice is a teacher's: the main one's, or another's beside the main one."""
    model = model or RoleModel()
    voices = list(evidence)
    scores = [
        model.talk * math.sqrt(item.talk_share)
        + model.age * item.age
        + model.asking * item.lead
        + item.enrolled_log_odds
        for item in evidence.values()
    ]
    highest = max(scores, default=0.0)
    main = [math.exp(score - highest) for score in scores]
    whole = sum(main)
    result = dict.fromkeys(voices, 0.0)
    for voice, weight in zip(voices, main, strict=True):
        also = {other: _beside(evidence[other], evidence[voice], model) for other in voices if other != voice}
        everybody = math.prod(also.values()) if also else 0.0
        result[voice] += weight / whole
        for other, chance in also.items():
            # There is somebody to teach: that all are teachers is ruled out.
            result[other] += weight / whole * (chance - everybody) / max(1 - everybody, 1e-9)
    return result


def _beside(item: SpeakerEvidence, main: SpeakerEvidence, model: RoleModel) -> float:
    """The probability that a voice is a teacher's, too, beside the main teacher's."""
    talk = math.log((item.talk_s + 0.5) / (main.talk_s + 0.5))
    return _logistic(
        model.also
        + model.also_talk * talk
        + model.also_age * item.age
        + model.also_younger * (item.age - main.age)
        + model.asking * item.lead
        + item.enrolled_log_odds
    )


def _logistic(odds: float) -> float:
    return 1 / (1 + math.exp(-min(max(odds, -30.0), 30.0)))


def _log_odds(chance: float) -> float:
    bounded = min(max(chance, 1 - ALMOST), ALMOST)
    return math.log(bounded / (1 - bounded))
