"""Content: what is completed most and least, and how long it takes."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from tap_continu_coursebase.page import charts
from tap_continu_coursebase.page.answers import Content, Pace
from tap_continu_coursebase.page.formats import count, days, isolated, share
from tap_continu_coursebase.page.parts import Column, Figure, Kind, Table
from tap_continu_coursebase.page.read import MOST_CONTENT
from tap_continu_coursebase.page.words import MOST_ROWS, NO_ASSIGNMENTS, left_out


def most_finished(content: Sequence[Content]) -> Figure:
    """Return which content was completed most."""
    name, heading = "most-finished", "Most finished"
    found = sorted(
        (one for one in content if one.completions and one.most_finished_rank is not None),
        key=lambda one: (one.most_finished_rank or 0, one.content_key),
    )[:MOST_CONTENT]
    if not found:
        return Figure(name, heading, nothing="No completion is loaded.")
    first = found[0]
    return Figure(
        name,
        heading,
        f"{_titled(first)} was completed most: "
        f"{count(first.completions, 'time')} by {count(first.people, 'person', 'people')}.",
        "Completions of each content item, whether it was assigned or not.",
        charts.bars(
            [
                charts.Bar(
                    one.title or one.content_key,
                    [(one.completions, "accent")],
                    f"{one.completions:,}",
                )
                for one in found[:MOST_ROWS]
            ]
        ),
        [
            Table(
                "most_finished",
                "The content that was completed most",
                [
                    Column("most_finished_rank", "Rank", is_secondary=True),
                    Column("title", "Content", Kind.NAME, is_header=True),
                    Column("content_type", "Type", Kind.TEXT, is_secondary=True),
                    Column("completions", "Completions"),
                    Column("people", "People"),
                ],
                [
                    (
                        one.most_finished_rank,
                        one.title or one.content_key,
                        one.content_type,
                        one.completions,
                        one.people,
                    )
                    for one in found
                ],
            )
        ],
    )


def least_finished(content: Sequence[Content]) -> Figure:
    """Return which content is completed least where it is assigned."""
    name, heading = "least-finished", "Least finished"
    found = sorted(
        (
            one
            for one in content
            if one.assigned
            and one.completion_rate is not None
            and one.least_finished_rank is not None
        ),
        key=lambda one: (one.least_finished_rank or 0, one.content_key),
    )[:MOST_CONTENT]
    if not found:
        return Figure(name, heading, nothing=NO_ASSIGNMENTS)
    first = found[0]
    return Figure(
        name,
        heading,
        f"{_titled(first)} is completed least: {share(first.completion_rate or 0)} of "
        f"{count(first.assigned, 'assignment')}.",
        "The share of the assignments of each content item that is completed.",
        charts.bars(
            [
                charts.Bar(
                    one.title or one.content_key,
                    [(one.completion_rate or 0, "accent")],
                    f"{share(one.completion_rate or 0)} of {one.assigned:,}",
                )
                for one in found[:MOST_ROWS]
            ],
            longest=1,
        ),
        [
            Table(
                "least_finished",
                "The content that is completed least where it is assigned",
                [
                    Column("least_finished_rank", "Rank", is_secondary=True),
                    Column("title", "Content", Kind.NAME, is_header=True),
                    Column("content_type", "Type", Kind.TEXT, is_secondary=True),
                    Column("assigned", "Assigned"),
                    Column("completed", "Completed"),
                    Column("completion_rate", "Rate", Kind.SHARE),
                ],
                [
                    (
                        one.least_finished_rank,
                        one.title or one.content_key,
                        one.content_type,
                        one.assigned,
                        one.completed,
                        one.completion_rate,
                    )
                    for one in found
                ],
            )
        ],
    )


def pace(paces: Sequence[Pace]) -> Figure:
    """Return how long content takes."""
    name, heading = "time-to-complete", "Time to complete"
    found = [one for one in paces if one.median_days is not None]
    if not found:
        return Figure(name, heading, nothing="No assignment is completed yet.")
    shown = sorted(found[:MOST_ROWS], key=lambda one: (one.median_days or 0, one.content_key))
    usual = median(one.median_days or 0 for one in found)
    return Figure(
        name,
        heading,
        f"It usually takes {days(usual)} days from the assignment to the completion: for half of "
        f"the content items more, for half of them less.",
        "The dot is where half of those who completed it had done so, and the line ends where nine "
        "of ten had. What is not completed counts nowhere."
        + left_out(len(found) - len(shown), "content item", "completed by fewer"),
        charts.spans(
            [
                charts.Span(
                    one.title or one.content_key,
                    one.median_days or 0,
                    max(one.p90_days or 0, one.median_days or 0),
                    f"{days(one.median_days or 0)} to {days(one.p90_days or 0)} days",
                )
                for one in shown
            ]
        ),
        [
            Table(
                "time_to_complete",
                "Days from assignment to completion",
                [
                    Column("title", "Content", Kind.NAME, is_header=True),
                    Column("completed", "Completed"),
                    Column("average_days", "Average", Kind.DAYS, is_secondary=True),
                    Column("median_days", "Half within", Kind.DAYS),
                    Column("p90_days", "Nine of ten", Kind.DAYS),
                ],
                [
                    (
                        one.title or one.content_key,
                        one.completed,
                        one.average_days,
                        one.median_days,
                        one.p90_days,
                    )
                    for one in found
                ],
            )
        ],
    )


def _titled(one: Content) -> str:
    return isolated(one.title or one.content_key)
