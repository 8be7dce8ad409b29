"""What a language model is told of a piece of advice, and whether what it makes of it may be shown.

It may reword and choose among the evidence, nothing else. So a proposal is thrown away whole unless each quotation is in the
transcript, each number among those of the metrics, each moment one of the advice's own, and nothing judges a
person, names one who is not there, or changes the subject. In doubt the rules' text stays: a good wording that is thrown
away costs little, an invented one that is shown costs trust.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from pipeline.analysis.advice import written
from pipeline.analysis.amounts import amounts, ways_to_write
from pipeline.analysis.languages import guess_language
from pipeline.lesson import Advice, Lesson, Moment, Role, Utterance
from pipeline.ports import Brief, Proposal, Quote

MAX_SENTENCES = 3
MIN_CHARS, MAX_CHARS = 20, 420  # the rules' own texts have 60 to 240
MAX_QUOTE_CHARS = 300  # of a moment in the brief: a small model reads 2,000 tokens
KEPT_LENGTH = 0.4  # of the rules' text: a shorter one has left something out, mostly what to try
KEPT_SHARE = 0.25  # of the words that carry meaning, found in the rules' text: less is another subject
COMMON_WORDS = 3  # of English, at least: "you", "the", "after"
STEM = 4  # letters: "waited" and "waiting" have one stem, and shorter words carry grammar
NAMED_ROLES: dict[Role, str] = {"teacher": "Teacher", "student": "Student", "unknown": "Somebody"}

_QUOTED = "\ufffc"  # stands for a quotation that was taken out; no text may bring it along
_MARKS = '"“”„‟«»‹›＂'
_PUNCTUATION = frozenset(" .,;:?!'’‘‚()-–—…%" + _MARKS)
_LINK = re.compile(r"\w\.[^\W\d]|\bwww\b|https?:")
_SENTENCE_END = re.compile(r"[.?!…]+(?=[)\s]|$)")
_ENDED = re.compile(r"[.?!…][\"”“’»«']?\)?$")
_SINGLE_QUOTED = re.compile(r"(?<!\w)['‘‚](?=\S)(.+?)(?<=\S)['’‘](?!\w)")
_SINGLE_OPENER = re.compile(r"(?<!\w)['‘‚](?=\S)")
_SINGLE_CLOSER = re.compile(r"(?<=\S)['’](?!\w)")
# Judging or comparing people, and telling them what they must do.
_VERDICTS = re.compile(
    r"\b(?:bad|badly|poor|poorly|wrong|wrongly|fail|fails|failed|failing|failure|failures|weak|weaker|weakness|weaknesses|"
    r"terrible|awful|dreadful|disappointing|disappointed|inadequate|insufficient|unacceptable|ineffective|incompetent|"
    r"lazy|stupid|boring|sloppy|careless|shame|blame|mistake|mistakes|mistaken|worse|worst|better|best|superior|inferior|"
    r"excellent|perfect|perfectly|outstanding|brilliant|amazing|impressive|fantastic|wonderful|superb|great|good|"
    r"should|shouldn't|must|mustn't|ought|need to|needs to|have to|had to|too (?:much|many|few|little|long|short|fast|slow)|"
    r"other teachers?|other class(?:es)?|colleagues?|than most|average|above|below|grade|graded|score|scored|rating|rated|"
    r"understands?|understanding|misunderst(?:ood|ands?|anding)|able|unable|struggles?|struggled|struggling|confused|engaged|"
    r"disengaged|effective|effectively|successful|successfully|correct|correctly|incorrect|clear|clearly|confident|confidently|"
    r"lacks?|lacked|lacking|improve|improved|improvement|"
    r"skilled|unskilled|talented|smart|clever|intelligent|gifted|slow learners?)\b"
)
_SWEEPING = re.compile(
    r"\b(?:always|never|nobody|no one|none|everyone|everybody|every|all|most|mostly|entire|entirely|only|nothing|completely)\b"
)
# What somebody is said to have said, without quoting it, cannot be looked up. The word after it is part of the claim.
_REPORTED = re.compile(
    r"\b(?:said|says|saying|told|tells|answered|replied|explained|explains|mentioned|claimed|claims|"
    r"stated|responded|believed|felt|wanted|knew|understood|agreed|disagreed|admitted|noted|"
    r"suggested|argued|asked(?= (?:whether|if|why|how|what|who)\b))\b"
    rf"(?!(?: \w+){{0,2}}[:,]? ?{_QUOTED})(?:,? (?:that|this|how|why|if|whether|to|the|an?|it|its|he|she|they|"
    r"there|his|her|their|i|we|you)\b)?"
)
# A word with a capital where a sentence starts may be a name; these are none.
_STARTERS = frozenset(
    (
        "a about across after again also although an and another any are around as ask asking at be because "
        "before both but by can choose consider could count counting did do does during each either enough "
        "even feel few find first for from give giving go had has have having hear here how however i if "
        "imagine in is it it's its just keep last later leave leaving let letting listen listening look "
        "looking many maybe might moments more much my next not notice now of often on once one or other our "
        "out over pause pauses perhaps pick play question questions read reflect rather remember sometimes "
        "say see select short silence since so some something start still student students such take tell "
        "that the their them then there these they think thinking this those through time to today together "
        "try trying two until up use using wait waiting was we were what what's when where whether which "
        "while who why with within without would you you've your yours"
    ).split()
)
_GRAMMAR = frozenset(
    (
        "about after also been before could does each from have here into just might more other over some than that their them "
        "then there these they this those through very were what when where which while will with would your"
    ).split()
)


def brief_of(advice: Advice, lesson: Lesson) -> Brief:
    """What a writer is told: the rules' text, the words of its moments (roles instead of names), its numbers as written."""
    quotes = (Quote(f"m{number}", _heard(item, lesson)) for number, item in enumerate(advice.evidence, start=1))
    metrics = (metric for metric in lesson.metrics if metric.name in advice.metric_names)
    numbers = tuple(
        (metric.name.replace("_", " "), written(metric, metric.value)) for metric in metrics if metric.value is not None
    )
    return Brief(advice.text, tuple(quotes), numbers)


