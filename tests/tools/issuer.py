"""An issuer of CI identity tokens on loopback: discovery, JWKS, and tokens with documented claims."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

AUDIENCE = "https://ledger.example.org"


@dataclass
class Issuer:
    """What it serves can be changed while it runs; ``asked`` counts the requests by path."""

    url: str = ""
    keys: dict[str, RSAKey | ECKey] = field(default_factory=dict)
    away: bool = False
    named: str = ""
    keys_at: str = ""
    asked: list[str] = field(default_factory=list)

    def document(self, path: str) -> dict[str, Any] | None:
        """What stands at a path."""
        if path.endswith("/.well-known/openid-configuration"):
            return {
                "issuer": self.named or self.url,
                "jwks_uri": self.keys_at or f"{self.url}/keys",
            }
        if path.endswith("/keys"):
            known = [
                {**key.as_dict(private=False), "kid": kid, "use": "sig"}
                for kid, key in self.keys.items()
            ]
            return {"keys": known}
        return None

    def mint(
        self,
        claims: dict[str, Any],
        *,
        kid: str = "k1",
        key: Any = None,
        alg: str = "RS256",
        **header: Any,
    ) -> str:
        """A signed token; a claim of None is left out."""
        said = {name: value for name, value in claims.items() if value is not None}
        head = {"alg": alg, "typ": "JWT", "kid": kid, **header}
        return jwt.encode(
            {name: value for name, value in head.items() if value is not None},
            said,
            key or self.keys[kid],
            algorithms=[alg],
        )


@contextmanager
def an_issuer() -> Iterator[Issuer]:
    """An issuer that runs as long as the block does."""
    issuer = Issuer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.asked.append(self.path)
            found = None if issuer.away else issuer.document(self.path)
            body = json.dumps(found).encode()
            self.send_response(503 if issuer.away else 404 if found is None else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _times(now: datetime, jti: str) -> dict[str, Any]:
    seconds = int(now.timestamp())
    return {"jti": jti, "iat": seconds, "nbf": seconds - 5, "exp": seconds + 300}


def github_claims(issuer: str, now: datetime, jti: str, **more: Any) -> dict[str, Any]:
    """Claims as GitHub documents them ("OpenID Connect reference"), every value a text."""
    return {
        **_times(now, jti),
        "iss": issuer,
        "aud": AUDIENCE,
        "sub": "repo:acme/churn:environment:production",
        "ref": "refs/heads/main",
        "sha": "ab" * 20,
        "repository": "acme/churn",
        "repository_owner": "acme",
        "repository_owner_id": "123456",
        "repository_id": "456789",
        "run_id": "9876543210",
        "run_number": "12",
        "run_attempt": "1",
        "actor": "octocat",
        "actor_id": "583231",
        "workflow": "release",
        "head_ref": "",
        "base_ref": "",
        "event_name": "push",
        "ref_type": "branch",
        "ref_protected": "true",
        "environment": "production",
        "workflow_ref": "acme/churn/.github/workflows/release.yml@refs/heads/main",
        "workflow_sha": "ab" * 20,
        "job_workflow_ref": "acme/pipelines/.github/workflows/deploy.yml@refs/heads/main",
        "job_workflow_sha": "cd" * 20,
        "repository_visibility": "private",
        "runner_environment": "github-hosted",
        "check_run_id": "55555",
        **more,
    }


def gitlab_claims(issuer: str, now: datetime, jti: str, **more: Any) -> dict[str, Any]:
    """Claims as GitLab documents them ("ID token payload"); truths and ids are texts."""
    return {
        **_times(now, jti),
        "iss": issuer,
        "aud": AUDIENCE,
        "sub": "project_path:acme/churn:ref_type:branch:ref:main",
        "namespace_id": "72",
        "namespace_path": "acme",
        "project_id": "20",
        "project_path": "acme/churn",
        "user_id": "1",
        "user_login": "sample-user",
        "user_email": "sample-user@example.com",
        "pipeline_id": "574",
        "pipeline_source": "push",
        "job_id": "302",
        "ref": "main",
        "ref_type": "branch",
        "ref_path": "refs/heads/main",
        "ref_protected": "true",
        "environment": "production",
        "environment_protected": "true",
        "deployment_tier": "production",
        "runner_id": 1,
        "runner_environment": "self-hosted",
        "sha": "714a629c0b401fdce83e847fc9589983fc6f46bc",
        "ci_config_ref_uri": "gitlab.example.com/acme/churn//.gitlab-ci.yml@refs/heads/main",
        "ci_config_sha": "714a629c0b401fdce83e847fc9589983fc6f46bc",
        **more,
    }


def a_key() -> RSAKey:
    """A new RSA key."""
    return RSAKey.generate_key(2048)


def an_elliptic_key() -> ECKey:
    """A new P-256 key."""
    return ECKey.generate_key("P-256")
