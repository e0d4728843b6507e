"""A version as a file: in somebody else's format, or its artifact."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast, get_args

from flask import Response, request

from ledger.errors import UnknownSubjectError
from webui.artifacts.download import download, sent
from webui.here import wired
from webui.life.exporting import Form, export
from webui.pages.frame import me

if TYPE_CHECKING:
    from flask import Blueprint
    from flask.typing import ResponseReturnValue

FORMS: Final = (
    ("cyclonedx", "CycloneDX 1.7 (ML-BOM)"),
    ("spdx", "SPDX 3.0.1 (AI)"),
    ("slsa", "SLSA provenance"),
    ("openlineage", "OpenLineage"),
    ("card", "Model card"),
)


def add_to(blueprint: Blueprint) -> None:
    """The routes of this room."""
    blueprint.add_url_rule("/models/<model>/<version>/export/<form>", "export_version", _export)
    blueprint.add_url_rule("/models/<model>/<version>/artifact", "artifact", _artifact)


def _export(model: str, version: str, form: str) -> ResponseReturnValue:
    if form not in get_args(Form):
        raise UnknownSubjectError("There is no such format.", pointer="/form")
    file = export(wired(), model, version, cast("Form", form))
    disposition = f'attachment; filename="{file.name}"'
    return Response(
        file.data, content_type=file.media, headers={"Content-Disposition": disposition}
    )


def _artifact(model: str, version: str) -> ResponseReturnValue:
    head = request.method == "HEAD"
    return sent(download(wired(), me().actor.id, model, version, head=head))
