"""Sets the stage: the folder, the peers, and a configuration that knows them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from hub.demo.directories import write_directories
from hub.demo.hospital import Hospital
from hub.demo.observe import Peers
from hub.demo.payer import USER, Payer
from hub.demo.receiver import Receiver
from hub.demo.referral_listener import ReferralListener
from hub.demo.scenario import Scenario
from hub.demo.setting import (
    HOST,
    Surroundings,
    free_ports,
    prepare_folder,
    write_configuration,
    write_secret,
)
from hub.demo.sites import SITES


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything but the hub, ready for it to start with `config`."""

    folder: Path
    config: Path
    peers: Peers
    admin_url: str
    referrals: ReferralListener


@asynccontextmanager
async def set_stage(
    folder: Path, scenario: Scenario, *, rate: float = 0
) -> AsyncIterator[Stage]:
    """Start the peers around a hub that is not there yet.

    `rate` is how many messages a second each hospital sends; 0: as many as are
    answered. Raises DemoFolderTakenError and AsyncsshMissingError.
    """
    prepare_folder(folder)
    scenario.write_panel(folder)
    write_directories(folder)
    async with (
        Payer(folder) as payer,
        Receiver(folder) as receiver,
        ReferralListener() as referrals,
    ):
        write_secret(folder, receiver.secret)
        admin_port, *ports = free_ports(1 + len(SITES))
        listeners = dict(zip([site.name for site in SITES], ports, strict=True))
        around = Surroundings(
            sftp_port=payer.port,
            sftp_user=USER,
            private_key=payer.private_key.relative_to(folder),
            known_hosts=payer.known_hosts.relative_to(folder),
            webhook_url=receiver.url,
            listeners=listeners,
            admin_port=admin_port,
            referral_port=referrals.port,
        )
        hospitals = [
            Hospital(name, HOST, port, rate=rate) for name, port in listeners.items()
        ]
        yield Stage(
            folder=folder,
            config=write_configuration(folder, around),
            peers=Peers(tuple(hospitals), payer, receiver, folder),
            admin_url=f"http://{HOST}:{admin_port}",
            referrals=referrals,
        )
