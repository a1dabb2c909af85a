"""The web page, its files and Swagger UI: files of the folder `static`, the same for every model."""

from pathlib import Path
from typing import Final

from flask import Response, send_from_directory
from werkzeug.exceptions import NotFound

STATIC: Final = Path(__file__).parents[1] / "static"
TYPES: Final = {  # what a machine's own table says of these differs
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    "": "text/plain; charset=utf-8",  # licences
}


def page() -> Response:
    """Give the page."""
    return static("index.html")


def docs() -> Response:
    """Give Swagger UI."""
    return static("docs.html")


def static(name: str) -> Response:
    """Answer with a file, or with 304 where the client has it already."""
    kind = TYPES.get(Path(name).suffix)
    if kind is None:
        raise NotFound
    response = send_from_directory(STATIC, name, mimetype=kind, conditional=True, etag=True)
    response.headers["Content-Type"] = kind
    response.headers["Cache-Control"] = "no-cache"  # asked again each time, and sent again only when it changed
    return response
