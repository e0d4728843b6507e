"""The people and the pipeline of the demonstration's company. Nobody of these names exists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True)
class Member:
    """Somebody who acts: how the demonstration calls them, who they are, and in which roles."""

    key: str
    name: str
    duty: str
    roles: tuple[str, ...]
    type: Literal["person", "workload"] = "person"

    @property
    def email(self) -> str:
        """An address that can reach nobody (RFC 2606)."""
        return f"{self.key}@example.invalid"


ADMINISTRATOR: Final = Member("mira", "Mira Haddad", "administrator", ("administrator",))
ANA: Final = Member("ana", "Ana Kovač", "data scientist", ("data_scientist",))
BO: Final = Member("bo", "Bo Lindqvist", "ML lead", ("ml_lead",))
CHI: Final = Member("chi", "Chi Nakamura", "compliance", ("compliance",))
DEE: Final = Member("dee", "Dee Okafor", "compliance officer", ("compliance",))
FINN: Final = Member("finn", "Finn Adeyemi", "operations", ("operations",))
IVO: Final = Member("ivo", "Ivo Petrov", "auditor", ("auditor",))
PIPELINE: Final = Member(
    "release-pipeline", "release-pipeline", "CI workload", ("pipeline",), "workload"
)

INVITED: Final = (ANA, BO, CHI, DEE, FINN, IVO, PIPELINE)
EVERYBODY: Final = (ADMINISTRATOR, *INVITED)
