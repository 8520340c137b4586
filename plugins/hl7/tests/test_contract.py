"""The listener and the normaliser keep the hub's contracts. Samples are synthetic."""

import asyncio
import contextlib

import pytest

import hub_hl7
from hub.testing import NormaliserContract, SourceContract
from hub_hl7.facts.profile import Hl7Profile
from hub_hl7.receiving.listener import MllpListener
from hub_hl7.receiving.settings import ListenerSettings
from hub_hl7.wire import mllp


class TestMllpListener(SourceContract):
    @pytest.fixture
    def source(self):
        return MllpListener(ListenerSettings(kind="mllp-listener", port=0))

    @pytest.fixture
    def samples(self, adt):
        return [adt(), adt(trigger="A03", msh={10: "2"}), b"no HL7 at all"]

    @pytest.fixture
    def canaries(self):
        return ["Musterfrau", "0047", "F2026001234", "no HL7"]

    @pytest.fixture
    def exchange(self):
        async def exchange(address, body):
            reader, writer = await asyncio.open_connection(*address.split(":"))
            try:
                writer.write(mllp.encode(body))
                return await reader.readuntil(mllp.END)
            except (asyncio.IncompleteReadError, ConnectionError):
                return None
            finally:
                writer.close()
                with contextlib.suppress(ConnectionError):
                    await writer.wait_closed()

        return exchange


class TestHl7Normaliser(NormaliserContract):
    @pytest.fixture
    def spec(self):
        spec, _ = hub_hl7.normalisers()
        return spec

    @pytest.fixture
    def profile(self):
        return Hl7Profile(time_zone="Europe/Berlin")

    @pytest.fixture
    def samples(self, adt):
        triggers = ("A01", "A02", "A03", "A04", "A08", "A11", "A12", "A13", "A31")
        return [
            *(adt(trigger=trigger, pv1={45: "20260314"}) for trigger in triggers),
            adt(pid={18: "K7"}, pv1={19: ""}, extra=["DG1|1||I50.1^x", "ZBE|1"]),
            adt(trigger="A01") + adt(trigger="A03"),  # comes back as its parts
        ]


def test_declares_a_source_whose_normaliser_it_also_declares():
    (source,) = hub_hl7.sources()
    declared = {each.name: each for each in hub_hl7.normalisers()}

    assert (source.kind, source.normaliser) == ("mllp-listener", "hl7-v2")
    assert declared.keys() == {"hl7-v2", "hl7-batch"}
    assert {each.media_type for each in declared.values()} == {
        "x-application/hl7-v2+er7"
    }
