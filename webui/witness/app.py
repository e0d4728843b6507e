"""The witness's HTTP interface (C2SP tlog-witness): two paths, no state of its own, no sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask, Response, request

from ledger.core.digest import is_sha256_hex
from ledger.core.witnessing import MAX_REQUEST_BYTES, TEXT

if TYPE_CHECKING:
    from webui.witness.cosigner import Answer, Cosigner


def create_witness_app(cosigner: Cosigner) -> Flask:
    """The application. The submission prefix and the monitoring prefix are its root."""
    app = Flask("counterseal-witness", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_REQUEST_BYTES

    @app.post("/add-checkpoint")
    def add_checkpoint() -> Response:
        return _response(cosigner.add_checkpoint(request.get_data(cache=False)))

    @app.get("/<digest>/checkpoint")
    def checkpoint(digest: str) -> Response:
        origin = cosigner.origin_of(digest) if is_sha256_hex(digest) else None
        note = cosigner.checkpoint(origin) if origin is not None else None
        if note is None:
            return Response("No checkpoint of such a log was seen.\n", 404, content_type=TEXT)
        return Response(note, content_type=TEXT, headers={"Cache-Control": "no-store"})

    @app.get("/")
    def keys() -> Response:
        return Response("".join(f"{key}\n" for key in cosigner.vkeys), content_type=TEXT)

    @app.after_request
    def harden(response: Response) -> Response:
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    return app


def _response(answer: Answer) -> Response:
    # Werkzeug would add a charset, which clients of this type do not expect.
    response = Response(answer.body, answer.status)
    response.headers["Content-Type"] = answer.media_type
    return response
