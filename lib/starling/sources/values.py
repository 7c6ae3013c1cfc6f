"""Values out of JSON that may be anything: None where there is none, WrongType where it is not what is wanted.

Each is looked for under `name` in the object that stands at the path `at`, such as "$.data".
"""

from typing import Any, TypeVar

import orjson

Object = dict[str, Any]
_Value = TypeVar("_Value", Object, str, bool)
# What a column of Spark holds.
_MOST = (1 << 63) - 1
_KINDS = {dict: "an object", list: "a list", str: "a string", bool: "true or false", int: "a number", float: "a number"}


class WrongType(ValueError):  # noqa: N818 — what it says of a payload is data, and no error of ours
    """A value has another type than its source gives it: where it stands, what was wanted, what was found."""

    def __init__(self, path: str, wanted: str, found: object) -> None:
        super().__init__(f"{path}: wanted {wanted}, got {_KINDS[type(found)]}")


def root(document: Any) -> Object:
    """The document itself, an object; an empty one for null."""
    if document is None:
        return {}
    if type(document) is not dict:
        raise WrongType("$", _KINDS[dict], document)
    return document


def typed(holder: Object, name: str, at: str, kind: type[_Value]) -> _Value | None:
    """A value of this very type: of text, a string and not merely something that has a spelling."""
    value = holder.get(name)
    if value is not None and type(value) is not kind:
        raise WrongType(f"{at}.{name}", _KINDS[kind], value)
    return value


def count(holder: Object, name: str, at: str) -> int | None:
    """A whole number of 64 bits."""
    value = holder.get(name)
    if value is not None and (type(value) is not int or value > _MOST):
        raise WrongType(f"{at}.{name}", "a whole number of 64 bits", value)
    return value


def spelled(holder: Object, name: str) -> str | None:
    """Anything, as JSON spells it: ids are strings to X, and numbers to some who keep them."""
    value = holder.get(name)
    return value if value is None or type(value) is str else orjson.dumps(value).decode()


def objects(holder: Object, name: str, at: str) -> list[Object] | None:
    """A list of objects, null ones left out; R writes {} for an empty list."""
    return _elements(holder, name, at, (dict,))


def words(holder: Object, name: str, at: str) -> list[str] | None:
    """A list of strings, null ones left out, numbers as JSON spells them; R writes {} for an empty list."""
    found = _elements(holder, name, at, (str, int, float))
    return found and [one if type(one) is str else orjson.dumps(one).decode() for one in found]


def _elements(holder: Object, name: str, at: str, kinds: tuple[type, ...]) -> list[Any] | None:
    value = holder.get(name)
    if value is None:
        return None
    if type(value) is not list:
        if value == {}:
            return []
        raise WrongType(f"{at}.{name}", _KINDS[list], value)
    fitting = [one for one in value if type(one) in kinds]
    if len(fitting) < len(value):
        for place, one in enumerate(value):
            if one is not None and type(one) not in kinds:
                raise WrongType(f"{at}.{name}[{place}]", _KINDS[kinds[0]], one)
    return fitting


# --- what is used where it is there, and missed by nobody


def objects_if_any(holder: Object, name: str) -> list[Object]:
    """The objects of a list; none where there is no list."""
    value = holder.get(name)
    return [one for one in value if type(one) is dict] if type(value) is list else []


def inner_if_any(holder: Object, name: str) -> Object:
    """An object; an empty one where there is none."""
    value = holder.get(name)
    return value if type(value) is dict else {}


def count_if_any(holder: Object, name: str) -> int | None:
    """A whole number of 64 bits; None for anything else."""
    value = holder.get(name)
    return value if type(value) is int and value <= _MOST else None
