"""Uploading a recording in pieces that can be resumed.

    POST   /api/uploads                {"name", "size_bytes", "details"}   -> 201 {"id", "received_bytes", ...}
    GET    /api/uploads/<id>                                               -> how far it is
    PUT    /api/uploads/<id>?offset=N  the bytes from N on, of any length  -> how far it is; 409 where N is not the end
    PUT    /api/uploads/<id>/details   {"details"}, which replace the earlier ones -> how far it is
    POST   /api/uploads/<id>/finish                                        -> {"lesson_id", "created"}
    DELETE /api/uploads/<id>                                               -> 204

Bytes go from the socket to the file; a large upload needs no more memory than a small one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import BinaryIO

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pipeline.config import Config
from pipeline.errors import AccessError, LessonMirrorError, MediaError, NotFoundError, StoreError, UsageError
from pipeline.intake import take_in
from pipeline.store.library import Library
from pipeline.viewer.answers import NO_STORE, blocking, error_answer
from pipeline.viewer.authentication import visitor_of_request
from pipeline.viewer.details import details_from_json
from pipeline.viewer.uploads import Upload, UploadFolder, disk_full
from pipeline.workspace.access import Workspace
from pipeline.workspace.people import People
from pipeline.workspace.visitor import Visitor

_Work = Callable[[Request], Awaitable[Response]]
_BUFFER_BYTES = 1 << 20  # one trip to the disk's thread for about this much
_TOO_LARGE = UsageError("More bytes came than were announced.", hint="Choose the file again.")
_BUSY = StoreError("This upload is going on in another window.", hint="Wait a moment; it goes on by itself.")


def upload_routes(library: Library, uploads: UploadFolder, config: Config) -> list[Route]:
    """The routes above, for one library."""
    endpoints = _Uploads(library, uploads, config)
    return [
        Route("/api/uploads", endpoints.create, methods=["POST"]),
        Route("/api/uploads/{upload_id}", blocking(endpoints.status), methods=["GET"]),
        Route("/api/uploads/{upload_id}", endpoints.append, methods=["PUT"]),
        Route("/api/uploads/{upload_id}", blocking(endpoints.remove), methods=["DELETE"]),
        Route("/api/uploads/{upload_id}/details", endpoints.describe, methods=["PUT"]),
        Route("/api/uploads/{upload_id}/finish", endpoints.finish, methods=["POST"]),
    ]


class _Uploads:
    def __init__(self, library: Library, uploads: UploadFolder, config: Config) -> None:
        self._library = library
        self._config = config
        self._uploads = uploads
        self._busy: set[str] = set()  # touched on the event loop only

    async def create(self, request: Request) -> Response:
        try:
            wanted = await _json_object(request)
            size = wanted.get("size_bytes")
            if not isinstance(size, int):
                raise UsageError("An upload needs its size in bytes.", hint="Send size_bytes.")
            details = details_from_json(wanted.get("details") or {})
            name = str(wanted.get("name") or "")
            person_id = visitor_of_request(request).id
            upload = await run_in_threadpool(self._uploads.create, name, size, details, person_id)
        except LessonMirrorError as error:
            return error_answer(error)
        return _answer(upload, status=201)

    def status(self, request: Request) -> Response:
        return _answer(self._find(request))

    def remove(self, request: Request) -> Response:
        with suppress(NotFoundError):
            self._uploads.remove(self._find(request).id)
        return Response(status_code=204)

    async def append(self, request: Request) -> Response:
        return await self._alone(request, self._append)

    async def describe(self, request: Request) -> Response:
        return await self._alone(request, self._describe)

    async def finish(self, request: Request) -> Response:
        return await self._alone(request, self._finish)

    async def _alone(self, request: Request, work: _Work) -> Response:
        upload_id = request.path_params["upload_id"]
        if upload_id in self._busy:
            return error_answer(_BUSY)
        self._busy.add(upload_id)
        try:
            return await work(request)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is left to read it; what came is kept
        except LessonMirrorError as error:
            return error_answer(error)
        finally:
            self._busy.discard(upload_id)

    async def _append(self, request: Request) -> Response:
        upload = await run_in_threadpool(self._find, request)
        file = await run_in_threadpool(self._uploads.open_at, upload, _offset(request))
        try:
            await _receive(request, file, room=upload.size_bytes - upload.received_bytes)
        except OSError as error:
            raise disk_full(error) or error from error
        return _answer(await run_in_threadpool(self._find, request))

    async def _describe(self, request: Request) -> Response:
        wanted = await _json_object(request)
        details = details_from_json(wanted.get("details") or {})
        upload = await run_in_threadpool(self._find, request)
        return _answer(await run_in_threadpool(self._uploads.describe, upload, details))

    async def _finish(self, request: Request) -> Response:
        upload = await run_in_threadpool(self._find, request)
        if upload.lesson_id:
            return JSONResponse({"lesson_id": upload.lesson_id, "created": False}, headers=NO_STORE)
        return await run_in_threadpool(self._take_in, upload, visitor_of_request(request))

    def _find(self, request: Request) -> Upload:
        return self._uploads.find(request.path_params["upload_id"], visitor_of_request(request).id)

    def _take_in(self, upload: Upload, visitor: Visitor) -> Response:
        try:
            with self._uploads.whole_file(upload) as path:
                lesson = take_in(self._library, path, self._config, name=upload.name, details=upload.details, move=True)
        except MediaError:
            self._uploads.remove(upload.id)  # the same bytes would fail again
            raise
        if lesson.created:
            teacher = People(self._library).named(upload.details.teacher)
            Workspace(self._library, visitor).claim(lesson.id, teacher.id if teacher else None)
        elif not visitor.is_alone:
            self._known(lesson.id, visitor)
        if lesson.state in ("new", "failed"):
            self._library.enqueue(lesson.id, "analyze")
        self._uploads.finished(upload, lesson.id)
        answer = {"lesson_id": lesson.id, "created": lesson.created}
        return JSONResponse(answer, status_code=201 if lesson.created else 200, headers=NO_STORE)

    def _known(self, lesson_id: str, visitor: Visitor) -> None:
        """Raises AccessError where the recording is a lesson of somebody who does not share it."""
        try:
            Workspace(self._library, visitor).lesson(lesson_id)
        except NotFoundError as error:
            hint = "Ask whoever teaches in it to share it with you."
            raise AccessError("This recording is in the library already.", hint=hint) from error


async def _receive(request: Request, file: BinaryIO, *, room: int) -> None:
    """Writes the body to ``file``, at most ``room`` bytes; what came before an interruption is written too."""
    buffer = bytearray()
    try:
        async for piece in request.stream():
            room -= len(piece)
            if room < 0:
                raise _TOO_LARGE
            buffer += piece
            if len(buffer) >= _BUFFER_BYTES:
                await run_in_threadpool(file.write, bytes(buffer))
                buffer.clear()
    finally:
        await run_in_threadpool(_write_and_close, file, bytes(buffer))


def _write_and_close(file: BinaryIO, rest: bytes) -> None:
    with file:
        file.write(rest)


def _offset(request: Request) -> int:
    text = request.query_params.get("offset", "")
    if not text.isdecimal():
        raise UsageError("A piece of an upload says where it starts.", hint="Send ?offset=BYTES.")
    return int(text)


async def _json_object(request: Request) -> dict[str, object]:
    try:
        data = await request.json()
    except ValueError as error:
        raise UsageError("The request's body is no JSON.", hint="Send a JSON object.") from error
    if not isinstance(data, dict):
        raise UsageError("The request's body is a JSON object.", hint="Send name, size_bytes and details.")
    return data


def _answer(upload: Upload, status: int = 200) -> JSONResponse:
    content = {
        "id": upload.id,
        "name": upload.name,
        "size_bytes": upload.size_bytes,
        "received_bytes": upload.received_bytes,
        "lesson_id": upload.lesson_id,
    }
    return JSONResponse(content, status_code=status, headers=NO_STORE)
