"""What a page asks of a warehouse: one declared query a model, all in one snapshot."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Generic, LiteralString, TypeVar, get_type_hints

from tap_continu_coursebase.operate.warehouse import WarehouseError, connected
from tap_continu_coursebase.page.answers import (
    Answers,
    Assignments,
    Completions,
    Compliance,
    Content,
    Covered,
    DepartmentMonth,
    DepartmentRisk,
    Freshness,
    Gap,
    Learner,
    Manager,
    Pace,
    People,
    Reconciled,
    Step,
)

if TYPE_CHECKING:
    import psycopg

MOST_LEARNERS = 200
MOST_CONTENT = 100
"""So many rows a table of the page has; all of them are in the warehouse."""
_BUILD = "build the models (dbt build), or name where they are (--schema)"


Row = TypeVar("Row", bound=tuple[Any, ...])


@dataclass(frozen=True)
class Question(Generic[Row]):
    """One query.

    Attributes:
        row: What each row of its answer becomes.
        model: The table or view that it is asked of.
        columns: Those of the model that it needs.
        query: In SQL, with ``{columns}`` and ``{model}``.
    """

    row: Callable[..., Row]
    model: str
    columns: tuple[str, ...]
    query: LiteralString


def _all(row: Any, model: str, ending: LiteralString) -> Any:
    """Ask for the columns that a row is declared with."""
    query: LiteralString = "SELECT {columns} FROM {model} "
    return Question(row, model, row._fields, query + ending)


PEOPLE = Question(
    People,
    "dim_users",
    ("in_continu", "in_coursebase"),
    "SELECT count(*), count(*) FILTER (WHERE in_continu AND in_coursebase),"
    " count(*) FILTER (WHERE in_continu), count(*) FILTER (WHERE in_coursebase) FROM {model}",
)
COMPLETIONS = Question(
    Completions, "fct_completions", ("completion_key",), "SELECT count(*) FROM {model}"
)
ASSIGNMENTS = Question(
    Assignments,
    "fct_assignments",
    ("is_completed", "is_removed"),
    "SELECT count(*), count(*) FILTER (WHERE is_completed) FROM {model}"
    " WHERE is_removed IS NOT TRUE",
)
DEPARTMENT_MONTHS: Question[DepartmentMonth] = _all(
    DepartmentMonth, "completion_rate_by_department_month", "ORDER BY department, month"
)
MANAGERS: Question[Manager] = _all(
    Manager, "overdue_by_manager", "WHERE overdue > 0 ORDER BY overdue DESC, manager_key"
)
NAMELESS_MANAGERS = Question(
    Manager,
    "overdue_by_manager",
    ("manager_key", "overdue", "people", "oldest_due_at"),
    "SELECT CASE WHEN manager_key = '(none)' THEN manager_key ELSE '' END, NULL,"
    " overdue, people, oldest_due_at FROM {model} WHERE overdue > 0"
    " ORDER BY overdue DESC",
)
RISKS = Question(
    DepartmentRisk,
    "learners_at_risk",
    ("department", "risk_level"),
    "SELECT department, count(*) FILTER (WHERE risk_level = 'high'),"
    " count(*) FILTER (WHERE risk_level <> 'high') FROM {model} GROUP BY department"
    " ORDER BY count(*) DESC, department",
)
LEARNERS: Question[Learner] = _all(
    Learner,
    "learners_at_risk",
    f"ORDER BY risk_points DESC, overdue DESC, user_key LIMIT {MOST_LEARNERS:d}",
)
CONTENT: Question[Content] = _all(
    Content,
    "content_finish_rates",
    f"WHERE most_finished_rank <= {MOST_CONTENT:d} OR least_finished_rank <= {MOST_CONTENT:d}"
    " ORDER BY most_finished_rank, content_key",
)
PACES: Question[Pace] = _all(
    Pace,
    "time_to_complete",
    f"WHERE completed > 0 ORDER BY completed DESC, content_key LIMIT {MOST_CONTENT:d}",
)
STEPS: Question[Step] = _all(Step, "onboarding_funnel", "ORDER BY cohort_month, step_number")
COMPLIANCE: Question[Compliance] = Question(
    Compliance,
    "compliance_by_day",
    Compliance._fields,
    "SELECT {columns} FROM (SELECT *, max(day) OVER () AS last_day FROM {model}) AS days"
    " WHERE department = '(all)' OR day = last_day ORDER BY day, department",
)
FRESHNESS: Question[Freshness] = _all(Freshness, "table_freshness", "ORDER BY stream")
RECONCILED: Question[Reconciled] = _all(Reconciled, "reconciliation_summary", "ORDER BY check_name")
COVERED: Question[Covered] = _all(Covered, "coverage_by_month", "ORDER BY stream, month")
GAPS: Question[Gap] = _all(Gap, "coverage_gaps", "ORDER BY stream, gap_from_at")
QUESTIONS: Sequence[Question[Any]] = (
    PEOPLE,
    COMPLETIONS,
    ASSIGNMENTS,
    DEPARTMENT_MONTHS,
    MANAGERS,
    RISKS,
    LEARNERS,
    CONTENT,
    PACES,
    STEPS,
    COMPLIANCE,
    FRESHNESS,
    RECONCILED,
    COVERED,
    GAPS,
)


def read(dsn: str, schema: str, *, names: bool) -> Answers:
    """Ask a warehouse.

    Args:
        dsn: ``postgresql://...``, or the SQLAlchemy URL that target-postgres takes.
        schema: Where the models are.
        names: Whether people may be named; nobody's name or address is read otherwise.

    Returns:
        What it answers, as of one instant.

    Raises:
        WarehouseError: If it cannot be read, lacks a model or column, or has no rows at all.
    """
    lacking = f"may not read all models of {schema}: GRANT SELECT ON ALL TABLES IN SCHEMA {schema}"
    with connected(dsn, lacking=lacking, extra="page") as connection:
        from psycopg import IsolationLevel  # noqa: PLC0415 - optional

        connection.read_only = True
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        connection.execute("SET LOCAL TIME ZONE 'UTC'")
        ask = _Asking(connection, schema)
        answers = Answers(
            names,
            ask.one(PEOPLE),
            ask.one(COMPLETIONS),
            ask.one(ASSIGNMENTS),
            ask(DEPARTMENT_MONTHS),
            ask(MANAGERS if names else NAMELESS_MANAGERS),
            ask(RISKS),
            ask(LEARNERS) if names else [],
            ask(CONTENT),
            ask(PACES),
            ask(STEPS),
            ask(COMPLIANCE),
            ask(FRESHNESS),
            ask(RECONCILED),
            ask(COVERED),
            ask(GAPS),
        )
    if not (answers.people.people or answers.completions.completions or answers.freshness):
        raise WarehouseError(f"the models of {schema} are empty: load first, then build them again")
    return answers


class _Asking:
    """Answers questions from one schema.

    Args:
        connection: In a transaction that cannot write.
        schema: Where the models are.
    """

    def __init__(self, connection: psycopg.Connection[tuple[Any, ...]], schema: str) -> None:
        self._connection = connection
        self._models_schema = schema
        _require(_columns(connection, schema), schema)

    def __call__(self, question: Question[Row]) -> list[Row]:
        """Return the rows of an answer."""
        from psycopg.sql import SQL, Identifier  # noqa: PLC0415 - optional

        query = SQL(question.query).format(
            columns=SQL(", ").join(map(Identifier, question.columns)),
            model=Identifier(self._models_schema, question.model),
        )
        whole = [hint is int for hint in get_type_hints(question.row).values()]
        return [
            question.row(*map(_number, values, whole))
            for values in self._connection.execute(query).fetchall()
        ]

    def one(self, question: Question[Row]) -> Row:
        """Return the only row of an answer."""
        (row,) = self(question)
        return row


def _number(value: Any, is_whole: bool) -> Any:  # noqa: FBT001 - mapped over
    if isinstance(value, Decimal):
        return int(value) if is_whole else float(value)
    return value


def _columns(
    connection: psycopg.Connection[tuple[Any, ...]], schema: str
) -> Mapping[str, set[str]]:
    found: dict[str, set[str]] = {}
    for model, column in connection.execute(
        "SELECT relname, attname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
        " JOIN pg_attribute ON attrelid = c.oid"
        " WHERE nspname = %s AND relkind IN ('r', 'p', 'v', 'm', 'f')"
        " AND attnum > 0 AND NOT attisdropped",
        (schema,),
    ):
        found.setdefault(model, set()).add(column)
    return found


def _require(found: Mapping[str, Iterable[str]], schema: str) -> None:
    """Refuse a schema that lacks what is asked for."""
    needed: dict[str, set[str]] = {}
    for question in QUESTIONS:
        needed.setdefault(question.model, set()).update(question.columns)
    missing = sorted(needed.keys() - found)
    if len(missing) == len(needed):
        raise WarehouseError(f"there is no model in {schema}: {_BUILD}")
    if missing:
        raise WarehouseError(f"{schema} lacks {', '.join(missing)}: {_BUILD}")
    for model, columns in needed.items():
        if lacking := sorted(columns.difference(found[model])):
            raise WarehouseError(
                f"{schema}.{model} lacks {', '.join(lacking)}: build the models again as this "
                "version declares them"
            )
