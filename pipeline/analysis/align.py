"""Words to speakers, and words to utterances.

A word belongs to the speaker whose speech it overlaps most; where nobody's does, to the one whose nearest *edge* is
closest in time. (Midpoints would give a word 1 s after a long teacher stretch to a far student.)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from pipeline.lesson import Passage, Speech, Utterance, Word
from pipeline.timeline import covering

UNKNOWN_SPEAKER = "unknown"
MAX_REACH_S = 2.0  # farther from all speech than this, a word's speaker is unknown
MAX_PAUSE_S = 1.5  # people begin a new utterance after such a pause, punctuation or not
MAX_WORDS = 60  # recognition without punctuation would otherwise give utterances of minutes
SENTENCE_ENDS = (".", "?", "!", "。", "？", "！", "؟", "।")
ABBREVIATIONS = frozenset({"mr.", "mrs.", "ms.", "dr.", "st.", "vs.", "e.g.", "i.e."})
STRAY_S = 0.4  # a single word this short between two of another speaker is more likely a slip at an edge
UNSPACED_LANGUAGES = frozenset({"zh", "yue", "ja", "th", "lo", "my"})  # written without blanks between words


class _Spoken(NamedTuple):
    """A word, its language, and the stretch of speech it belongs to, if any."""

    word: Word
    language: str
    owner: Speech | None

    @property
    def speaker(self) -> str:
        return self.owner.speaker if self.owner else UNKNOWN_SPEAKER


def assign_words(words: Sequence[Word], speech: Sequence[Speech]) -> tuple[tuple[Word, Speech | None], ...]:
    """Each word, in order of time, with the stretch of speech it belongs to; None where none is within 2 s.

    Of two stretches that overlap a word alike, the one that began first has it.
    """
    ordered = sorted(words, key=lambda word: word.span)
    found = list(zip(ordered, _owners(ordered, speech), strict=True))
    for place in range(1, len(found) - 1):
        left, here, right = (owner for _, owner in found[place - 1 : place + 2])
        if left and here and right and left.speaker == right.speaker != here.speaker and _strays(found[place][0], here):
            found[place] = (found[place][0], left)
    return tuple(found)


def _owners(words: Sequence[Word], speech: Sequence[Speech]) -> Iterator[Speech | None]:
    """Walks along words and speech together, so that each stretch is looked at only near its own time."""
    waiting = sorted(speech, key=lambda item: item.span, reverse=True)
    near: list[Speech] = []
    for word in words:
        while waiting and waiting[-1].span.start_s <= word.span.end_s + MAX_REACH_S:
            near.append(waiting.pop())
        near = [item for item in near if item.span.end_s >= word.span.start_s - MAX_REACH_S]
        yield _owner(word, [item for item in near if item.span.distance_s(word.span) <= MAX_REACH_S])


def _owner(word: Word, near: Sequence[Speech]) -> Speech | None:
    return max(near, key=lambda item: (item.span.overlap_s(word.span), -item.span.distance_s(word.span)), default=None)


def _strays(word: Word, owner: Speech) -> bool:
    """Whether a word is short and hardly touches the stretch it fell to."""
    duration_s = word.span.duration_s
    return duration_s <= STRAY_S and owner.span.overlap_s(word.span) < 0.5 * duration_s


def build_utterances(passages: Iterable[Passage], speech: Sequence[Speech]) -> tuple[Utterance, ...]:
    """Utterances of about a sentence, in order of time, each of one speaker and one language; ids are u1, u2, ...

    Without ``speech`` (diarization failed) every speaker and role is unknown and the words are all kept. Words without
    any character are left out.
    """
    heard = [(word, passage.language) for passage in passages for word in passage.words if word.text.strip()]
    heard.sort(key=lambda item: item[0].span)
    owned = assign_words([word for word, _ in heard], speech)
    spoken = [_Spoken(word, language, owner) for (word, language), (_, owner) in zip(heard, owned, strict=True)]
    return tuple(_utterance(f"u{number}", group) for number, group in enumerate(_grouped(spoken), start=1))


def _grouped(spoken: Sequence[_Spoken]) -> Iterator[list[_Spoken]]:
    group: list[_Spoken] = []
    for item in spoken:
        if group and _begins_anew(group, item):
            yield group
            group = []
        group.append(item)
    if group:
        yield group


def _begins_anew(group: list[_Spoken], item: _Spoken) -> bool:
    last = group[-1]
    return (
        (item.speaker, item.language) != (last.speaker, last.language)
        or _ends_sentence(last.word.text)
        or item.word.span.start_s - last.word.span.end_s > MAX_PAUSE_S
        or len(group) >= MAX_WORDS
    )


def _ends_sentence(text: str) -> bool:
    bare = text.strip().rstrip("\"'”’)»")
    return bare.endswith(SENTENCE_ENDS) and not bare.endswith("...") and bare.lower() not in ABBREVIATIONS


def _utterance(name: str, group: list[_Spoken]) -> Utterance:
    words = tuple(item.word for item in group)
    first = group[0]
    return Utterance(
        id=name,
        span=covering([word.span for word in words]),
        speaker=first.speaker,
        role=first.owner.role if first.owner else "unknown",
        text=spoken_text(words, first.language),
        words=words,
        language=first.language,
    )


def spoken_text(words: Sequence[Word], language: str | None) -> str:
    """The words as one line of text.

    Some engines give each word its leading blank, and parts of words (the "-five" of "twenty-five") none; others give
    bare words. Where no word has a blank, they get one between them, but in languages that are written without.
    """
    texts = [word.text for word in words]
    own_blanks = language in UNSPACED_LANGUAGES or any(text[:1].isspace() for text in texts)
    return " ".join(("" if own_blanks else " ").join(texts).split())
