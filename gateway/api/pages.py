"""The web page, its files and Swagger UI: files of the folder `static`, the same for every model."""

from pathlib import Path
from typing import Final

from flask import Response, send_from_directory
from werkzeug.exceptions import NotFound

STATIC: Final = Path(__file__).parents[1] / "static"
TYPES: Final = {  # fixed here, because the media types of the operating system differ
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    "": "text/plain; charset=utf-8",  # licences
}


def page() -> Response:
    """Return the page."""
    return static("index.html")


def docs() -> Response:
    """Return Swagger UI."""
    return static("docs.html")


def static(name: str) -> Response:
    """Return a file, or 304 if the client already has it."""
    kind = TYPES.get(Path(name).suffix)
    if kind is None:
        raise NotFound
    response = send_from_directory(STATIC, name, mimetype=kind, conditional=True, etag=True)
    response.headers["Content-Type"] = kind
    response.headers["Cache-Control"] = "no-cache"  # the browser asks each time, and gets it only when it changed
    return response
