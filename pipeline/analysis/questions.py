"""Which utterances ask for an answer, and what kind of question they are.

Where a model has judged the words, its judgement decides, with the mark that speech recognition set as one more sign. Where
none has, rules do, for English: each sign adds to a score in log odds, with weights set by hand, in halves. Speech recognition
loses a third of the question marks and sets some where none belongs. How far all this can be trusted stands in
docs/accuracy.md. Other languages than English are judged by the mark alone.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, cast

from pipeline.lesson import Question, QuestionKind, Utterance
from pipeline.ports import DEMAND_LABELS, FOCUS_LABELS, QUESTION_KINDS, Judgement

ASKING = 0.4  # best balance of misses and false alarms on text without marks; asking is rarer than telling

# Parts of the patterns below, which are matched on lower-case text without punctuation.
_OPENERS = (
    r"(?:(?:okay|ok|so|and|but|now|well|alright|all right|um|uh|oh|yeah|yes|no|right|or|then|because|like|guys|hey|good"
    r"|everybody|class) )*"
)
_NOT = r"(?:isn't|aren't|wasn't|weren't|doesn't|don't|didn't|can't|couldn't|won't|wouldn't|shouldn't|haven't|hasn't)"
_BE = r"(?:is|are|am|was|were)"
_AUX = rf"(?:do|does|did|{_BE}|can|could|will|would|should|shall|has|have|had|may|might|{_NOT})"
_PEOPLE = r"(?:i|you|we|they|he|she|y'all|anyone|anybody|someone|somebody|everyone|everybody)(?![\w'])"
_THINGS = r"(?:it|this|that|these|those|there|the|a|an|all|both|one|any|some|my|your|his|her|our|their)(?![\w'])"
_WH = r"(?:what|why|how|where|who|whose|which|when)"


def _not_after(words: str) -> str:
    """A pattern that fails behind any of the words (joined by "|")."""
    return "".join(rf"(?<!\b{word} )" for word in words.split("|"))


# Behind these, "right", "correct" and "okay" are praise or a place, not a tag that asks.
_IS = _not_after("that's|you're|is|are|be|was|it's|they're|the")
_NOT_A_TAG = {
    "right": _not_after("all|exactly|got|absolutely|upper|top|left to"),
    "okay": _not_after("got you|oh|great|good|yes|yeah|perfect|right|alright|ah"),
    "correct": _not_after("not|of"),
}

# (name, pattern, weight in log odds)
_SIGNS: tuple[tuple[str, re.Pattern[str], float], ...] = tuple(
    (name, re.compile(pattern), weight)
    for name, pattern, weight in (
        # The order of words: "did Ana", "do you", "what would".
        (
            "aux_first",
            rf"^{_OPENERS}(?:does|did|{_BE}|can|could|will|would|should|has|(?!don't){_NOT}) (?!not\b)\w",
            2.5,
        ),
        ("do_first", rf"^{_OPENERS}(?:do|have|had|may) {_PEOPLE}", 2.0),
        ("aux_people", rf"\b(?:do|did|are|am|can|could|will|would|should|shall) {_PEOPLE}", 3.0),
        ("aux_thing", r"\b(?:does|is|are|would|will|could|should|can|was) (?:it|there|these|those)(?![\w'])", 2.5),
        ("aux_that", r"\b(?:is|does|would|was|doesn't|isn't) (?:that|this|the)(?![\w'])", 1.5),
        ("wh_first", rf"^{_OPENERS}(?:what|why|how|who|whose)\b(?!'s why)", 2.5),
        ("which_one", r"\bwhich (?:one|ones)\b", 2.5),
        ("which_first", rf"^{_OPENERS}which (?!is\b|are\b|was\b|means\b|makes\b|would\b|gives\b)", 3.0),
        ("wh_aux", rf"\b(?:what|why|how|where|who|when) (?:else |exactly )?{_AUX}\b", 2.0),
        ("wh_noun_aux", rf"\b(?:what|how|which) (?!{_PEOPLE}|{_THINGS}|is\b|are\b)\w+(?: \w+)? {_AUX}\b", 1.0),
        ("wh_is", r"\b(?:what|who|where|how|why)'(?:s|re|d)\b", 2.5),
        ("how_many", r"\bhow (?:many|much|about|come|long|far|big|old|often)\b", 2.0),
        ("what_about", r"\b(?:what (?:about|if|else|kind|number)|who else|where else|how else|why not)\b", 2.0),
        ("wh_last", r"\b(?:what|who|where|how many|how much|what \w+|which one|how come|is why|and why|why|how)$", 3.5),
        ("blank_last", r"\b(?:is|are|be|equals|equal to|equal|get|or|i|makes|called)$", 1.5),
        # Words that look for somebody or something.
        ("anyone", r"(?<!if )\b(?:anyone|anybody|anything else|anyone's|any other|any more)\b", 2.5),
        ("any_first", rf"^{_OPENERS}(?:any|questions|no one|nobody)\b", 3.0),
        ("any_questions", r"(?<!you have )\b(?:any|other|more) (?:questions|ideas|thoughts|comments)\b", 2.0),
        ("you_think", rf"^{_OPENERS}you (?:think|want|said|mean|agree)\b", 2.5),
        ("you_first", rf"^{_OPENERS}you (?:sure|see|guys|ready|remember|understand)\b", 1.0),
        (
            "everybody",
            r"\b(?:everybody|everyone) (?:good|ready|agree|understand|see|okay|ok|got|have|done|with|clear)\b",
            2.5,
        ),
        # Tags behind a statement.
        ("right_last", rf"{_IS}{_NOT_A_TAG['right']}\bright$", 4.0),
        ("okay_last", rf"{_IS}{_NOT_A_TAG['okay']}(?<=\w )(?:okay|ok)$", 3.0),
        ("correct_last", rf"{_IS}{_NOT_A_TAG['correct']}(?<=\w )correct$", 2.5),
        ("tag", rf"\b{_NOT} (?:i|you|he|she|it|we|they|that|this|there)$", 3.5),
        (
            "tag_word",
            r"\b(?:huh|yes or no|you know what i mean|make sense|sound good|with me|or not|or no|agree|ready)$",
            3.0,
        ),
        ("word_alone", r"^(?:okay|ok|yes|yeah|no|really|pardon|anybody|anyone|everybody|everyone)$", 1.0),
        ("remember_alone", r"^(?:okay )?(?:remember|pardon me|excuse me)$", 2.5),
        ("or_last", r"\bor \w+$", 1.5),
        # What looks like a question and tells.
        ("clause_first", rf"^{_OPENERS}(?:what|how|why|where) (?:{_PEOPLE}|{_THINGS})", -2.5),
        (
            "know_wh",
            r"\b(?:(?<!you )know|see|sure|(?<!you )remember|think about|wonder|understand|matter|tell you|show you"
            rf"|forget|figure out|talk about|that's|this is|decide|idea|means|saying|to|if|of|at|exactly) {_WH}\b",
            -1.0,
        ),
        ("if_any", r"\bif (?:anyone|anybody|you have any|there are any|you)\b", -0.5),
        (
            "elicit",
            rf"^{_OPENERS}(?:(?:tell|show|convince|give|help) me|explain|describe|talk about|say more)\b",
            -1.5,
        ),
        (
            "tells",
            rf"^{_OPENERS}(?:let's|please|go ahead|i|i'm|i'll|i've|i'd|we|we're|we'll|it's|that's|here's"
            r"|there's|thanks?|very|great|nice|excellent|perfect|exactly|absolutely|you (?:can|could|should|need)|write"
            r"|look)\b",
            -1.0,
        ),
    )
)
_PRIOR = -2.2  # log odds of a sentence without any sign
_MARK = 4.0  # a question mark that recognition set
_FULL_STOP = -1.0  # it set another mark, which is weaker evidence

# Several answers hold, or the student explains.
_OPEN = re.compile(
    r"\b(?:why|how (?:do|did|does|would|could|can|might|come|else|is|are)|what (?:if|else|makes|happens|happened)"
    r"|what (?:do|did|does|would|might|could) (?:you|we|they|he|she|anyone|everyone|anybody)"
    r" (?:think|notice|see|wonder|mean|say|predict|observe|feel|understand|add|change|try|suggest)"
    r"|explain|describe|convince|say more|tell (?:me|us) (?:more|about|how|why|what)"
    r"|what(?:'s| is| are) (?:different|the same|similar|your (?:thinking|idea|reason|strategy))"
    r"|what (?:are|were) (?:you|your) (?:thinking|thoughts)|what about you|agree or disagree"
    r"|(?:different|another|other) (?:way|idea|strategy|thought)s?)\b"
)
_CLOSED_HOW = re.compile(
    r"\bhow (?:many|much|long|far|old|tall|big|often|do you (?:spell|say|pronounce))\b"
    r"|\bhow (?:are (?:you|we)|is every(?:body|one))(?: all| guys)?(?: doing| feeling)?(?: today| so far)?$"
)
# About the running of the lesson: moving, things that are needed, whose turn it is, whether all are ready.
_PROCEDURAL = re.compile(
    r"\b(?:(?:can|could|will|would) (?:you|everyone|everybody|someone|somebody|we|i)(?: guys| all)?(?: please)?"
    r" (?:sit|stand|turn (?:to|around|off|on|your)|close|open your|put|take out|get (?:out|your)|move|come|pass|listen"
    r"|wait|hold|grab|share your screen|mute|unmute|line up|hand|pick up|go (?:to|back|get|use))"
    r"|can (?:you|everyone|everybody)(?: guys| all)? (?:see|hear) (?:me|my|the (?:board|screen)|it okay)"
    r"|(?:no|have|any|other|more) (?:any |more |other )?questions"
    r"|(?:are|is) (?:you|we|everyone|everybody|anyone|y'all)(?: guys| all)?"
    r" (?:ready|done|finished|good|okay|set|with me|listening)"
    r"|(?:you|we|everyone|everybody)(?: guys| all)? ready"
    r"|who (?:needs|has not|hasn't|would like to|(?:else )?wants)"
    r"|(?:who is|who's) (?:done|finished|ready|missing|next|first|absent)"
    r"|(?:does|did|do) (?:everyone|everybody|anyone|anybody|you)(?: guys| all)? (?:have|need|get|bring)"
    r" (?:a |an |your |the |any |enough |more )?(?:paper|pencil|pen|book|notebook|folder|worksheet|sheet|copy|marker"
    r"|whiteboard|laptop|computer|tablet|calculator|partner|group|time|minute|help|homework)s?"
    r"|(?:does|did|do) (?:everyone|everybody|anyone|anybody|you)(?: guys| all)? (?:finish|finished)"
    r"|may i|can i (?:go|get|use|have)|what page|any volunteers"
    r"|where (?:is|are) (?:your|my|our) (?:paper|book|notebook|pencil|group|partner|worksheet|homework))\b"
)
# Whether the class is still with the teacher; alone, such a word asks for nothing else.
_CHECK = re.compile(
    r"^(?:(?:okay|ok|so|and|all|everybody|everyone) )*(?:okay|ok|right|alright|yeah|huh|got it|ready|you know|correct"
    r"|(?:does )?(?:that )?makes? sense(?: so far)?)$"
)
_TAG_END = re.compile(rf"\b(?:right|okay|ok|huh|correct|you know|alright|make sense|{_NOT} (?:it|that|they|we|you))$")
_REASON = re.compile(
    r"(?<!\bme )(?<!\bus )(?<!explain )\bwhy\b"
    r"|\b(?:how (?:do|did|can|would) (?:you|we|they) know|prove|convince|justify|because|what makes)\b"
)
_EXPLAIN = re.compile(
    r"\b(?:why|how|explain|describe|what (?:do|did) you (?:think|notice|mean)|tell (?:me|us) (?:more|about|how)"
    r"|what happens|compare|different)\b"
)

_MARKS = ("?", "？", "؟")
_GREEK_MARKS = (";", "\u037e")
JUDGED_LANGUAGES = frozenset({"en", None})  # by rules and by the trained network alike; None: nobody said which

Demand = Literal["recall", "explain", "reason"]
Focus = Literal["focusing", "funnelling"]

# With a model's judgement: how much a mark in recognised text adds, in log odds, and from where on it asks. That recognition set
# another mark says nothing: "You got 48." is how it writes "You got 48?".
JUDGED_MARK = 2.0
SUREST = 1e-4  # a model that says 0 or 1 would leave the mark and the voice without a say
JUDGED_ASKING = 0.5
# 43 % of real people's yes/no questions rise by more than that, 12 % of their other questions, 10 % of what they tell
# (docs/accuracy.md): for questions of both sorts together about e to the 0.8 as often.
RISE_ST, RISES, FALLS = 3.0, 0.8, -0.1
WENT_ON = 0.5  # added to the share of rhetorical where the asker went straight on, before all are made to sum to one


def normalised(text: str) -> str:
    """Lower case, no punctuation but apostrophes, single blanks."""
    plain = text.lower().replace("’", "'")
    return " ".join(re.sub(r"[^\w' ]+", " ", plain).split())


def question_probability(text: str, *, language: str | None = "en", punctuated: bool = True) -> float:
    """How likely the utterance asks for an answer, 0 to 1. ``punctuated``: whether a missing mark says anything."""
    bare = text.strip().rstrip("\"'”’») ")
    marked = bare.endswith(_MARKS) or "¿" in bare or (language == "el" and bare.endswith(_GREEK_MARKS))
    if language not in JUDGED_LANGUAGES:
        return 0.9 if marked else 0.05
    plain = normalised(text)
    if not plain:
        return 0.0
    score = _PRIOR + sum(weight for _, pattern, weight in _SIGNS if pattern.search(plain))
    if marked:
        score += _MARK
    elif punctuated and bare.endswith((".", "!", ",")):
        score += _FULL_STOP
    return 1 / (1 + math.exp(-score))


def judged_probability(text: str, judgement: Judgement, *, rise_st: float | None = None) -> float:
    """The same from a model's judgement of the words alone, the mark behind them and the rise of the voice (semitones)."""
    if not normalised(text):
        return 0.0
    likely = min(max(judgement.question, SUREST), 1 - SUREST)
    score = math.log(likely / (1 - likely))
    if text.strip().rstrip("\"'”’») ").endswith(_MARKS):
        score += JUDGED_MARK
    if rise_st is not None:
        score += RISES if rise_st > RISE_ST else FALLS
    return 1 / (1 + math.exp(-score))


