"""Which pipeline a version comes out of, by the variables that its platform sets.

Sources: GitHub, "Default environment variables"; GitLab, "Predefined CI/CD variables"; Jenkins,
"Using environment variables"; Azure Pipelines, "Use predefined variables". Nothing here proves
anything: an identity token does, and the server keeps its claims.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from webui.client.capture.where import public, without_credentials

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A run of a pipeline: platform, repository, its page, number, commit and ref."""

    platform: str
    repository: str
    run: str
    number: str
    commit: str
    ref: str


def read_pipeline(variables: Mapping[str, str]) -> Pipeline | None:
    """The run that these variables speak of, or None outside of a pipeline."""

    def of(name: str) -> str:
        return public(variables.get(name, ""))

    def url(name: str) -> str:
        return public(without_credentials(variables.get(name, "")))

    if of("GITHUB_ACTIONS") == "true":
        repository = f"{url('GITHUB_SERVER_URL')}/{of('GITHUB_REPOSITORY')}"
        run = f"{repository}/actions/runs/{of('GITHUB_RUN_ID')}"
        attempt = f"{of('GITHUB_RUN_NUMBER')}.{of('GITHUB_RUN_ATTEMPT') or '1'}"
        return Pipeline("github", repository, run, attempt, of("GITHUB_SHA"), of("GITHUB_REF"))
    if of("GITLAB_CI") == "true":
        return Pipeline(
            "gitlab",
            url("CI_PROJECT_URL"),
            url("CI_JOB_URL"),
            of("CI_PIPELINE_ID"),
            of("CI_COMMIT_SHA"),
            of("CI_COMMIT_REF_NAME"),
        )
    if of("TF_BUILD").lower() == "true":
        project = f"{url('SYSTEM_COLLECTIONURI')}{of('SYSTEM_TEAMPROJECT')}"
        return Pipeline(
            "azure",
            url("BUILD_REPOSITORY_URI"),
            f"{project}/_build/results/{of('BUILD_BUILDID')}",
            of("BUILD_BUILDNUMBER"),
            of("BUILD_SOURCEVERSION"),
            of("BUILD_SOURCEBRANCH"),
        )
    if of("JENKINS_URL"):
        return Pipeline(
            "jenkins",
            url("GIT_URL"),
            url("BUILD_URL"),
            of("BUILD_NUMBER"),
            of("GIT_COMMIT"),
            of("GIT_BRANCH"),
        )
    return None
