"""What a statement must be made of to be one of Snowflake's, as far as that can be told without it.

A parser accepts more than the warehouse does, so what is allowed is listed: functions, types and
operators that Snowflake documents and that mean there what they mean in PostgreSQL.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from sqlglot import ErrorLevel, Token, TokenType, exp, parse
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify
from sqlglot.schema import MappingSchema

DIALECT = "snowflake"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


FUNCTIONS = _words(
    """abs array_append array_construct avg cast coalesce convert_timezone count current_timestamp
    date_from_parts date_trunc dateadd datediff extract first_value flatten floor get iff is_array
    is_object lag lead lower max min month nullif object_construct_keep_null percentile_cont rank
    regexp_instr regexp_substr replace round row_number rpad strip_null_value substr sum to_char
    to_timestamp_ntz to_timestamp_tz to_variant trim try_parse_json try_to_number"""
)
"""Not among them, since they mean something else in PostgreSQL: greatest, least, concat (of null),
last_value (of which rows)."""

OPENING = _words(
    """all and as by case distinct else exists from group having in join not on or over select then
    union using when where"""
)
"""Words, other than functions, that a parenthesis follows."""

OPERATORS = _words("+ - * / || = <> < <= > >= => : . , ( )")

TYPES = frozenset(
    [
        exp.DType.ARRAY,
        exp.DType.BIGINT,
        exp.DType.BOOLEAN,
        exp.DType.DATE,
        exp.DType.DOUBLE,
        exp.DType.INT,
        exp.DType.TEXT,
        exp.DType.TIMESTAMPNTZ,
        exp.DType.TIMESTAMPTZ,
        exp.DType.VARCHAR,
        exp.DType.VARIANT,
    ]
)
"""Without numeric, which has no fraction in Snowflake."""

PARTS = _words("YEAR QUARTER MONTH DAY HOUR MINUTE SECOND")
"""What is extracted from an instant."""

SESSION = _words("current_date current_time localtime localtimestamp timestamp")
"""Words that mean what a session's parameters say."""

RESERVED = _words(
    """account all alter and any as between by case cast check column connect connection constraint
    create cross current current_date current_time current_timestamp current_user database delete
    distinct drop else exists false following for from full grant group gscluster having ilike in
    increment inner insert intersect into is issue join lateral left like localtime localtimestamp
    minus natural not null of on or order organization qualify regexp revoke right rlike row rows
    sample schema select set some start table tablesample then to trigger true try_cast union unique
    update using values view when whenever where with"""
)
"""Words that are no name, unless they are quoted."""


def _is_without_columns(query: exp.CTE) -> bool:
    tables = query.this.find_all(exp.Table)
    is_recursive = any(table.name == query.alias and not table.db for table in tables)
    return is_recursive and not query.args["alias"].columns


FORBIDDEN: Sequence[tuple[str, type[exp.Expr], Callable[[Any], bool]]] = (
    ("at time zone", exp.AtTimeZone, bool),
    ("a statement that no parser knows", exp.Command, bool),
    ("filter (where ...)", exp.Filter, bool),
    ("an interval", exp.Interval, bool),
    ("similar to", exp.SimilarTo, bool),
    ("a type", exp.Cast, lambda cast: cast.to.this not in TYPES),
    ("a part of an instant", exp.Extract, lambda one: one.name.upper() not in PARTS),
    ("distinct on", exp.Distinct, lambda one: one.args.get("on") is not None),
    ("lateral without flatten", exp.Lateral, lambda one: not isinstance(one.this, exp.Explode)),
    ("is true, is false", exp.Is, lambda one: isinstance(one.expression, exp.Boolean)),
    ("exists over a union", exp.Exists, lambda one: isinstance(one.this, exp.SetOperation)),
    ("materialized", exp.CTE, lambda one: one.args.get("materialized") is not None),
    ("a recursive query without a list of columns", exp.CTE, _is_without_columns),
    (
        "a reserved word as a name",
        exp.Identifier,
        lambda one: not one.quoted and one.name.lower() in RESERVED,
    ),
)


