"""How a library answers as it grows: listing and searching, for one person alone and for a teacher among many.

    python benchmarks/library_size.py [LESSONS]

Prints milliseconds (the median of eleven) on SQLite, and the ratio to a library of a tenth of that size.
"""

from __future__ import annotations

import hashlib
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from pipeline.config import LibraryConfig
from pipeline.lesson import LessonDetails, MediaInfo, Recording
from pipeline.store import lessons, people, sharing
from pipeline.store.library import Library
from pipeline.workspace.access import Workspace
from pipeline.workspace.conversation import Conversation
from pipeline.workspace.visitor import ALONE, visitor_of

TEACHERS = 100
INFO = MediaInfo(2700.0, "mov,mp4", "aac", 2, "h264", 1280, 720, 0, "yuv420p", None)
SUBJECTS = ("Physics", "Mathematics", "History", "French", "Biology")


def fill(library: Library, count: int) -> list[str]:
    """That many lessons of a hundred teachers; gives the teachers' ids."""

    def work(connection):  # type: ignore[no-untyped-def]
        teachers = [
            people.add(connection, f"t{number}", f"Teacher {number}", ("teacher",)) for number in range(TEACHERS)
        ]
        for number in range(count):
            teacher = teachers[number % TEACHERS]
            details = LessonDetails(teacher.name, f"{number % 12}b", SUBJECTS[number % 5], f"Lesson {number}")
            sha256 = hashlib.sha256(str(number).encode()).hexdigest()
            row = lessons.add(connection, Recording(sha256, f"{number}.mp4", 2700.0), INFO, details)
            sharing.settle(connection, row.id, owner_id=teacher.id, uploader_id=teacher.id)
        return [teacher.id for teacher in teachers]

    ids: list[str] = library.database.write(work)
    return ids


def median_ms(work: Callable[[], object]) -> float:
    """The middle of eleven runs."""
    times = []
    for _ in range(11):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return 1000 * statistics.median(times)


def measure(count: int) -> dict[str, float]:
    """Milliseconds of each question to a library of that many lessons."""
    with tempfile.TemporaryDirectory() as folder, Library.open(LibraryConfig(folder)) as library:
        teacher = visitor_of(library.database.read(people.get, fill(library, count)[0]))
        alone, one = Workspace(library, ALONE), Workspace(library, teacher)
        return {
            "the newest 31": median_ms(lambda: alone.lessons(limit=31)),
            "searched, many fit": median_ms(lambda: alone.lessons(search="physics", limit=31)),
            "searched, none fits": median_ms(lambda: alone.lessons(search="nothing like it", limit=31)),
            "a teacher's newest 31": median_ms(lambda: one.lessons(limit=31)),
            "a teacher's, none fits": median_ms(lambda: one.lessons(search="nothing like it", limit=31)),
            "what is new": median_ms(Conversation(one).count_news),
        }


def main() -> None:
    """Prints the table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    small, large = measure(count // 10), measure(count)
    print(f"{count} lessons of {TEACHERS} teachers, SQLite")
    for name, value in large.items():
        print(f"  {name:<24}{value:8.1f} ms   {value / small[name]:.1f} x that of {count // 10}")


if __name__ == "__main__":
    main()
