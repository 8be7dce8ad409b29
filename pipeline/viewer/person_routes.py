"""What people take along about themselves.

GET /api/me/everything.zip    person.json and the files of one's own lessons
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from pipeline.errors import NotFoundError
from pipeline.store import people
from pipeline.store.library import Library
from pipeline.viewer.answers import NO_STORE, blocking
from pipeline.viewer.authentication import visitor_of_request
from pipeline.workspace.leaving import export_person


def person_routes(library: Library) -> list[Route]:
    """The route above, for one library."""

    def everything(request: Request) -> Response:
        visitor = visitor_of_request(request)
        if visitor.is_alone:
            raise NotFoundError("There are no accounts here.", hint="The files of each lesson are on its page.")
        person = library.database.read(people.get, visitor.id)
        folder = Path(tempfile.mkdtemp(prefix="lessonmirror-"))
        try:
            written = export_person(library, person, folder / "all")
            archive = shutil.make_archive(str(folder / "everything"), "zip", written)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        cleared = BackgroundTask(shutil.rmtree, folder, ignore_errors=True)
        return FileResponse(archive, filename="everything.zip", headers=NO_STORE, background=cleared)

    return [Route("/api/me/everything.zip", blocking(everything))]