def objections(sql: str) -> list[str]:
    """Return what is not Snowflake's in a statement, nothing if all is.

    Args:
        sql: As dbt has compiled it.
    """
    try:
        tokens = Dialect.get_or_raise(DIALECT).tokenize(sql)
        statements = parse(sql, dialect=DIALECT, error_level=ErrorLevel.RAISE)
    except SqlglotError as error:
        return [f"cannot be parsed: {error}"]
    if len(statements) != 1 or statements[0] is None:
        return [f"{len(statements)} statements"]
    lists = {one.name.lower() for one in statements[0].find_all(exp.TableAlias) if one.columns}
    return sorted({*_of_tokens(sql, tokens, FUNCTIONS | OPENING | lists), *_of_tree(statements[0])})


def _of_tokens(sql: str, tokens: list[Token], opening: AbstractSet[str]) -> Iterator[str]:
    for token, after in zip_longest(tokens, tokens[1:]):
        written, text = sql[token.start : token.end + 1], token.text.lower()
        if token.token_type is TokenType.STRING:
            if "\\" in written:
                yield f"a backslash, which escapes: {written}"
        elif token.token_type is TokenType.IDENTIFIER:
            if written != written.upper():
                yield f"a quoted name that is not in capitals: {written}"
        elif token.token_type is TokenType.NUMBER:
            pass
        elif not re.fullmatch(r"[\w\s]+", text):
            if text not in OPERATORS:
                yield f"operator {text}"
        else:
            opens = after is not None and after.token_type is TokenType.L_PAREN
            yield from _of_word(text, opens and text not in opening)


def _of_word(text: str, is_unknown: bool) -> Iterator[str]:
    if text in SESSION:
        yield f"of the session: {text}"
    elif is_unknown:
        yield f"function {text}"


def _of_tree(statement: exp.Expr) -> Iterator[str]:
    for node in statement.walk():
        for name, kind, is_meant in FORBIDDEN:
            if isinstance(node, kind) and is_meant(node):
                yield f"{name}: {node.sql(DIALECT)}"


@dataclass
class Columns:
    """The columns of each relation and their types, those of models inferred from their queries."""

    _schema: MappingSchema = field(default_factory=lambda: MappingSchema(dialect=DIALECT))

    def add(self, relation: str, columns: Mapping[str, str]) -> None:
        """Say which columns a relation has.

        Args:
            relation: As it stands in statements.
            columns: Types by name, in which capitals are told from small letters.
        """
        quoted: dict[str, Any] = {f'"{name}"': kind for name, kind in columns.items()}
        self._schema.add_table(relation, quoted, dialect=DIALECT)

    def of(self, sql: str) -> dict[str, str]:
        """Return the columns of a query, none of another statement.

        Args:
            sql: A statement.

        Raises:
            SqlglotError: If a column is in none of the relations.
            TypeError: If something is added to an instant or taken from it.
        """
        (statement,) = parse(sql, dialect=DIALECT)
        query = statement if isinstance(statement, exp.Query) else _asked(statement)
        known = qualify(query, schema=self._schema, dialect=DIALECT)
        known = annotate_types(known, schema=self._schema, dialect=DIALECT)
        for sum_ in known.find_all(exp.Add, exp.Sub):
            kinds = {side.type.this for side in (sum_.left, sum_.right) if side.type}
            if kinds & exp.DataType.TEMPORAL_TYPES:
                raise TypeError(f"arithmetic of instants: {sum_.sql(DIALECT)}")
        if query is not statement:
            return {}
        return {
            column.alias_or_name: column.type.sql(DIALECT) if column.type else "UNKNOWN"
            for column in known.selects
        }


def _asked(statement: exp.Expr | None) -> exp.Query:
    """Return the query of the rows that a statement changes."""
    if not isinstance(statement, exp.Delete | exp.Update):
        raise TypeError(f"neither query nor change: {statement}")
    query = exp.select("*").from_(statement.this)
    condition = statement.args.get("where")
    return query.where(condition.this) if condition else query
