"""What goes wrong when somebody says who they are.

::

    LedgerError
    |- IdentityError
    |  |- SignInError          401  e-mail address or password, never said which
    |  |- CodeNeededError      401  the password is right; the code is asked for now
    |  |- TokenError           401  no API token, or one that is unknown, expired or revoked
    |  |- IdTokenError         401  an identity token of a CI job that proves nothing
    |  |- NotAdmittedError     403  no publisher admits the job
    |  |- LinkError            410  a one-time link: unknown, used or expired, never said which
    |  |- ConfirmError         403  dangerous: the person must show again that it is they
    |  |- ScopeError           403  the token may not do this
    |  |- AdministratorError   403  only administrators may do this
    |  |- ForgeryError         403  the request may come from another site
    |  |- HostError            400  the name that was asked for is not served here
    |  |- ThrottledError       429  too many failed attempts; ``numbers["seconds"]`` to wait
"""

from __future__ import annotations

from ledger.errors import LedgerError, OutsideError


class IdentityError(LedgerError):
    """The root of this tree."""

    code = "identity"


class SignInError(IdentityError):
    """E-mail address and password do not open an account."""

    code = "sign-in-failed"


class CodeNeededError(IdentityError):
    """The password is right, and the account has a second factor."""

    code = "code-needed"


class TokenError(IdentityError):
    """The bearer token opens nothing."""

    code = "token-invalid"


class IdTokenError(IdentityError):
    """The identity token does not prove what it says."""

    code = "id-token-invalid"


class NotAdmittedError(IdentityError):
    """No publisher that is trusted admits the job."""

    code = "publisher-none"


class IssuerError(OutsideError):
    """An issuer of identity tokens can't be asked for its keys now; 503."""

    code = "issuer-away"


class LinkError(IdentityError):
    """The one-time link opens nothing."""

    code = "link-invalid"


class ConfirmError(IdentityError):
    """What is asked is dangerous, and it is too long since the person showed who they are."""

    code = "confirm-first"


class ScopeError(IdentityError):
    """The token's scope does not reach this far."""

    code = "token-scope"


class AdministratorError(IdentityError):
    """Only administrators may do this."""

    code = "administrator-only"


class ForgeryError(IdentityError):
    """The request does not prove that it was made on our own pages."""

    code = "cross-site"


class HostError(IdentityError):
    """The name that was asked for is not served here."""

    code = "host-unknown"


class ThrottledError(IdentityError):
    """Too many failed attempts."""

    code = "slow-down"


class ReaderError(IdentityError):
    """Somebody who is known may not read this."""
