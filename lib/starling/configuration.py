"""Settings from their layers, the first that sets a key wins.

The command line, `STARLING_SECTION_KEY` in the environment, the profile (`conf/profiles/NAME.toml`),
`conf/starling.toml`.
"""

import difflib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import EnvSettingsSource, SettingsError, TomlConfigSettingsSource

from starling.errors import ConfigError
from starling.settings import ENV_PREFIX, RESERVED_ENV, Section, Settings


class _Layer:
    """One place that settings come from, and what it is called in a message."""

    def __init__(self, name: str, values: Mapping[str, Any]) -> None:
        for section, keys in values.items():
            if not isinstance(keys, Mapping):
                raise ConfigError(f"{name}: {_misplaced(section)}")
        self.name = name
        self.values: dict[str, dict[str, Any]] = {section: dict(keys) for section, keys in values.items()}

    def sets(self, section: str, key: str | None) -> bool:
        return section in self.values and (key is None or key in self.values[section])


def _misplaced(name: str) -> str:
    # Its value is not said: it may be a secret that was written in the wrong place.
    if name in Settings.model_fields:
        return f"{name} is a section: wanted a line [{name}], and its keys below"
    return f"{name} is in no section: wanted a line such as [paths] above it"


def home() -> Path:
    """The checkout that this package belongs to, or the current folder when it runs from a shipped zip."""
    given = os.environ.get("STARLING_HOME")
    if given:
        return Path(given)
    checkout = Path(__file__).resolve().parents[2]
    return checkout if (checkout / "conf").is_dir() else Path.cwd()


def load(profile: str | None = None, overrides: Mapping[str, Mapping[str, Any]] | None = None) -> Settings:
    """The settings of this run.

    `profile` names `conf/profiles/NAME.toml` (else `STARLING_PROFILE` does); `overrides` is what the command line
    said, as {section: {key: value}}. Raises ConfigError, one line, for an unknown key or a bad value.
    """
    _refuse_unknown_environment()
    layers = list(_layers(profile, overrides or {}))
    merged: dict[str, dict[str, Any]] = {}
    for layer in reversed(layers):
        for section, keys in layer.values.items():
            merged.setdefault(section, {}).update(keys)
    try:
        return Settings.model_validate(merged)
    except ValidationError as error:
        raise ConfigError(_one_line(error, layers)) from None


def _layers(profile: str | None, overrides: Mapping[str, Mapping[str, Any]]) -> Iterator[_Layer]:
    yield _Layer("the command line", overrides)
    yield _Layer("the environment", _environment())
    profile = profile or os.environ.get("STARLING_PROFILE")
    if profile:
        yield _toml(home() / "conf" / "profiles" / f"{profile}.toml", wanted=f"profile {profile!r}")
    given = os.environ.get("STARLING_CONFIG")
    if given:
        yield _toml(Path(given), wanted="STARLING_CONFIG")
    elif (home() / "conf" / "starling.toml").is_file():
        yield _toml(home() / "conf" / "starling.toml", wanted="the defaults")


def _environment() -> Mapping[str, Any]:
    try:
        return EnvSettingsSource(Settings)()
    except SettingsError as error:  # of the one key whose value is a table
        raise ConfigError(
            f"STARLING_KAFKA_OPTIONS (from the environment): not valid JSON: {error.__cause__}; "
            'wanted a table such as {"security.protocol": "SASL_SSL"}'
        ) from None


def _toml(path: Path, wanted: str) -> _Layer:
    if not path.is_file():
        raise ConfigError(f"{wanted}: no file {path}; there is: {_siblings(path)}")
    try:
        return _Layer(str(path), TomlConfigSettingsSource(Settings, toml_file=path)())
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except ValueError as error:  # tomllib's own: a line and a column
        raise ConfigError(f"{path}: not valid TOML: {error}") from error


def _siblings(path: Path) -> str:
    return ", ".join(sorted(p.stem for p in path.parent.glob("*.toml"))) or "nothing in that folder"


def _refuse_unknown_environment() -> None:
    """A misspelt variable would otherwise be ignored in silence."""
    known = {f"{ENV_PREFIX}{section}_{key}".upper(): f"{section}.{key}" for section, key in _keys()}
    for name in os.environ:
        if name.startswith(ENV_PREFIX) and name not in RESERVED_ENV and name.upper() not in known:
            raise ConfigError(f"environment variable {name}: unknown setting{_did_you_mean(name, known)}")


def _keys() -> Iterator[tuple[str, str]]:
    for section, field in Settings.model_fields.items():
        assert isinstance(field.annotation, type)
        assert issubclass(field.annotation, Section)
        for key in field.annotation.model_fields:
            yield section, key


def _did_you_mean(name: str, known: Mapping[str, str] | list[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"; did you mean {close[0]}?" if close else f"; known: {', '.join(known)}"


def _one_line(error: ValidationError, layers: list[_Layer]) -> str:
    """The first thing that is wrong: which key, which value, where it was set, and what is allowed."""
    problem = error.errors()[0]
    section, *rest = (str(part) for part in problem["loc"])
    key = rest[0] if rest else None
    where = next((layer.name for layer in layers if layer.sets(section, key)), "the defaults")
    if key is None:
        return f"[{section}] (from {where}): unknown section{_did_you_mean(section, list(Settings.model_fields))}"
    if problem["type"] == "extra_forbidden":
        keys = [k for s, k in _keys() if s == section]
        return f"{section}.{key} (from {where}): unknown key{_did_you_mean(key, keys)}"
    message = problem["msg"].removeprefix("Value error, ")
    shown = "" if section == "privacy" or key == "options" else f" = {problem['input']!r}"
    return f"{section}.{'.'.join(rest)}{shown} (from {where}): {message[0].lower()}{message[1:]}"
