"""Writing to people by e-mail, over SMTP.

No server can be asked whether it has a message: one that was broken off is sent again, with the same Message-ID, by
which most mail programs show it once. So it is said at least once. RFC 5321 (SMTP), 5322 (Message-ID), 3834
(Auto-Submitted).
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import smtplib
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Literal

from pydantic import SecretStr

from closeout_chassis.errors import Retryable
from closeout_schemas.notices import Notice, Recipient

TIMEOUT_SECONDS = 15.0
# https://www.rfc-editor.org/rfc/rfc5322#section-2.1.1
LONGEST_SUBJECT = 200
ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed in, and as whom."""

    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    sender: str
    user: str = ""
    password: SecretStr | None = None
    ca_file: Path | None = None


class Mail:
    """One server. A connection a message: they are few."""

    name = "email"

    def __init__(self, server: MailServer) -> None:
        self._server = server

    def carries(self, to: Recipient) -> bool:
        """Whether there is an address."""
        return bool(to.email) and to.channel is None

    async def tell(self, notice: Notice, known_by: str, begun_at: datetime | None) -> str | None:
        """Send it; its Message-ID. None where the address is none, or the server refuses it for good."""
        message = self._message(notice, known_by)
        if message is None:
            return None
        taken = await asyncio.to_thread(self._send, message)
        return str(message["Message-ID"]) if taken else None

    def _message(self, notice: Notice, known_by: str) -> EmailMessage | None:
        if ADDRESS.fullmatch(notice.to.email or "") is None:
            return None
        message = EmailMessage()
        try:
            # A header cannot hold a line's end, nor an address everything: the parser says so in four ways.
            message["To"] = Address(_one_line(notice.to.name), addr_spec=notice.to.email or "")
        except (ValueError, IndexError, AttributeError, MessageError):
            return None
        message["From"] = self._server.sender
        message["Subject"] = _one_line(notice.subject)[:LONGEST_SUBJECT]
        message["Date"] = format_datetime(datetime.now(UTC))
        domain = self._server.sender.rpartition("@")[2].strip("> ") or "closeout"
        message["Message-ID"] = f"<{known_by}@{domain}>"
        message["Auto-Submitted"] = "auto-generated"
        link = notice.url if notice.url and notice.url not in notice.text else ""
        message.set_content("\n\n".join(filter(None, (notice.text, link))) + "\n")
        return message

    def _send(self, message: EmailMessage) -> bool:
        """In a thread. Whether it was taken; False where the recipient is refused for good. Raises Retryable."""
        try:
            server = self._connected()
            try:
                if self._server.user and self._server.password is not None:
                    server.login(self._server.user, self._server.password.get_secret_value())
                server.send_message(message)
                # It is taken by now: a server that says goodbye badly shall not get it again.
                with contextlib.suppress(smtplib.SMTPException, OSError):
                    server.quit()
            finally:
                server.close()
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            if all(code >= 500 for code in codes):
                return False
            raise Retryable(f"the mail server puts the recipient off ({codes[0]})") from None
        except smtplib.SMTPAuthenticationError as error:
            mend = "mend CLOSEOUT_INGEST_SMTP_USER and …_PASSWORD"
            raise Retryable(f"the mail server does not let us in ({error.smtp_code}): {mend}") from None
        except smtplib.SMTPResponseException as error:
            # Never its words: they may repeat what was said to it.
            raise Retryable(f"the mail server answered {error.smtp_code}") from None
        except smtplib.SMTPNotSupportedError:
            raise Retryable("the mail server offers no STARTTLS or no sign-in: CLOSEOUT_INGEST_SMTP_SECURITY") from None
        except (smtplib.SMTPException, OSError, UnicodeError) as error:
            at = f"{self._server.host}:{self._server.port}"
            raise Retryable(f"mail could not be handed in at {at}: {type(error).__name__}") from None
        return True

    def _connected(self) -> smtplib.SMTP:
        known = self._server
        if known.security == "none":
            return smtplib.SMTP(known.host, known.port, timeout=TIMEOUT_SECONDS)
        context = ssl.create_default_context(cafile=str(known.ca_file) if known.ca_file else None)
        if known.security == "tls":
            return smtplib.SMTP_SSL(known.host, known.port, timeout=TIMEOUT_SECONDS, context=context)
        server = smtplib.SMTP(known.host, known.port, timeout=TIMEOUT_SECONDS)
        try:
            server.starttls(context=context)
        except BaseException:
            server.close()
            raise
        return server


def _one_line(text: str) -> str:
    return " ".join(text.split())