def question_kind(text: str) -> QuestionKind:
    """Open, closed or procedural, from the words alone; whether it was rhetorical shows in what comes after it."""
    plain = normalised(text)
    if _CLOSED_HOW.search(plain):
        return "closed"
    if _OPEN.search(plain):
        return "open"
    return "procedural" if _PROCEDURAL.search(plain) or _CHECK.match(plain) else "closed"


def question_demand(text: str, kind: QuestionKind) -> Demand:
    """What the answer takes: to reason, to explain, or else to recall, which an open question never is."""
    plain = normalised(text)
    if _REASON.search(plain):
        return "reason"
    explains = _EXPLAIN.search(plain) and not _CLOSED_HOW.search(plain)
    return "explain" if explains or kind == "open" else "recall"


def ends_in_tag(text: str) -> bool:
    """Whether it tells something and asks only for a nod: "that's a half, right?", "okay?"."""
    plain = normalised(text)
    return bool(_TAG_END.search(plain) or _CHECK.match(plain))


RHETORICAL_GAP_S = 0.7  # the asker left no room: nobody could have begun to answer
HANDING_OVER_WORDS = 6  # "Sam, go ahead." behind a question gives the word to somebody; more is going on


def tag_questions(
    utterances: Sequence[Utterance],
    judgements: Sequence[Judgement | None] = (),
    rises_st: Sequence[float | None] = (),
) -> tuple[Utterance, ...]:
    """The utterances with ``question`` set where one asks for an answer.

    ``judgements``, where a model made some, and by how many semitones the pitch rises at the end, one an utterance each.

    A teacher's question is rhetorical where the teacher goes straight on with more than a word that hands over to a
    student, and so is a bare "okay?" that nobody takes up.
    """
    punctuated = any(mark in utterance.text for utterance in utterances for mark in ".!?")
    judged: list[Judgement | None] = [
        judgement if item.language in JUDGED_LANGUAGES else None
        for item, judgement in zip(utterances, judgements or [None] * len(utterances), strict=True)
    ]
    asking = [
        judged_probability(item.text, judgement, rise_st=rise_st)
        if judgement
        else question_probability(item.text, language=item.language, punctuated=punctuated)
        for item, judgement, rise_st in zip(utterances, judged, rises_st or [None] * len(utterances), strict=True)
    ]
    return tuple(
        replace(item, question=_question(utterances, asking, place, judged[place]))
        if asking[place] >= (ASKING if judged[place] is None else JUDGED_ASKING)
        else replace(item, question=None)
        for place, item in enumerate(utterances)
    )


