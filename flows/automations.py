"""Notices by Prefect itself, beside [notify]: they come even where the process that ran, or its machine, is gone."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

from prefect.automations import Automation, ResourceSpecification
from prefect.blocks.notifications import CustomWebhookNotificationBlock
from prefect.events.actions import SendNotification
from prefect.events.schemas.automations import EventTrigger, Posture
from prefect.types import SecretDict

from flows.notify import webhook_url
from flows.settings import Settings
from warehouse.errors import Problem, SettingsError

BLOCK = "transit-webhook"
_RUNS = ResourceSpecification({"prefect.resource.id": "prefect.flow-run.*"})
_OURS = ResourceSpecification({"prefect.resource.name": ["transit", "transit-checks"], "prefect.resource.role": "flow"})
_ENDED_BADLY = {"prefect.flow-run.Failed", "prefect.flow-run.Crashed", "prefect.flow-run.TimedOut"}
_ENDED = {*_ENDED_BADLY, "prefect.flow-run.Completed", "prefect.flow-run.Cancelled"}


def make_automations(settings: Settings) -> list[str]:
    """Makes, or makes anew, the webhook's block and an automation per kind of trouble; returns their names.

    The webhook's address is kept by Prefect as a secret of the block. Raises SettingsError where none is stated.
    """
    url = webhook_url(settings.notify)
    if not url:
        raise SettingsError(
            "there is nobody to tell",
            [Problem("[notify] webhook_url_file", "is not set, nor TRANSIT_WEBHOOK_URL or a Secret block transit-webhook-url")],
            "State the address the notices are posted to.",
        )  # fmt: skip
    return asyncio.run(_make(url, settings.schedule.stuck_after_hours))


async def _make(url: str, stuck_after_hours: float) -> list[str]:
    block = CustomWebhookNotificationBlock(
        name=BLOCK,
        url="{{url}}",
        secrets=SecretDict({"url": url}),
        headers=None,
        cookies=None,
        # `text` is what Slack, Mattermost and Teams show.
        json_data={"text": "{{subject}}\n{{body}}", "event": "prefect", "title": "{{subject}}"},
    )
    kept = await block.asave(BLOCK, overwrite=True)
    automations = automations_of(kept, stuck_after_hours)
    for automation in automations:
        try:
            automation.id = (await Automation.aread(name=automation.name)).id
            await automation.aupdate()
        except ValueError:
            await automation.acreate()
    return [automation.name for automation in automations]


def automations_of(block: UUID, stuck_after_hours: float) -> list[Automation]:
    """Failed or crashed, late, and stuck: each tells the block's webhook."""

    def told(name: str, trigger: EventTrigger, subject: str, body: str) -> Automation:
        action = SendNotification(
            block_document_id=block, subject=f"transit: {{{{ flow_run.name }}}} {subject}", body=body
        )
        return Automation(name=f"transit {name}", trigger=trigger, actions=[action])

    def happened(*events: str) -> EventTrigger:
        return EventTrigger(posture=Posture.Reactive, match=_RUNS, match_related=_OURS, expect=set(events), threshold=1, within=timedelta(0))  # fmt: skip

    found = [
        told("failed or crashed", happened(*_ENDED_BADLY), "is {{ flow_run.state.name }}", "{{ flow_run.state.message }}"),
        told("late", happened("prefect.flow-run.Late"), "is late", "It was to start at {{ flow_run.expected_start_time }}. Look whether a worker serves the work pool."),
    ]  # fmt: skip
    if stuck_after_hours:
        did_not_end = EventTrigger(
            posture=Posture.Proactive, match=_RUNS, match_related=_OURS, after={"prefect.flow-run.Running"}, expect=set(_ENDED),
            for_each={"prefect.resource.id"}, threshold=1, within=timedelta(hours=stuck_after_hours),
        )  # fmt: skip
        found.append(
            told("stuck", did_not_end, "is stuck", f"It has been at work for more than {stuck_after_hours:g} hours.")
        )
    return found
