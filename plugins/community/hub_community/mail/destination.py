"""The destination ``referral-mail``: each artifact is one mail to one partner."""

from collections.abc import Callable
from datetime import UTC, datetime

import structlog

from hub.sdk import Artifact, Receipt
from hub_community.mail import smtp
from hub_community.mail.letter import Letter, written
from hub_community.mail.settings import ReferralMailSettings
from hub_community.page.wording import Words

log = structlog.get_logger()


def _now() -> datetime:
    return datetime.now(UTC)


class ReferralMail:
    """A destination. The same artifact is sent under the same Message-ID."""

    def __init__(
        self, settings: ReferralMailSettings, clock: Callable[[], datetime] = _now
    ) -> None:
        self._settings = settings
        self._clock = clock

    async def send(self, artifact: Artifact) -> Receipt:
        """Hand `artifact` to the mail server once."""
        message = written(self._letter(artifact), self._clock())
        receipt = await smtp.send(self._settings.smtp, self._settings.to, message)
        log.debug(
            "artifact.mailed",
            artifact=artifact.id,
            evidence=receipt.evidence,
            error_code=receipt.error_code,
        )
        return receipt

    async def close(self) -> None:
        """Do nothing: each mail has a connection of its own."""

    def _letter(self, artifact: Artifact) -> Letter:
        own = self._settings
        return Letter(
            name=artifact.id,
            sender=own.smtp.sender,
            sender_name=own.smtp.sender_name,
            to=own.to,
            subject=own.subject or Words(own.language)("subject_waiting"),
            body=artifact.body,
            media_type=artifact.media_type,
            language=own.language,
        )
