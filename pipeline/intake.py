"""From a file to a lesson in the library: the one way in for the command line, the viewer and the batch."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

from pipeline import registry
from pipeline.config import Config
from pipeline.errors import MediaError, NotFoundError
from pipeline.lesson import LessonDetails, Recording
from pipeline.ports import Progress
from pipeline.resources import data_path
from pipeline.stages.sidecar import read_sidecar
from pipeline.store.library import Library
from pipeline.store.rows import LessonRow

SAMPLE = ("data", "samples", "lesson.mp4")


def take_in(
    library: Library,
    source: Path,
    config: Config,
    *,
    name: str = "",
    details: LessonDetails | None = None,
    move: bool = False,
    progress: Progress | None = None,
) -> LessonRow:
    """Brings a recording into the library; ``created`` of the answer says whether it was new.

    The file is judged by its content, before anything is copied. ``name`` is what people call it (default: the file's
    name); ``details`` go before those of a sidecar file. Raises MediaError for what cannot be used, DiskFullError
    without room, SidecarError for a sidecar that makes no sense.
    """
    name = name or source.name
    try:
        info = registry.media_reader(config).probe(source)
    except MediaError as error:  # the reader knows only how we named the file
        raise error.renamed(source.name, name) from error
    details = details or read_sidecar(source) or LessonDetails()
    taken = library.media.take_in(source, move=move, progress=progress)
    return library.add_lesson(Recording(taken.sha256, name, info.duration_s, str(taken.path)), info, details)


def add_details(library: Library, row: LessonRow, given: LessonDetails) -> LessonRow:
    """The lesson with what is said of it now; what ``given`` leaves out stays as it was."""
    said = {item.name: getattr(given, item.name) for item in fields(given) if getattr(given, item.name)}
    library.set_details(row.id, replace(row.details, **said))
    return replace(library.find_lesson(row.id), created=row.created)


def sample_path() -> Path:
    """The sample lesson that comes with the program. Raises NotFoundError where it was left out."""
    path = data_path(*SAMPLE)
    if not path.is_file():
        raise NotFoundError("The sample lesson is not there.", hint="Install the program again.")
    return path
