"""Errors say what is wrong and what to do, also across processes."""

from __future__ import annotations

import pickle
import re

import pytest

from pipeline import errors
from pipeline.errors import (
    Cancelled,
    ConfigError,
    LessonMirrorError,
    MediaError,
    NoAudioError,
    SidecarError,
    UsageError,
)


def all_kinds(kind: type[LessonMirrorError] = LessonMirrorError) -> list[type[LessonMirrorError]]:
    return [kind, *(found for child in kind.__subclasses__() for found in all_kinds(child))]


@pytest.mark.parametrize("kind", all_kinds(), ids=lambda kind: kind.__name__)
def test_every_error_comes_through_a_process_border_with_its_hint(kind: type[LessonMirrorError]) -> None:
    back = pickle.loads(pickle.dumps(kind("talk.mp4 is empty.", hint="Copy it again.")))
    assert type(back) is kind
    assert (back.message, back.hint) == ("talk.mp4 is empty.", "Copy it again.")
    assert str(back) == "talk.mp4 is empty. Copy it again."


def test_an_error_without_a_hint_is_its_sentence() -> None:
    assert str(MediaError("talk.mp4 is empty.")) == "talk.mp4 is empty."


def test_exit_codes_tell_wrong_usage_and_stopping_from_failure() -> None:
    assert {kind.exit_code for kind in (UsageError, ConfigError, SidecarError)} == {2}
    assert Cancelled.exit_code == 130
    assert all(
        kind.exit_code == 1 for kind in all_kinds() if kind not in (UsageError, ConfigError, SidecarError, Cancelled)
    )


def test_no_audio_is_a_kind_of_unusable_recording() -> None:
    assert issubclass(NoAudioError, MediaError)


def test_the_tree_in_the_docstring_names_every_error() -> None:
    assert errors.__doc__ is not None
    drawn = set(re.findall(r"^[ │├└─]*(\w+) {2,}", errors.__doc__, re.MULTILINE))
    assert drawn == {kind.__name__ for kind in all_kinds()}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Übung 3.mp4", "Übung 3.mp4"),
        ("a\x1b[31mb", "a\\x1b[31mb"),
        ("a\u202egpj.exe", "a\\u202egpj.exe"),
        ("a\x07\x00", "a\\x07\\x00"),
        ("\udc80", "\\udc80"),
        ("a\nb", "a\\nb"),
    ],
)
def test_names_cannot_steer_the_terminal(text: str, shown: str) -> None:
    assert errors.shown(text) == shown


def test_an_error_about_a_file_can_name_it_as_people_know_it() -> None:
    told = MediaError("original.bin is empty.", hint="Copy it again.").renamed("original.bin", "my talk\x1b.mp4")
    assert type(told) is MediaError
    assert str(told) == "my talk\\x1b.mp4 is empty. Copy it again."
