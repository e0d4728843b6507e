"""Signers whose private key never leaves a token: PKCS #11, by the token's own library.

A key is named by a URI of RFC 7512: ``token`` and ``object`` say which, ``module-path`` is the
library of its maker, ``pin-source`` a file that holds the PIN. A PIN in the URI itself is refused.
Signatures are Ed25519 by ``CKM_EDDSA`` (PKCS #11 version 3.0 section 2.3.5).
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, unquote

from ledger.core.signature import PUBLIC_KEY_BYTES, key_fingerprint
from ledger.errors import InputError, OutsideError
from ledger.keys.signer import read_secret

SCHEME: Final = "pkcs11:"
_ED25519: Final = "1.3.101.112"


@dataclass(frozen=True)
class TokenKey:
    """Where a key is: the maker's library, the token's label, the key's label, the PIN's file."""

    uri: str
    module: str
    token: str
    label: str
    pin_file: Path


def parse_uri(uri: str) -> TokenKey:
    """Read the URI of a key.

    Raises:
        InputError: ``invalid-key-uri``; the URI is not repeated, it might hold a PIN.
    """
    if not uri.startswith(SCHEME):
        raise _wrong("it does not begin with pkcs11:")
    path, _, query = uri.removeprefix(SCHEME).partition("?")
    named = dict(part.partition("=")[::2] for part in path.split(";") if part)
    asked = parse_qs(query, strict_parsing=False)
    if "pin-value" in asked or "pin-value" in named:
        raise _wrong("it holds a PIN; write the PIN into a file and name that with pin-source")
    source = asked.get("pin-source", [""])[0].removeprefix("file:")
    module = asked.get("module-path", [""])[0]
    token, label = unquote(named.get("token", "")), unquote(named.get("object", ""))
    for name, value in (
        ("token", token),
        ("object", label),
        ("module-path", module),
        ("pin-source", source),
    ):
        if not value:
            raise _wrong(f"it does not say {name}")
    return TokenKey(uri, module, token, label, Path(source))


class TokenSigner:
    """An Ed25519 key on a token. Safe for use by several threads.

    A session that is lost is opened again, once for each signature.
    """

    def __init__(self, place: TokenKey) -> None:
        self._place = place
        self._lock = threading.Lock()
        self._session: Any = None
        self._key: Any = None
        with self._lock:
            self._open()
            self.public = self._read_public()
        self.keyid = key_fingerprint(self.public)

    @property
    def uri(self) -> str:
        """The URI under which it was opened; it holds no secret."""
        return self._place.uri

    def sign(self, message: bytes) -> bytes:
        """The Ed25519 signature (RFC 8032), 64 bytes.

        Raises:
            OutsideError: ``token-failed``: the token does not answer, also not after opening anew.
        """
        from pkcs11 import Mechanism, PKCS11Error

        with self._lock:
            for again in (True, False):
                try:
                    if self._key is None:
                        self._open()
                    signature: bytes = self._key.sign(message, mechanism=Mechanism.EDDSA)
                except (PKCS11Error, OutsideError) as error:
                    self._forget()
                    if not again:
                        raise _failed(error) from error
                else:
                    return signature
        raise AssertionError

    def close(self) -> None:
        """End the session."""
        with self._lock:
            self._forget()

    def _open(self) -> None:
        library = _library(self._place.module)
        from pkcs11 import KeyType, ObjectClass, PKCS11Error

        try:
            token = library.get_token(token_label=self._place.token)
            self._session = _log_in(token, self._place.pin_file)
            self._key = self._session.get_key(
                object_class=ObjectClass.PRIVATE_KEY,
                key_type=KeyType.EC_EDWARDS,
                label=self._place.label,
            )
        except (PKCS11Error, RuntimeError) as error:
            self._forget()
            raise _failed(error) from error

    def _read_public(self) -> bytes:
        from pkcs11 import Attribute, KeyType, ObjectClass, PKCS11Error

        try:
            key = self._session.get_key(
                object_class=ObjectClass.PUBLIC_KEY,
                key_type=KeyType.EC_EDWARDS,
                label=self._place.label,
            )
        except PKCS11Error as error:
            raise _failed(error) from error
        # An OCTET STRING around the 32 bytes, or the bytes themselves.
        return bytes(key[Attribute.EC_POINT])[-PUBLIC_KEY_BYTES:]

    def _forget(self) -> None:
        from pkcs11 import PKCS11Error

        session, self._session, self._key = self._session, None, None
        if session is not None:
            try:
                session.close()
            except PKCS11Error:
                return


def create_token_key(uri: str) -> TokenSigner:
    """Make a new Ed25519 key on a token; it can't be taken out of it.

    Raises:
        InputError: ``invalid-key-uri``, or ``key-exists``: the token holds a key of this label.
        OutsideError: ``token-failed``.
    """
    place = parse_uri(uri)
    library = _library(place.module)
    from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass, PKCS11Error
    from pkcs11.util.ec import encode_named_curve_parameters

    try:
        token = library.get_token(token_label=place.token)
        with _log_in(token, place.pin_file, write=True) as session:
            known = list(
                session.get_objects(
                    {Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.LABEL: place.label}
                )
            )
            if known:
                raise InputError("The token holds a key of this label already.", code="key-exists")
            curve = {Attribute.EC_PARAMS: encode_named_curve_parameters(_ED25519)}
            session.create_domain_parameters(
                KeyType.EC_EDWARDS, curve, local=True
            ).generate_keypair(
                mechanism=Mechanism.EC_EDWARDS_KEY_PAIR_GEN,
                store=True,
                label=place.label,
                private_template={Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False},
            )
    except (PKCS11Error, RuntimeError) as error:
        raise _failed(error) from error
    return TokenSigner(place)


def open_token_key(uri: str) -> TokenSigner:
    """Open a key that is on a token.

    Raises:
        InputError: ``invalid-key-uri``.
        OutsideError: ``token-failed``.
    """
    return TokenSigner(parse_uri(uri))


def _log_in(token: Any, pin_file: Path, *, write: bool = False) -> Any:
    """A session on a token. A process logs in once; its other sessions share that."""
    from pkcs11 import UserAlreadyLoggedIn

    try:
        return token.open(rw=write, user_pin=read_pin(pin_file))
    except UserAlreadyLoggedIn:
        return token.open(rw=write)


def read_pin(file: Path) -> str:
    """The PIN in a file that only its owner can read.

    Raises:
        OutsideError: it can't be read, or others can read it too.
        InputError: it is not text.
    """
    try:
        return read_secret(file).decode().rstrip("\n")
    except UnicodeDecodeError:
        raise InputError("The file with the token's PIN is not text.", code="key-damaged") from None


def _library(path: str) -> Any:
    """The library of a token's maker.

    Raises:
        OutsideError: ``token-failed``, or ``hsm-missing``: the optional part is not installed.
    """
    try:
        from pkcs11 import PKCS11Error, lib
    except ImportError as error:
        raise OutsideError(
            "Keys on tokens need an optional part that is not installed.",
            code="hsm-missing",
            remedy="Run pip install 'counterseal[hsm]'.",
        ) from error
    try:
        return lib(path)
    except (PKCS11Error, RuntimeError) as error:
        raise _failed(error) from error


def _failed(error: Exception) -> OutsideError:
    """What is told of a token's error: its name, which holds no secret."""
    if isinstance(error, OutsideError):
        return error
    return OutsideError(
        f"The token does not sign: {type(error).__name__}.",
        code="token-failed",
        remedy="Check that it is there, its library, and the PIN in its file.",
    )


def _wrong(why: str) -> InputError:
    return InputError(f"The key's URI can't be used: {why}.", code="invalid-key-uri")
