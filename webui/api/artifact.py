"""The bytes of a version, where this installation keeps them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import request

from webui.api.route import Answer, Route
from webui.api.strict import model_name, version_name
from webui.artifacts.download import download, sent

if TYPE_CHECKING:
    from flask import Response

    from webui.api.route import Asker


def _download(asker: Asker, model: str, version: str) -> Response:
    names = model_name(model), version_name(version)
    return sent(download(asker.wiring, asker.actor.id, *names, head=request.method == "HEAD"))


ROUTES = (
    Route(
        method="GET",
        path="/v1/models/{model}/versions/{version}/artifact",
        name="download_artifact",
        says="The artifact of a version, verified before its first byte is sent; a directory as "
        "tar. Of an archived version for auditors, administrators and compliance. "
        "404 where it is not kept here.",
        view=_download,
        parameters={
            "model": "The model's name.",
            "version": "The version, as it was registered.",
        },
        answers=(Answer(200, "The bytes.", media="*/*"),),
    ),
)
