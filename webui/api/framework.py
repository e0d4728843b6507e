"""Frameworks: what this service can give evidence of, as OSCAL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from webui.api.answer import text_answer
from webui.api.route import JSON, Answer, Route
from webui.components import definition

if TYPE_CHECKING:
    from flask import Response

    from webui.api.route import Asker


def _component(asker: Asker, framework: str) -> Response:
    return text_answer(definition(asker.wiring, framework), JSON)


ROUTES = (
    Route(
        method="GET",
        path="/v1/frameworks/{framework}/component-definition",
        name="get_component_definition",
        says="An OSCAL component definition: the controls of a framework that are tested here.",
        view=_component,
        parameters={"framework": "Its name, such as soc2."},
        answers=(Answer(200, "OSCAL 1.1.3, component-definition.", media=JSON),),
    ),
)
