"""Off to a provider of single sign-on, from a form of ours.

A form can't be answered with a redirect to another site: browsers hold that against ``form-action``
of the content security policy. So the answer is a page that goes there, with a link for whoever
waits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import render_template

from webui.identity.single_sign_on import depart, doors

if TYPE_CHECKING:
    from webui.identity.waiting import Purpose


def leave(name: str, purpose: Purpose, wanted: str) -> str:
    """The page that leads to a provider.

    Raises:
        UnknownSubjectError: no such provider.
        OutsideError: it does not answer.
    """
    provider = doors().issuer(name).provider
    return render_template("leaving.html", provider=provider, there=depart(name, purpose, wanted))
