"""AdmissionReviews as the API server sends them, over TLS on a loopback address: refused or let in."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
from datetime import timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from ledger import clock
from tests.webui.api.company import ARTIFACT, OTHER
from webui.client.admit import read_vkey
from webui.client.judges import GateJudge, ReceiptJudge
from webui.client.kubernetes import ReviewError, Rules, review
from webui.client.webhook import Webhook

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.webui.client.conftest import Served

RULES = Rules({"models": "staging", "live": "production"})
UID = "705ab4f5-6393-11e8-b7cc-42010a800002"
OURS = {
    "counterseal.dev/model": "churn",
    "counterseal.dev/version": "1.0.0",
    "counterseal.dev/artifact": ARTIFACT,
}


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of its own for 127.0.0.1, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "counterseal-admission")])
    now = clock.now()
    made = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    (folder / "tls.crt").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "tls.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return folder / "tls.crt", folder / "tls.key"


def a_pod(annotations: Any = None, image: str = "kserve/sklearn:1") -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "churn", "annotations": OURS if annotations is None else annotations},
        "spec": {"containers": [{"name": "model", "image": image}]},
    }


def a_review(found: Any = None, **request: Any) -> dict[str, Any]:
    """As the API server of 1.31 writes one."""
    return {
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "request": {
            "uid": UID,
            "kind": {"group": "", "version": "v1", "kind": "Pod"},
            "resource": {"group": "", "version": "v1", "resource": "pods"},
            "namespace": "models",
            "operation": "CREATE",
            "userInfo": {"username": "system:serviceaccount:argocd:argocd", "groups": ["system:masters"]},
            "object": a_pod() if found is None else found,
            "oldObject": None,
            "dryRun": False,
            **request,
        },
    }  # fmt: skip


class Cluster:
    """What an API server does: posts reviews over TLS and trusts one certificate."""

    def __init__(self, webhook: Webhook, trusted: Path) -> None:
        host, port = webhook.address
        self.url = f"https://{host}:{port}"
        self.context = ssl.create_default_context(cafile=str(trusted))
        self.http = httpx.Client(verify=self.context)

    def raw(self) -> ssl.SSLSocket:
        host, port = self.url.removeprefix("https://").split(":")
        plain = socket.create_connection((host, int(port)))
        return self.context.wrap_socket(plain, server_hostname=host)

    def ask(self, found: Any) -> dict[str, Any]:
        answer = self.http.post(f"{self.url}/validate?timeout=10s", json=found)
        assert answer.status_code == 200, answer.text
        told = answer.json()
        assert (told["apiVersion"], told["kind"]) == ("admission.k8s.io/v1", "AdmissionReview")
        response: dict[str, Any] = told["response"]
        assert response["uid"] == UID
        return response


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def cluster(served: Served, tls: tuple[Path, Path]) -> Iterator[Cluster]:
    served.released("1.0.0")
    served.registered("2.0.0")
    cert, key = tls
    webhook = Webhook(
        "127.0.0.1", 0, certificate=cert, key=key, rules=RULES, judge=GateJudge(served.client)
    )
    webhook.start()
    made = Cluster(webhook, cert)
    yield made
    made.http.close()
    webhook.stop()


def template(**annotations: str) -> dict[str, Any]:
    """A Deployment whose pods carry the annotations."""
    pod = a_pod({**OURS, **annotations})
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "churn"},
        "spec": {"template": {"metadata": pod["metadata"], "spec": pod["spec"]}},
    }


def test_what_is_released_may_run(cluster: Cluster) -> None:
    told = cluster.ask(a_review())
    assert told["allowed"] is True
    assert told["auditAnnotations"]["admitted"] == f"churn 1.0.0 {ARTIFACT}"
    assert cluster.ask(a_review(template(), operation="UPDATE"))["allowed"] is True


@pytest.mark.parametrize(
    ("annotations", "request_", "said"),
    [
        ({"counterseal.dev/version": "2.0.0"}, {}, "release"),
        ({"counterseal.dev/artifact": OTHER}, {}, "not the ones that were approved"),
        ({}, {"namespace": "live"}, "release"),
        ({}, {"namespace": "elsewhere"}, "no environment here"),
        ({}, {"namespace": None}, "no environment here"),
        ({"counterseal.dev/version": "9.9.9"}, {}, "can't be told"),
        ({"counterseal.dev/model": "unheard"}, {}, "can't be told"),
        ({"counterseal.dev/artifact": "latest"}, {}, "no SHA-256"),
        ({"counterseal.dev/artifact": "image"}, {}, "pinned by its digest"),
        ({"counterseal.dev/version": ""}, {}, "no text"),
    ],
)
def test_what_is_not_released_is_refused_with_the_reason(
    cluster: Cluster, annotations: Any, request_: Any, said: str
) -> None:
    told = cluster.ask(a_review(a_pod({**OURS, **annotations}), **request_))
    assert told["allowed"] is False
    assert said in told["status"]["message"]
    assert told["status"]["code"] in {403, 503}


@pytest.mark.parametrize("lacking", sorted(OURS))
def test_an_annotation_that_is_missing_refuses(cluster: Cluster, lacking: str) -> None:
    some = {name: value for name, value in OURS.items() if name != lacking}
    told = cluster.ask(a_review(a_pod(some)))
    assert told["allowed"] is False
    assert lacking in told["status"]["message"]


def test_an_object_that_names_nothing_is_refused_unless_it_may_pass(cluster: Cluster) -> None:
    plain = a_review(a_pod({"prometheus.io/scrape": "true"}))
    assert cluster.ask(plain)["allowed"] is False

    def never(_: Any) -> None:
        raise AssertionError

    lax = Rules(RULES.environments, pass_unnamed=True)
    assert review(plain, lax, never)["response"]["allowed"] is True
    half = a_review(a_pod({"counterseal.dev/model": "churn"}))
    assert review(half, lax, never)["response"]["allowed"] is False


def test_the_object_and_its_template_must_agree(cluster: Cluster) -> None:
    both = template()
    both["metadata"]["annotations"] = {**OURS, "counterseal.dev/version": "2.0.0"}
    told = cluster.ask(a_review(both))
    assert told["allowed"] is False
    assert "different things" in told["status"]["message"]


def test_an_image_can_be_the_artifact_where_it_is_pinned(cluster: Cluster) -> None:
    by_image = {**OURS, "counterseal.dev/artifact": "image"}
    pinned = f"registry.example.org/churn@sha256:{ARTIFACT}"
    assert cluster.ask(a_review(a_pod(by_image, pinned)))["allowed"] is True
    other = f"registry.example.org/churn@sha256:{OTHER}"
    assert cluster.ask(a_review(a_pod(by_image, other)))["allowed"] is False
    two = a_pod(by_image, pinned)
    two["spec"]["initContainers"] = [{"name": "x", "image": other}]
    assert cluster.ask(a_review(two))["allowed"] is False


def test_what_is_deleted_is_let_go(cluster: Cluster) -> None:
    assert cluster.ask(a_review(operation="DELETE", object=None))["allowed"] is True
    assert cluster.ask(a_review({"kind": "Pod"}, operation="CREATE"))["allowed"] is False
    assert cluster.ask(a_review(operation="CREATE", object=None))["allowed"] is False


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"{}", b"[" * 100_000, b'{"request": {"uid": "1"}}',
     json.dumps({**a_review(), "apiVersion": "admission.k8s.io/v1beta1"}).encode(),
     json.dumps(a_review(uid="")).encode(), json.dumps(a_review(uid=None)).encode()],
)  # fmt: skip
def test_what_is_no_review_gets_no_answer_that_passes_for_a_yes(
    cluster: Cluster, body: bytes
) -> None:
    answer = cluster.http.post(f"{cluster.url}/validate", content=body)
    assert answer.status_code == 400
    assert b"allowed" not in answer.content


def test_other_paths_and_long_bodies_are_refused(cluster: Cluster) -> None:
    assert cluster.http.get(f"{cluster.url}/healthz").text == "ok\n"
    assert cluster.http.get(f"{cluster.url}/validate").status_code == 404
    assert cluster.http.post(f"{cluster.url}/mutate", json={}).status_code == 404
    for length in ("9000000", "-1", "many"):
        head = f"POST /validate HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n"
        with cluster.raw() as spoken:
            spoken.sendall(head.encode())
            assert spoken.recv(100).startswith(b"HTTP/1.1 413 ")


def test_whoever_does_not_speak_tls_holds_nobody_up(cluster: Cluster) -> None:
    host, port = cluster.url.removeprefix("https://").split(":")
    with socket.create_connection((host, int(port))) as silent:
        silent.sendall(b"GET / HT")
        assert cluster.ask(a_review())["allowed"] is True


def test_many_at_once_are_each_answered(cluster: Cluster) -> None:
    told: list[bool] = []

    def ask(version: str) -> None:
        pod = a_pod({**OURS, "counterseal.dev/version": version})
        told.append(cluster.ask(a_review(pod))["allowed"] == (version == "1.0.0"))

    asking = [threading.Thread(target=ask, args=(v,)) for v in ("1.0.0", "2.0.0") * 4]
    for one in asking:
        one.start()
    for one in asking:
        one.join()
    assert told == [True] * 8


def test_a_ledger_that_is_away_refuses(served: Served) -> None:
    from webui.client.backoff import Patience
    from webui.client.client import Client

    def away() -> Client:
        return Client("http://127.0.0.1:9", "cst_x", patience=Patience(attempts=1))

    told = review(a_review(), RULES, GateJudge(away))["response"]
    assert (told["allowed"], told["status"]["code"]) == (False, 503)
    wrong = GateJudge(lambda: served.client("cst_wrong"))
    assert review(a_review(), RULES, wrong)["response"]["allowed"] is False


def test_whatever_fails_is_no_yes() -> None:
    def broken(_: Any) -> None:
        raise KeyError("surprise")

    told = review(a_review(), RULES, broken)["response"]
    assert (told["allowed"], told["status"]["code"]) == (False, 503)


def test_receipts_admit_without_a_network(served: Served, cluster: Cluster, tmp_path: Path) -> None:
    found = served.client().gate("churn", "1.0.0", "staging", admission_hours=24)
    assert found.admission is not None
    (tmp_path / f"{ARTIFACT}.json").write_text(found.admission)
    judge = ReceiptJudge(tmp_path, read_vkey(served.vkey), None, clock.now)
    assert review(a_review(), RULES, judge)["response"]["allowed"] is True
    for wrong in (
        a_review(a_pod({**OURS, "counterseal.dev/version": "2.0.0"})),
        a_review(a_pod({**OURS, "counterseal.dev/artifact": OTHER})),
        a_review(namespace="live"),
    ):
        assert review(wrong, RULES, judge)["response"]["allowed"] is False
    later = ReceiptJudge(
        tmp_path, read_vkey(served.vkey), None, lambda: clock.now() + timedelta(hours=25)
    )
    assert review(a_review(), RULES, later)["response"]["allowed"] is False
    (tmp_path / f"{ARTIFACT}.json").write_text(found.admission.replace("a", "b", 1))
    assert review(a_review(), RULES, judge)["response"]["allowed"] is False


def test_the_command_serves_and_takes_a_new_certificate(
    served: Served, cluster: Cluster, tmp_path: Path
) -> None:
    assert cluster
    first, key = certificate(tmp_path)
    old = first.read_bytes()
    words = [
        sys.executable, "-c", "from webui.cli.main import main; main()", "admission", "serve", "--port", "0",
        "--certificate", str(first), "--private-key", str(key), "--namespace", "models=staging",
    ]  # fmt: skip
    environment = {
        **os.environ, "COUNTERSEAL_URL": served.url, "COUNTERSEAL_TOKEN": served.pipeline,
    }  # fmt: skip
    program = subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, text=True)
    assert program.stdout is not None
    try:
        url = program.stdout.readline().split()[-1]
        assert url.startswith("https://127.0.0.1:"), url

        def ask(trusted: bytes) -> bool:
            context = ssl.create_default_context(cadata=trusted.decode())
            answer = httpx.post(url, json=a_review(), verify=context).json()
            return bool(answer["response"]["allowed"])

        assert ask(old) is True
        certificate(tmp_path)
        assert ask(first.read_bytes()) is True
        with pytest.raises(httpx.ConnectError):
            ask(old)
    finally:
        program.send_signal(signal.SIGTERM)
        assert program.wait(20) == 0
        program.stdout.close()


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=6),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["metadata", "annotations", "spec", "template", "jobTemplate", "containers",
                     "image", "initContainers", *OURS]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=16,
    )
)  # fmt: skip
def test_no_object_slips_through_without_being_judged(found: Any) -> None:
    judged: list[Any] = []
    try:
        told = review(a_review(object=found), RULES, judged.append)["response"]
    except ReviewError:
        return
    assert told["allowed"] is bool(judged)
