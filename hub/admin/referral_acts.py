"""What the admin API needs from the hub to work with referrals."""

from typing import Protocol

from hub.coordination.referral_wishes import Said, Sent, Wanted
from hub.model.referrals import Reason


class ReferralActs(Protocol):
    """Works with referrals: `hub.runtime.referrals.operating.ReferralOperations`.

    Each method raises HubError.
    """

    async def send(self, wanted: Wanted, by: str, key: str = "") -> Sent:
        """Send a referral; sent again under the same key, once."""

    async def cancel(self, key: str, reason: Reason, by: str) -> Sent:
        """Cancel a referral, or ask whoever took it up to."""

    async def state(self, key: str, said: Said, by: str) -> Sent:
        """State something of a referral for one of its sides."""
