"""Frameworks: listed, read, an organisation's own put in force, and as OSCAL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.errors import InputError
from ledger.events.framework import FrameworkActivated
from policies import PolicyError
from webui.api.answer import json_answer, text_answer
from webui.api.framework_shapes import (
    FrameworkAnswer,
    FrameworkChecked,
    FrameworkRow,
    FrameworksAnswer,
    FrameworkText,
)
from webui.api.route import JSON, Answer, Route
from webui.api.shapes import ReceiptAnswer
from webui.api.strict import body_fields, idempotency_key
from webui.api.told import receipt_response
from webui.components import definition
from webui.frameworks import Draft, draft, every_framework, framework_named
from webui.identity.errors import ScopeError
from webui.identity.scope import check_kind

if TYPE_CHECKING:
    from flask import Response

    from policies.controls.mapping import Framework
    from webui.api.route import Asker


def _frameworks(asker: Asker) -> Response:
    found = (_told(one) for one in every_framework(asker.wiring.reader))
    return json_answer(FrameworksAnswer(frameworks=tuple(found)))


def _framework(asker: Asker, framework: str) -> Response:
    return json_answer(_told(framework_named(asker.wiring.reader, framework)))


def _told(found: Framework) -> FrameworkAnswer:
    return FrameworkAnswer(
        framework=found.id,
        short=found.short,
        title=found.title,
        source_version=found.source_version,
        digest=found.digest,
        entry=found.entry,
        controls=tuple(
            FrameworkRow(
                control=one.id,
                ref=one.ref,
                title=one.title,
                question=one.question,
                tests=tuple(use.test.id for use in one.tests),
                human=one.human,
            )
            for one in found.controls
        ),
    )


def _activate(asker: Asker) -> Response:
    key, said = idempotency_key(), body_fields(FrameworkText)
    check_kind(asker.scope, FrameworkActivated.kind)
    if asker.proof is not None:
        raise ScopeError("A CI job's token puts no rows in force.", remedy="Use an API token.")
    found = _read(asker, said.yaml)
    if found.event is None:
        raise InputError("These rows are in force already.", pointer="/yaml", code="nothing-new")
    receipt = asker.wiring.submitter.submit(asker.actor, found.event, key)
    return receipt_response(asker.wiring, receipt)


def _check(asker: Asker) -> Response:
    found = _read(asker, body_fields(FrameworkText).yaml)
    return json_answer(
        FrameworkChecked(
            framework=found.own.framework.id,
            digest=found.own.digest,
            controls=len(found.own.framework.controls),
            previous=found.before.digest if found.before else None,
            in_force=found.event is None,
        )
    )


def _read(asker: Asker, text: str) -> Draft:
    try:
        return draft(asker.wiring.reader, text)
    except PolicyError as error:
        raise InputError(
            str(error), pointer="/yaml", code=error.code, line=error.line, column=error.column
        ) from None


def _component(asker: Asker, framework: str) -> Response:
    return text_answer(definition(asker.wiring, framework), JSON)


_NAME = {"framework": "Its name, such as soc2."}

ROUTES = (
    Route(
        method="GET",
        path="/v1/frameworks",
        name="list_frameworks",
        says="Frameworks with their rows: those that ship, then the organisation's own in force.",
        view=_frameworks,
        answers=(Answer(200, "The frameworks.", FrameworksAnswer),),
    ),
    Route(
        method="POST",
        path="/v1/frameworks",
        name="activate_framework",
        says="Put rows of the organisation's own in force, from YAML of the published schema.",
        view=_activate,
        needs="token",
        body="FrameworkText",
        key=True,
        answers=(Answer(201, "They are in force.", ReceiptAnswer),),
    ),
    Route(
        method="POST",
        path="/v1/frameworks:check",
        name="check_framework",
        says="Check rows without putting them in force. A mistake is told with its line.",
        view=_check,
        body="FrameworkText",
        answers=(Answer(200, "They could be put in force.", FrameworkChecked),),
    ),
    Route(
        method="GET",
        path="/v1/frameworks/{framework}",
        name="get_framework",
        says="A framework with its rows.",
        view=_framework,
        parameters=_NAME,
        answers=(Answer(200, "The framework.", FrameworkAnswer),),
    ),
    Route(
        method="GET",
        path="/v1/frameworks/{framework}/component-definition",
        name="get_component_definition",
        says="An OSCAL component definition: the controls of a framework that are tested here.",
        view=_component,
        parameters=_NAME,
        answers=(Answer(200, "OSCAL 1.1.3, component-definition.", media=JSON),),
    ),
)
