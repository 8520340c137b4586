"""Notices as a delimited text file: a header, then one row per notice. Pure."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from hub.sdk import Notice, Rendered
from hub_payer.layout import TEMPLATES, FileOptions, layout_of
from hub_payer.rows import file_of


class NotificationOptions(FileOptions):
    """Options of ``notification-csv``."""

    template: Literal["hie", "minimal", "german"] = Field(
        default="hie",
        description=(
            "Columns, headers and date formats to begin with: those of health "
            "information exchanges, the fewest that say what happened, or German ones."
        ),
    )


def render(notices: Sequence[Notice], options: NotificationOptions) -> Rendered:
    """Return `notices` in their order, each as the row that the layout describes."""
    layout = layout_of(options, TEMPLATES[options.template])
    return file_of(
        layout.headers, map(layout.row, notices), options, kind="notification"
    )
