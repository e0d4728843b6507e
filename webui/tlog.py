"""The log as strangers' tools read it: C2SP tlog-tiles below ``/log/<name>``.

``checkpoint``, ``tile/<level>/<number>[.p/<width>]`` and ``tile/entries/<number>[.p/<width>]``, all
of the published tree and nothing beyond it, so that whatever is fetched can be proved.

Who may read: whoever holds a role and is signed in, or sends a token that may read; everybody,
where the operator has opened the log (``COUNTERSEAL_PUBLIC_LOG``). What never changes may be kept
by caches for a year, by shared ones only where the log is open.
"""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Final

from flask import Blueprint, Response, g, request

from ledger.core.tiles import TileName, parse_tile_path
from ledger.errors import EncodingError, UnknownSubjectError
from ledger.published import source_beside
from webui.here import wired
from webui.identity.current import signed_in
from webui.identity.scope import check_read
from webui.identity.tokens import bearer_of
from webui.reads import check_may_read

if TYPE_CHECKING:
    from flask import Flask

    from ledger.published import LogSource

NAME: Final = "tlog"
TEXT: Final = "text/plain; charset=utf-8"
BYTES: Final = "application/octet-stream"
_BRIEFLY: Final = "max-age=1"
_FOR_EVER: Final = "max-age=31536000, immutable"
_GZIP_LEVEL: Final = 1


def register(app: Flask) -> None:
    """Put the log into ``app``."""
    blueprint = Blueprint(NAME, __name__, url_prefix="/log/<name>")
    blueprint.before_request(_may_read)
    # A path that is not written as the specification says is not there; it is not mended.
    exactly = {"merge_slashes": False, "strict_slashes": True}
    blueprint.add_url_rule("/checkpoint", "checkpoint", _checkpoint, **exactly)
    blueprint.add_url_rule("/tile/<path:rest>", "tile", _tile, **exactly)
    app.register_blueprint(blueprint)


def _may_read() -> None:
    """Let in who may read.

    Raises:
        TokenError, ScopeError, ReaderError: no.
    """
    wiring = wired()
    if wiring.settings.public_log:
        return
    found = signed_in()
    if found is not None:
        check_may_read(request.endpoint or "", found.actor.id)
        return
    bearer = bearer_of(wiring, request.headers.get("Authorization", ""))
    g.asker = bearer.actor
    check_read(bearer.scope)
    check_may_read(request.endpoint or "", bearer.actor.id)


def _checkpoint(name: str) -> Response:
    response = Response(_source(name).checkpoint(), content_type=TEXT)
    return _cached(response, _BRIEFLY)


def _tile(name: str, rest: str) -> Response:
    source = _source(name)
    tile = _named(rest)
    if tile is None or not tile.within(source.size()):
        raise _nothing()
    if tile.level is None:
        response = _packed(source.bundle(tile.index, tile.width))
    else:
        response = Response(source.tile(tile.level, tile.index, tile.width), content_type=BYTES)
    return _cached(response, _FOR_EVER)


def _source(name: str) -> LogSource:
    """The log that is recorded to, or one before it that ended: those stay to be read."""
    source = source_beside(wired().log, name)
    if source is None:
        raise _nothing()
    return source


def _named(rest: str) -> TileName | None:
    try:
        return parse_tile_path(f"tile/{rest}")
    except EncodingError:
        return None


def _nothing() -> UnknownSubjectError:
    return UnknownSubjectError(
        "The published log holds nothing of this name.",
        code="not-in-log",
        remedy="Read the checkpoint: tiles are those of its size (C2SP tlog-tiles).",
    )


def _packed(bundle: bytes) -> Response:
    """A bundle of entries, packed with gzip for those who take it."""
    response = Response(content_type=BYTES)
    response.vary.add("Accept-Encoding")
    if request.accept_encodings.quality("gzip") > 0:
        response.headers["Content-Encoding"] = "gzip"
        bundle = gzip.compress(bundle, _GZIP_LEVEL, mtime=0)
    response.set_data(bundle)
    return response


def _cached(response: Response, how_long: str) -> Response:
    whose = "public" if wired().settings.public_log else "private"
    response.headers["Cache-Control"] = f"{whose}, {how_long}"
    return response
