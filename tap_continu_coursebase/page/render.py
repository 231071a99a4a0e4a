"""A page as HTML: one file that asks nothing of the network and runs no script."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import vl_convert
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from tap_continu_coursebase.page import formats
from tap_continu_coursebase.page.parts import Page

_VERSION = "6.4"
_FOLDER = Path(__file__).resolve().parent
_ID = re.compile(r'\bid="([^"]+)"')
_TAG = re.compile(r"<svg [^>]*>")
_SIZE = re.compile(r'\bviewBox="([^"]+)"')


def html(page: Page) -> str:
    """Render a page.

    Args:
        page: All that it says.

    Returns:
        The document; whatever it was made of is text in it, never markup.
    """
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        written=formats.written,
        exact=formats.exact,
        instant=formats.instant,
        breakable=_breakable,
        style=Markup((_FOLDER / "page.css").read_text("utf-8")),  # noqa: S704 - the page's own
    )
    charts = {
        figure.name: (
            _svg(figure.chart.narrow, f"{figure.name}-narrow"),
            _svg(figure.chart.wide, f"{figure.name}-wide"),
        )
        for section in page.sections
        for figure in section.figures
        if figure.chart is not None
    }
    return environment.get_template("page.html").render(page=page, charts=charts)


def _svg(spec: Mapping[str, Any], name: str) -> Markup:
    """Draw a chart, whose ids are unique in the page and whose words are read elsewhere."""
    drawn = vl_convert.vegalite_to_svg({**spec}, vl_version=_VERSION, allowed_base_urls=[])
    for one in dict.fromkeys(_ID.findall(drawn)):
        drawn = drawn.replace(f'id="{one}"', f'id="{name}-{one}"')
        drawn = drawn.replace(f"url(#{one})", f"url(#{name}-{one})")
    box = _SIZE.search(drawn)
    tag = f'<svg viewBox="{box[1] if box else ""}" aria-hidden="true" focusable="false">'
    return Markup(_TAG.sub(tag, drawn, count=1))  # noqa: S704 - Vega escapes the texts in it


def _breakable(text: str) -> Markup:
    """Let a name of a table break after its underscores."""
    return Markup("_<wbr>").join(map(escape, text.split("_")))
