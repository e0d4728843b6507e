"""SCIM 2.0 (RFC 7643, RFC 7644) below ``/scim/v2``: a provider tells who joins and leaves.

The door is light: what answers is loaded with the first request, since the library of SCIM is not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import Blueprint

from webui.scim.door import guarded

if TYPE_CHECKING:
    from flask import Flask

NAME: Final = "scim"
ROUTES: Final = (
    ("GET", "/ServiceProviderConfig", "config"),
    ("GET", "/ResourceTypes", "resource_types"),
    ("GET", "/ResourceTypes/<name>", "resource_type"),
    ("GET", "/Schemas", "schemas"),
    ("GET", "/Schemas/<name>", "schema"),
    ("GET", "/Users", "list_users"),
    ("POST", "/Users", "create_user"),
    ("POST", "/Users/.search", "search_users"),
    ("GET", "/Users/<user>", "get_user"),
    ("PUT", "/Users/<user>", "replace_user"),
    ("PATCH", "/Users/<user>", "patch_user"),
    ("DELETE", "/Users/<user>", "delete_user"),
    ("GET", "/Groups", "list_groups"),
    ("POST", "/Groups", "create_group"),
    ("POST", "/Groups/.search", "search_groups"),
    ("GET", "/Groups/<group>", "get_group"),
    ("PUT", "/Groups/<group>", "replace_group"),
    ("PATCH", "/Groups/<group>", "patch_group"),
    ("DELETE", "/Groups/<group>", "delete_group"),
)


def register(app: Flask) -> Blueprint:
    """Put SCIM into ``app``; returns its blueprint."""
    blueprint = Blueprint(NAME, __name__, url_prefix="/scim/v2")
    for method, path, name in ROUTES:
        blueprint.add_url_rule(path, name, guarded(name), methods=[method])
    not_here, methods = guarded("not_here"), ["GET", "POST", "PUT", "PATCH", "DELETE"]
    for path in ("/Me", "/Bulk", "/.search"):
        blueprint.add_url_rule(path, "not_here", not_here, methods=methods)
    app.register_blueprint(blueprint)
    return blueprint
