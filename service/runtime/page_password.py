"""The password of a page that is reachable from outside and was given none: made once, and kept beside the database."""

import secrets
from pathlib import Path

import structlog
from pydantic import SecretStr

from config.settings import Settings
from service.store.database import Database
from service.store.errors import DatabaseError
from service.store.secret_file import create_once, secret_path

HEX_BYTES = 8
LEAST_CHARACTERS = 8

log = structlog.get_logger()


def require_password(settings: Settings, database: Database) -> Settings:
    """Return the settings, with a stored password where the page needs one. Log it if it is new. Raise DatabaseError.

    It opens what a page without a login opens to its own machine: everything.
    """
    if not settings.web.needs_password:
        return settings
    file = secret_path(database, "password", "page.password")
    try:
        is_new = create_once(file, secrets.token_hex(HEX_BYTES))
        password = file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else "it is not ASCII text"
        raise DatabaseError(
            f"{file}: the password of the page cannot be kept there ({reason}). "
            "Make the directory writable, or set TREADMILL_WEB__PASSWORD."
        ) from problem
    _check_length(file, password)
    if is_new:
        # Once, and by its owner's wish: whoever starts an image without a password reads it here.
        log.warning("password of the page was made, log in with it", password=password, file=str(file))
    web = settings.web.model_copy(update={"editor_password": SecretStr(password)})
    return settings.model_copy(update={"web": web})


def _check_length(file: Path, password: str) -> None:
    if len(password) < LEAST_CHARACTERS:
        raise DatabaseError(
            f"{file} holds {len(password)} characters, and a password has at least {LEAST_CHARACTERS}. "
            "Delete the file, and a new one is made, or set TREADMILL_WEB__PASSWORD."
        )
