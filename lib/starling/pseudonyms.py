"""Authors under keyed pseudonyms: the same author, the same pseudonym; without the key, no way back."""

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from starling.errors import ConfigError, StorageError
from starling.settings import Settings

_MIN_KEY_CHARACTERS = 16


def key(settings: Settings) -> bytes:
    """`privacy.pseudonym_key`; where it is empty, a random one that is made once and kept in the work folder."""
    given = settings.privacy.pseudonym_key.get_secret_value()
    if given and len(given) < _MIN_KEY_CHARACTERS:
        raise ConfigError(f"privacy.pseudonym_key: {len(given)} characters; wanted {_MIN_KEY_CHARACTERS} or more")
    return given.encode() if given else _kept_key(Path(settings.paths.work) / "pseudonym.key")


def _kept_key(path: Path) -> bytes:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _write_once(path, secrets.token_hex(32))
        kept = path.read_bytes()
    except OSError as error:
        raise StorageError(f"the key of the pseudonyms cannot be kept at {path}: {error.strerror}") from error
    if len(kept) < _MIN_KEY_CHARACTERS:
        raise StorageError(
            f"the key of the pseudonyms in {path} has {len(kept)} characters; wanted {_MIN_KEY_CHARACTERS} or more: "
            "put the kept one back, or remove the file and start with new tables"
        )
    return kept


def _write_once(path: Path, text: str) -> None:
    """Written aside and linked into place: of two processes at once the first wins, and nobody reads half a key."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def pseudonym(secret: bytes, platform: str, author_id: str) -> str:
    """The first 128 bits of HMAC-SHA-256, in hex: equal ids of two platforms are two people.

    >>> pseudonym(b"key", "x", "12")
    'c659b0359b2c9065bd325b5ad5e03adf'
    """
    return hmac.digest(secret, f"{platform}:{author_id}".encode(), hashlib.sha256).hex()[:32]
