"""The page's types of its elements are those in index.html, because the type check relies on them."""

import re
from html.parser import HTMLParser
from pathlib import Path

PAGE = Path(__file__).parents[3] / "gateway" / "static"


class Tags(HTMLParser):
    """The tag of each element that has an id."""

    def __init__(self) -> None:
        super().__init__()
        self.of: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if name := dict(attrs).get("id"):
            self.of[name] = tag


def test_elements_are_of_the_types_that_the_page_takes_them_for():
    tags = Tags()
    tags.feed((PAGE / "index.html").read_text(encoding="utf-8"))
    shapes = (PAGE / "page" / "shared" / "shapes.d.ts").read_text(encoding="utf-8")
    body = shapes.partition("interface Elements {")[2].partition("}")[0]
    types = re.findall(r'"?([\w-]+)"?: HTML(\w+)Element;', body)
    assert types
    assert {name: tags.of.get(name) for name, _ in types} == {name: kind.lower() for name, kind in types}
