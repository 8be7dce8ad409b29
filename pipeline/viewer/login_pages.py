"""The pages in front of everything: logging in, and setting a password by a one-time code. Plain HTML without scripts.

GET, POST /login    log-in and password     -> the page that was asked for
GET, POST /code     log-in, code and a new password
POST      /logout   ends the session
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from pathlib import Path
from string import Template
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from pipeline.errors import LessonMirrorError
from pipeline.viewer.answers import NO_STORE
from pipeline.viewer.authentication import LOGIN_PATH, cookie_name, drop_session, keep_session, local_path
from pipeline.viewer.reach import Reach
from pipeline.workspace.passwords import MIN_CHARS
from pipeline.workspace.people import People

_MAX_FIELD_CHARS = 300
_FORMS = Path(__file__).parent / "forms"
_Form = Mapping[str, str]


def login_routes(people: People, reach: Reach, *, sign_on: str = "") -> list[Route]:
    """The routes above. ``sign_on`` is the name of the school's provider, where there is one."""
    pages = _Pages(people, reach, sign_on)
    return [
        Route(LOGIN_PATH, pages.login, methods=["GET", "POST"]),
        Route("/code", pages.code, methods=["GET", "POST"]),
        Route("/logout", pages.logout, methods=["POST"]),
    ]


def login_page(*, next_path: str = "/", login: str = "", problem: str = "", sign_on: str = "") -> HTMLResponse:
    """The log-in, with what went wrong before."""
    link = (
        f'<a class="button" href="/sign-on/start?next={quote(next_path, safe="")}">Log in with {escape(sign_on)}</a>\n'
    )
    body = _filled("login", next=quote(next_path, safe=""), login=escape(login), sign_on=link if sign_on else "")
    return _page("Log in", body, problem)


class _Pages:
    def __init__(self, people: People, reach: Reach, sign_on: str) -> None:
        self._people, self._reach, self._sign_on = people, reach, sign_on

    async def login(self, request: Request) -> Response:
        next_path = local_path(request.query_params.get("next", "/"))
        if request.method == "GET":
            return login_page(next_path=next_path, sign_on=self._sign_on)
        form = _plain(await request.form())
        try:
            token = await self._log_in(request, lambda: self._people.log_in(form["login"], form["password"]))
        except LessonMirrorError as error:
            return login_page(next_path=next_path, login=form["login"], problem=str(error), sign_on=self._sign_on)
        return self._come_in(token, next_path)

    async def code(self, request: Request) -> Response:
        if request.method == "GET":
            return _code_page(request.query_params.get("login", ""))
        form = _plain(await request.form())

        def set_and_log_in() -> str:
            self._people.set_password(form["login"], form["code"], form["password"])
            return self._people.log_in(form["login"], form["password"])

        try:
            token = await self._log_in(request, set_and_log_in)
        except LessonMirrorError as error:
            return _code_page(form["login"], str(error))
        return self._come_in(token, "/")

    async def logout(self, request: Request) -> Response:
        await run_in_threadpool(self._people.log_out, self._token(request))
        response = RedirectResponse(LOGIN_PATH, status_code=303, headers=NO_STORE)
        drop_session(response, self._reach)
        return response

    async def _log_in(self, request: Request, work: Callable[[], str]) -> str:
        """The token of a session that is always a new one: a cookie that somebody planted is worth nothing."""
        token = await run_in_threadpool(work)
        if old := self._token(request):
            await run_in_threadpool(self._people.log_out, old)
        return token

    def _token(self, request: Request) -> str:
        return request.cookies.get(cookie_name(self._reach), "")

    def _come_in(self, token: str, path: str) -> Response:
        response = RedirectResponse(path, status_code=303, headers=NO_STORE)
        keep_session(response, token, self._reach)
        return response


def _code_page(login: str, problem: str = "") -> HTMLResponse:
    return _page("Set a password", _filled("code", login=escape(login), least=str(MIN_CHARS)), problem)


def _page(title: str, body: str, problem: str) -> HTMLResponse:
    said = f'<p class="problem" role="alert">{escape(problem)}</p>' if problem else ""
    # 200 also for a wrong password: a page that explains is what a browser is asked to show.
    return HTMLResponse(_filled("page", title=title, body=body, problem=said), headers=NO_STORE)


def _filled(name: str, **values: str) -> str:
    """``forms/<name>.html`` with these values, which are HTML already."""
    return Template((_FORMS / f"{name}.html").read_text(encoding="utf-8")).substitute(values)


def _plain(form: FormData) -> _Form:
    wanted = ("login", "password", "code")
    return {name: value[:_MAX_FIELD_CHARS] if isinstance(value := form.get(name), str) else "" for name in wanted}
