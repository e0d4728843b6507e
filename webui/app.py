"""The web application: puts the doors, the guards and the headers together, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import Flask

from webui import api, errors_http, headers, here, pages, reads, scim, tlog
from webui import hosts as names
from webui.identity import csrf, current, flood, single_sign_on
from webui.identity.schema import prepare
from webui.intake import door
from webui.pages import verify

if TYPE_CHECKING:
    from collections.abc import Iterable

    from webui.wiring import Wiring

LARGEST_REQUEST: Final = 8 * 1024 * 1024


def create_app(wiring: Wiring, *, hosts: Iterable[str] = ()) -> Flask:
    """The application of an open installation.

    ``hosts`` are further names under which it may be reached; a request for another host is
    answered with 400, so that no other site's name can be pointed at it.

    Raises:
        OutsideError: the tables of identity are lacking and can't be made.
    """
    prepare(wiring.engine)
    app = Flask("webui")
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_REQUEST
    here.keep(app, wiring)
    names.install(app, hosts)
    headers.install(app)
    verify.allow_uploads(app)
    errors_http.install(app)
    flood.install(app)
    current.install(app, wiring)
    single_sign_on.install(app, wiring)
    protection = csrf.install(app)
    protection.exempt(api.register(app))
    protection.exempt(scim.register(app))
    protection.exempt(door.register(app))
    tlog.register(app)
    pages.register(app)
    reads.install(app)
    return app
