"""Links to the files that a lesson can be taken along as."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.report.exports import WRITERS

_WORDS: Mapping[str, str] = {
    "lesson.json": "Everything, for other programs (JSON)",
    "transcript.vtt": "Transcript as captions (WebVTT)",
    "transcript.srt": "Transcript as captions (SRT)",
    "speech.rttm": "Who spoke when (RTTM)",
    "metrics.csv": "All numbers, for a spreadsheet (CSV)",
    "utterances.csv": "The transcript, for a spreadsheet (CSV)",
}


def downloads_html(lesson_id: str) -> str:
    """A list of links. ``lesson_id`` is one of ours, letters and digits only."""
    return "<ul>" + "".join(_link(lesson_id, name) for name in WRITERS) + "</ul>"


def _link(lesson_id: str, name: str) -> str:
    address = f"/api/lessons/{lesson_id}/export/{name}"
    return f'<li><a href="{address}" download style="color: inherit">{_WORDS.get(name, name)}</a></li>'
