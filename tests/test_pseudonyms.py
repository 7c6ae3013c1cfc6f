"""Authors' pseudonyms, against HMAC-SHA-256 of the standard library."""

import hashlib
import hmac
import stat
from contextlib import suppress
from pathlib import Path

import pytest

from starling import pseudonyms
from starling.errors import ConfigError, StorageError
from starling.settings import Paths, Privacy, Settings

KEY = b"sixteen or more characters, \xc3\xa9 among them"
AUTHORS = [("x", "12"), ("x", "13"), ("mastodon", "12"), ("x", "ünï😀"), ("x", ""), ("x", "12")]


def _settings(work: Path, key: str = "") -> Settings:
    return Settings(paths=Paths(work=str(work)), privacy=Privacy(pseudonym_key=key))


def _hmac(platform: str, author: str) -> str:
    return hmac.new(KEY, f"{platform}:{author}".encode(), hashlib.sha256).hexdigest()[:32]


def test_a_pseudonym_is_the_beginning_of_a_keyed_hash() -> None:
    found = [pseudonyms.pseudonym(KEY, *author) for author in AUTHORS]
    assert found == [_hmac(*author) for author in AUTHORS]
    assert len(set(found)) == len(set(AUTHORS)), "two authors share a pseudonym"


def test_the_key_is_the_one_that_is_set(tmp_path: Path) -> None:
    assert pseudonyms.key(_settings(tmp_path, "exactly 16 chars")) == b"exactly 16 chars"
    assert list(tmp_path.iterdir()) == []


def test_a_key_that_is_too_short_is_refused_without_being_shown(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        pseudonyms.key(_settings(tmp_path, "only 15 letters"))
    assert str(refused.value) == "privacy.pseudonym_key: 15 characters; wanted 16 or more"


def test_on_a_full_disk_no_key_is_half_kept(small_disk: Path) -> None:
    with suppress(OSError):
        (small_disk / "filler").write_bytes(bytes(9 << 20))
    with pytest.raises(StorageError, match=rf"cannot be kept at {small_disk}/pseudonym.key: No space left on device"):
        pseudonyms.key(_settings(small_disk))
    assert [path.name for path in small_disk.iterdir()] == ["filler"]


def test_without_one_a_random_key_is_made_once_and_kept_for_its_owner_alone(tmp_path: Path) -> None:
    work, other = tmp_path / "a" / "work", tmp_path / "b"
    made = pseudonyms.key(_settings(work))
    assert len(bytes.fromhex(made.decode())) == 32
    (kept,) = work.iterdir()
    assert (kept.name, kept.read_bytes()) == ("pseudonym.key", made)
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert pseudonyms.key(_settings(work)) == made
    assert pseudonyms.key(_settings(other)) != made


def test_of_two_that_make_a_key_at_once_the_first_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = pseudonyms.key(_settings(tmp_path))
    with monkeypatch.context() as late:
        late.setattr(Path, "exists", lambda _: False)  # what the second saw, before the first had written
        assert pseudonyms.key(_settings(tmp_path)) == first
    assert [file.name for file in tmp_path.iterdir()] == ["pseudonym.key"]


def test_a_kept_key_that_was_cut_short_is_refused(tmp_path: Path) -> None:
    kept = tmp_path / "pseudonym.key"
    kept.write_bytes(b"cut")
    with pytest.raises(StorageError) as refused:
        pseudonyms.key(_settings(tmp_path))
    kept.write_bytes(b"exactly 16 chars")
    assert pseudonyms.key(_settings(tmp_path)) == b"exactly 16 chars"
    assert str(refused.value) == (
        f"the key of the pseudonyms in {kept} has 3 characters; wanted 16 or more: put the kept one back, or remove "
        "the file and start with new tables"
    )


def test_a_work_folder_that_cannot_be_made_is_one_clear_line(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    with pytest.raises(StorageError) as refused:
        pseudonyms.key(_settings(blocked))
    assert str(refused.value) == f"the key of the pseudonyms cannot be kept at {blocked}/pseudonym.key: File exists"
