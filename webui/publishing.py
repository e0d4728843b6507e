"""The threads beside a server that publish its log and have it time-stamped."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from ledger.address import check_url
from ledger.errors import InputError
from ledger.outside.timestamp import read_certificates
from ledger.publish import Publisher
from ledger.stamp import Authorities, Stamper

if TYPE_CHECKING:
    from collections.abc import Iterator

    from webui.settings import Settings
    from webui.wiring import Wiring


@contextmanager
def publishing(wiring: Wiring) -> Iterator[None]:
    """Publish the log and have it time-stamped for the length of a block.

    Raises:
        InputError, OutsideError: the settings name authorities that can't be asked.
    """
    stamper = new_stamper(wiring)
    publisher = Publisher(wiring.log, now=wiring.now)
    publisher.start()
    if stamper is not None:
        stamper.start()
    try:
        yield
    finally:
        if stamper is not None:
            stamper.close()
        publisher.close()


def new_stamper(wiring: Wiring) -> Stamper | None:
    """What has the log time-stamped; None where no authority is set.

    Raises:
        InputError, OutsideError: the settings name authorities that can't be asked.
    """
    authorities = read_authorities(wiring.settings)
    if authorities is None:
        return None
    return Stamper(wiring.log, wiring.submitter, authorities, now=wiring.now)


def read_authorities(settings: Settings) -> Authorities | None:
    """The authorities of the settings.

    Raises:
        InputError: an address that can't be asked, or no trusted certificates.
        OutsideError: the certificates can't be read.
    """
    if not settings.timestamp_urls:
        return None
    if settings.timestamp_certificates is None:
        raise InputError(
            "Time-stamping authorities are set, but no certificates to trust.",
            code="setting-invalid",
            remedy="Set COUNTERSEAL_TIMESTAMP_CERTIFICATES to a file with their roots.",
        )
    urls = tuple(dict.fromkeys(check_url(url) for url in settings.timestamp_urls))
    roots = tuple(read_certificates(settings.timestamp_certificates))
    return Authorities(urls, roots, timedelta(minutes=settings.timestamp_minutes))