def accept(proposal: Proposal | None, advice: Advice, lesson: Lesson) -> Advice | None:
    """The advice in the proposal's words with the moments that it chose; None where anything of it does not hold."""
    if proposal is None:
        return None
    evidence = _chosen(proposal.evidence, advice)
    text = " ".join(unicodedata.normalize("NFC", proposal.text).split())
    if not evidence or not _is_plain(text) or len(text) < KEPT_LENGTH * len(advice.text):
        return None
    parts = _parts(text)
    if parts is None or not _quotes_hold(parts, advice, lesson):
        return None
    given = frozenset(_words(" ".join([advice.text, *(_heard(item, lesson) for item in advice.evidence)])))
    bare = parts.bare
    holds = (
        1 <= len(_SENTENCE_END.findall(bare)) <= MAX_SENTENCES
        and _numbers_hold(bare, advice, lesson)
        and all(_only_as_before(words, bare, advice.text) for words in (_VERDICTS, _SWEEPING, _REPORTED))
        and not any(_unknown_names(bare, given))
        and _is_english(bare)
        and _keeps_to_the_subject(bare, advice.text)
    )
    return replace(advice, text=text, evidence=evidence) if holds else None


# Moments


def _chosen(ids: Iterable[str], advice: Advice) -> tuple[Moment, ...]:
    """The moments of these ids in the rules' order; empty where one of them is unknown."""
    known = {f"m{number}": item for number, item in enumerate(advice.evidence, start=1)}
    wanted = frozenset(ids)
    return tuple(item for name, item in known.items() if name in wanted) if wanted <= known.keys() else ()


def _heard(moment: Moment, lesson: Lesson) -> str:
    """What was said in a moment, each utterance with the role of who said it."""
    told = " ".join(f"{NAMED_ROLES[item.role]}: {item.text}" for item in _utterances(moment, lesson))
    return told if len(told) <= MAX_QUOTE_CHARS else told[:MAX_QUOTE_CHARS].rsplit(" ", 1)[0] + " ..."


def _utterances(moment: Moment, lesson: Lesson) -> Iterator[Utterance]:
    for item in lesson.utterances:
        inside = moment.span is not None and item.span is not None and item.span.overlap_s(moment.span) > 0
        if inside or item.id == moment.utterance_id:
            yield item


# Form


def _is_plain(text: str) -> bool:
    """Of one to a few sentences' length, in Latin letters, without markup or links."""
    plain = all(_is_allowed(char) for char in text) and not _LINK.search(text)
    return plain and MIN_CHARS <= len(text) <= MAX_CHARS and _ENDED.search(text) is not None


def _is_allowed(char: str) -> bool:
    if char.isalpha():
        return unicodedata.name(char, "").startswith("LATIN ")
    return char in _PUNCTUATION or (char.isascii() and char.isdigit())


def _is_english(bare: str) -> bool:
    common = sum(word in _STARTERS for word in _words(bare))
    sentences = [bare, *_SENTENCE_END.split(bare)]
    return common >= COMMON_WORDS and all(guess_language(sentence, "en") == "en" for sentence in sentences)


# Quotations


@dataclass(frozen=True, slots=True)
class _Parts:
    """A text taken apart: its quotations, each with the word before it, and the text without those of two words or more."""

    quoted: tuple[tuple[str, str], ...]
    bare: str


