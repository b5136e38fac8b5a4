"""Tells people: a JSON message to a webhook, a mail. Secrets come from the environment, from files
of their own, or from Secret blocks.
"""

from __future__ import annotations

import os
import platform
import smtplib
import ssl
from email.message import EmailMessage
from pathlib import Path

import httpx

from flows.operate.secrets import stated
from flows.record import journal
from flows.settings import NotifySettings
from warehouse.errors import Problem

SECONDS = 15.0


def notify(settings: NotifySettings, *, event: str, title: str, text: str) -> list[Problem]:
    """Sends to everyone named; what could not be sent comes back, without any secret, and never
    stops a run.

    `event` is failed, recovered, stuck or late.
    """
    problems = []
    for name, send in (("webhook", _post), ("mail", _mail)):
        try:
            sent = send(settings, event, title, text)
        except (
            OSError,
            httpx.HTTPError,
            httpx.InvalidURL,
            smtplib.SMTPException,
            UnicodeError,
        ) as error:
            problems.append(
                Problem(f"notification by {name}", f"could not be sent: {_plain(error)}")
            )
            sent = False
        journal.write("notification", by=name, about=event, sent=sent)
    return problems


def webhook_url(settings: NotifySettings) -> str:
    """The environment goes before the file, the file before the block."""
    return _secret("TRANSIT_WEBHOOK_URL", settings.webhook_url_file)


def smtp_password(settings: NotifySettings) -> str:
    return _secret("TRANSIT_SMTP_PASSWORD", settings.smtp_password_file)


def _secret(variable: str, file: Path | None) -> str:
    if file and not os.environ.get(variable):
        return file.read_text(encoding="utf-8").strip()
    return stated(variable)


def _post(settings: NotifySettings, event: str, title: str, text: str) -> bool:
    url = webhook_url(settings)
    if not url:
        return False
    # `text` is what Slack, Mattermost and Teams show.
    message = {"text": f"{title}\n{text}", "event": event, "title": title, "host": platform.node()}
    httpx.post(url, json=message, timeout=SECONDS, follow_redirects=False).raise_for_status()
    return True


def _mail(settings: NotifySettings, event: str, title: str, text: str) -> bool:
    if not settings.mail_to:
        return False
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = (
        title,
        settings.mail_from,
        ", ".join(settings.mail_to),
    )
    message["X-Transit-Event"] = event
    message.set_content(text)
    password = smtp_password(settings) if settings.smtp_user else ""
    context = ssl.create_default_context()
    host, port = settings.smtp_host, settings.smtp_port
    if settings.smtp_security == "tls":
        connection: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=SECONDS, context=context)
    else:
        connection = smtplib.SMTP(host, port, timeout=SECONDS)
    with connection as server:
        if settings.smtp_security == "starttls":
            server.starttls(context=context)
        if settings.smtp_user and password:
            server.login(settings.smtp_user, password)
        server.send_message(message)
    return True


def _plain(error: Exception) -> str:
    """The address of a webhook is a secret, and httpx puts it into its messages."""
    if isinstance(error, httpx.HTTPStatusError):
        return f"answered {error.response.status_code}"
    if isinstance(error, (httpx.HTTPError, httpx.InvalidURL)):
        return type(error).__name__
    return str(error)
