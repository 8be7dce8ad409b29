"""Documents of a coaching cycle.

GET /api/cycles/<id>/brief.html                  one page before the talk
GET /api/cycles/<id>/record.<html, docx, pdf>    everything that the one who asks may read of it
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pipeline.errors import NotFoundError
from pipeline.report.documents import DOCUMENT_WRITERS
from pipeline.store.library import Library
from pipeline.viewer.answers import NO_STORE, blocking
from pipeline.viewer.authentication import visitor_of_request
from pipeline.viewer.cycle_documents import brief, record
from pipeline.workspace.access import Workspace
from pipeline.workspace.cycle import Cycles

_KINDS = {"brief": brief, "record": record}


def cycle_routes(library: Library) -> list[Route]:
    """The routes above, for one library."""

    def document(request: Request) -> Response:
        workspace = Workspace(library, visitor_of_request(request))
        cycle = Cycles(workspace).get(request.path_params["cycle_id"])
        kind, _, suffix = request.path_params["name"].partition(".")
        if kind not in _KINDS or suffix not in DOCUMENT_WRITERS:
            raise NotFoundError("There is no such document.", hint="The cycle's page lists them.")
        media_type, write = DOCUMENT_WRITERS[suffix]
        headers = dict(NO_STORE)
        if kind == "record":
            headers["content-disposition"] = f'attachment; filename="cycle-{cycle.row.id}.{suffix}"'
        return Response(write(_KINDS[kind](workspace, cycle)), media_type=media_type, headers=headers)

    return [Route("/api/cycles/{cycle_id}/{name}", blocking(document))]
