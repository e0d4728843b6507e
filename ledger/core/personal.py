"""What looks like personal data in a text that stays for ever: narrow rules, with check digits.

A ledger can't forget, so it is better not to learn. Each rule names one thing that is written in a
form of its own; a rule that would often be wrong asks for a label (``dob:``, ``ip=``) or for check
digits. None recognises a name: no rule could. A text may pass that should not have; that is why
free words belong to the vault.

Sources: ISO 13616 (IBAN, mod 97) and the lengths of its registry; ISO/IEC 7812 (Luhn); the Social
Security Administration's rules for numbers that are never issued; ITU-T E.164.
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Callable

Looks = Literal[
    "email",
    "url_user",
    "phone",
    "iban",
    "payment_card",
    "ssn",
    "ip_address",
    "medical_record",
    "date_of_birth",
]
LOOKS: Final[tuple[Looks, ...]] = get_args(Looks)
WORDS: Final[dict[Looks, str]] = {
    "email": "an e-mail address",
    "url_user": "a URL with a user in it",
    "phone": "a telephone number",
    "iban": "a bank account number (IBAN)",
    "payment_card": "a payment card number",
    "ssn": "a US social security number",
    "ip_address": "the network address of a person or client",
    "medical_record": "a medical record number",
    "date_of_birth": "a date of birth",
}
_SHORTEST: Final = 6
_EMAIL: Final = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")
_URL_USER: Final = re.compile(r"\b[a-z][a-z0-9+.-]{0,30}://[^/\s?#]*@", re.IGNORECASE)
_PHONE: Final = re.compile(
    r"(?<![\w.+/-])(?:tel:|\+)\+?[1-9](?:[ ().-]{0,2}[0-9]){7,14}(?![0-9A-Za-z])"
)
_IBAN: Final = re.compile(r"(?<![0-9A-Za-z])[A-Z]{2}[0-9]{2}(?: ?[0-9A-Z]){11,30}(?![0-9A-Za-z])")
_CARD: Final = re.compile(r"(?<![0-9A-Za-z.])[2-6][0-9]{3}(?:[ -]?[0-9]){9,15}(?![0-9A-Za-z.])")
_SSN: Final = re.compile(
    r"(?<![0-9A-Za-z-])(?!000|666|9)[0-9]{3}-(?!00)[0-9]{2}-(?!0000)[0-9]{4}(?![0-9A-Za-z-])"
)
_IP: Final = re.compile(
    r"(?:^|[^A-Za-z])(?:ip|ip[ _-]?addr(?:ess)?|client|remote|user|x-forwarded-for)[ _:=/-]{1,3}"
    r"([0-9A-Fa-f:.]{6,45})",
    re.IGNORECASE,
)
_RECORD: Final = re.compile(
    r"(?:^|[^A-Za-z])(?:mrn|medical[ _-]record|patient[ _-]?(?:id|no|nr|number)"
    r"|nhs[ _-]?(?:no|number))"
    r"[ _:=#./-]{0,3}[A-Za-z]{0,4}-?[0-9]{5,}",
    re.IGNORECASE,
)
_BORN: Final = re.compile(
    r"(?:^|[^A-Za-z])(?:dob|date[ _-]of[ _-]birth|birth[ _-]?da(?:y|te)|born)[ _:=-]{0,3}"
    r"[0-9]{1,4}[-/. ][0-9]{1,2}[-/. ][0-9]{1,4}",
    re.IGNORECASE,
)
_IBAN_LENGTHS: Final = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22,
    "BR": 29, "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28, "EE": 20,
    "EG": 29, "ES": 24, "FI": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18,
    "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IS": 26, "IT": 27, "JO": 30,
    "KW": 30, "KZ": 20, "LB": 28, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MD": 24,
    "ME": 22, "MK": 19, "MR": 27, "MT": 31, "MU": 30, "NL": 18, "NO": 15, "PK": 24, "PL": 28,
    "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "SA": 24, "SE": 24, "SI": 19, "SK": 24,
    "SM": 27, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20,
}  # fmt: skip
_CARD_LENGTHS: Final = (
    (re.compile(r"4"), {13, 16, 19}),
    (re.compile(r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720"), {16}),
    (re.compile(r"3[47]"), {15}),
    (re.compile(r"30[0-5]|36|38"), {14}),
    (re.compile(r"35"), {16}),
    (re.compile(r"6011|64[4-9]|65|62"), {16}),
)


def looks_like(text: str) -> tuple[Looks, ...]:
    """What a text holds that looks like personal data, by the rules above; mostly nothing."""
    if len(text) < _SHORTEST:
        return ()
    return tuple(look for look, found in _RULES.items() if found(text))


def _iban(text: str) -> bool:
    return any(
        len(number := found[0].replace(" ", "")) == _IBAN_LENGTHS.get(number[:2])
        and _mod_97(number) == 1
        for found in _IBAN.finditer(text)
    )


def _mod_97(number: str) -> int:
    turned = number[4:] + number[:4]
    return int("".join(str(int(character, 36)) for character in turned)) % 97


def _card(text: str) -> bool:
    for found in _CARD.finditer(text):
        number = re.sub(r"[ -]", "", found[0])
        fits = any(
            begins.match(number) and len(number) in lengths for begins, lengths in _CARD_LENGTHS
        )
        if fits and _luhn(number) and len(set(number)) > 1:
            return True
    return False


def _luhn(number: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value  # noqa: PLR2004 (the digits of a product)
    return total % 10 == 0


def _address(text: str) -> bool:
    for found in _IP.finditer(text):
        try:
            address = ip_address(found[1].rstrip(".:"))
        except ValueError:
            continue
        if not (address.is_loopback or address.is_unspecified):
            return True
    return False


_RULES: Final[dict[Looks, Callable[[str], object]]] = {
    "email": lambda text: "@" in text and _EMAIL.search(text),
    "url_user": lambda text: "@" in text and _URL_USER.search(text),
    "phone": _PHONE.search,
    "iban": _iban,
    "payment_card": _card,
    "ssn": _SSN.search,
    "ip_address": _address,
    "medical_record": _RECORD.search,
    "date_of_birth": _BORN.search,
}
