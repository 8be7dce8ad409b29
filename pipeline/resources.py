"""Where the files that travel with the program lie, and where it may keep what can be made again.

In a wheel they lie under ``pipeline/_data``; in a checkout they are the folders beside ``pipeline/``.
"""

from __future__ import annotations

import os
from pathlib import Path

LIBRARY_VARIABLE = "LESSONMIRROR_LIBRARY"  # the folder of the library, where none is named in the call itself

_PACKAGE = Path(__file__).resolve().parent


def data_path(*parts: str) -> Path:
    """The absolute path of a file or folder of ``models/``, ``configs/`` or ``data/samples/``; it need not exist."""
    packed = _PACKAGE / "_data"
    root = packed if packed.is_dir() else _PACKAGE.parent
    return root.joinpath(*parts)


def cache_folder() -> Path:
    """The folder for what can be made again (joined weights); LESSONMIRROR_CACHE overrides the user's cache folder."""
    chosen = os.environ.get("LESSONMIRROR_CACHE")
    if chosen:
        return Path(chosen).expanduser().resolve()
    import platformdirs

    return Path(platformdirs.user_cache_dir("lessonmirror", appauthor=False))


def library_folder(configured: str = "") -> Path:
    """The folder of the library: ``configured``, else LESSONMIRROR_LIBRARY, else the user's data folder."""
    chosen = configured or os.environ.get(LIBRARY_VARIABLE)
    if chosen:
        return Path(chosen).expanduser().resolve()
    import platformdirs

    return Path(platformdirs.user_data_dir("lessonmirror", appauthor=False))
