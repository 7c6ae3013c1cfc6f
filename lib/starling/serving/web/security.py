"""What keeps a page safe: its headers, the Host it answers to, and errors that say what to do."""

from flask import Flask, Response, abort, request

from starling.settings import Serve

# A post's text is hostile: no script and no frame but our own files, and no style element that could load anything.
# Plotly sets styles by itself, which takes 'unsafe-inline' for styles, and draws its pictures as data.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


def protect(app: Flask, serve: Serve) -> None:
    """Adds the headers to every answer, and refuses requests that were meant for another host."""
    hosts = frozenset((*_LOOPBACK, serve.host.lower(), *serve.allowed_hosts.lower().split()))

    @app.before_request
    def refuse_foreign_hosts() -> None:
        # Another site's name that leads here would let its pages read ours (DNS rebinding).
        if _without_port(request.host) not in hosts:
            abort(403, "this dashboard does not answer to that name; it may be added to serve.allowed_hosts")

    @app.after_request
    def add_headers(response: Response) -> Response:
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Cache-Control", "no-store")
        return response


def _without_port(host: str) -> str:
    """The name, without the port.

    >>> _without_port("LOCALHOST:8050"), _without_port("[::1]:8050"), _without_port("evil.example")
    ('localhost', '[::1]', 'evil.example')
    """
    name = host.lower()
    if name.startswith("["):
        return name.partition("]")[0] + "]"
    return name.partition(":")[0]


def wants_json(path: str) -> bool:
    """Whether a program asks, and not a person.

    >>> wants_json("/api/posts"), wants_json("/explore")
    (True, False)
    """
    return path.startswith("/api/")
