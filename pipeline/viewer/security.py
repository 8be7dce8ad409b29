"""From where the viewer may be asked: by its own pages, under its own names. All of it is middleware.

The viewer listens on loopback, unless told otherwise, but that alone keeps nobody out: any web page that is open in the
same browser can send requests to 127.0.0.1, and a name that an attacker points there (DNS rebinding) makes such a page
look like the same origin. So every request and every websocket has to name a host of ours, may not come from a foreign
page, and has to carry a header that only the viewer's own scripts can add where it changes something.

Who asks is the business of :mod:`pipeline.viewer.authentication`, one layer further in.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.viewer.reach import LOCAL, Reach, is_loopback_address

# A page of another origin cannot add a header of its own without asking first, and we never say yes.
OWN_HEADER = "x-lesson-mirror"
API_PREFIX = "/api/"
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_SAME_SITE = frozenset({"same-origin", "none"})
_HTTPS_ONLY_S = 365 * 86400  # how long a browser remembers that there is no plain HTTP here
POLICY_VIOLATION = 1008  # websocket close code


def middleware(page: Path | None = None, reach: Reach = LOCAL) -> list[Middleware]:
    """What stands around the whole app, outermost first. ``page`` is the HTML whose inline scripts may run."""
    headers = Middleware(SafeHeaders, policy=content_policy(page), secure=reach.is_secure)
    return [headers, Middleware(OwnPagesOnly, reach=reach)]


def is_loopback_host(host: str | None) -> bool:
    """Whether a Host header names this machine by a name that nobody else can own."""
    name = _host_name(host)
    if name is None:
        return False
    return name == "localhost" or is_loopback_address(name)


def is_same_origin(origin: str, host: str | None) -> bool:
    """Whether ``origin`` is a page of the very server that ``host`` names, by scheme, name and port."""
    parts = urlsplit(origin)
    return parts.scheme in ("http", "https") and bool(host) and parts.netloc == host


def refusal(scope: Scope, reach: Reach = LOCAL) -> str | None:
    """Why this request is turned away, as a sentence; None where it may pass."""
    headers = Headers(scope=scope)
    client = scope.get("client")
    host, origin = headers.get("host"), headers.get("origin")
    if reach.is_local and client and not is_loopback_address(client[0]):
        return "Lesson Mirror answers on this machine only."
    if not is_loopback_host(host) and _host_name(host) not in reach.names:
        return f"Lesson Mirror answers to {' and '.join(reach.names or ('127.0.0.1', 'localhost'))} only."
    # Streamlit would look up its public address on the internet to judge a foreign origin; it never gets to see one.
    if origin is not None and not is_same_origin(origin, host):
        return "Another page may not use Lesson Mirror."
    if scope["type"] == "http" and str(scope["path"]).startswith(API_PREFIX):
        return _api_refusal(str(scope["method"]), headers)
    return None


class OwnPagesOnly:
    """Turns away what does not come to the viewer's own names and from its own pages (HTTP 403, websocket 1008)."""

    def __init__(self, app: ASGIApp, *, reach: Reach = LOCAL) -> None:
        self._app, self._reach = app, reach

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        reason = refusal(scope, self._reach)
        if reason is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await PlainTextResponse(reason, status_code=403)(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": POLICY_VIOLATION, "reason": reason})


class SafeHeaders:
    """Adds the headers that tell a browser what a page of ours may do: nothing beyond this server."""

    def __init__(self, app: ASGIApp, *, policy: str, secure: bool = False) -> None:
        self._app = app
        self._headers = {
            "content-security-policy": policy,
            "x-content-type-options": "nosniff",
            "x-frame-options": "DENY",
            "referrer-policy": "same-origin",  # with "no-referrer" browsers hide from the log-in where it came from
            "cross-origin-resource-policy": "same-origin",
            "cross-origin-opener-policy": "same-origin",
            "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
        }
        if secure:
            self._headers["strict-transport-security"] = f"max-age={_HTTPS_ONLY_S}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)


def content_policy(page: Path | None = None) -> str:
    """The Content-Security-Policy: nothing is loaded from, sent to or framed by any other host.

    Components run from ``blob:`` addresses and Streamlit sets styles inline, so those two stay allowed. Inline scripts
    are allowed by hash only, those that ``page`` holds.
    """
    scripts = " ".join(("'self'", "blob:", *(f"'sha256-{item}'" for item in _inline_scripts(page))))
    rules = {
        "default-src": "'self'",
        "script-src": scripts,
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "media-src": "'self' blob:",
        "font-src": "'self' data:",
        "connect-src": "'self'",
        "worker-src": "'self' blob:",
        "object-src": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _inline_scripts(page: Path | None) -> Iterable[str]:
    if page is None or not page.is_file():
        return ()
    html = page.read_text(encoding="utf-8")
    bodies = re.findall(r"<script>(.*?)</script>", html, flags=re.DOTALL)
    return (base64.b64encode(hashlib.sha256(body.encode()).digest()).decode() for body in bodies)


def _api_refusal(method: str, headers: Headers) -> str | None:
    if headers.get("sec-fetch-site", "none") not in _SAME_SITE:
        return "Another page may not use Lesson Mirror."
    if method not in _SAFE_METHODS and headers.get(OWN_HEADER) != "1":
        return f"A request that changes something needs the header {OWN_HEADER}: 1."
    return None


def _host_name(host: str | None) -> str | None:
    if not host or "@" in host or "/" in host:
        return None
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port  # raises ValueError for what is no port
    except ValueError:
        return None
    return parts.hostname
