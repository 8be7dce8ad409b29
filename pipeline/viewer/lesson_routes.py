"""What pages and players fetch of one lesson.

GET /api/lessons/<id>/video              the web copy, else the original where browsers play it; by ranges
GET /api/lessons/<id>/poster.jpg         one picture
GET /api/lessons/<id>/thumbs/<ms>.jpg    the picture at a moment
GET /api/lessons/<id>/captions.vtt       captions
GET /api/lessons/<id>/player.json        lines, voices, speech, segments, waits
GET /api/lessons/<id>/export/<name>      a file to keep
GET /healthz                             that the server answers
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from pipeline.errors import NotFoundError
from pipeline.lesson import Lesson
from pipeline.report.exports import WRITERS, folder_name, render
from pipeline.store.library import Library
from pipeline.store.rows import LessonRow
from pipeline.viewer.answers import NO_STORE, blocking
from pipeline.viewer.authentication import visitor_of_request
from pipeline.viewer.playable import MEDIA_TYPES, playable_file
from pipeline.viewer.player_data import player_payload
from pipeline.viewer.results import Results
from pipeline.workspace.access import AccessAction, Workspace

_MILLISECONDS = re.compile(r"[0-9]{1,9}")
_TYPES: Mapping[str, str] = {
    ".json": "application/json",
    ".vtt": "text/vtt",
    ".srt": "application/x-subrip",
    ".rttm": "text/plain",
    ".csv": "text/csv",
}


def lesson_routes(library: Library, results: Results) -> list[Route]:
    """The routes above, for one library."""
    lesson = _Lessons(library, results)
    return [
        Route("/healthz", lambda request: PlainTextResponse("ok", headers=NO_STORE)),
        Route("/api/lessons/{lesson_id}/video", blocking(lesson.video)),
        Route("/api/lessons/{lesson_id}/poster.jpg", blocking(lesson.poster)),
        Route("/api/lessons/{lesson_id}/thumbs/{milliseconds}.jpg", blocking(lesson.thumbnail)),
        Route("/api/lessons/{lesson_id}/captions.vtt", blocking(lesson.captions)),
        Route("/api/lessons/{lesson_id}/player.json", blocking(lesson.player)),
        Route("/api/lessons/{lesson_id}/export/{name}", blocking(lesson.export)),
    ]


class _Lessons:
    def __init__(self, library: Library, results: Results) -> None:
        self._library, self._results = library, results

    def video(self, request: Request) -> Response:
        row = self._row(request, "watched")
        path = playable_file(self._library.media, row)
        return FileResponse(path, media_type=MEDIA_TYPES.get(path.suffix.lower()), headers=NO_STORE)

    def poster(self, request: Request) -> Response:
        return _picture(self._library.media.poster(self._row(request).sha256))

    def thumbnail(self, request: Request) -> Response:
        wanted = request.path_params["milliseconds"]
        folder = self._library.media.folder_of(self._row(request).sha256)
        path = folder / "thumbs" / f"{int(wanted):09d}.jpg" if _MILLISECONDS.fullmatch(wanted) else None
        return _picture(path if path and path.is_file() else None)

    def captions(self, request: Request) -> Response:
        content = render(self._result(self._row(request)), "transcript.vtt")
        return Response(content, media_type="text/vtt", headers=NO_STORE)

    def player(self, request: Request) -> Response:
        row = self._row(request)
        thumbnails = self._library.media.thumbnails(row.sha256)
        payload = player_payload(self._result(row), [item.at_s for item in thumbnails])
        content = json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
        return Response(content, media_type="application/json", headers=NO_STORE)

    def export(self, request: Request) -> Response:
        row, name = self._row(request, "exported"), request.path_params["name"]
        if name not in WRITERS:
            raise NotFoundError("There is no such export.", hint=f"There are {', '.join(WRITERS)}.")
        lesson = self._result(row)
        headers = {**NO_STORE, "content-disposition": _attachment(f"{folder_name(lesson)}-{name}")}
        return Response(render(lesson, name), media_type=_TYPES[Path(name).suffix], headers=headers)

    def _row(self, request: Request, action: AccessAction | None = None) -> LessonRow:
        """The lesson of exactly that id, if the one who asks may see it. Raises NotFoundError."""
        return Workspace(self._library, visitor_of_request(request)).lesson(request.path_params["lesson_id"], action)

    def _result(self, row: LessonRow) -> Lesson:
        result = self._results.of(row)
        if result is None:
            raise NotFoundError("This lesson is not analysed yet.", hint="Wait until it is done.")
        return result


def _attachment(name: str) -> str:
    return f"attachment; filename*=UTF-8''{quote(name)}"


def _picture(path: Path | None) -> Response:
    if path is None:
        raise NotFoundError("There is no such picture.", hint="Pictures come with the analysis.")
    return FileResponse(path, media_type="image/jpeg", headers=NO_STORE)
