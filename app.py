"""The viewer for any ASGI server: ``uvicorn app:app --host 127.0.0.1``. `lessonmirror serve` does that and more."""

from __future__ import annotations

from pipeline.config import load_config
from pipeline.viewer.asgi import build_app

app = build_app(load_config())
