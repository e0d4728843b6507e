"""What an operator may set. Each setting has a default, so that an empty environment works."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ledger import allowance
from ledger.core.personal import LOOKS
from ledger.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

HOME: Final = "COUNTERSEAL_HOME"
DATABASE_URL: Final = "COUNTERSEAL_DATABASE_URL"
LOG: Final = "COUNTERSEAL_LOG"
GUARD_URL: Final = "COUNTERSEAL_GUARD_URL"
PUBLIC_LOG: Final = "COUNTERSEAL_PUBLIC_LOG"
SEAL_TIMESTAMP: Final = "COUNTERSEAL_SEAL_TIMESTAMP"
TRUST_POLICY: Final = "COUNTERSEAL_TRUST_POLICY"
TIMESTAMP_URLS: Final = "COUNTERSEAL_TIMESTAMP_URLS"
TIMESTAMP_CERTIFICATES: Final = "COUNTERSEAL_TIMESTAMP_CERTIFICATES"
TIMESTAMP_MINUTES: Final = "COUNTERSEAL_TIMESTAMP_MINUTES"
_MINUTES: Final = 60
MAIN: Final = "main"
_LOG_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")

KEY_PASSPHRASE_FILE: Final = "COUNTERSEAL_KEY_PASSPHRASE_FILE"  # noqa: S105 (the name of a variable)
ARTIFACTS: Final = "COUNTERSEAL_ARTIFACTS"
BACKUP_FOLDER: Final = "COUNTERSEAL_BACKUP_FOLDER"
BACKUP_RECIPIENT: Final = "COUNTERSEAL_BACKUP_RECIPIENT"
BACKUP_HOURS: Final = "COUNTERSEAL_BACKUP_HOURS"
BACKUP_KEEP: Final = "COUNTERSEAL_BACKUP_KEEP"
PUBLIC_URL: Final = "COUNTERSEAL_PUBLIC_URL"
PRIVATE_ISSUERS: Final = "COUNTERSEAL_PRIVATE_ISSUERS"
RP_ID: Final = "COUNTERSEAL_RP_ID"
PERSONAL_DATA_ALLOWED: Final = "COUNTERSEAL_PERSONAL_DATA_ALLOWED"
NOTICES_FILE: Final = "COUNTERSEAL_NOTICES_FILE"
SIGN_IN_FILE: Final = "COUNTERSEAL_SIGN_IN_FILE"
REMINDER_HOURS: Final = "COUNTERSEAL_REMINDER_HOURS"
ESCALATION_HOURS: Final = "COUNTERSEAL_ESCALATION_HOURS"
ACCESS_REVIEW_DAYS: Final = "COUNTERSEAL_ACCESS_REVIEW_DAYS"
REFUSALS_AN_HOUR: Final = "COUNTERSEAL_REFUSALS_AN_HOUR"
COMMANDS_AN_HOUR: Final = "COUNTERSEAL_COMMANDS_AN_HOUR"
JOB_ENTRIES: Final = "COUNTERSEAL_JOB_ENTRIES"
_MOST_ENTRIES: Final = 1_000_000_000
_JOB_ENTRIES: Final = 3_000
_MOST_AN_HOUR: Final = 1_000_000_000
_YEAR_DAYS: Final = 366
_YEAR_HOURS: Final = 24 * _YEAR_DAYS
_REVIEW_DAYS: Final = 7

_HOST_NAME: Final = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
_ADDRESS: Final = re.compile(r"https?://[A-Za-z0-9.\-\[\]:]+(/[A-Za-z0-9._~/-]*)?")

SETTINGS: Final = {
    HOME: "The folder that holds everything of an installation. Default: ~/.counterseal",
    DATABASE_URL: "Where the ledger is kept: sqlite:///FILE or postgresql://... "
    "Default: ledger.db in the home.",
    LOG: "The log of the home that is served and recorded to, by its name; `counterseal log shard` "
    "begins another one. Default: main.",
    GUARD_URL: "Where the last checkpoint is kept apart from the database: file:///FOLDER, "
    "s3://BUCKET/PREFIX?endpoint=https://HOST&region=REGION, sqlite:///FILE or postgresql://... "
    "Put it on another disk or host, and never into the same backup. Default: guard.db in the "
    "home.",
    PUBLIC_LOG: "yes lets anybody read the checkpoint, tiles and entries below /log/, as "
    "witnesses, monitors and mirrors do; entries name models, versions and pseudonyms of people, "
    "never private texts. no asks for somebody who holds a role. Default: no.",
    TRUST_POLICY: "A file of witnesses and the quorum of them that a published checkpoint needs "
    "(C2SP tlog-policy); a witness with a URL is asked for its signature. Default: no witnesses.",
    TIMESTAMP_URLS: "Addresses of time-stamping authorities (RFC 3161), apart by spaces. "
    "Default: none.",
    TIMESTAMP_CERTIFICATES: "A file of PEM certificates: the roots that a time-stamp must lead to. "
    "Needed where an authority is named.",
    TIMESTAMP_MINUTES: "How many minutes lie between two time-stamps of a log that grows. "
    f"Default: {_MINUTES}.",
    SEAL_TIMESTAMP: "yes has the seal of every report time-stamped by the first of these "
    "authorities that answers (PAdES B-T); where none does, no report is issued. Default: no.",
    KEY_PASSPHRASE_FILE: "A file with the passphrase of the log's keys, where they are encrypted "
    "(`counterseal key encrypt`); readable by its owner only. Default: none.",
    ARTIFACTS: "Where the bytes of versions may be kept (docs/artifacts.md): file:///FOLDER, "
    "s3://BUCKET/PREFIX?endpoint=https://HOST&region=REGION, gs://BUCKET/PREFIX or "
    "abfs://CONTAINER/PREFIX. Default: none, and versions are known by their digests alone.",
    BACKUP_FOLDER: "Where backups are written; best another disk. Default: backups in the home.",
    BACKUP_RECIPIENT: "The age recipient (age1...) that backups are encrypted for; `counterseal "
    "backup keygen` makes one. Without it, backups are refused unless --plain is said.",
    BACKUP_HOURS: "How many hours apart `counterseal serve` makes a backup. Default: 0, never.",
    BACKUP_KEEP: "How many backups of a log are kept; older ones are removed. Default: 14.",
    PUBLIC_URL: "Where people reach the pages, such as https://ledger.example.org; links in "
    "notices begin with it. Default: none, and notices hold no links.",
    PRIVATE_ISSUERS: "Issuers of CI identity tokens that may be asked on a private network or on "
    "this machine, apart by spaces, to the letter as the tokens name them; http is taken for this "
    "machine alone. Default: none.",
    PERSONAL_DATA_ALLOWED: "What looks like personal data and is let into the ledger all the same, "
    f"apart by spaces, of: {', '.join(LOOKS)}. Default: none.",
    RP_ID: "The name that passkeys belong to, such as ledger.example.org: the host name of the "
    "pages or a domain above it. Set it before the first passkey is enrolled, and never change it. "
    "Default: localhost.",
    NOTICES_FILE: "A TOML file with the channels of notices: mail server, Slack, Teams, webhooks "
    "(docs/notices.md); readable by its owner only. Default: none, and nobody is told anything.",
    SIGN_IN_FILE: "A TOML file that says how people may sign in: providers of single sign-on, "
    "whether passwords are taken, of whom a second factor is demanded (docs/sign-in.md). Default: "
    "none: passwords, and a second factor for whoever has set one up.",
    REMINDER_HOURS: "How many hours a release waits before those who could approve it are reminded "
    "by e-mail, once. Default: 0, never.",
    ESCALATION_HOURS: "How many hours a release waits before it is told to the subscriptions to "
    "escalations, once. Default: 0, never.",
    ACCESS_REVIEW_DAYS: "How many days before an access review is due those who could decide it "
    "are reminded by e-mail; once it is late, each week. 0 reminds nobody. Default: 7.",
    REFUSALS_AN_HOUR: "How many commands of one account the policy may refuse in an hour with an "
    "entry each; further ones that it refuses are answered with 429 and counted. 0 sets no limit. "
    f"Default: {allowance.REFUSALS_AN_HOUR}.",
    COMMANDS_AN_HOUR: "How many commands one account may submit in an hour; further ones are "
    "answered with 429. Default: 0, no limit.",
    JOB_ENTRIES: "From how many entries on a report is made by a worker while the asker is shown "
    "how far it is; below it is made at once. 0 makes every one a job. "
    f"Default: {_JOB_ENTRIES}.",
}


@dataclass(frozen=True)
class Settings:
    """The settings in force."""

    home: Path
    database_url: str
    guard_url: str
    log: str = MAIN
    public_log: bool = False
    trust_policy: Path | None = None
    timestamp_urls: tuple[str, ...] = ()
    timestamp_certificates: Path | None = None
    timestamp_minutes: int = _MINUTES
    seal_timestamp: bool = False
    key_passphrase_file: Path | None = None
    artifacts: str = ""
    backup_folder: Path | None = None
    backup_recipient: str = ""
    backup_hours: int = 0
    backup_keep: int = 14
    public_url: str = ""
    rp_id: str = "localhost"
    notices_file: Path | None = None
    sign_in_file: Path | None = None
    private_issuers: tuple[str, ...] = ()
    personal_data_allowed: tuple[str, ...] = ()
    reminder_hours: int = 0
    escalation_hours: int = 0
    access_review_days: int = _REVIEW_DAYS
    refusals_an_hour: int = allowance.REFUSALS_AN_HOUR
    commands_an_hour: int = 0
    job_entries: int = _JOB_ENTRIES

    @property
    def keys(self) -> Path:
        """Where the keys are."""
        return self.home / "keys"

    @property
    def log_keys(self) -> Path:
        """Where the keys of the log are: the first log's beside the installation's own."""
        return self.keys if self.log == MAIN else self.keys / self.log

    @property
    def backups(self) -> Path:
        """Where backups are written: in the home, unless another folder is named."""
        return self.backup_folder or self.home / "backups"

    @property
    def reports(self) -> Path:
        """Where issued reports are kept."""
        return self.home / "reports"


def read_settings(environment: Mapping[str, str], home: Path | None = None) -> Settings:
    """Settings from the environment; ``home``, where given, goes before it.

    Raises:
        InputError: ``setting-invalid``.
    """
    folder = home or Path(environment.get(HOME) or Path.home() / ".counterseal")
    folder = folder.expanduser().resolve()
    return Settings(
        home=folder,
        database_url=environment.get(DATABASE_URL) or f"sqlite:///{folder / 'ledger.db'}",
        guard_url=environment.get(GUARD_URL) or f"sqlite:///{folder / 'guard.db'}",
        log=log_name(environment.get(LOG) or MAIN),
        trust_policy=_file(environment, TRUST_POLICY),
        timestamp_urls=tuple(environment.get(TIMESTAMP_URLS, "").split()),
        timestamp_certificates=_file(environment, TIMESTAMP_CERTIFICATES),
        timestamp_minutes=_minutes(environment),
        seal_timestamp=_yes_or_no(environment, SEAL_TIMESTAMP),
        public_log=_yes_or_no(environment, PUBLIC_LOG),
        key_passphrase_file=_file(environment, KEY_PASSPHRASE_FILE),
        artifacts=environment.get(ARTIFACTS, ""),
        backup_folder=_file(environment, BACKUP_FOLDER),
        backup_recipient=environment.get(BACKUP_RECIPIENT, ""),
        backup_hours=_number(environment, BACKUP_HOURS, 0, _YEAR_HOURS),
        backup_keep=_number(environment, BACKUP_KEEP, 14, 10_000),
        public_url=_public_url(environment),
        rp_id=_rp_id(environment),
        notices_file=_file(environment, NOTICES_FILE),
        sign_in_file=_file(environment, SIGN_IN_FILE),
        private_issuers=tuple(environment.get(PRIVATE_ISSUERS, "").split()),
        personal_data_allowed=_looks(environment),
        reminder_hours=_number(environment, REMINDER_HOURS, 0, _YEAR_HOURS),
        escalation_hours=_number(environment, ESCALATION_HOURS, 0, _YEAR_HOURS),
        access_review_days=_number(environment, ACCESS_REVIEW_DAYS, _REVIEW_DAYS, _YEAR_DAYS),
        refusals_an_hour=_number(
            environment, REFUSALS_AN_HOUR, allowance.REFUSALS_AN_HOUR, _MOST_AN_HOUR
        ),
        commands_an_hour=_number(environment, COMMANDS_AN_HOUR, 0, _MOST_AN_HOUR),
        job_entries=_number(environment, JOB_ENTRIES, _JOB_ENTRIES, _MOST_ENTRIES),
    )


def log_name(name: str) -> str:
    """The name of a log, which is the name of a folder too.

    Raises:
        InputError: ``setting-invalid``.
    """
    if _LOG_NAME.fullmatch(name) is None:
        raise InputError(
            "This can't be the name of a log.",
            code="setting-invalid",
            remedy="Take up to 64 of a to z, 0 to 9, hyphen and underscore, such as 2027.",
        )
    return name


def _file(environment: Mapping[str, str], name: str) -> Path | None:
    value = environment.get(name)
    return Path(value).expanduser() if value else None


def _public_url(environment: Mapping[str, str]) -> str:
    url = environment.get(PUBLIC_URL, "").rstrip("/")
    if url and not _ADDRESS.fullmatch(url):
        raise InputError(
            f"{PUBLIC_URL} is an address such as https://ledger.example.org.",
            code="setting-invalid",
        )
    return url


def _rp_id(environment: Mapping[str, str]) -> str:
    name = environment.get(RP_ID) or "localhost"
    if not _HOST_NAME.fullmatch(name):
        raise InputError(
            f"{RP_ID} is a host name such as ledger.example.org, without port or path.",
            code="setting-invalid",
        )
    return name


def _looks(environment: Mapping[str, str]) -> tuple[str, ...]:
    named = tuple(environment.get(PERSONAL_DATA_ALLOWED, "").split())
    if not set(named) <= set(LOOKS):
        raise InputError(
            f"{PERSONAL_DATA_ALLOWED} names something that is not looked for.",
            code="setting-invalid",
            remedy=f"Name some of: {', '.join(LOOKS)}.",
        )
    return named


def _minutes(environment: Mapping[str, str]) -> int:
    value = environment.get(TIMESTAMP_MINUTES) or str(_MINUTES)
    if not (value.isascii() and value.isdigit() and int(value)):
        raise InputError(
            f"{TIMESTAMP_MINUTES} is a number of minutes, from 1.", code="setting-invalid"
        )
    return int(value)


def _number(environment: Mapping[str, str], name: str, default: int, most: int) -> int:
    text = environment.get(name) or str(default)
    if not (text.isascii() and text.isdecimal() and int(text) <= most):
        raise InputError(f"{name} is a number from 0 to {most}.", code="setting-invalid")
    return int(text)


def _yes_or_no(environment: Mapping[str, str], name: str) -> bool:
    value = environment.get(name) or "no"
    if value not in {"yes", "no"}:
        raise InputError(f"{name} is yes or no.", code="setting-invalid")
    return value == "yes"
