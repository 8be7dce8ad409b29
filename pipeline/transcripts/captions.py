"""Transcripts in captions: WebVTT and SubRip, and who speaks in them.

Captions have no field for a speaker. WebVTT has voice tags (``<v Anna>``); otherwise people write ``ANNA: Why?`` where the
speaker changes, and captions without a name go on with the one before.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, cast

from pipeline.errors import TranscriptError, shown
from pipeline.lesson import Role
from pipeline.timeline import Span
from pipeline.transcripts.findings import Findings, language_code
from pipeline.transcripts.pieces import Piece, build_transcript
from pipeline.transcripts.sentences import divided
from pipeline.transcripts.speakers import ONLY_SPEAKER, role_in_words
from pipeline.transcripts.textfile import open_text
from pipeline.transcripts.values import Transcript

LONGEST_LINE = 1 << 20  # characters; a longer line is no caption
MAX_NAME_WORDS = 5  # "Ms. Anna de la Cruz"; longer beginnings before a colon are a part of the sentence
MIN_REPEATS = 2  # a name that tells no role is believed once it comes again
MOSTLY_NAMED = 0.8  # of the captions: such files name somebody in each, so all names are believed

_STAMP = r"(?:\d+:)?\d{1,2}:\d{1,2}(?:[.,]\d{1,3})?"
_CUE = re.compile(rf"\s*({_STAMP})\s*-->\s*({_STAMP})(?:\s.*)?")
_VOICE = re.compile(r"<v(?:\.[^\s<>]*+)?\s++([^<>]*+)>")
_VTT_TAG = re.compile(r"</?(?:v|c|i|b|u|lang|ruby|rt)(?:[.\s][^<>]*)?>|<[\d:.]+>")
_INNER_STAMP = re.compile(r"<[\d:.]+>")
_SRT_TAG = re.compile(r"</?(?:i|b|u|s|c|font|span|br)(?:\s[^<>]*)?/?>|\{\\[^{}]*\}", re.IGNORECASE)
_LABEL = re.compile(r"(?:>>\s*|[-–]\s+)?(?P<name>[^:：\n]{1,80})(?::(?=\s|$)|：)\s*(?P<text>.*)", re.DOTALL)
_CHANGE = re.compile(r">>+\s*")
_SOUND = re.compile(r"\s*(?:\[.*\]|\(.*\)|♪.*)\s*")  # [Music]
# The program's own files write the role before the name.
_OWN_LABEL = re.compile(r"(Teacher|Student|Speaker) (?=.*\D)(.+)")


class _Line(NamedTuple):
    """A line of a caption. ``speaker`` is None where the line names nobody, "" where it only says that another one speaks."""

    speaker: str | None
    text: str


@dataclass(slots=True)
class _Cue:
    span: Span | None
    raw: list[str] = field(default_factory=list)
    lines: list[_Line] = field(default_factory=list)


def read_vtt(path: Path) -> Transcript:
    """The transcript in a WebVTT file; notes, styles and settings are passed over."""
    findings = Findings()
    cues = _cues(path, findings, blank_ends=True)
    tagged = any(_VOICE.search(line) for cue in cues for line in cue.raw)
    for cue in cues:
        cue.lines = [found for found in _voices("\n".join(cue.raw)) if found.text]
    if any(_INNER_STAMP.search(line) for cue in cues for line in cue.raw):
        _drop_repeats(cues)
    return _transcript(path, cues, findings, tagged=tagged)


def read_srt(path: Path) -> Transcript:
    """The transcript in a SubRip file; tags such as ``<i>`` and ``{\\an8}`` are left out."""
    findings = Findings()
    cues = _cues(path, findings, blank_ends=False)
    for cue in cues:
        cue.lines = [_Line(None, text) for line in cue.raw if (text := _SRT_TAG.sub("", line).strip())]
    return _transcript(path, cues, findings, tagged=False)


def _cues(path: Path, findings: Findings, *, blank_ends: bool) -> list[_Cue]:
    """All cues with their lines. Raises TranscriptError where there are none."""
    with open_text(path) as file:
        lines = _short_lines(path, iter(lambda: file.readline(LONGEST_LINE), ""))
        cues = list(_read_cues(lines, findings, blank_ends=blank_ends))
    if not cues:
        hint = "A caption has a line such as 00:00:01.000 --> 00:00:04.000 before its text."
        raise TranscriptError(f"{shown(path.name)} holds no captions.", hint=hint)
    return cues


def _short_lines(path: Path, lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        if len(line) >= LONGEST_LINE:
            raise TranscriptError(f"{shown(path.name)} holds no captions, but endless lines.", hint="Export it again.")
        yield line.rstrip("\r\n")


def _drop_repeats(cues: list[_Cue]) -> None:
    """Takes out what captions that roll up word by word show once more: the line that the caption before ended with."""
    last = None
    for cue in cues:
        if cue.lines and cue.lines[0] == last:
            cue.lines = cue.lines[1:]
        last = cue.lines[-1] if cue.lines else last


def _read_cues(lines: Iterable[str], findings: Findings, *, blank_ends: bool) -> Iterator[_Cue]:
    """What lies between a line of times and the next empty line; the rest is numbers, notes and styles.

    SubRip has only numbers beside its captions, so there an empty line does not end one: some files have them within.
    """
    cue: _Cue | None = None
    for line in lines:
        times = _CUE.fullmatch(line) if "-->" in line else None
        if times or (cue is None and "-->" in line):
            if cue:
                if cue.raw and cue.raw[-1].strip().isdigit():  # the number of this caption, not what is said
                    cue.raw.pop()
                yield cue
            cue = _Cue(findings.span(*(times.groups() if times else ("?", "?"))))
        elif not line:
            if cue and blank_ends:
                yield cue
                cue = None
        elif cue:
            cue.raw.append(line)
        elif match := re.fullmatch(r"Language:(.*)", line.strip()):
            findings.language = findings.language or language_code(match[1])
    if cue:
        yield cue


def _voices(text: str) -> Iterator[_Line]:
    """The lines of a WebVTT caption, and what stands behind each of its voice tags."""
    before, *rest = _VOICE.split(text)
    yield from (_Line(None, _plain(line)) for line in before.split("\n"))
    for name, said in zip(rest[::2], rest[1::2], strict=True):
        yield _Line(_plain(name), _plain(said.replace("\n", " ")))


def _plain(text: str) -> str:
    return html.unescape(_VTT_TAG.sub("", text)).strip()


def _transcript(path: Path, cues: list[_Cue], findings: Findings, *, tagged: bool) -> Transcript:
    for cue in cues:
        cue.raw.clear()  # a long file is in memory once, not twice
    if not tagged:
        _find_labels(cues)
    named = any(line.speaker is not None for cue in cues for line in cue.lines)
    nobody = "unknown" if named else ONLY_SPEAKER
    parts = _own_names({piece.speaker for piece in _pieces(cues, tagged=tagged, nobody=nobody)})
    return build_transcript(path, _taken(cues, parts, tagged=tagged, nobody=nobody), findings, split=True)


def _taken(cues: list[_Cue], parts: Mapping[str, tuple[str, Role]], *, tagged: bool, nobody: str) -> Iterator[Piece]:
    """The pieces, with role and name apart where ``parts`` knows them; the cues give up their lines on the way."""
    for piece in _pieces(cues, tagged=tagged, nobody=nobody, emptied=True):
        name, role = parts.get(piece.speaker, (piece.speaker, None))
        yield piece._replace(speaker=name, role=role)


def _find_labels(cues: list[_Cue]) -> None:
    """Takes the names off the beginnings of lines, where the file as a whole speaks for their being names."""
    counts: Counter[str] = Counter()
    first: str | None = None
    begun = 0
    for cue in cues:
        for place, line in enumerate(cue.lines):
            name = _label(line.text)
            counts.update([name] if name else [])
            begun += bool(name and place == 0)
            if first is None and not _SOUND.fullmatch(line.text):
                first = name or ""
    telling = {name for name in counts if role_in_words(name) != "unknown" or name.casefold().startswith("speaker")}
    believed = telling | {first or ""}
    if first or telling:
        enough = 1 if begun >= MOSTLY_NAMED * len(cues) else MIN_REPEATS
        believed |= {name for name, count in counts.items() if count >= enough}
    for cue in cues:
        cue.lines = [_labelled(line, believed) for line in cue.lines]


def _label(text: str) -> str | None:
    """The name before the first colon, if it may be one."""
    match = _LABEL.fullmatch(text)
    name = match["name"].strip().strip("[]()").strip() if match else ""
    words = name.split()
    if len(words) == 2 and _OWN_LABEL.fullmatch(
        name
    ):  # also "Speaker unknown"; longer, it may be "Teacher says it once more:"
        return name
    return name if 0 < len(words) <= MAX_NAME_WORDS and all(map(_may_be_named, words)) else None


def _may_be_named(word: str) -> bool:
    short = len(word) <= 5  # Ms. Prof. P.
    return not word[0].islower() and not re.search(r"[?!,;]" if short else r"[?!,;.]", word)


def _labelled(line: _Line, believed: set[str]) -> _Line:
    name = _label(line.text)
    if name and name in believed:
        match = cast("re.Match[str]", _LABEL.fullmatch(line.text))
        return _Line(name, match["text"].strip())
    if change := _CHANGE.match(line.text):
        return _Line("", line.text[change.end() :])
    return line


def _pieces(cues: list[_Cue], *, tagged: bool, nobody: str, emptied: bool = False) -> Iterator[Piece]:
    speaker = nobody
    for cue in cues:
        if tagged:
            speaker = nobody
        said: list[tuple[str, str]] = []
        for line in cue.lines:
            if line.speaker is not None or not said:
                speaker = speaker if line.speaker is None else line.speaker or "unknown"
                said.append((speaker, line.text))
            else:
                said[-1] = (speaker, f"{said[-1][1]} {line.text}")
        if emptied:
            cue.lines.clear()
        said = [(name, text) for name, text in said if text.strip()]
        for (name, text), span in zip(said, divided(cue.span, [len(text) for _, text in said]), strict=True):
            yield Piece(text, name, None, span)


def _own_names(names: Collection[str]) -> dict[str, tuple[str, Role]]:
    """Name and role of each label, where the file is one of this program's: then all are ``Teacher S1`` or the like."""
    known: dict[str, tuple[str, Role]] = {}
    for label in names:
        match = _OWN_LABEL.fullmatch(label)
        if not match:
            return {}
        known[label] = (match[2], "unknown" if match[1] == "Speaker" else role_in_words(match[1]))
    sure = {(name, role) for name, role in known.values() if role != "unknown"}
    same = len({name for name, _ in sure}) < len(sure)  # such as Teacher A and Student A: not one person
    return {} if same else known
