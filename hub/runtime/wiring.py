"""From the configuration to the values that the pure rules work with."""

from pathlib import Path

from hub.config.tables import EVERYONE, HubConfig
from hub.coordination.panels import Panel, PanelError, read_panel
from hub.coordination.routes import Subscription


def subscriptions(config: HubConfig) -> list[Subscription]:
    """Return the subscriptions with their panels read. Raises PanelError."""
    panels = {name: _panel(name, table.file) for name, table in config.panels.items()}
    return [
        Subscription(
            name=each.name,
            destination=each.destination,
            events=each.types,
            purpose=each.purpose,
            panel=None if each.panel == EVERYONE else panels[each.panel],
            cadence=each.cadence,
        )
        for each in config.subscriptions.values()
    ]


def _panel(name: str, file: Path) -> Panel:
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            return read_panel(name, lines)
    except OSError as error:
        raise PanelError(f"{name}: {file}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise PanelError(f"{name}: {file} is not UTF-8") from error
