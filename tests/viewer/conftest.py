"""The viewer's routes over a library of their own, asked as a browser on this machine asks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from pipeline.config import Config, LibraryConfig
from pipeline.store.library import Library
from pipeline.viewer.lesson_routes import lesson_routes
from pipeline.viewer.results import Results
from pipeline.viewer.security import middleware
from pipeline.viewer.upload_routes import upload_routes
from pipeline.viewer.uploads import UploadFolder


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Library]:
    """An empty library on SQLite."""
    monkeypatch.delenv("LESSONMIRROR_LIBRARY", raising=False)
    with Library.open(LibraryConfig(str(tmp_path / "library"))) as library:
        yield library


@pytest.fixture
def uploads(shelf: Library) -> UploadFolder:
    return UploadFolder(shelf.media.uploads)


@pytest.fixture
def client(shelf: Library, uploads: UploadFolder) -> Iterator[TestClient]:
    routes = [*lesson_routes(shelf, Results(shelf)), *upload_routes(shelf, uploads, Config())]
    app = Starlette(routes=routes, middleware=middleware())
    with TestClient(app, base_url="http://127.0.0.1:8501", client=("127.0.0.1", 50000)) as client:
        yield client
