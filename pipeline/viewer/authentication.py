"""Who asks: middleware that knows the visitor of every request and websocket by the session in a cookie.

Where nobody has an account, everybody at this machine is the one who uses it. As soon as somebody has, nothing but the
log-in is answered without a session: pages are sent there, everything else is turned away (401, websocket 1008).
"""

from __future__ import annotations

from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from pipeline.viewer.answers import NO_STORE
from pipeline.viewer.reach import Reach
from pipeline.viewer.security import POLICY_VIOLATION
from pipeline.workspace.people import LONGEST, People
from pipeline.workspace.visitor import ALONE, Visitor, visitor_of

LOGIN_PATH = "/login"
# What is answered to anybody: the log-in itself, and whether the server runs.
_OPEN = (LOGIN_PATH, "/code", "/healthz")
_OPEN_BELOW = ("/sign-on/",)


def cookie_name(reach: Reach) -> str:
    """The session's cookie; under HTTPS by a name that browsers let nobody else set (RFC 6265bis)."""
    return "__Host-lessonmirror" if reach.is_secure else "lessonmirror"


def who(token: str, people: People) -> Visitor | None:
    """The visitor behind a session's token: ALONE where there are no accounts, None where the session ended."""
    person = people.of_session(token)
    if person is not None:
        return visitor_of(person)
    return None if people.are_there() else ALONE


def visitor_of_request(request: HTTPConnection) -> Visitor:
    """Who asks, as the middleware found; ALONE for an app without it (tests of single routes)."""
    found = request.scope.get("visitor", ALONE)
    return found if isinstance(found, Visitor) else ALONE


def keep_session(response: Response, token: str, reach: Reach) -> None:
    """Puts the session's cookie into an answer; no script can read it, no foreign page send it along with a change."""
    age_s = int(LONGEST.total_seconds())
    options = {"path": "/", "httponly": True, "secure": reach.is_secure}
    response.set_cookie(cookie_name(reach), token, max_age=age_s, samesite="lax", **options)  # type: ignore[arg-type]


def drop_session(response: Response, reach: Reach) -> None:
    """Takes the session's cookie away."""
    response.delete_cookie(cookie_name(reach), path="/", secure=reach.is_secure, httponly=True, samesite="lax")


def local_path(text: str) -> str:
    """Where to go on after the log-in: a path of this server, whatever a link says."""
    plain = text.replace("\\", "/")
    return plain if plain.startswith("/") and not plain.startswith("//") and plain.isprintable() else "/"


class Authentication:
    """Lets in who has a session, and tells the app who it is (``scope["visitor"]``)."""

    def __init__(self, app: ASGIApp, *, people: People, reach: Reach) -> None:
        self._app, self._people, self._reach = app, people, reach

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        token = HTTPConnection(scope).cookies.get(cookie_name(self._reach), "")
        visitor = await run_in_threadpool(who, token, self._people)
        path = str(scope["path"])
        if visitor is not None or path in _OPEN or path.startswith(_OPEN_BELOW):
            scope["visitor"] = visitor or _NOBODY
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": POLICY_VIOLATION, "reason": "Log in first."})
        else:
            await _turned_away(Request(scope))(scope, receive, send)


_NOBODY = Visitor("nobody", "", frozenset())


def _turned_away(request: Request) -> Response:
    response: Response
    if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        response = RedirectResponse(f"{LOGIN_PATH}?next={quote(path, safe='')}", status_code=303)
    else:
        response = JSONResponse({"error": "You are not logged in.", "hint": "Log in first."}, status_code=401)
    MutableHeaders(raw=response.raw_headers).update(NO_STORE)
    return response
