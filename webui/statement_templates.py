"""What people write for controls: frames to begin from, and which frame suits which control.

A frame asks; it never answers. Blanks are marked ``____`` so that one that was left is seen. Our
own words: no text of a standard is in them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from policies.controls.mapping import Control

BLANK: Final = "____"


@dataclass(frozen=True)
class Frame:
    """A frame for a text: its name, what it is for, the lines to fill in."""

    name: str
    title: str
    lines: tuple[str, ...]

    def text(self, control: Control) -> str:
        """The frame for one control, beginning with what that control asks people to write."""
        asked = [f"{control.ref}: {'; '.join(control.human) or control.question}", ""]
        return "\n".join([*asked, *self.lines])


FRAMES: Final = {
    frame.name: frame
    for frame in (
        Frame(
            "risk_analysis",
            "Risk analysis",
            (
                "What is looked at (systems, models, data, versions): ____",
                "Threats and weaknesses: ____",
                "Likelihood and harm of each, and how they were judged: ____",
                "Measures in place, and what they leave: ____",
                "What is accepted, by whom, until when: ____",
                "What makes this analysis due again: ____",
            ),
        ),
        Frame(
            "dpia",
            "Data protection impact assessment",
            (
                "1. Why an assessment is needed: ____",
                "2. The processing: nature, scope, context, purposes: ____",
                "3. Who was consulted, and what they said: ____",
                "4. Necessity and proportion, and the alternatives: ____",
                "5. Risks to people: likelihood, severity: ____",
                "6. Measures against each, and what they leave: ____",
                "7. Advice of the data protection officer, and what became of it: ____",
            ),
        ),
        Frame(
            "dpo_advice",
            "Advice of the data protection officer",
            (
                "What I was asked, and what I was shown: ____",
                "My advice: ____",
                "What I would change before it goes on: ____",
                "Where my advice was not followed, and why not: ____",
            ),
        ),
        Frame(
            "legal_basis",
            "Legal basis",
            (
                "The processing, and the data sets it concerns: ____",
                "The basis (article and letter), and why it fits: ____",
                "For special classes of data, the condition: ____",
                "Where it rests on legitimate interests, the balance: ____",
                "Where it rests on consent, its wording and how it is withdrawn: ____",
                "Who checked this, when: ____",
            ),
        ),
        Frame(
            "exception_reasons",
            "Reasons of exceptions",
            (
                "Which exceptions (entries of the ledger): ____",
                "Why each was acceptable: ____",
                "What was done about each, by when: ____",
                "What keeps it from happening again: ____",
            ),
        ),
        Frame(
            "reviewer_conclusions",
            "Conclusions of a reviewer",
            (
                "What I reviewed (period, range of entries, lists): ____",
                "How I looked at it: ____",
                "What I found: ____",
                "What follows, who does it, by when: ____",
            ),
        ),
        Frame(
            "incident_account",
            "Account of incidents",
            (
                "Which incidents (entries of the ledger): ____",
                "Root cause of each: ____",
                "What was done, and how it is known to work: ____",
                "Whom we had to tell, and when we did: ____",
            ),
        ),
        Frame(
            "description",
            "Description or policy",
            (
                "What we do: ____",
                "Who answers for it: ____",
                "Where it is written down, and since when it holds: ____",
                "How we know that it is followed: ____",
            ),
        ),
    )
}

_BY_DOCUMENT: Final = {
    "risk_assessment": "risk_analysis",
    "risk_assessment_of_the_organisation": "risk_analysis",
    "impact_assessment": "risk_analysis",
    "vendor_assessment": "risk_analysis",
    "dpia": "dpia",
    "fundamental_rights_assessment": "dpia",
    "special_data_condition": "legal_basis",
    "dpo_advice": "dpo_advice",
    "prior_consultation": "dpo_advice",
}
_BY_TEST: Final = {
    "T7": "reviewer_conclusions",
    "T10": "exception_reasons",
    "T3": "exception_reasons",
    "T5-incidents": "incident_account",
}
_BASES: Final = frozenset({"legal_basis", "art9_condition"})


def frame_of(control: Control) -> Frame:
    """The frame that suits a control best: by the document it asks for, then by its test."""
    for use in control.tests:
        arguments = use.arguments.model_dump()
        for kind in arguments.get("types", ()):
            if kind in _BY_DOCUMENT:
                return FRAMES[_BY_DOCUMENT[kind]]
        if _BASES & set(arguments.get("required", ())):
            return FRAMES["legal_basis"]
    for use in control.tests:
        if use.test.id in _BY_TEST:
            return FRAMES[_BY_TEST[use.test.id]]
    return FRAMES["description"]
