"""Lesson Mirror: from a lesson recording to something its teacher can learn from.

The public Python API is in :mod:`pipeline.api`; the command is ``lessonmirror``.
"""

__version__ = "0.1.0"
