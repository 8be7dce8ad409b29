"""Passwords and codes: how they are kept, and which are taken.

Argon2id with the parameters of RFC 9106's second choice (64 MiB, three passes), which argon2-cffi has as its default.
Length is what makes a password strong (NIST SP 800-63B), so there are no rules about digits and capitals.
"""

from __future__ import annotations

import functools
import hashlib
import secrets
from typing import TYPE_CHECKING

from pipeline.errors import UsageError

if TYPE_CHECKING:
    from argon2 import PasswordHasher

MIN_CHARS = 10
MAX_CHARS = 200  # argon2 takes any length; nobody types more
_MIN_DIFFERENT = 5
_CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # nothing that reads like something else on paper
_CODE_PARTS, _CODE_PART_CHARS = 4, 4  # 30 ** 16: nobody guesses it in the days it is good for
# The beginnings of what people choose first. A list of leaked passwords would be larger than the program.
_COMMON = ("password", "passwort", "1234567890", "qwertyuiop", "lessonmirror", "iloveyou", "letmein", "welcome")


def check(password: str, *, about: tuple[str, ...] = ()) -> None:
    """Raises UsageError for a password that is easily guessed; ``about`` are words that stand near the person."""
    folded = password.casefold()
    if not MIN_CHARS <= len(password) <= MAX_CHARS:
        hint = "Three or four words that have nothing to do with each other are easy to keep in mind."
        raise UsageError(f"A password has {MIN_CHARS} to {MAX_CHARS} characters.", hint=hint)
    if len(set(folded)) < _MIN_DIFFERENT or any(folded.startswith(word) for word in _COMMON):
        raise UsageError("This password is among the first that anybody tries.", hint="Choose another one.")
    if any(len(word) >= 4 and word.casefold() in folded for text in about for word in (text, *text.split())):
        raise UsageError("Your name does not belong in your password.", hint="Choose one that others cannot guess.")


def hashed(password: str) -> str:
    """The password as it is kept."""
    return _hasher().hash(password)


def matches(kept: str, password: str) -> bool:
    """Whether this is the password. Takes as long where none is kept, so that nobody learns who has an account."""
    from argon2.exceptions import Argon2Error, InvalidHashError

    try:
        return _hasher().verify(kept or _nobodys(), password) and bool(kept)
    except (Argon2Error, InvalidHashError):
        return False


def new_code() -> str:
    """A one-time code, such as ``7QKD-M2XA-9RTE-HB4C``."""
    parts = ("".join(secrets.choice(_CODE_ALPHABET) for _ in range(_CODE_PART_CHARS)) for _ in range(_CODE_PARTS))
    return "-".join(parts)


def digest(token: str) -> str:
    """A code or a session's token as it is kept: they are long and random, so a plain hash is enough."""
    return hashlib.sha256("".join(char for char in token if char.isalnum() or char == "_").encode()).hexdigest()


def new_token() -> str:
    """A session's token."""
    return secrets.token_hex(32)


@functools.cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher

    return PasswordHasher()


@functools.cache
def _nobodys() -> str:
    return hashed(secrets.token_hex(16))
