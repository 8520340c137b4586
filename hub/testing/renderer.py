"""What every renderer must do.

A third party subclasses the suite::

    class TestMyFormat(RendererContract):
        @pytest.fixture
        def spec(self):
            return MY_RENDERER  # the RendererSpec that the hook returns

        @pytest.fixture
        def options(self):
            return MyOptions()

The notices come from `hub.testing.samples`; the format's own tests say what the
bytes must be.
"""

import re
from collections.abc import Sequence

import pytest

from hub.contract import RendererSpec
from hub.model.delivery import Notice, Rendered
from hub.settings import Settings
from hub.testing.samples import NOTICES, notices

MEDIA_TYPE = re.compile(
    r"[a-z0-9.+-]+/[a-z0-9.+-]+(; ?[a-z-]+=[^\s;]+)*", re.IGNORECASE
)
SUFFIX = re.compile(r"(\.[a-z0-9]+)*")
MOST_NOTICES = 1000


class RendererContract:
    """Subclass in a plugin's tests and provide the two fixtures."""

    @pytest.fixture
    def spec(self) -> RendererSpec:
        """Return what the plugin's hook declares."""
        raise NotImplementedError

    @pytest.fixture
    def options(self) -> Settings:
        """Return options of the format, an instance of ``spec.options``."""
        raise NotImplementedError

    @pytest.mark.parametrize("notice", NOTICES, ids=lambda notice: notice.event.id)
    def test_renders_every_kind_of_notice(
        self, spec: RendererSpec, options: Settings, notice: Notice
    ) -> None:
        """Missing fields and awkward texts are everyday content."""
        check_rendered(spec.render([notice], options))

    def test_renders_the_same_notices_to_the_same_bytes(
        self, spec: RendererSpec, options: Settings
    ) -> None:
        """The id of an artifact depends on it, and so does sending it once."""
        for sample in _portions(NOTICES, spec.max_notices):
            first, second = (spec.render(sample, options) for _ in range(2))
            assert first == second

    def test_renders_different_notices_to_different_bytes(
        self, spec: RendererSpec, options: Settings
    ) -> None:
        """Two notices that look the same would be taken for one."""
        bodies = {spec.render([notice], options).body for notice in NOTICES}

        assert len(bodies) == len(NOTICES)

    def test_takes_as_many_notices_as_it_declares(
        self, spec: RendererSpec, options: Settings
    ) -> None:
        """The hub fills an artifact up to the declared number."""
        assert spec.max_notices >= 1

        full = spec.render(notices(min(spec.max_notices, MOST_NOTICES)), options)

        check_rendered(full)

    def test_mixes_every_kind_of_notice(
        self, spec: RendererSpec, options: Settings
    ) -> None:
        """One artifact holds what happened since the last one."""
        for sample in _portions(NOTICES, spec.max_notices):
            check_rendered(spec.render(sample, options))


def check_rendered(rendered: Rendered) -> None:
    """Assert what a destination relies on."""
    assert isinstance(rendered, Rendered)
    assert isinstance(rendered.body, bytes)
    assert rendered.body
    assert MEDIA_TYPE.fullmatch(rendered.media_type)
    assert SUFFIX.fullmatch(rendered.suffix), "a suffix is like .csv, or empty"


def _portions(all_notices: Sequence[Notice], most: int) -> list[Sequence[Notice]]:
    starts = range(0, len(all_notices), most)
    return [all_notices[start : start + most] for start in starts]
