"""What MLflow shows now, read whole over its REST API: webhooks are lost, and SQL asks nobody.

``inventory`` holds it against the ledger.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import httpx
import orjson

from ledger.errors import OutsideError
from ledger.events.names import format_instant
from ledger.state.registries import ALIAS, MODEL, STAGE, VERSION
from webui.client.capture.where import public
from webui.client.foreign_names import model_name, version_name
from webui.intake.inventory import Shown
from webui.notices.outward import check_address

if TYPE_CHECKING:
    from collections.abc import Iterator

_API: Final = "/api/2.0/mlflow"
_ON_A_PAGE: Final = 200
_MOST_PAGES: Final = 5_000
_SECONDS: Final = 30.0
_OK: Final = 200
_NUMBER: Final = re.compile(r"[0-9]{1,15}", re.ASCII)


def shown_by_mlflow(url: str, token: str = "") -> list[Shown]:
    """Everything that an MLflow server's registry shows.

    Raises:
        OutsideError: it can't be reached, or does not answer as MLflow does.
        ValueError: the address is none.
    """
    check_address(url)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    found: set[Shown] = set()
    with httpx.Client(headers=headers, timeout=_SECONDS, follow_redirects=False) as client:
        for model in _pages(client, f"{url.rstrip('/')}{_API}", "registered-models"):
            name = model_name(str(model["name"]))
            found.add(Shown(name, MODEL, "", "", _at(model)))
            for alias in model.get("aliases") or []:
                version = version_name(str(alias["version"]))
                found.add(Shown(name, ALIAS, public(str(alias["alias"])) or "?", version))
        for one in _pages(client, f"{url.rstrip('/')}{_API}", "model-versions"):
            name, version = model_name(str(one["name"])), version_name(str(one["version"]))
            found.add(Shown(name, VERSION, version, "", _at(one)))
            stage = str(one.get("current_stage") or "None")
            if stage != "None":
                found.add(Shown(name, STAGE, version, public(stage)))
    return sorted(found)


def _pages(client: httpx.Client, api: str, what: str) -> Iterator[dict[str, Any]]:
    member = what.replace("-", "_")
    page = ""
    for _ in range(_MOST_PAGES):
        query = {"max_results": str(_ON_A_PAGE), **({"page_token": page} if page else {})}
        try:
            answer = client.get(f"{api}/{what}/search", params=query)
            plain = orjson.loads(answer.content) if answer.status_code == _OK else None
        except (httpx.HTTPError, orjson.JSONDecodeError) as error:
            raise OutsideError(
                f"MLflow can't be read ({type(error).__name__}).", code="unreachable"
            ) from None
        if not isinstance(plain, dict):
            raise OutsideError(
                f"MLflow does not answer as it should (status {answer.status_code}).",
                code="not-accepted",
            )
        for item in plain.get(member) or []:
            if not isinstance(item, dict) or "name" not in item:
                raise OutsideError("MLflow shows something without a name.", code="not-accepted")
            yield item
        page = str(plain.get("next_page_token") or "")
        if not page:
            return
    raise OutsideError("MLflow's pages have no end.", code="not-accepted")


def _at(item: dict[str, Any]) -> str:
    """When it was made, in MLflow's milliseconds; empty where that is no number."""
    text = str(item.get("creation_timestamp", ""))
    if not _NUMBER.fullmatch(text):
        return ""
    return format_instant(datetime.fromtimestamp(int(text) / 1000, UTC))
