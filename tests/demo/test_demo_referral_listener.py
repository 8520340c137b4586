"""What a hospital hears of its referrals. Everything in here is made up."""

import asyncio

from hub.demo.hospital import read_answer
from hub.demo.referral_listener import (
    FS_CR,
    HOST,
    VT,
    Heard,
    ReferralListener,
    answer,
    read_heard,
)

RRI = (
    "MSH|^~\\&|CAREHUB|HUB|EHR|ST_MARY|20260316||RRI^I12^RRI_I12|C-1|P|2.5.1\r"
    "RF1|A^Accepted^HL70283^accepted^accepted^99CAREHUB|||||R-1^ST_MARY\r"
)


def test_reads_of_which_referral_it_is_and_how_it_stands():
    assert read_heard(RRI) == Heard("RRI^I12", "R-1", "accepted")


def test_reads_nothing_from_what_says_nothing():
    assert read_heard("MSH|^~\\&|X\rRF1|A\r") == Heard("", "", "")


def test_answers_under_the_same_control_id():
    assert read_answer(answer(RRI).encode()) == ("AA", "C-1")


async def test_takes_messages_over_one_line_after_the_other():
    async with ReferralListener() as listener:
        for _ in range(2):
            reader, writer = await asyncio.open_connection(HOST, listener.port)
            for _ in range(2):
                writer.write(VT + RRI.encode() + FS_CR)
                async with asyncio.timeout(5):
                    frame = await reader.readuntil(FS_CR)
            writer.close()
            await writer.wait_closed()

    assert read_answer(frame) == ("AA", "C-1")
    assert [each.number for each in listener.heard] == ["R-1"] * 4
