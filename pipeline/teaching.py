"""What the library knows of a teacher beside one lesson: the goal for it, and earlier lessons of the same teacher."""

from __future__ import annotations

from pipeline.analysis.goals import parse_goal
from pipeline.stages.understand import Teaching
from pipeline.store.library import Library
from pipeline.store.rows import LessonRow


def teaching_of(library: Library, row: LessonRow) -> Teaching:
    """The goal that was set for a lesson, and the numbers of the same teacher's earlier ones; nobody else's."""
    return Teaching(parse_goal(row.details.goal), library.earlier_metrics(row.id))
