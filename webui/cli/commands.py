"""Which commands there are, by name; each is imported when it is asked for, to start fast.

The imports are written out, so that the import contracts see them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import click

    Load = Callable[[], click.Command]


def _approval() -> click.Command:
    from webui.cli.approval import approval

    return approval


def _init() -> click.Command:
    from webui.cli.installation import init

    return init


def _setup_link() -> click.Command:
    from webui.cli.installation import setup_link

    return setup_link


def _migrate() -> click.Command:
    from webui.cli.installation import migrate

    return migrate


def _serve() -> click.Command:
    from webui.cli.serve import serve

    return serve


def _verify() -> click.Command:
    from webui.cli.verify import verify

    return verify


def _report() -> click.Command:
    from webui.cli.report import report

    return report


def _job() -> click.Command:
    from webui.cli.job import job

    return job


def _monthly() -> click.Command:
    from webui.cli.monthly import monthly

    return monthly


def _worker() -> click.Command:
    from webui.cli.job import worker

    return worker


def _control() -> click.Command:
    from webui.cli.control import control

    return control


def _component() -> click.Command:
    from webui.cli.component import component

    return component


def _schema() -> click.Command:
    from webui.cli.schema import schema

    return schema


def _framework() -> click.Command:
    from webui.cli.framework import framework

    return framework


def _publisher() -> click.Command:
    from webui.cli.publisher import publisher

    return publisher


def _token() -> click.Command:
    from webui.cli.token import token

    return token


def _people() -> click.Command:
    from webui.cli.people import people

    return people


def _vault() -> click.Command:
    from webui.cli.vault import vault

    return vault


def _privacy() -> click.Command:
    from webui.cli.privacy import privacy

    return privacy


def _connection() -> click.Command:
    from webui.cli.connection import connection

    return connection


def _notices() -> click.Command:
    from webui.cli.notices import notices

    return notices


def _log() -> click.Command:
    from webui.cli.log import log

    return log


def _key() -> click.Command:
    from webui.cli.key import key

    return key


def _root() -> click.Command:
    from webui.cli.root import root

    return root


def _entry() -> click.Command:
    from webui.cli.entry import entry

    return entry


def _proof() -> click.Command:
    from webui.cli.entry import proof

    return proof


def _bundle() -> click.Command:
    from webui.cli.bundle import bundle

    return bundle


def _backup() -> click.Command:
    from webui.cli.backup import backup

    return backup


def _restore() -> click.Command:
    from webui.cli.backup import restore

    return restore


def _artifacts() -> click.Command:
    from webui.cli.artifacts import artifacts

    return artifacts


def _policy() -> click.Command:
    from webui.cli.policy import policy

    return policy


def _witness() -> click.Command:
    from webui.cli.witness import witness

    return witness


def _demo() -> click.Command:
    from webui.cli.demo import demo

    return demo


def _sample() -> click.Command:
    from webui.client.commands.sample import sample

    return sample


def _submit() -> click.Command:
    from webui.client.commands.submit import submit

    return submit


def _register() -> click.Command:
    from webui.client.commands.register import register

    return register


def _whynot() -> click.Command:
    from webui.client.commands.why_not import whynot

    return whynot


def _request_release() -> click.Command:
    from webui.client.commands.release import request_release

    return request_release


def _wait() -> click.Command:
    from webui.client.commands.release import wait

    return wait


def _gate() -> click.Command:
    from webui.client.commands.gate import gate

    return gate


def _record_deployment() -> click.Command:
    from webui.client.commands.deployment import record_deployment

    return record_deployment


def _rollback() -> click.Command:
    from webui.client.commands.deployment import rollback

    return rollback


def _deprecate() -> click.Command:
    from webui.client.commands.deployment import deprecate

    return deprecate


def _compare() -> click.Command:
    from webui.client.commands.compare import compare

    return compare


def _at() -> click.Command:
    from webui.client.commands.past import at

    return at


def _trace() -> click.Command:
    from webui.client.commands.past import trace

    return trace


def _lineage() -> click.Command:
    from webui.client.commands.lineage import lineage

    return lineage


def _impact() -> click.Command:
    from webui.client.commands.lineage import impact

    return impact


def _recall() -> click.Command:
    from webui.client.commands.lineage import recall

    return recall


def _lift_recall() -> click.Command:
    from webui.client.commands.lineage import lift_recall

    return lift_recall


def _export() -> click.Command:
    from webui.client.commands.export import export

    return export


def _observe() -> click.Command:
    from webui.client.commands.drifting import observe

    return observe


def _drift() -> click.Command:
    from webui.client.commands.drifting import drift

    return drift


def _deprecations() -> click.Command:
    from webui.client.commands.retiring import deprecations

    return deprecations


def _acknowledge() -> click.Command:
    from webui.client.commands.retiring import acknowledge

    return acknowledge


def _archive() -> click.Command:
    from webui.client.commands.retiring import archive

    return archive


def _obsolete() -> click.Command:
    from webui.client.commands.retiring import obsolete

    return obsolete


def _describe() -> click.Command:
    from webui.client.commands.describing import describe

    return describe


def _settle() -> click.Command:
    from webui.client.commands.describing import settle

    return settle


def _document() -> click.Command:
    from webui.client.commands.describing import document

    return document


def _next_version() -> click.Command:
    from webui.client.commands.next_version import next_version

    return next_version


def _gto() -> click.Command:
    from webui.client.commands.gto import gto

    return gto


def _inventory() -> click.Command:
    from webui.client.commands.inventory import inventory

    return inventory


def _import() -> click.Command:
    from webui.client.commands.import_ import import_

    return import_


def _receipt() -> click.Command:
    from webui.client.commands.receipt import receipt

    return receipt


def _admission() -> click.Command:
    from webui.client.commands.admission import admission

    return admission


def _spool() -> click.Command:
    from webui.client.commands.spool import spool

    return spool


def _ci() -> click.Command:
    from webui.client.commands.ci import ci

    return ci


COMMANDS: Final[Mapping[str, Load]] = {
    "init": _init,
    "setup-link": _setup_link,
    "migrate": _migrate,
    "serve": _serve,
    "worker": _worker,
    "verify": _verify,
    "report": _report,
    "job": _job,
    "monthly": _monthly,
    "component": _component,
    "framework": _framework,
    "schema": _schema,
    "control": _control,
    "publisher": _publisher,
    "token": _token,
    "people": _people,
    "privacy": _privacy,
    "vault": _vault,
    "connection": _connection,
    "notices": _notices,
    "log": _log,
    "key": _key,
    "root": _root,
    "entry": _entry,
    "proof": _proof,
    "approval": _approval,
    "bundle": _bundle,
    "backup": _backup,
    "restore": _restore,
    "artifacts": _artifacts,
    "policy": _policy,
    "witness": _witness,
    "demo": _demo,
    "submit": _submit,
    "register": _register,
    "whynot": _whynot,
    "request-release": _request_release,
    "wait": _wait,
    "gate": _gate,
    "record-deployment": _record_deployment,
    "rollback": _rollback,
    "deprecate": _deprecate,
    "observe": _observe,
    "drift": _drift,
    "deprecations": _deprecations,
    "acknowledge": _acknowledge,
    "archive": _archive,
    "obsolete": _obsolete,
    "next-version": _next_version,
    "describe": _describe,
    "settle": _settle,
    "document": _document,
    "compare": _compare,
    "at": _at,
    "trace": _trace,
    "export": _export,
    "lineage": _lineage,
    "impact": _impact,
    "recall": _recall,
    "lift-recall": _lift_recall,
    "gto": _gto,
    "inventory": _inventory,
    "import": _import,
    "receipt": _receipt,
    "admission": _admission,
    "spool": _spool,
    "ci": _ci,
    "sample": _sample,
}
"""In the order in which the help lists them: of an installation first, then of a pipeline."""
