"""Single sign-on by OpenID Connect: the school's provider says who somebody is, this program says what they may see.

GET /sign-on/start?next=PATH    sends the browser to the provider
GET /sign-on/callback           the provider sends it back with a code

Authorization code with PKCE, state, nonce and a checked ID token (OpenID Connect Core 1.0; RFC 9700). Streamlit has a
log-in of its own (``st.login``), but it protects pages alone: video, exports and uploads are routes beside Streamlit, and
one session has to open and to end all of them.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from typing import Any

import httpx
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from joserfc import jwk, jwt
from joserfc.errors import JoseError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pipeline.config import SignOnConfig
from pipeline.errors import LessonMirrorError, SignInError
from pipeline.viewer.answers import NO_STORE
from pipeline.viewer.authentication import keep_session, local_path
from pipeline.viewer.login_pages import login_page
from pipeline.viewer.reach import Reach
from pipeline.workspace.people import People

SECRET_VARIABLE = "LESSONMIRROR_SIGN_ON_SECRET"
_STATE_COOKIE = "lessonmirror-sign-on"
_HOLDS_S = 600.0  # for typing a password at the provider
_MOST_PENDING = 1000  # beyond, the oldest are forgotten: nobody fills the memory by starting
_LEEWAY_S = 60  # clocks of two machines
_TIMEOUT_S = 10.0
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"]
_AGAIN = "Try again. If it happens again, tell your administrator."


@dataclass(frozen=True, slots=True)
class _Pending:
    """A log-in that went to the provider."""

    nonce: str
    verifier: str
    next_path: str
    redirect: str
    ends_s: float


def sign_on_routes(config: SignOnConfig, secret: str, people: People, reach: Reach) -> list[Route]:
    """The routes above, for the configured provider. ``secret`` is the client's."""
    provider = _Provider(config, secret, people, reach)
    return [Route("/sign-on/start", provider.start), Route("/sign-on/callback", provider.callback)]


class _Provider:
    def __init__(self, config: SignOnConfig, secret: str, people: People, reach: Reach) -> None:
        self._config, self._secret, self._people, self._reach = config, secret, people, reach
        self._pending: dict[str, _Pending] = {}

    async def start(self, request: Request) -> Response:
        try:
            found = await self._discover()
        except SignInError as error:
            return self._refused(error)
        state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
        next_path = local_path(request.query_params.get("next", "/"))
        redirect = f"{'https' if self._reach.is_secure else 'http'}://{request.headers['host']}/sign-on/callback"
        pending = _Pending(secrets.token_urlsafe(32), verifier, next_path, redirect, time.monotonic() + _HOLDS_S)
        self._remember(state, pending)
        async with self._client(pending.redirect) as client:
            address, _ = client.create_authorization_url(
                found["authorization_endpoint"], state=state, nonce=pending.nonce, code_verifier=verifier
            )
        response = RedirectResponse(address, status_code=303, headers=NO_STORE)
        options: dict[str, Any] = {"httponly": True, "secure": self._reach.is_secure, "path": "/sign-on"}
        response.set_cookie(_STATE_COOKIE, state, max_age=int(_HOLDS_S), samesite="lax", **options)
        return response

    async def callback(self, request: Request) -> Response:
        state = request.query_params.get("state", "")
        pending = self._pending.pop(state, None)
        bound = secrets.compare_digest(request.cookies.get(_STATE_COOKIE, "").encode(), state.encode())
        try:
            if pending is None or not bound or pending.ends_s < time.monotonic():
                raise SignInError("This log-in took too long, or began somewhere else.", hint="Begin again.")
            if "code" not in request.query_params:
                raise SignInError(f"{self._config.name} did not let you in.", hint=_AGAIN)
            claims = await self._claims(request.query_params["code"], pending)
            subject = f"{self._config.issuer}|{claims['sub']}"
            token = await run_in_threadpool(self._people.log_in_by_sign_on, subject, _checked_address(claims))
        except LessonMirrorError as error:
            return self._refused(error)
        response = RedirectResponse(pending.next_path, status_code=303, headers=NO_STORE)
        keep_session(response, token, self._reach)
        response.delete_cookie(_STATE_COOKIE, path="/sign-on")
        return response

    async def _claims(self, code: str, pending: _Pending) -> dict[str, Any]:
        """What the provider's signed token says of the person. Raises SignInError where anything is not as it should."""
        found = await self._discover()
        try:
            async with self._client(pending.redirect) as client:
                answer = await client.fetch_token(found["token_endpoint"], code=code, code_verifier=pending.verifier)
                keys = (await client.request("GET", found["jwks_uri"], withhold_token=True)).raise_for_status().json()
            token = jwt.decode(answer["id_token"], jwk.KeySet.import_key_set(keys), algorithms=_ALGORITHMS)
            _registry(self._config, pending.nonce).validate(token.claims)
        except (httpx.HTTPError, OAuthError, JoseError, KeyError, ValueError) as error:
            raise SignInError(f"What {self._config.name} answered could not be checked.", hint=_AGAIN) from error
        return token.claims

    async def _discover(self) -> dict[str, Any]:
        address = f"{self._config.issuer.rstrip('/')}/.well-known/openid-configuration"
        try:
            async with httpx.AsyncClient(timeout=_TIMEOUT_S) as client:
                found: dict[str, Any] = (await client.get(address)).raise_for_status().json()
        except (httpx.HTTPError, ValueError) as error:
            raise SignInError(f"{self._config.name} cannot be reached.", hint=_AGAIN) from error
        if found.get("issuer") != self._config.issuer:
            raise SignInError(f"{self._config.name} calls itself by another name.", hint="Mend [sign_on] issuer.")
        return found

    def _client(self, redirect: str) -> AsyncOAuth2Client:
        return AsyncOAuth2Client(
            self._config.client_id,
            self._secret or None,
            scope="openid email profile",
            redirect_uri=redirect,
            code_challenge_method="S256",
            timeout=_TIMEOUT_S,
            token_endpoint_auth_method="client_secret_basic" if self._secret else "none",
        )

    def _remember(self, state: str, pending: _Pending) -> None:
        while len(self._pending) >= _MOST_PENDING:
            self._pending.pop(next(iter(self._pending)))
        self._pending[state] = pending

    def _refused(self, error: LessonMirrorError) -> Response:
        return login_page(problem=str(error), sign_on=self._config.name)


def _registry(config: SignOnConfig, nonce: str) -> jwt.JWTClaimsRegistry:
    return jwt.JWTClaimsRegistry(
        leeway=_LEEWAY_S,
        iss={"essential": True, "value": config.issuer},
        aud={"essential": True, "value": config.client_id},
        nonce={"essential": True, "value": nonce},
        exp={"essential": True},
        sub={"essential": True},
    )


def _checked_address(claims: dict[str, Any]) -> str:
    """The person's e-mail address, if the provider says that it checked it: else anybody could claim another's."""
    return str(claims.get("email", "")) if claims.get("email_verified") is True else ""
