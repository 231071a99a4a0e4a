"""A page as a program reads it: its elements, texts, and the numbers with their names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset({"link", "meta", "wbr", "br", "img", "input", "hr"})


@dataclass
class Element:
    """One element.

    Attributes:
        tag: Its name.
        attributes: By name.
        inside: Elements and texts, in their order.
    """

    tag: str
    attributes: dict[str, str]
    inside: list[Element | str] = field(default_factory=list)

    def __iter__(self) -> Iterator[Element]:
        """Yield this one and all that are in it."""
        yield self
        for one in self.inside:
            if isinstance(one, Element):
                yield from one

    def __getitem__(self, name: str) -> str:
        return self.attributes.get(name, "")

    @property
    def text(self) -> str:
        return "".join(one if isinstance(one, str) else one.text for one in self.inside)

    def all(self, tag: str) -> list[Element]:
        return [one for one in self if one.tag == tag]


@dataclass
class Document:
    """A whole page."""

    root: Element

    def all(self, tag: str) -> list[Element]:
        return self.root.all(tag)

    def headlines(self) -> dict[str, str]:
        """Return the exact values of the headline numbers, and the instant of all."""
        return {
            one["data-answer"]: one["data-value"]
            for one in self.root
            if "data-value" in one.attributes and one["data-answer"]
        }

    def rows(self, answer: str) -> list[dict[str, str]]:
        """Return the exact values of tables, row by row."""
        return [
            {cell["data-column"]: cell["data-value"] for cell in row if cell["data-column"]}
            for table in self.all("table")
            if table["data-answer"] == answer
            for body in table.all("tbody")
            for row in body.all("tr")
        ]

    def figure(self, name: str) -> Element:
        (found,) = [one for one in self.all("figure") if one["id"] == name]
        return found


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open = [Element("", {})]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].inside.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].inside.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].inside.append(data)


def read(text: str) -> Document:
    """Read a page, whose elements must be closed in the order that they were opened in."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    assert len(reader.open) == 1
    return Document(reader.open[0])