def _question(
    utterances: Sequence[Utterance], asking: Sequence[float], place: int, judgement: Judgement | None
) -> Question:
    text, confidence = utterances[place].text, round(asking[place], 3)
    rhetorical = _rhetorical(utterances, asking, place)
    if judgement is not None:
        return _judged_question(judgement, confidence, went_on=rhetorical, answered=_answered(utterances, place))
    if rhetorical:
        return Question("rhetorical", confidence)
    kind = question_kind(text)
    return Question(kind, confidence, demand=None if kind == "procedural" else question_demand(text, kind))


def _judged_question(judgement: Judgement, confidence: float, *, went_on: bool, answered: bool) -> Question:
    """Kind, focus and demand by a model; what happened after the question is surer than any model about rhetorical ones.

    ``went_on``: the asker left no room for an answer. ``answered``: a student speaks next.
    """
    shares = dict(zip(QUESTION_KINDS, judgement.kind, strict=True))
    if answered:
        shares["rhetorical"] = 0.0
    elif went_on:
        shares["rhetorical"] += WENT_ON
    whole = sum(shares.values())
    kind = max(shares, key=shares.__getitem__)
    sure = round(shares[kind] / whole, 3) if whole else None
    if kind in ("procedural", "rhetorical"):
        return Question(kind, confidence, kind_confidence=sure)
    focus, demand = (
        labels[max(range(len(labels)), key=values.__getitem__)]
        for labels, values in ((FOCUS_LABELS, judgement.focus), (DEMAND_LABELS, (0.0, *judgement.demand[1:])))
    )
    return Question(
        kind,
        confidence,
        focus=None if focus == "none" else cast("Focus", focus),
        demand=cast("Demand", demand),
        kind_confidence=sure,
    )


def _answered(utterances: Sequence[Utterance], place: int) -> bool:
    after = utterances[place + 1] if place + 1 < len(utterances) else None
    return after is not None and utterances[place].role == "teacher" and after.role == "student"


def _rhetorical(utterances: Sequence[Utterance], asking: Sequence[float], place: int) -> bool:
    asked, after = utterances[place], utterances[place + 1] if place + 1 < len(utterances) else None
    if asked.role != "teacher" or after is None or after.speaker != asked.speaker:
        return False
    if _CHECK.match(normalised(asked.text)):
        return True
    if asking[place + 1] >= ASKING or _hands_over(utterances, place):
        return False
    if asked.span is None or after.span is None:
        return ends_in_tag(asked.text)
    return after.span.start_s - asked.span.end_s < RHETORICAL_GAP_S


def _hands_over(utterances: Sequence[Utterance], place: int) -> bool:
    """Whether a student speaks after at most a few more words of the asker."""
    words = 0
    for index in range(place + 1, len(utterances)):
        item = utterances[index]
        if item.speaker != utterances[place].speaker:
            return item.role == "student"
        words += len(item.text.split())
        if words > HANDING_OVER_WORDS:
            return False
    return False
