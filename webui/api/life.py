"""The life of versions: compared, what ran when, and what came of what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, cast, get_args

from pydantic import Field

from ledger.errors import UnknownSubjectError
from ledger.events.names import Slug, Value, VersionName
from ledger.state.recalls import RecallState, RecallStatus
from webui.api.answer import MOST_ON_A_PAGE, json_answer, text_answer
from webui.api.route import PDF, Answer, Route
from webui.api.strict import Query, model_name, read_query, version_name
from webui.life.comparing import MOST, Comparison, comparison
from webui.life.drifting import Drifts, drifts
from webui.life.exporting import Form, export
from webui.life.falling_back import Fallback, fallback
from webui.life.lineage import MOST_DEPTH, Direction, Graph, Impact, graph, impact, recalls
from webui.life.metric_history import MetricHistory, metric_history
from webui.life.running import RanAt, Timeline, Trace, moment_of, ran_at, timeline, trace
from webui.life.searching import MOST_CHARACTERS, Hits, search
from webui.naming import namer

if TYPE_CHECKING:
    from flask import Response

    from webui.api.route import Asker


class CompareQuery(Query):
    """Which versions, each as a ``v``; the others are held against the first."""

    v: Annotated[tuple[VersionName, ...], Field(max_length=MOST)] = ()


class RanAtQuery(Query):
    """Where and when; a time without an offset is UTC."""

    environment: Slug
    time: Annotated[str, Field(max_length=40)]


def _comparison(asker: Asker, model: str) -> Comparison:
    wiring = asker.wiring
    return comparison(wiring.reader, wiring.policy(), model_name(model), read_query(CompareQuery).v)


def _compare(asker: Asker, model: str) -> Response:
    return json_answer(_comparison(asker, model))


def _compare_pdf(asker: Asker, model: str) -> Response:
    # Drawing loads heavy libraries.
    from webui.life.comparing_shown import comparison_pdf

    return text_answer(
        comparison_pdf(asker.wiring, _comparison(asker, model), namer(asker.wiring.reader)), PDF
    )


def _timeline(asker: Asker, model: str) -> Response:
    return json_answer(timeline(asker.wiring.reader, model_name(model)))


def _ran_at(asker: Asker, model: str) -> Response:
    query = read_query(RanAtQuery)
    at = moment_of(query.time)
    return json_answer(ran_at(asker.wiring.reader, model_name(model), query.environment, at))


def _trace(asker: Asker, stamp: str) -> Response:
    return json_answer(trace(asker.wiring.reader, stamp))


def _metric_history(asker: Asker, model: str) -> Response:
    return json_answer(metric_history(asker.wiring.reader, model_name(model)))


def _drift(asker: Asker, model: str) -> Response:
    return json_answer(drifts(asker.wiring.reader, model_name(model)))


def _export(asker: Asker, model: str, version: str, form: str) -> Response:
    if form not in get_args(Form):
        raise UnknownSubjectError(
            "There is no such format.",
            pointer="/form",
            remedy=f"Formats are: {', '.join(get_args(Form))}.",
        )
    file = export(asker.wiring, model_name(model), version_name(version), cast("Form", form))
    return text_answer(file.data, file.media)


class FallbackQuery(Query):
    """Where."""

    environment: Slug


def _fallback(asker: Asker, model: str) -> Response:
    query = read_query(FallbackQuery)
    return json_answer(fallback(asker.wiring.reader, model_name(model), query.environment))


class LineageQuery(Query):
    """Of what, which way and how far."""

    of: Annotated[str, Field(max_length=400)]
    direction: Direction = "both"
    depth: Annotated[int, Field(ge=0, le=MOST_DEPTH)] = 3


class ImpactQuery(Query):
    """Of what."""

    of: Annotated[str, Field(max_length=400)]


class RecallsQuery(Query):
    """Those in force, or those that were lifted; without it both."""

    status: RecallStatus | None = None


class RecallsAnswer(Value):
    """Recalls, newest first."""

    items: tuple[RecallState, ...]


def _lineage(asker: Asker) -> Response:
    query = read_query(LineageQuery)
    return json_answer(graph(asker.wiring.reader, query.of, query.direction, query.depth))


def _impact(asker: Asker) -> Response:
    return json_answer(impact(asker.wiring.reader, read_query(ImpactQuery).of))


class SearchQuery(Query):
    """What to look up: the beginning of a name, a number, an id, or ``data:NAME``."""

    text: Annotated[str, Field(min_length=1, max_length=MOST_CHARACTERS)]


def _search(asker: Asker) -> Response:
    return json_answer(search(asker.wiring.reader, read_query(SearchQuery).text))


def _recalls(asker: Asker) -> Response:
    status = read_query(RecallsQuery).status or ""
    found = recalls(asker.wiring.reader, status, MOST_ON_A_PAGE)
    return json_answer(RecallsAnswer(items=tuple(found)))


_MODEL = {"model": "The model's name."}

ROUTES = (
    Route(
        method="GET",
        path="/v1/search",
        name="search",
        says="Models, versions, accounts, releases, deployments, reports, incidents and entries by "
        "the beginning of a name, a number or an id.",
        view=_search,
        query=SearchQuery,
        answers=(Answer(200, "What was found, at most 25 of a kind.", Hits),),
    ),
    Route(
        method="GET",
        path="/v1/models/{model}/compare",
        name="compare_versions",
        says="Two to six versions side by side; differences are to the first.",
        view=_compare,
        query=CompareQuery,
        parameters=_MODEL,
        answers=(Answer(200, "The comparison.", Comparison),),
    ),
    Route(
        method="GET",
        path="/v1/models/{model}/compare.pdf",
        name="get_comparison_pdf",
        says="The same as a PDF annex.",
        view=_compare_pdf,
        query=CompareQuery,
        parameters=_MODEL,
        answers=(Answer(200, "The PDF.", media=PDF),),
    ),
    Route(
        method="GET",
        path="/v1/models/{model}/timeline",
        name="get_timeline",
        says="The newest deployments of a model, oldest first, with their stamps.",
        view=_timeline,
        parameters=_MODEL,
        answers=(Answer(200, "What ran where and when.", Timeline),),
    ),
    Route(
        method="GET",
        path="/v1/models/{model}/ran-at",
        name="get_ran_at",
        says="What of a model ran in an environment at a time.",
        view=_ran_at,
        query=RanAtQuery,
        parameters=_MODEL,
        answers=(Answer(200, "What ran, or null.", RanAt),),
    ),
    Route(
        method="GET",
        path="/v1/models/{model}/drift",
        name="get_drift",
        says="What monitoring sees of what runs, against what was measured at approval.",
        view=_drift,
        parameters=_MODEL,
        answers=(Answer(200, "Every metric of what runs, the worst first.", Drifts),),
    ),
    Route(
        method="GET",
        path="/v1/trace/{stamp}",
        name="trace_deployment",
        says="The version, data, approvals and reports that a deployment's stamp leads back to.",
        view=_trace,
        parameters={"stamp": "A deployment's stamp, or the number of its entry."},
        answers=(Answer(200, "What it leads back to.", Trace),),
    ),
    Route(
        method="GET",
        path="/v1/models/{model}/fallback",
        name="get_fallback",
        says="Which version an environment would go back to, and which are passed over and why.",
        view=_fallback,
        query=FallbackQuery,
        parameters=_MODEL,
        answers=(Answer(200, "What would be put back, or null.", Fallback),),
    ),
    Route(
        method="GET",
        path="/v1/models/{model}/versions/{version}/export/{form}",
        name="export_version",
        says="A version as CycloneDX ML-BOM, SPDX, SLSA provenance, OpenLineage or model card.",
        view=_export,
        parameters={
            **_MODEL,
            "version": "The version, as it was registered.",
            "form": "cyclonedx, spdx, slsa, openlineage or card.",
        },
        answers=(Answer(200, "The document, of the format's own media type.", media="*/*"),),
    ),
    Route(
        method="GET",
        path="/v1/models/{model}/metrics",
        name="get_metric_history",
        says="Held-out metrics through the newest versions of a model, by metric and data set.",
        view=_metric_history,
        parameters=_MODEL,
        answers=(Answer(200, "The series.", MetricHistory),),
    ),
    Route(
        method="GET",
        path="/v1/lineage",
        name="explore_lineage",
        says="What is around a data set, commit, run or version, up or down so many steps.",
        view=_lineage,
        query=LineageQuery,
        answers=(Answer(200, "Things and arrows.", Graph),),
    ),
    Route(
        method="GET",
        path="/v1/impact",
        name="get_impact",
        says="Every version that descends from something, where each runs now, and its owner.",
        view=_impact,
        query=ImpactQuery,
        answers=(Answer(200, "What descends from it.", Impact),),
    ),
    Route(
        method="GET",
        path="/v1/recalls",
        name="list_recalls",
        says="The newest recalls. One is placed by recall.placed and lifted by recall.lifted.",
        view=_recalls,
        query=RecallsQuery,
        answers=(Answer(200, "Recalls.", RecallsAnswer),),
    ),
)
