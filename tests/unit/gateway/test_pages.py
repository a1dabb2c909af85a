"""The page's files: their types, and that they are sent again only when they change."""

import json
import re
from html.parser import HTMLParser

import pytest

from gateway.api.pages import STATIC, TYPES

# what .d.ts files declare is for the type check alone
FILES = sorted(str(path.relative_to(STATIC)) for path in STATIC.rglob("*") if path.is_file() and path.suffix != ".ts")


class Page(HTMLParser):
    """Every tag of a page with its attributes."""

    def __init__(self, path):
        super().__init__()
        self.tags = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_the_pages_are_html(client, path):
    response = client.get(path)
    assert (response.status_code, response.content_type) == (200, "text/html; charset=utf-8")


@pytest.mark.parametrize("name", FILES)
def test_every_file_is_served_by_its_type_and_once(client, name):
    response = client.get(f"/static/{name}")
    assert response.status_code == 200
    assert response.content_type == TYPES[(STATIC / name).suffix]
    assert response.headers["Cache-Control"] == "no-cache"
    assert response.data == (STATIC / name).read_bytes()
    again = client.get(f"/static/{name}", headers={"If-None-Match": response.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize("name", ["nothing.js", "../pages.py", "%2e%2e/pages.py", "page", "", "page/main.js/x"])
def test_nothing_else_is_served(client, name):
    response = client.get(f"/static/{name}")
    assert response.status_code == 404
    assert json.loads(response.data)["error"]["code"] == "not_found"


@pytest.mark.parametrize("name", ["index.html", "docs.html"])
def test_a_page_has_no_inline_script_or_style_and_names_only_existing_files(name):
    for tag, attributes in Page(STATIC / name).tags:
        assert tag != "style"
        assert not [attribute for attribute in attributes if attribute == "style" or attribute.startswith("on")]
        assert tag != "script" or attributes["src"]
        target = attributes.get("src") or (attributes.get("href") if tag == "link" else None)
        assert target is None or (STATIC.parent / target).is_file(), target


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith(".js") and not name.startswith("vendor")])
def test_a_module_imports_only_existing_files(name):
    code = re.sub(r"/\*.*?\*/", "", (STATIC / name).read_text(encoding="utf-8"), flags=re.DOTALL)  # types are comments
    imported = re.findall(r"(?:from|import)\s*\(?\s*\"([^\"]+)\"", code)
    assert [each for each in imported if not ((STATIC / name).parent / each).is_file()] == []
