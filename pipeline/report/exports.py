"""What ``analyze --out`` and the viewer's downloads give: one writer a format. None of them computes a number.

Names and words come from files and from people, so each format gets them in a form that cannot break or steer it.
"""

from __future__ import annotations

import csv
import errno
import io
import json
import re
import secrets
import shutil
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from pipeline.analysis.align import spoken_text
from pipeline.errors import StoreError, UsageError, disk_full
from pipeline.lesson import Lesson, Utterance, Word
from pipeline.lesson_json import lesson_to_json
from pipeline.timeline import Span, covering

CAPTION_CHARACTERS = 84  # two lines of 42, what a viewer reads comfortably
MIN_CAPTION_S = 0.001  # a cue has to end after it begins
MAX_NAME_BYTES = 160  # with the hash well under the 255 that file systems take, whatever the alphabet
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
# Windows keeps these names for devices, whatever stands behind the dot.
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d) *\.", re.IGNORECASE)


class _Caption(NamedTuple):
    """A piece of an utterance that fits on the screen."""

    span: Span
    label: str
    text: str


def lesson_json(lesson: Lesson) -> str:
    """The whole lesson in the schema ``lessonmirror/1``."""
    return json.dumps(lesson_to_json(lesson), ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def transcript_vtt(lesson: Lesson) -> str:
    """WebVTT with the speaker as voice."""
    cues = (
        f"{_times(item.span, '.')}\n<v {_escaped(item.label)}>{_escaped(item.text)}\n" for item in _captions(lesson)
    )
    return "\n".join(["WEBVTT\n", *cues])


def transcript_srt(lesson: Lesson) -> str:
    """SubRip; the speaker stands before the text where it changes."""
    blocks, before = [], None
    for number, item in enumerate(_captions(lesson), start=1):
        line = item.text if item.label == before else f"{item.label}: {item.text}"
        before = item.label
        # SubRip has no escapes: an arrow would look like times, so it becomes another one.
        blocks.append(f"{number}\n{_times(item.span, ',')}\n{line.replace('-->', '→')}\n")
    return "\n".join(blocks)


def speech_rttm(lesson: Lesson) -> str:
    """Who speaks when in NIST's RTTM: one line a stretch, by the recording's name without its ending.

    Its fields are parted by blanks, so a blank or a control character in a name becomes an underscore.
    """
    name = _field(Path(lesson.recording.name.replace("\\", "/")).stem, "lesson")
    return "".join(
        f"SPEAKER {name} 1 {item.span.start_s:.3f} {item.span.duration_s:.3f} <NA> <NA> "
        f"{_field(item.speaker, 'unknown')} <NA> <NA>\n"
        for item in lesson.speech
    )


def metrics_csv(lesson: Lesson) -> str:
    """One row a metric; an empty cell is unknown."""
    header = ("name", "value", "unit", "low", "high", "numerator", "denominator", "method")
    return _csv(header, ([getattr(metric, key) for key in header] for metric in lesson.metrics))


def utterances_csv(lesson: Lesson) -> str:
    """One row an utterance; times in seconds; an empty cell is unknown."""
    header = ("id", "start_s", "end_s", "speaker", "role", "language", "text", "question_kind", "question_confidence")
    return _csv(header, (_row(item) for item in lesson.utterances))


WRITERS: Mapping[str, Callable[[Lesson], str]] = {
    "lesson.json": lesson_json,
    "transcript.vtt": transcript_vtt,
    "transcript.srt": transcript_srt,
    "speech.rttm": speech_rttm,
    "metrics.csv": metrics_csv,
    "utterances.csv": utterances_csv,
}


def render(lesson: Lesson, name: str) -> bytes:
    """The file ``name`` of an export as bytes (UTF-8). Raises UsageError for an unknown name."""
    if name not in WRITERS:
        raise UsageError(f"There is no export called {name!r};", hint=f"known are: {', '.join(WRITERS)}.")
    return WRITERS[name](lesson).encode("utf-8", "replace")


def folder_name(lesson: Lesson) -> str:
    """``<stem>-<first 8 of the hash>``, safe as a folder's name on every system and in a shell."""
    stem = unicodedata.normalize("NFC", Path(lesson.recording.name.replace("\\", "/")).stem)
    plain = "".join(char if _harmless(char) else "_" for char in stem).lstrip(". -") or "lesson"
    safe = f"_{plain}" if _DEVICE.match(plain) else plain
    short = safe.encode()[:MAX_NAME_BYTES].decode(errors="ignore").rstrip(". ")
    return f"{short}-{lesson.recording.sha256[:8]}"


def _harmless(char: str) -> bool:
    return unicodedata.category(char)[0] in "LMN" or char in " _.()-"


def write_exports(lesson: Lesson, folder: Path) -> Path:
    """Writes all formats into ``folder/<stem>-<hash8>/``, all or nothing, and returns that folder.

    An earlier export of the same recording is replaced. Raises DiskFullError or StoreError.
    """
    target = folder / folder_name(lesson)
    draft = folder / f".export-{secrets.token_hex(8)}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        draft.mkdir()
        for name in WRITERS:
            (draft / name).write_bytes(render(lesson, name))
        _put_in_place(draft, target)
    except OSError as error:
        raise _store_error(folder, error) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return target


def _put_in_place(draft: Path, target: Path) -> None:
    try:
        draft.rename(target)
    except OSError:
        if not target.is_dir():
            raise
        # Other files in an existing folder (notes of the user's) stay; each of ours is replaced in one step.
        for name in WRITERS:
            (draft / name).replace(target / name)


def _store_error(folder: Path, error: OSError) -> StoreError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return disk_full(folder, hint="Free some space there, or choose another folder with --out.")
    reason = error.strerror or str(error)
    return StoreError(f"{folder} cannot be written to: {reason}.", hint="Choose another folder with --out.")


def _one_line(text: str) -> str:
    """The text with blanks for line ends and without control characters."""
    return " ".join("".join(char for char in text if char.isspace() or unicodedata.category(char) != "Cc").split())


def _field(text: str, unnamed: str) -> str:
    return "".join(char if char.isprintable() and char != " " else "_" for char in text) or unnamed


def _label(utterance: Utterance) -> str:
    role = "Speaker" if utterance.role == "unknown" else utterance.role.capitalize()
    return _one_line(f"{role} {utterance.speaker}")


def _captions(lesson: Lesson) -> Iterator[_Caption]:
    """The captions in order; long utterances are cut between words, and those without times or text are left out."""
    for utterance in lesson.utterances:
        if utterance.span is None:
            continue
        for span, text in _pieces(utterance, utterance.span):
            line = _one_line(text)
            if line:
                end_s = max(span.end_s, span.start_s + MIN_CAPTION_S)
                yield _Caption(Span(span.start_s, end_s), _label(utterance), line)


def _pieces(utterance: Utterance, span: Span) -> Iterator[tuple[Span, str]]:
    if not utterance.words or len(utterance.text) <= CAPTION_CHARACTERS:
        yield span, utterance.text
        return
    line: list[Word] = []
    for word in utterance.words:
        if line and len(spoken_text([*line, word], utterance.language)) > CAPTION_CHARACTERS:
            yield covering([item.span for item in line]), spoken_text(line, utterance.language)
            line = []
        line.append(word)
    yield covering([item.span for item in line]), spoken_text(line, utterance.language)


def _times(span: Span, mark: str) -> str:
    return f"{_stamp(span.start_s, mark)} --> {_stamp(span.end_s, mark)}"


def _stamp(at_s: float, mark: str) -> str:
    seconds, milliseconds = divmod(max(0, round(at_s * 1000)), 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{mark}{milliseconds:03d}"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _row(item: Utterance) -> list[object]:
    start_s, end_s = (round(item.span.start_s, 3), round(item.span.end_s, 3)) if item.span else (None, None)
    kind, confidence = (item.question.kind, item.question.confidence) if item.question else (None, None)
    return [item.id, start_s, end_s, item.speaker, item.role, item.language, item.text, kind, confidence]


def _csv(header: tuple[str, ...], rows: Iterable[list[object]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow([_cell(value) for value in row])
    return out.getvalue()


def _cell(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = re.sub(r"\r\n?", "\n", value)  # a lone carriage return would end the row for most readers
    # A spreadsheet would run a text that begins like a formula, some even behind blanks.
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text
