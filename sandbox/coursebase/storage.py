"""The storage of export files, in the manner of S3: another origin, presigned links only."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from xml.sax.saxutils import escape

from starlette.requests import Request
from starlette.responses import Response

from sandbox.coursebase.exports import Exports
from sandbox.coursebase.links import EXPIRED
from sandbox.coursebase.timekeeper import Timekeeper

XML = '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{}</Code><Message>{}</Message></Error>'
TEXTS = {
    "AccessDenied": "Request has expired",
    "InvalidArgument": "Only one auth mechanism allowed",
    "SignatureDoesNotMatch": "The request signature we calculated does not match",
    "NoSuchKey": "The specified key does not exist.",
}


def refused(status: int, code: str) -> Response:
    """Answer with an error document."""
    document = XML.format(escape(code), escape(TEXTS.get(code, code)))
    return Response(document, status, media_type="application/xml")


async def fetched(exports: Exports, time: Timekeeper, request: Request) -> Response:
    """Answer with a file, or with the reason why not.

    A link is signed for GET, and nothing else may authenticate the request.
    """
    if "authorization" in request.headers:
        return refused(HTTPStatus.FORBIDDEN, "InvalidArgument")
    path, host = request.url.path, request.headers.get("host", "")
    reason = exports.signer.refusal(path, host, request.url.query, time.now())
    if reason == EXPIRED:
        return refused(HTTPStatus.FORBIDDEN, "AccessDenied")
    if reason is not None or request.method != "GET":
        return refused(HTTPStatus.FORBIDDEN, "SignatureDoesNotMatch")
    job = exports.stored(path)
    if job is None:
        return refused(HTTPStatus.NOT_FOUND, "NoSuchKey")
    file = await asyncio.wrap_future(job.file)
    return Response(file.content, media_type="application/zip")
