"""What an address asks of a page: nothing that the page does not know."""

from flask import request

from starling.serving.filters import BadFilter


def only(*names: str) -> dict[str, str]:
    """The address's values by name, "" where it says nothing. Raises BadFilter for a name that is not among these."""
    for name in request.args:
        if name not in names:
            known = f"; known: {', '.join(names)}" if names else ": this page takes none"
            raise BadFilter(f"unknown filter {name[:40]!r}{known}")
    return {name: request.args.get(name, "").strip() for name in names}


def page_number(said: str, most: int) -> int:
    """A page's number, the first where nothing is said. Raises BadFilter."""
    if not said:
        return 1
    if not (said.isascii() and said.isdecimal() and len(said) < 10 and 1 <= int(said) <= most):
        raise BadFilter(f"page {said[:40]!r} is not understood; wanted a number from 1 to {most}")
    return int(said)
