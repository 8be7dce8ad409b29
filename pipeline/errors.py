"""Everything that the program raises on purpose.

LessonMirrorError            a sentence for the user, and the next step
├── UsageError               the call itself is wrong (exit code 2)
├── ConfigError              a setting is unknown or nonsense (exit code 2)
│   └── SidecarError         what a file beside a recording says of it is nonsense
├── MediaError               this recording cannot be used as it is
│   └── NoAudioError         it holds no sound
├── TranscriptError          this transcript or table cannot be read
├── ModelError               a model or engine is missing or damaged
├── StageError               a step of the analysis failed
├── AccessError              the visitor may not do this
│   └── SignInError          who asks is not known (any more)
├── StoreError               the library cannot do this
│   ├── NotFoundError        no such lesson, note or recording
│   └── DiskFullError        no room left; nothing half-written stays behind
└── Cancelled                the user asked to stop
"""

from __future__ import annotations

from typing import Self


class LessonMirrorError(Exception):
    """A failure that the user can understand: what is wrong, and in ``hint`` what to do next."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()

    def renamed(self, known_as: str, name: str) -> Self:
        """The same error about a file that people know by another name than the program does."""
        return type(self)(self.message.replace(shown(known_as), shown(name)), hint=self.hint)

    def __reduce__(self) -> tuple[object, ...]:
        # Exceptions are rebuilt from ``args`` alone when they cross a process border; the hint must come along.
        return (_rebuild, (type(self), self.message, self.hint))


def shown(text: str) -> str:
    """Text from outside, such as a file's name, with all that does not print escaped: it must not steer a terminal."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def _rebuild(kind: type[LessonMirrorError], message: str, hint: str) -> LessonMirrorError:
    return kind(message, hint=hint)


class UsageError(LessonMirrorError):
    """The call itself is wrong."""

    exit_code = 2


class ConfigError(LessonMirrorError):
    """A setting is unknown, or its value makes no sense."""

    exit_code = 2


class SidecarError(ConfigError):
    """What a file beside a recording says about it makes no sense; other recordings have nothing to do with it."""


class MediaError(LessonMirrorError):
    """This recording cannot be used as it is."""


class NoAudioError(MediaError):
    """The recording holds no sound."""


class TranscriptError(LessonMirrorError):
    """This transcript, or table of sentences, cannot be read as it is."""


class ModelError(LessonMirrorError):
    """A model or an engine is missing, damaged or does not fit."""


class StageError(LessonMirrorError):
    """A step of the analysis failed."""


class AccessError(LessonMirrorError):
    """The visitor may see this, but not do it."""


class SignInError(AccessError):
    """Who asks is not known: a wrong password, a session that ended."""


class StoreError(LessonMirrorError):
    """The library cannot do this."""


class NotFoundError(StoreError):
    """There is no such lesson, note or recording."""


class DiskFullError(StoreError):
    """There is no room left on the disk."""


def disk_full(folder: object, *, hint: str = "Free some space there and start again.") -> DiskFullError:
    """The error for a disk without room, named by the folder (or database) on it that people know."""
    return DiskFullError(f"There is no room left on the disk that holds {folder}.", hint=hint)


class Cancelled(LessonMirrorError):  # noqa: N818 - it is the user's wish, not an error
    """The user asked to stop."""

    exit_code = 130