def _parts(text: str) -> _Parts | None:
    """None where quotation marks do not pair, so that nobody could say what is quoted."""
    found: list[tuple[str, str]] = []
    bare = _without(text, _double_quoted(text), found)
    if bare is None:
        return None
    openers, closers = _SINGLE_OPENER.findall(bare), _SINGLE_CLOSER.findall(bare)
    single = [match.span() for match in _SINGLE_QUOTED.finditer(bare)]
    if openers and not len(openers) == len(closers) == len(single):
        return None
    bare = _without(bare, single, found)
    return None if bare is None else _Parts(tuple(found), bare)


def _double_quoted(text: str) -> list[tuple[int, int]] | None:
    places = [place for place, char in enumerate(text) if char in _MARKS]
    repeated = any(text[a] == text[b] not in '"＂' for a, b in itertools.pairwise(places))
    if len(places) % 2 or repeated:
        return None
    return [(a, b + 1) for a, b in zip(places[::2], places[1::2], strict=True)]


def _without(text: str, spans: list[tuple[int, int]] | None, found: list[tuple[str, str]]) -> str | None:
    """The text with ``_QUOTED`` for its quotations, which go to ``found``; a single quoted word stays, to be judged like others.

    A full stop within a quotation ends no sentence of the text.
    """
    if spans is None:
        return None
    kept, at = "", 0
    for start, end in spans:
        inside, before = text[start + 1 : end - 1], _words(text[:start])
        found.append((before[-1] if before else "", inside))
        stop = "," if inside.rstrip().endswith((".", "?", "!")) else ""
        rest = inside if len(_words(inside)) < 2 else _QUOTED + stop
        kept, at = f"{kept}{text[at:start]} {rest} ", end
    bare = " ".join((kept + text[at:]).split())
    return bare if _SENTENCE_END.search(bare[-1:]) else f"{bare.rstrip(' ,')}."


def _quotes_hold(parts: _Parts, advice: Advice, lesson: Lesson) -> bool:
    """Each quotation of two words or more was said in one go, or stands after the same word in the rules' text."""
    told = [f" {' '.join(_words(text))} " for text in _said_in_one_go(lesson)]
    rules = f" {' '.join(_words(advice.text))} "
    for before, inside in parts.quoted:
        words = _words(inside)
        looked_for = f" {' '.join(words)} "
        if len(words) < 2 or any(looked_for in line for line in told):
            continue
        own = [match for match in _double_quoted(advice.text) or [] if _words(advice.text[slice(*match)]) == words]
        if not own or f" {before}{looked_for}" not in rules:
            return False
    return True


def _said_in_one_go(lesson: Lesson) -> list[str]:
    lines: list[str] = []
    speaker: str | None = None
    for item in lesson.utterances:
        if item.speaker == speaker:
            lines[-1] += f" {item.text}"
        else:
            lines.append(item.text)
        speaker = item.speaker
    return lines


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKC", text).casefold().replace("’", "'").replace("‘", "'")
    return [word for word in (found.strip("'") for found in re.findall(r"[\w']+", plain)) if word]


# Numbers, words, names


def _numbers_hold(bare: str, advice: Advice, lesson: Lesson) -> bool:
    allowed = set(amounts(advice.text))
    for metric in lesson.metrics:
        if metric.name in advice.metric_names:
            allowed |= ways_to_write(metric)
    return amounts(bare) <= allowed


def _only_as_before(pattern: re.Pattern[str], bare: str, rules: str) -> bool:
    """Whether each of these words in the text is one that the rules' text has too."""
    plain = bare.lower().replace("’", "'")
    return set(pattern.findall(plain)) <= set(pattern.findall(rules.lower().replace("’", "'")))


def _unknown_names(bare: str, given: frozenset[str]) -> Iterator[str]:
    """Words with a capital that neither the rules nor the evidence have, but for those that start a sentence."""
    for match in re.finditer(r"[^\W\d_][\w'’]*", bare):
        word = match.group()
        low = _words(word)[0]
        before = bare[: match.start()].rstrip(" (-–—" + _MARKS)
        starts = not before or before[-1] in ".?!:…,'‘’"
        ordinary = low == "i" or low.startswith("i'") or (starts and low in _STARTERS)
        if word != word.lower() and not ordinary and low.removesuffix("'s") not in given:
            yield word


def _keeps_to_the_subject(bare: str, rules: str) -> bool:
    """Whether enough of the words that carry meaning come from the rules' text; what was said in class is another subject."""
    known = {word[:STEM] for word in _words(rules)}
    longer = [word for word in _words(bare) if len(word) >= STEM and word not in _GRAMMAR]
    return bool(longer) and sum(word[:STEM] in known for word in longer) >= KEPT_SHARE * len(longer)
