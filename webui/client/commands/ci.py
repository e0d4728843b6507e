"""``counterseal ci``: what to put into a pipeline, for the platforms that are known."""

from __future__ import annotations

from importlib import resources
from typing import Final

import click

TEMPLATES: Final = {
    "github": ("action.yml", "A composite action: .github/actions/counterseal/action.yml"),
    "gitlab": ("gitlab-component.yml", "A component: templates/counterseal.yml"),
    "jenkins": ("Jenkinsfile", "Stages of a declarative pipeline"),
    "azure": ("azure-pipelines.yml", "Steps of an Azure pipeline"),
    "kubernetes": ("kubernetes.yaml", "An admission webhook, and a model of KServe that passes it"),
    "argo": ("argo.yaml", "A PreSync hook of Argo CD, and what records the deployment"),
    "flux": ("flux.yaml", "A Kustomization of Flux that waits for the gate"),
    "gto": ("gto.yml", "A workflow of GitHub for the tags of GTO: .github/workflows/gto.yml"),
    "pre-push": ("pre-push", "A hook: .git/hooks/pre-push, executable"),
}


@click.group()
def ci() -> None:
    """Show what to put into a pipeline."""


@ci.command("list")
def list_() -> None:
    """List the platforms."""
    for name, (_, about) in TEMPLATES.items():
        click.echo(f"{name:<10} {about}")


@ci.command()
@click.argument("platform", type=click.Choice(list(TEMPLATES)))
def show(platform: str) -> None:
    """Print the template for PLATFORM."""
    click.echo(template(platform), nl=False)


def template(platform: str) -> str:
    """The text of a template."""
    folder = resources.files("webui.client") / "ci"
    return (folder / TEMPLATES[platform][0]).read_text(encoding="utf-8")
