"""Requests that change something must come from our own pages.

Three walls: the cookie is SameSite=Lax; what the browser says about where the request comes from
(``Sec-Fetch-Site``, else ``Origin``) must be our own site; and the form carries Flask-WTF's token
(field ``csrf_token`` or header ``X-CSRFToken``). The API and SCIM take no cookie and need none of
them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import request
from flask_wtf.csrf import CSRFProtect

from webui.identity.errors import ForgeryError

if TYPE_CHECKING:
    from flask import Flask

_SAFE: Final = {"GET", "HEAD", "OPTIONS"}
_PROGRAMS: Final = ("/api/", "/scim/")


def install(app: Flask) -> CSRFProtect:
    """Guard the pages of ``app``; returns what blueprints without cookies are exempted by."""
    # The token lives as long as the session; where a request comes from is checked below.
    app.config.update(WTF_CSRF_TIME_LIMIT=None, WTF_CSRF_SSL_STRICT=False)
    app.before_request(_check_origin)
    return CSRFProtect(app)


def _check_origin() -> None:
    if request.method in _SAFE or request.path.startswith(_PROGRAMS):
        return
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if site is not None:
        ours = site == "same-origin"
    else:
        ours = origin is None or origin == request.host_url.rstrip("/")
    if not ours:
        raise ForgeryError(
            "This request does not come from our own pages.",
            remedy="Open the page here and try again.",
        )
