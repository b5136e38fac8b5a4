"""Notices by Prefect itself, beside [notify]: they come even where the process that ran, or its
machine, is gone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import quote, urlencode
from uuid import UUID

from prefect.automations import Automation, ResourceSpecification
from prefect.blocks.notifications import CustomWebhookNotificationBlock, SlackWebhook
from prefect.events.actions import SendNotification
from prefect.events.schemas.automations import EventTrigger, Posture
from prefect.types import SecretDict
from pydantic import SecretStr

from flows.operate.notify import smtp_password, webhook_url
from flows.settings import NotifySettings, Settings
from warehouse.errors import Problem, SettingsError

BLOCK, MAIL_BLOCK = "transit-webhook", "transit-mail"
MODES = {"none": "insecure", "starttls": "starttls", "tls": "ssl"}
_RUNS = ResourceSpecification({"prefect.resource.id": "prefect.flow-run.*"})
_OURS = ResourceSpecification(
    {"prefect.resource.name": ["transit", "transit-checks"], "prefect.resource.role": "flow"}
)
_ENDED_BADLY = {"prefect.flow-run.Failed", "prefect.flow-run.Crashed", "prefect.flow-run.TimedOut"}
_ENDED = {*_ENDED_BADLY, "prefect.flow-run.Completed", "prefect.flow-run.Cancelled"}


def make_automations(settings: Settings) -> list[str]:
    """Makes, or makes again, the blocks that tell and an automation per kind of trouble; returns
    their names.

    The webhook's address and the mail's password are kept by Prefect as secrets of their blocks.
    Raises SettingsError where nobody is named.
    """
    url, mail = webhook_url(settings.notify), mail_url(settings.notify)
    if not (url or mail):
        raise SettingsError(
            "there is nobody to tell",
            [
                Problem(
                    "[notify] webhook_url_file, mail_to",
                    "are not set, nor TRANSIT_WEBHOOK_URL or a Secret block transit-webhook-url",
                )
            ],
            "State the address the notices are posted or mailed to.",
        )
    return asyncio.run(_make(url, mail, settings.schedule.stuck_after_hours))


def mail_url(notify: NotifySettings) -> str:
    """[notify]'s mail as Prefect's library for notices, Apprise, wants it; empty where nobody is
    named.
    """
    if not notify.mail_to:
        return ""
    user = ""
    if notify.smtp_user:
        user = f"{quote(notify.smtp_user, safe='')}:{quote(smtp_password(notify), safe='')}@"
    to = "/".join(quote(one, safe="") for one in notify.mail_to)
    asked = urlencode(
        {"from": notify.mail_from, "smtp": notify.smtp_host, "mode": MODES[notify.smtp_security]}
    )
    return f"mailto{'' if notify.smtp_security == 'none' else 's'}://{user}{notify.smtp_host}:{notify.smtp_port}/{to}?{asked}"


def mail_block(url: str) -> SlackWebhook:
    """Of Prefect's own blocks the one that hands its address to Apprise as it is; a mail block
    would have to be installed where the server runs.
    """
    return SlackWebhook(url=SecretStr(url))


async def _make(url: str, mail: str, stuck_after_hours: float) -> list[str]:
    kept = []
    if url:
        block = CustomWebhookNotificationBlock(
            name=BLOCK,
            url="{{url}}",
            secrets=SecretDict({"url": url}),
            headers=None,
            cookies=None,
            # `text` is what Slack, Mattermost and Teams show.
            json_data={"text": "{{subject}}\n{{body}}", "event": "prefect", "title": "{{subject}}"},
        )
        kept.append(await block.asave(BLOCK, overwrite=True))
    if mail:
        kept.append(await mail_block(mail).asave(MAIL_BLOCK, overwrite=True))
    automations = automations_of(kept, stuck_after_hours)
    for automation in automations:
        try:
            automation.id = (await Automation.aread(name=automation.name)).id
            await automation.aupdate()
        except ValueError:
            await automation.acreate()
    return [automation.name for automation in automations]


def automations_of(blocks: Sequence[UUID], stuck_after_hours: float) -> list[Automation]:
    """Failed or crashed, late, and stuck: each tells through every block."""

    def told(name: str, trigger: EventTrigger, subject: str, body: str) -> Automation:
        subject = f"transit: {{{{ flow_run.name }}}} {subject}"
        actions = [
            SendNotification(block_document_id=block, subject=subject, body=body)
            for block in blocks
        ]
        return Automation(name=f"transit {name}", trigger=trigger, actions=list(actions))

    def happened(*events: str) -> EventTrigger:
        return EventTrigger(
            posture=Posture.Reactive,
            match=_RUNS,
            match_related=_OURS,
            expect=set(events),
            threshold=1,
            within=timedelta(0),
        )

    found = [
        told(
            "failed or crashed",
            happened(*_ENDED_BADLY),
            "is {{ flow_run.state.name }}",
            "{{ flow_run.state.message }}",
        ),
        told(
            "late",
            happened("prefect.flow-run.Late"),
            "is late",
            "It was to start at {{ flow_run.expected_start_time }}. Look whether a worker "
            "serves the work pool.",
        ),
    ]
    if stuck_after_hours:
        did_not_end = EventTrigger(
            posture=Posture.Proactive,
            match=_RUNS,
            match_related=_OURS,
            after={"prefect.flow-run.Running"},
            expect=set(_ENDED),
            for_each={"prefect.resource.id"},
            threshold=1,
            within=timedelta(hours=stuck_after_hours),
        )
        found.append(
            told(
                "stuck",
                did_not_end,
                "is stuck",
                f"It has been at work for more than {stuck_after_hours:g} hours.",
            )
        )
    return found
