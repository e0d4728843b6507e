"""The bytes of a version in MLflow, as far as they can be reached, and their digest.

MLflow keeps no digest, so an artifact can be overwritten behind its version. Here it is hashed when
it is registered and again when it is to be deployed. What lies on this machine is hashed where it
lies; what an artifact store of MLflow's holds is fetched into a folder that is thrown away. Plain
web addresses are not fetched: whoever registers a version could make the server ask anything.
"""

from __future__ import annotations

import logging
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from webui.client.capture.artifact import digest_of
from webui.client.errors import ClientError

if TYPE_CHECKING:
    from collections.abc import Iterator

LOGGER: Final = logging.getLogger("counterseal.mlflow")
_DESTINATION: Final = "_MLFLOW_SERVER_ARTIFACT_DESTINATION"
_NOT_FETCHED: Final = frozenset({"http", "https", "ftp", "sftp", "models", "runs"})
_MODEL_FILE: Final = "MLmodel"


@dataclass(frozen=True, slots=True)
class Bytes:
    """What was hashed."""

    sha256: str
    size: int
    format: str


def bytes_of(address: str) -> Bytes | None:
    """The digest of what lies at an address of MLflow's; None where it can't be reached."""
    try:
        for path in _reached(_behind_the_proxy(address)):
            found = digest_of(path)
            return Bytes(found.sha256, found.size, _format(path))
    except ClientError as error:
        LOGGER.warning("a version's artifact can't be hashed: %s", error)
    except Exception as error:  # noqa: BLE001 (artifact stores are plugins that raise what they like)
        LOGGER.warning("a version's artifact can't be reached (%s)", type(error).__name__)
    return None


def _reached(address: str) -> Iterator[Path]:
    parts = urlsplit(address)
    if parts.scheme in {"", "file"} and not parts.netloc:
        path = Path(unquote(parts.path) if parts.scheme else address)
        if path.exists():
            yield path
        return
    if parts.scheme in _NOT_FETCHED:
        return
    from mlflow.artifacts import download_artifacts

    with tempfile.TemporaryDirectory(prefix="counterseal-") as folder:
        yield Path(download_artifacts(artifact_uri=address, dst_path=folder))


def _behind_the_proxy(address: str) -> str:
    """Where the server itself finds what clients reach through it (``mlflow-artifacts:``)."""
    destination = os.environ.get(_DESTINATION, "")
    parts = urlsplit(address)
    if parts.scheme != "mlflow-artifacts" or not destination:
        return address
    below = [part for part in parts.path.split("/") if part]
    return address if ".." in below else "/".join((destination.rstrip("/"), *below))


def _format(path: Path) -> str:
    if path.is_dir():
        return "mlflow_model" if (path / _MODEL_FILE).is_file() else "directory"
    suffix = path.suffix[1:].lower()
    return suffix if suffix.isascii() and suffix.isalnum() else "file"
