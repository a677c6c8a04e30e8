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
COOKIE_OF_HTTPS = "__Host-treadmill"


@dataclass(frozen=True, slots=True)
class Sessions:
    """Writes and reads the cookies of one installation. Another key or password ends all sessions."""

    key: bytes
    web: Web

    def begin(self, name: str, role: Role) -> Visitor:
        """A visitor with a new session."""
        return Visitor(name, role, secrets.token_urlsafe(16))

    def cookie_of(self, visitor: Visitor) -> str:
        """What is kept in the visitor's browser."""
        return self._signer.dumps({"id": visitor.session, "name": visitor.name, "role": visitor.role})

    def read(self, cookie: str | None) -> Visitor | None:
        """The visitor of a cookie; None where it is not ours, was changed, or is too old."""
        if not cookie:
            return None
        try:
            found = self._signer.loads(cookie, max_age=int(self.web.session.total_seconds()))
        except BadSignature:
            return None
        return Visitor(found["name"], cast(Role, found["role"]), found["id"])

    def form_token(self, visitor: Visitor) -> str:
        """What every form of a session carries, and no other site can know."""
        session = (visitor.session or "").encode()
        return hmac.new(self._secret, b"form:" + session, hashlib.sha256).hexdigest()

    def is_form_token(self, visitor: Visitor, token: str) -> bool:
        """Whether a form was made in the visitor's session."""
        return visitor.session is not None and hmac.compare_digest(self.form_token(visitor).encode(), token.encode())

    def keep(self, response: Response, visitor: Visitor, *, secure: bool) -> None:
        """Sends the cookie of a session along."""
        response.set_cookie(
            COOKIE_OF_HTTPS if secure else COOKIE, self.cookie_of(visitor), httponly=True, samesite="lax",
            secure=secure, path="/", max_age=int(self.web.session.total_seconds()),
        )  # fmt: skip

    @staticmethod
    def end(response: Response, *, secure: bool) -> None:
        """Takes the cookie back."""
        name = COOKIE_OF_HTTPS if secure else COOKIE
        response.delete_cookie(name, path="/", httponly=True, samesite="lax", secure=secure)

    @property
    def _signer(self) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(self._secret, salt="session", signer_kwargs={"digest_method": hashlib.sha256})

    @property
    def _secret(self) -> bytes:
        """The key with the passwords, so that none of them alone is enough."""
        passwords = (self.web.password, self.web.editor_password)
        told = "\0".join(known.get_secret_value() if known else "" for known in passwords)
        return hmac.new(self.key, told.encode(), hashlib.sha256).digest()
