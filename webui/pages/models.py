"""Models, one model with its versions and timeline, one version with its origins."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from flask import render_template
from markupsafe import Markup

from ledger.store.entries import Filter
from webui.artifacts.download import may_download
from webui.described import described
from webui.here import wired
from webui.life.drifting import drift_drawn, drifts
from webui.life.metric_history import history_drawn, metric_history
from webui.pages.frame import before, first_page, me, next_page
from webui.pages.rolling_back import CAUSES, fallbacks
from webui.pages.told_to_others import FORMS
from webui.reports.graph_layout import layout
from webui.reports.lineage_scene import drawn_edge, drawn_node
from webui.reports.scene_svg import to_svg

if TYPE_CHECKING:
    from flask import Blueprint
    from flask.typing import ResponseReturnValue

    from ledger.state.lineage import Lineage
    from webui.life.drifting import Drift
    from webui.life.metric_history import Series

ON_A_PAGE = 50
ON_A_TIMELINE = 20
MOST_CHARTS = 3
ENVIRONMENTS = ("development", "staging", "production")
"""What the form for asking offers; the policy says which of them there are."""


def add_to(blueprint: Blueprint) -> None:
    """The routes of this room."""
    blueprint.add_url_rule("/models", "models", _models)
    blueprint.add_url_rule("/models/<model>", "model", _model)
    blueprint.add_url_rule("/models/<model>/<version>", "version", _version)


def _models() -> ResponseReturnValue:
    reader = wired().reader
    found = reader.models(before=before(), limit=ON_A_PAGE)
    return render_template(
        "models.html",
        models=found,
        running={item.model: reader.running(item.model) for item in found},
        counts=reader.counts(),
        first=first_page(),
        next=next_page(found, ON_A_PAGE, lambda item: item.since),
    )


def _model(model: str) -> ResponseReturnValue:
    reader = wired().reader
    found = reader.model(model)
    versions = reader.versions(model, before=before(), limit=ON_A_PAGE)
    running = reader.running(model)
    return render_template(
        "model.html",
        model=found,
        registered=reader.tell(found.since),
        described=described(reader, model),
        versions=versions,
        running=running,
        fallbacks=fallbacks(running),
        charts=_charts(model),
        drifts=_drifts(model),
        causes=CAUSES,
        releases=reader.releases(model=model, limit=10),
        told=reader.told(reader.entries(Filter(model=model), limit=ON_A_TIMELINE)),
        first=first_page(),
        next=next_page(versions, ON_A_PAGE, lambda item: item.since),
    )


def _charts(model: str) -> list[tuple[Series, Markup]]:
    """The longest series of metrics that have a line, each with its drawing."""
    series = metric_history(wired().reader, model).series
    drawn = ((one, history_drawn(one)) for one in series)
    found = islice(((one, scene) for one, scene in drawn if scene is not None), MOST_CHARTS)
    return [(one, Markup(to_svg(scene))) for one, scene in found]  # noqa: S704 (escaped there)


def _drifts(model: str) -> list[tuple[Drift, Markup | None]]:
    """What monitoring sees, the worst with a drawing."""
    found = []
    for place, one in enumerate(drifts(wired().reader, model).items):
        scene = drift_drawn(one) if place < MOST_CHARTS else None
        drawn = None if scene is None else Markup(to_svg(scene))  # noqa: S704 (escaped there)
        found.append((one, drawn))
    return found


def _version(model: str, version: str) -> ResponseReturnValue:
    reader = wired().reader
    found = reader.version(model, version)
    lineage = reader.lineage(model, version)
    wanted = Filter(model=model, version=version)
    return render_template(
        "version.html",
        version=found,
        registered=reader.tell(found.since),
        described=described(reader, model, version),
        titles={item.entry: _title(item.entry) for item in found.evidence},
        lineage=lineage,
        drawing=_drawing(lineage),
        releases=reader.releases(model=model, version=version),
        deployments=reader.deployments(model=model, version=version),
        environments=ENVIRONMENTS,
        forms=FORMS,
        kept=bool(wired().settings.artifacts),
        may_download=may_download(wired(), me().actor.id, found),
        told=reader.told(reader.entries(wanted, limit=ON_A_TIMELINE)),
    )


def _title(entry: int) -> str:
    """The title that a document was given, while the vault still knows it."""
    return wired().reader.tell(entry).private.get("title") or ""


def _drawing(lineage: Lineage) -> Markup:
    """The picture, which the painter has escaped."""
    nodes = [drawn_node(node, link=f"/ledger/{node.entry}") for node in lineage.nodes]
    edges = [drawn_edge(edge) for edge in lineage.edges]
    title = "Lineage: the same as the table below"
    return Markup(to_svg(layout(nodes, edges, title=title)))  # noqa: S704 (the painter escapes)
