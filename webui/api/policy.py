"""The policy in force."""

from __future__ import annotations

from typing import TYPE_CHECKING

from webui.api.answer import json_answer
from webui.api.route import Answer, Route
from webui.api.shapes import PolicyAnswer, PolicyPartAnswer
from webui.wiring import parts_on_file, policy_fields

if TYPE_CHECKING:
    from flask import Response

    from webui.api.route import Asker


def _policy(asker: Asker) -> Response:
    state, event = asker.wiring.reader.policy()
    named = event.parts or ()
    filed = parts_on_file(asker.wiring.reader, named)
    return json_answer(
        PolicyAnswer(
            policy=state.policy,
            digest=state.digest,
            previous=state.previous,
            since=state.since,
            document=policy_fields(asker.wiring.reader, event),
            parts=tuple(
                PolicyPartAnswer(digest=digest, gates=len(filed[digest].get("gates", ())))
                for digest in named
            ),
        )
    )


ROUTES = (
    Route(
        method="GET",
        path="/v1/policy",
        name="get_policy",
        says="The policy in force: its document and the digest that decisions name.",
        view=_policy,
        answers=(Answer(200, "The policy.", PolicyAnswer),),
    ),
)
