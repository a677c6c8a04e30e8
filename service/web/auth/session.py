"""Sessions: signed cookies that expire, and the tokens that forms carry."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import cast

from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.responses import Response

from config.settings import Web
from service.web.auth.identity import Role, Visitor

COOKIE = "treadmill"
# Browsers accept the prefix over HTTPS only and never from a subdomain, so that no neighbour can plant a session.
HTTPS_COOKIE = "__Host-treadmill"


@dataclass(frozen=True, slots=True)
class Sessions:
    """The sessions of one installation, kept in signed cookies."""

    key: bytes
    web: Web

    def begin(self, name: str, role: Role) -> Visitor:
        """Return a visitor with a new session."""
        return Visitor(name, role, secrets.token_urlsafe(16))

    def cookie_value(self, visitor: Visitor) -> str:
        """Return the signed cookie of a visitor."""
        return self._signer.dumps({"id": visitor.session, "name": visitor.name, "role": visitor.role})

    def read(self, cookie: str | None) -> Visitor | None:
        """Return the visitor of a cookie; None for one that is forged, changed or too old."""
        if not cookie:
            return None
        try:
            payload = self._signer.loads(cookie, max_age=int(self.web.session.total_seconds()))
        except BadSignature:
            return None
        return Visitor(payload["name"], cast(Role, payload["role"]), payload["id"])

    def form_token(self, visitor: Visitor) -> str:
        """Return the token that every form of a session carries and no other site can know."""
        session = (visitor.session or "").encode()
        return hmac.new(self._secret, b"form:" + session, hashlib.sha256).hexdigest()

    def is_form_token(self, visitor: Visitor, token: str) -> bool:
        """Return whether a form was made in the visitor's session."""
        return visitor.session is not None and hmac.compare_digest(self.form_token(visitor).encode(), token.encode())

    def set_cookie(self, response: Response, visitor: Visitor, *, secure: bool) -> None:
        """Set the cookie of a session."""
        response.set_cookie(
            HTTPS_COOKIE if secure else COOKIE, self.cookie_value(visitor), httponly=True, samesite="lax",
            secure=secure, path="/", max_age=int(self.web.session.total_seconds()),
        )  # fmt: skip

    @staticmethod
    def delete_cookie(response: Response, *, secure: bool) -> None:
        """Delete the cookie of a session."""
        name = HTTPS_COOKIE if secure else COOKIE
        response.delete_cookie(name, path="/", httponly=True, samesite="lax", secure=secure)

    @property
    def _signer(self) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(self._secret, salt="session", signer_kwargs={"digest_method": hashlib.sha256})

    @property
    def _secret(self) -> bytes:
        # Made of the key and the passwords: whoever changes a password ends all sessions that it opened.
        passwords = (self.web.password, self.web.editor_password)
        text = "\0".join(password.get_secret_value() if password else "" for password in passwords)
        return hmac.new(self.key, text.encode(), hashlib.sha256).digest()
