"""Results of analyses, kept in memory for pages and players alike."""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import datetime

from pipeline.lesson import Lesson
from pipeline.store.library import Library
from pipeline.store.rows import LessonRow

KEPT = 8  # a lesson of 90 minutes is about 10 MB of values


class Results:
    """The results looked at last. Being frozen, everybody may hold the same one; a changed lesson is read anew."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[datetime, Lesson]] = OrderedDict()

    def of(self, row: LessonRow) -> Lesson | None:
        """What the analysis found; None before there is any."""
        with self._lock:
            known = self._kept.get(row.id)
            if known and known[0] == row.updated_at:
                self._kept.move_to_end(row.id)
                return known[1]
        lesson = self._library.load_result(row.id)
        if lesson is not None:
            with self._lock:
                self._kept[row.id] = (row.updated_at, lesson)
                while len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
        return lesson

    def forget(self, lesson_id: str) -> None:
        """Lets go of a lesson that was deleted."""
        with self._lock:
            self._kept.pop(lesson_id, None)
