"""A message as an e-mail, handed to the operator's mail server.

The connection is encrypted by STARTTLS with a checked certificate before anything is said, but to a
server on this machine. No part of a message can begin a header: the library refuses line breaks
there, and texts are one line each. ``Message-ID`` is the same each time a message is tried, so that
a mailbox can tell that it has it.
"""

from __future__ import annotations

import hashlib
import smtplib
import ssl
from email.message import EmailMessage
from email.policy import SMTP
from typing import TYPE_CHECKING, Final

from ledger.errors import InputError, OutsideError
from ledger.keys.signer import read_secret
from webui.notices.channels import check_mailbox
from webui.server import is_loopback

if TYPE_CHECKING:
    from datetime import datetime

    from webui.notices.channels import Channels, Mail
    from webui.notices.message import Message

SECONDS: Final = 15
_FOR_GOOD: Final = 500


def as_mail(
    message: Message, sender: str, recipient: str, *, account: str, sent_at: datetime
) -> EmailMessage:
    """The e-mail; ``account`` is the address of the page where it can be stopped, or empty.

    Raises:
        InputError: ``no-mailbox``: the recipient's address can't be one.
    """
    try:
        to = check_mailbox(recipient)
    except ValueError as error:
        raise InputError("This is no e-mail address.", code="no-mailbox") from error
    mail = EmailMessage(policy=SMTP)
    mail["From"] = check_mailbox(sender)
    mail["To"] = to
    mail["Subject"] = message.title
    mail["Date"] = sent_at
    digest = hashlib.sha256(f"{message.origin}/{message.message_id}".encode()).hexdigest()
    mail["Message-ID"] = f"<{digest[:40]}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    lines = [message.sentence, ""]
    lines += [f"{name}: {value}" for name, value in message.facts]
    if message.link:
        lines += ["", f"Open it in the ledger: {message.link}"]
    lines += ["", "--", "This message only tells; nothing is decided by it."]
    if account:
        lines += [f"What you are told of: {account}"]
        mail["List-Unsubscribe"] = f"<{account}>"
    mail.set_content("\n".join(lines) + "\n")
    return mail


def send_mail(mail: EmailMessage, server: Mail, channels: Channels) -> None:
    """Hand an e-mail to the server.

    Raises:
        InputError: ``mail-refused``: the server will never take it.
        OutsideError: ``mail-failed``: it may take it later.
    """
    context = _context(server, channels)
    try:
        with smtplib.SMTP(server.server, server.port, timeout=SECONDS) as smtp:
            smtp.ehlo()
            if smtp.has_extn("starttls") or not is_loopback(server.server):
                smtp.starttls(context=context)
                smtp.ehlo()
            if server.user:
                smtp.login(server.user, _password(server, channels))
            smtp.send_message(mail)
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        if codes and min(codes) >= _FOR_GOOD:
            raise InputError(
                f"The mail server knows no such recipient (code {codes[0]}).", code="mail-refused"
            ) from None
        raise _failed("the recipient was not taken") from None
    except smtplib.SMTPNotSupportedError:
        raise _failed("the server lacks what is needed (STARTTLS, or a way to sign in)") from None
    except smtplib.SMTPAuthenticationError:
        raise _failed("it does not take user and password") from None
    except smtplib.SMTPException as error:
        raise _failed(type(error).__name__) from None
    except ssl.SSLError:
        raise _failed("its certificate is not trusted") from None
    except OSError as error:
        raise _failed(error.strerror or type(error).__name__) from None


def _context(server: Mail, channels: Channels) -> ssl.SSLContext:
    roots = str(channels.file(server.certificates)) if server.certificates else None
    try:
        return ssl.create_default_context(cafile=roots)
    except OSError as error:
        raise _failed("the file of certificates can't be read") from error


def _password(server: Mail, channels: Channels) -> str:
    if not server.password_file:
        return ""
    return read_secret(channels.file(server.password_file)).decode("utf-8").rstrip("\r\n")


def _failed(why: str) -> OutsideError:
    return OutsideError(f"The mail server did not take it: {why}.", code="mail-failed")
