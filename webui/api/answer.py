"""Answers: JSON with an ETag, pages that continue behind a cursor, text.

An ETag is the SHA-256 of the answer's bytes; with ``If-None-Match`` an unchanged answer is 304.
Answers may hold private texts that can be erased, so a cache must ask again each time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson
from flask import Response, request

from ledger.core.digest import hex_digest
from webui.api.route import JSON, TEXT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pydantic import BaseModel

MOST_ON_A_PAGE: Final = 500
_ETAG_CHARACTERS: Final = 32


def json_answer(value: BaseModel | dict[str, Any], status: int = 200) -> Response:
    """A JSON answer; one to a GET carries an ETag."""
    plain = value if isinstance(value, dict) else value.model_dump(mode="json", by_alias=True)
    return _tagged(Response(orjson.dumps(plain), status, content_type=JSON))


def text_answer(data: bytes, media: str = TEXT) -> Response:
    """Bytes as they are, with an ETag."""
    return _tagged(Response(data, content_type=media))


def page_answer(items: Sequence[BaseModel], limit: int, cursor: Callable[[Any], int]) -> Response:
    """A page of a list. ``next`` is where the following page begins; null at the end.

    A full page at the very end of a list says where an empty one would begin.
    """
    following = cursor(items[-1]) if len(items) >= limit else None
    plain = [item.model_dump(mode="json", by_alias=True) for item in items]
    return json_answer({"items": plain, "next": following})


def _tagged(response: Response) -> Response:
    if request.method in {"GET", "HEAD"}:
        response.set_etag(hex_digest(response.get_data())[:_ETAG_CHARACTERS])
        response.headers["Cache-Control"] = "private, no-cache"
        response.make_conditional(request)
    return response
