"""What the project's YAML says of its models, as pages and the diagram need it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tools.pages import commands

TRANSFORM = Path(__file__).resolve().parent.parent / "transform"
HIDDEN = "int_"
"""What the names of models begin with that only other models read."""
_REF = re.compile(r"ref\('(\w+)'\)")
_VARIABLE = re.compile(r"^  (?:# ?(?P<told>.*)|(?P<name>\w+): (?P<default>.*))$")


@dataclass(frozen=True)
class Relation:
    """A column that holds keys of another model.

    Attributes:
        model: Whose column it is.
        column: Its name.
        to: The other model.
        field: The key there.
    """

    model: str
    column: str
    to: str
    field: str


@dataclass(frozen=True)
class Model:
    """A model or snapshot as it is declared.

    Attributes:
        name: Its name.
        description: What it says.
        columns: As declared, in order.
        key: Columns that identify a row; empty if no test says so.
        relations: Its columns that hold keys of other models.
    """

    name: str
    description: str
    columns: tuple[Mapping[str, Any], ...]
    key: tuple[str, ...]
    relations: tuple[Relation, ...]


def declared(folder: str) -> list[Model]:
    """Return what a folder of the project declares, in the order of its files.

    Args:
        folder: Below ``transform/``.
    """
    return [
        _model(one)
        for path in sorted((TRANSFORM / folder).glob("*.yml"))
        for kind in ("models", "snapshots")
        for one in yaml.safe_load(path.read_text("utf-8")).get(kind, [])
    ]


def shown(folder: str) -> list[Model]:
    """Return those that are meant to be asked."""
    return [one for one in declared(folder) if not one.name.startswith(HIDDEN)]


def page() -> dict[str, str]:
    """Return the generated parts of ``docs/models.md``."""
    return {
        **commands({"own-project": "dbt-postgres:build"}),
        "variables": _lines(_variables()),
        "core": _lines(_folder("models/core")),
        "answers": _lines(_folder("models/answers")),
        "trust": _lines(_folder("models/trust")),
    }


def readme() -> dict[str, str]:
    """Return the generated parts of ``transform/README.md``."""
    return {
        "variables": _lines(_variables()),
        "answers": _lines(
            f"- `{one.name}`: {_sentence(one.description)}" for one in shown("models/answers")
        ),
    }


def _folder(folder: str) -> Iterator[str]:
    for model in shown(folder):
        yield f"### `{model.name}`"
        yield ""
        yield _text(model.description)
        yield ""
        if model.key:
            yield f"One row for each {_list(model.key)}."
            yield ""
        yield '<details markdown="1">'
        yield f"<summary>{len(model.columns)} columns</summary>"
        yield ""
        yield "| column | type | meaning |"
        yield "|---|---|---|"
        for column in model.columns:
            told = _text(column["description"])
            yield f"| `{column['name']}` | {column['data_type']} | {told} |"
        yield ""
        yield "</details>"
        yield ""


def _variables() -> Iterator[str]:
    """Yield the variables as a table: what each means stands above it in ``dbt_project.yml``."""
    text = (TRANSFORM / "dbt_project.yml").read_text("utf-8")
    block = re.split(r"^\S", text.partition("\nvars:\n")[2], maxsplit=1, flags=re.MULTILINE)[0]
    yield "| variable | default | meaning |"
    yield "|---|---|---|"
    told: list[str] = []
    for line in block.splitlines():
        match = _VARIABLE.match(line)
        if match is None:
            continue
        if match["name"] is None:
            told.append(match["told"])
            continue
        yield f"| `{match['name']}` | `{match['default']}` | {_text(' '.join(told))} |"
        told = []


def _model(said: Mapping[str, Any]) -> Model:
    columns = said.get("columns", [])
    return Model(
        said["name"],
        said.get("description", ""),
        tuple(columns),
        tuple(_key(said)),
        tuple(
            Relation(said["name"], column["name"], _referred(test), test["field"])
            for column in columns
            for test in _tests(column, "relationships")
        ),
    )


def _key(said: Mapping[str, Any]) -> list[str]:
    """Return what identifies a row: what is unique together, or else the first unique column."""
    for test in _tests(said, "unique_together"):
        return list(test["columns"])
    columns = said.get("columns", [])
    return [one["name"] for one in columns if "unique" in one.get("data_tests", [])][:1]


def _tests(said: Mapping[str, Any], name: str) -> Iterator[Mapping[str, Any]]:
    for test in said.get("data_tests", []):
        if isinstance(test, dict) and name in test:
            yield test[name].get("arguments", test[name])


def _referred(test: Mapping[str, Any]) -> str:
    match = _REF.search(test["to"])
    if match is None:
        raise ValueError(f"not a reference: {test['to']}")
    return match[1]


def _sentence(text: str) -> str:
    return _text(text).partition(". ")[0].rstrip(".") + "."


def _list(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _text(text: str) -> str:
    """Write a text so that Markdown takes it as it is, in one cell."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def _lines(lines: Iterator[str]) -> str:
    """Join lines, with a blank one before, so that Markdown ends the comment there."""
    return "\n" + "".join(f"{line}\n" for line in lines).rstrip("\n") + "\n\n"
