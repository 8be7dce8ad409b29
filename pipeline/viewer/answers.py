"""Errors as answers: each of ours becomes its sentence, its next step and a fitting HTTP status."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pipeline.errors import (
    AccessError,
    DiskFullError,
    LessonMirrorError,
    MediaError,
    NotFoundError,
    SignInError,
    StoreError,
    UsageError,
)

# What people record is nobody else's business: no copy stays behind in a browser's cache.
NO_STORE = {"cache-control": "private, no-store"}
# The first kind that fits counts, so the special ones come first.
_STATUS: tuple[tuple[type[LessonMirrorError], int], ...] = (
    (UsageError, 400),
    (SignInError, 401),
    (AccessError, 403),
    (NotFoundError, 404),
    (DiskFullError, 507),
    (StoreError, 409),
    (MediaError, 422),
)


def error_answer(error: LessonMirrorError) -> JSONResponse:
    """The answer that stands for ``error``: ``{"error": sentence, "hint": next step}``."""
    status = next((code for kind, code in _STATUS if isinstance(error, kind)), 500)
    return JSONResponse({"error": error.message, "hint": error.hint}, status_code=status, headers=NO_STORE)


def blocking(work: Callable[[Request], Response]) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint out of a plain function that reads files or the database: it runs beside the event loop."""

    @functools.wraps(work)
    async def endpoint(request: Request) -> Response:
        try:
            return await run_in_threadpool(work, request)
        except LessonMirrorError as error:
            return error_answer(error)

    return endpoint
