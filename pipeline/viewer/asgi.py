"""The viewer as one ASGI app: Streamlit's pages, our routes beside them, our middleware around both."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import streamlit
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.routing import Route
from streamlit.web import bootstrap
from streamlit.web.server.starlette import App

from pipeline.config import Config
from pipeline.errors import LessonMirrorError
from pipeline.store.library import Library
from pipeline.viewer.authentication import Authentication
from pipeline.viewer.cycle_routes import cycle_routes
from pipeline.viewer.lesson_routes import lesson_routes
from pipeline.viewer.login_pages import login_routes
from pipeline.viewer.person_routes import person_routes
from pipeline.viewer.reach import LOCAL, LOOPBACK, Reach
from pipeline.viewer.results import Results
from pipeline.viewer.security import middleware
from pipeline.viewer.state import Shared, share
from pipeline.viewer.theme import THEME
from pipeline.viewer.upload_routes import upload_routes
from pipeline.viewer.uploads import UploadFolder
from pipeline.workspace.people import People

SCRIPT = Path(__file__).resolve().parent / "main.py"
_INDEX = Path(streamlit.__file__).resolve().parent / "static" / "index.html"
# Nothing is counted, fetched or offered beyond this machine; nothing of a developer's tools is shown.
OPTIONS: Mapping[str, Any] = {
    "browser.gatherUsageStats": False,
    "client.showErrorDetails": "none",
    "client.showErrorLinks": False,
    "client.toolbarMode": "minimal",
    "global.developmentMode": False,
    "logger.level": "warning",
    "server.allowedHosts": ["127.0.0.1", "localhost", "[::1]"],
    "server.enableAgentApi": False,
    "server.enableStaticServing": False,
    "server.enableXsrfProtection": True,
    "server.fileWatcherType": "none",
    "server.headless": True,
    "server.showEmailPrompt": False,
    **THEME,
}


def build_app(config: Config, reach: Reach = LOCAL) -> App:
    """The viewer of the library that ``config`` names. The library is opened here, so that its errors come at once.

    Raises StoreError where the library cannot be used, UsageError where ``reach`` would let in others unasked.
    """
    library = Library.open(config.library)
    people = People(library)
    try:
        reach.check(accounts=people.are_there())
    except BaseException:
        library.close()
        raise
    bootstrap.load_config_options({**OPTIONS, **_addresses(reach)})
    results = Results(library)
    share(Shared(library, config, results, reach))
    uploads = UploadFolder(library.media.uploads)

    @asynccontextmanager
    async def lifespan(_app: App) -> AsyncIterator[dict[str, Any]]:
        await run_in_threadpool(uploads.sweep)
        warming = asyncio.create_task(run_in_threadpool(_warm_up))
        try:
            yield {}
        finally:
            await warming
            library.close()

    routes = [
        *login_routes(people, reach, sign_on=config.sign_on.name if config.sign_on.issuer else ""),
        *_sign_on(config, people, reach),
        *lesson_routes(library, results),
        *person_routes(library),
        *cycle_routes(library),
        *upload_routes(library, uploads, config),
    ]
    around = [*middleware(_INDEX, reach), Middleware(Authentication, people=people, reach=reach)]
    return App(SCRIPT, lifespan=lifespan, routes=routes, middleware=around, on_script_error=explain)


def _sign_on(config: Config, people: People, reach: Reach) -> list[Route]:
    if not config.sign_on.issuer:
        return []
    from pipeline.viewer.sign_on import SECRET_VARIABLE, sign_on_routes  # loads what only a few need

    return sign_on_routes(config.sign_on, os.environ.get(SECRET_VARIABLE, ""), people, reach)


def _addresses(reach: Reach) -> dict[str, Any]:
    """What Streamlit itself has to know of where it can be reached."""
    names = [*OPTIONS["server.allowedHosts"], *reach.names]
    shown = reach.names[0] if reach.names else LOOPBACK
    return {"server.allowedHosts": names, "server.address": reach.host, "browser.serverAddress": shown}


def explain(error: Exception) -> bool:
    """Says on the page what is wrong and what to do, where it is one of our errors; True means that it is said."""
    if not isinstance(error, LessonMirrorError):
        return False
    streamlit.error(str(error))
    return True


def _warm_up() -> None:
    """Loads what the first page would otherwise wait for."""
    import altair  # noqa: F401
    import pandas  # noqa: F401
