"""Answers that go wrong, for all three faces: methods, tokens, storage."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from starlette.responses import JSONResponse, Response

from sandbox.faults import Fault
from sandbox.outcomes import PAGE, Exchange, Outcome, status_of, with_wait

JSON = "application/json"


async def _array(_exchange: Exchange, _fault: Fault) -> Response:
    return JSONResponse([])


async def _missing_field(exchange: Exchange, fault: Fault) -> Response:
    """Leave fields out, of the answer itself and of its `data`."""
    response = await exchange.sound()
    if response.media_type != JSON:
        return response
    answer = json.loads(bytes(response.body))
    for place in (answer, answer.get("data")):
        if isinstance(place, dict):
            for name in fault.details.get("fields", ()):
                place.pop(name, None)
    return JSONResponse(answer, response.status_code)


@dataclass(frozen=True, slots=True)
class Face:
    """How one part of the server answers.

    Attributes:
        media_type: Of its sound answers.
        refuse: Makes an answer with a status and a code in the form of this face.
        error_status: HTTP status of refusals that name none.
    """

    media_type: str
    refuse: Callable[[int, str], Response]
    error_status: Callable[[], int]

    @property
    def outcomes(self) -> Mapping[str, Outcome]:
        """What goes wrong on this face beside what goes wrong everywhere."""
        return {
            "status": self._status,
            "error": self._error,
            "array": _array,
            "missing_field": _missing_field,
        }

    async def _status(self, _exchange: Exchange, fault: Fault) -> Response:
        """Answer as something in front of the API would: a page, no envelope."""
        status = status_of(fault)
        if self.media_type == JSON:
            page = PAGE.format(title=status.phrase)
            return with_wait(Response(page, status, media_type="text/html"), fault)
        return with_wait(self.refuse(status, status.phrase.replace(" ", "")), fault)

    async def _error(self, _exchange: Exchange, fault: Fault) -> Response:
        status = int(fault.details.get("http_status", self.error_status()))
        code = str(fault.details.get("code", "internal_error"))
        return with_wait(self.refuse(status, code), fault)
