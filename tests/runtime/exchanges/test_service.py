"""Files from the desk to their effect. All of them are made up."""

import asyncio
from datetime import timedelta

import pytest

from hub.model.files import ROW_MEDIA_TYPE
from hub.runtime.exchanges.errors import NotSpooledError, StagingLostError
from hub.runtime.exchanges.sweeping import sweep
from hub.store.books import balance
from hub.store.exchanges import settling
from hub.store.exchanges.errors import NotHeldError, UnknownExchangeError
from tests.runtime.exchanges.files_world import (
    LENIENT,
    NOW,
    PLAIN,
    WHO,
    opened,
    source,
    text,
)


@pytest.fixture(name="folder")
def _folder(tmp_path):
    return tmp_path / "data"


async def test_a_file_takes_effect_and_each_change_is_a_message(folder):
    async with opened(folder) as files:
        found = await files.take(text("full", "a,1", "b,2"))

        assert (found.state, found.reason) == ("applied", "file.permitted")
        assert (found.rows, found.laid, found.fed, found.version) == (2, 2, 2, 1)
        assert files.held() == {"a": "1", "b": "2"}
        assert files.members() == ["1", "2"]
        assert files.messages() == [("set", "a", "1", None), ("set", "b", "2", None)]


async def test_a_message_says_of_which_file_and_partner_it_is(folder):
    roster = source(panel="payer", partner="payer-a")
    async with opened(folder, roster) as files:
        found = await files.take(text("full", "a,1"))

        [row] = files.query(
            "SELECT control_id, message_type, media_type, peer FROM message"
            " WHERE source = 'roster'"
        )
        assert row == (f"{found.id}:1", "roster row", ROW_MEDIA_TYPE, "payer-a")


async def test_what_a_file_says_again_makes_no_message(folder):
    async with opened(folder) as files:
        await files.take(text("full", "a,1", "b,2", "c,3"))

        await files.take(text("full", "a,1", "b,9"))

        assert files.messages()[3:] == [("set", "b", "9", "2"), ("end", "c", "3", "3")]
        assert files.held() == {"a": "1", "b": "9"}
        assert files.members() == ["1", "9"]


async def test_changes_leave_what_they_do_not_name(folder):
    async with opened(folder) as files:
        await files.take(text("full", "a,1", "b,2"))

        await files.take(text("delta", "c,3", "-a", "!x,7"))

        assert files.held() == {"b": "2", "c": "3"}
        assert files.members() == ["2", "3"]
        assert [op for op, *_ in files.messages()[2:]] == ["set", "end", "once"]


async def test_somebody_stays_on_the_panel_whom_another_record_names(folder):
    async with opened(folder) as files:
        await files.take(text("full", "health,1", "dental,1", "other,2"))

        await files.take(text("delta", "-dental"))

        assert files.members() == ["1", "2"]
        await files.take(text("delta", "-health"))
        assert files.members() == ["2"]


@pytest.mark.parametrize("semantics", ["full", "delta"])
async def test_many_changes_of_a_panel_take_effect_as_a_version(folder, semantics):
    async with opened(folder, source(panel="payer", **LENIENT)) as files:
        await files.take(text("full", *(f"k{n},{n}" for n in range(2000))))

        rows = [f"k{n},{n if n % 2 else n + 5000}" for n in range(2000)]
        await files.take(text(semantics, *rows))

        expected = sorted(str(n if n % 2 else n + 5000) for n in range(2000))
        assert files.members() == expected


async def test_a_panel_that_had_a_list_of_its_own_is_that_of_the_feed(folder):
    plain = source(**LENIENT)
    async with opened(folder, plain) as files:
        await files.take(text("full", "a,1", "b,2"))
    async with opened(folder) as files:
        await files.take(text("delta", "c,3"), "later.csv")

        assert files.members() == ["1", "2", "3"]


async def test_the_same_bytes_are_a_duplicate(folder):
    async with opened(folder) as files:
        await files.take(text("full", "a,1"))

        found = await files.take(text("full", "a,1"))

        assert (found.state, found.answer) == ("duplicate", "archive")
        assert len(files.messages()) == 1


async def test_a_file_is_delivered_once(folder):
    async with opened(folder) as files:
        desk, body = files.exchanges.desk("roster"), text("full", "a,1")
        listed = files.listed(body)
        ticket = await desk.claim(listed)
        assert await desk.claim(listed) is None
        files.exchanges.folders.spool(ticket.id)[0].write_bytes(body)
        key = await desk.deliver(ticket)

        assert await desk.deliver(ticket) == key
        assert await desk.claim(listed) is None
        assert await desk.claim(files.listed(body, "file-1.csv")) is not None


async def test_what_was_fetched_is_there_after_a_restart(folder):
    async with opened(folder) as files:
        listed = files.listed(b"12345")
        ticket = await files.exchanges.desk("roster").claim(listed)
        files.exchanges.folders.spool(ticket.id)[0].write_bytes(b"123")
    async with opened(folder) as files:
        again = await files.exchanges.desk("roster").claim(listed)

        assert (again.id, again.offset) == (ticket.id, 3)


async def test_what_is_given_up_is_free_at_once(folder):
    async with opened(folder) as files:
        desk, listed = files.exchanges.desk("roster"), files.listed(b"12345")
        kept = await desk.claim(listed)
        files.exchanges.folders.spool(kept.id)[0].write_bytes(b"12")
        await desk.give_up(kept, keep=True)
        again = await desk.claim(listed)
        await desk.give_up(again)
        anew = await desk.claim(listed)

        assert (again.id, again.offset) == (kept.id, 2)
        assert anew.id != kept.id
        assert anew.offset == 0


async def test_a_lease_that_ran_out_is_for_others(folder):
    async with opened(folder) as files:
        desk, listed = files.exchanges.desk("roster"), files.listed(b"12345")
        ticket = await desk.claim(listed)
        files.now += timedelta(minutes=9)
        await desk.renew()
        files.now += timedelta(minutes=9)
        assert await desk.claim(listed) is None
        files.now += timedelta(minutes=2)

        assert (await desk.claim(listed)).id == ticket.id


async def test_a_path_that_is_no_text_comes_back_as_it_was(folder):
    async with opened(folder) as files:
        body, desk = text("full", "a,1"), files.exchanges.desk("roster")
        listed = files.listed(body, "m\udcfcller.csv")
        ticket = await desk.claim(listed)
        files.exchanges.folders.spool(ticket.id)[0].write_bytes(body)
        await desk.deliver(ticket)
        await files.done()

        [answer] = await files.answers()
        assert answer.listed == listed


async def test_a_file_that_is_never_fetched_is_answered(folder):
    async with opened(folder) as files:
        desk, listed = files.exchanges.desk("roster"), files.listed(b"")
        await desk.refuse(listed, NotHeldError())
        await desk.refuse(listed, NotHeldError())

        [answer] = await files.answers()
        assert (answer.place, len(answer.replies)) == ("error", 1)
        assert b"LEDGER-002" in answer.replies[0][1]
        assert await desk.claim(listed) is None


async def test_each_file_is_answered_once(folder):
    async with opened(folder) as files:
        found = await files.take(text("full", "a,1", "?b,2", *_rows(200)))

        [answer] = await files.answer()
        [(name, body)] = answer.replies
        assert answer.place == "archive"
        assert name == f"{found.id}.response.csv"
        assert b"test.wrong" in body
        assert await files.answers() == []


def _rows(count):
    return [f"z{n},{n}" for n in range(100, 100 + count)]


async def test_replies_have_numbers_without_a_gap(folder):
    async with opened(folder) as files:
        for number in range(3):
            await files.take(text("delta", f"a,{number}", reply="X"))

        given = [each.replies[0][1] for each in await files.answer()]
        assert given == [b"ISA*X*%09d~" % number for number in (1, 2, 3)]


async def test_a_held_file_waits_and_is_answered_again_when_it_is_approved(folder):
    async with opened(folder, source(panel="payer", max_drop=0.2)) as files:
        await files.take(text("full", *_rows(10)))
        held = await files.take(text("full", *_rows(5), reply="X"))
        assert (held.state, held.reason) == ("held", "members.drop")
        assert len(files.held()) == 10
        first = (await files.answer())[-1]

        await files.exchanges.approve(held.id, WHO, "they moved")
        await files.done()

        found = files.shown(held.id)
        assert (found.state, found.reason) == ("applied", "decided.approved")
        assert found.actor == "ines"
        assert len(files.held()) == len(files.members()) == 5
        [final] = await files.answer()
        assert (first.place, final.place) == ("processing", "archive")
        assert [len(first.replies), len(final.replies)] == [2, 1]
        names = {name for name, _ in (*first.replies, *final.replies)}
        assert len(names) == 3


async def test_a_held_file_that_is_rejected_has_no_effect(folder):
    async with opened(folder, source(panel="payer", max_drop=0.2)) as files:
        await files.take(text("full", *_rows(10)))
        held = await files.take(text("full", *_rows(5)))
        await files.exchanges.reject(held.id, WHO, "they did not")
        await files.done()

        found = files.shown(held.id)
        assert (found.state, found.reason) == ("rejected", "decided.rejected")
        assert len(files.held()) == 10
        answers = await files.answer()
        assert [each.place for each in answers] == ["archive", "error"]
        with pytest.raises(NotHeldError):
            await files.exchanges.approve(held.id, WHO, "")


async def test_who_decided_is_in_the_audit(folder):
    async with opened(folder, source(max_drop=0.2)) as files:
        await files.take(text("full", *_rows(10)))
        held = await files.take(text("full", *_rows(5)))
        await files.exchanges.approve(held.id, WHO, "they moved")
        await files.done()

        found = files.query(
            "SELECT actor, action, reason FROM audit WHERE object = ? ORDER BY n",
            held.id,
        )
        assert found == [
            ("hub", "exchange.held", ""),
            ("ines", "exchange.approved", "they moved"),
            ("hub", "exchange.applied", ""),
        ]


async def test_approval_does_not_let_through_what_must_not_be_used(folder):
    roster = source(max_drop=0.2)
    async with opened(folder, roster) as files:
        await files.take(text("full", *_rows(10)))
        held = await files.take(text("full", *_rows(5)))
        files.exchanges.folders.original(held.id).write_bytes(
            text("full", *_rows(5), test=1)
        )
        await files.exchanges.approve(held.id, WHO, "")
        await files.done()

        assert files.shown(held.id).state == "rejected"


async def test_a_held_list_is_out_of_date_once_a_later_one_is_in_force(folder):
    async with opened(folder, source(panel="payer", max_drop=0.2)) as files:
        await files.take(text("full", *_rows(10)))
        held = await files.take(text("full", *_rows(5)))
        await files.answer()

        await files.take(text("full", *_rows(11)))

        found = files.shown(held.id)
        assert (found.state, found.reason) == ("rejected", "decided.superseded")
        places = {each.exchange: each.place for each in await files.answer()}
        assert places[held.id] == "error"


async def test_held_changes_wait_on_and_come_after_what_was_applied_meanwhile(folder):
    roster = source(panel="payer", max_terminations=0.2)
    async with opened(folder, roster) as files:
        await files.take(text("full", *_rows(10)))
        held = await files.take(text("delta", *(f"-z{n}" for n in range(100, 105))))
        await files.take(text("delta", "z100,new"))
        assert files.shown(held.id).state == "held"

        await files.exchanges.approve(held.id, WHO, "")
        await files.done()

        assert sorted(files.held()) == [f"z{n}" for n in range(105, 110)]
        assert files.shown(held.id).version == 3
        assert files.messages()[-5][3] == "new"


async def test_there_is_nothing_to_decide_about_what_is_not_there(folder):
    async with opened(folder) as files:
        with pytest.raises(UnknownExchangeError):
            await files.exchanges.approve("xch_1", WHO, "")
        with pytest.raises(UnknownExchangeError):
            await files.exchanges.reject("xch_1", WHO, "")


async def test_a_file_that_is_a_message_becomes_one(folder):
    async with opened(folder, source("plain", PLAIN)) as files:
        found = await files.take(b"MSH|made up", feed="plain")

        assert found.state == "applied"
        [row] = files.query(
            "SELECT body, media_type, control_id FROM message WHERE source = 'plain'"
        )
        assert row == (b"MSH|made up", "text/x-made-up", f"{found.id}:1")


async def test_rows_that_are_wrong_are_listed(folder):
    async with opened(folder, source(max_errors=0.5)) as files:
        found = await files.take(text("full", "a,1", "?b,2", *_rows(10)))

        [row] = files.query(
            'SELECT number, key, code, "column" FROM exchange_row WHERE exchange = ?',
            found.seq,
        )
        assert row == (2, "b", "test.wrong", "value")


async def test_the_bytes_go_when_nobody_needs_them_any_more(folder):
    days = {"roster": 30}
    async with opened(folder) as files:
        found = await files.take(text("full", "a,1"))
        await files.take(text("delta", "a,2"))
        given = (files.exchanges.folders, files.store.writer, files.store.reader, days)
        assert sweep(*given, NOW + timedelta(days=31)) == 0  # it is not answered yet
        await files.answer()
        assert sweep(*given, NOW + timedelta(days=29)) == 0

        assert sweep(*given, NOW + timedelta(days=31)) == 2

        assert not files.shown(found.id).kept
        assert not files.exchanges.folders.original(found.id).exists()
        assert files.query("SELECT count(*) FROM holding") == [(1,)]


async def test_adt_goes_first(folder):
    async with opened(folder) as files:
        await files.deliver(text("full", *_rows(100)))
        while not files.query("SELECT 1 FROM exchange WHERE state = 'applied'"):
            await files.step()

        assert await files.step()

        waiting = files.query(
            "SELECT count(*) FROM message WHERE state = 'received'"
            " AND source = 'roster'"
        )
        assert waiting == [(32,)]


async def test_the_books_balance(folder):
    async with opened(folder) as files:
        await files.take(text("full", *_rows(40)))
        await files.take(text("delta", "-z100"))
        reader = files.store.reader()
        try:
            checks = balance(reader).checks
        finally:
            reader.close()

        exchanges = [each for each in checks if "file" in each[0]]
        assert exchanges
        assert all(count == 0 for _, count in exchanges)


async def test_a_file_whose_staging_is_gone_is_checked_again(folder):
    async with opened(folder) as files:
        await files.take(text("full", *_rows(3)))
        key = await files.deliver(text("full", *_rows(2000)))
        await files.step()
        assert files.shown(key).state == "applying"
        files.exchanges.folders.unstage(key)

        await files.step()
        assert files.shown(key).state == "received"
        await files.done()

        assert files.shown(key).state == "applied"
        assert len(files.held()) == len(files.messages()) == 2000


async def test_a_file_that_is_in_force_and_lost_is_told_of(folder):
    async with opened(folder) as files:
        key = await files.deliver(text("full", *_rows(3)))
        while files.shown(key).state != "applied":
            await files.step()
        files.exchanges.folders.unstage(key)

        with pytest.raises(StagingLostError):
            await files.step()


async def test_what_has_no_bytes_is_not_delivered(folder):
    async with opened(folder) as files:
        desk = files.exchanges.desk("roster")
        ticket = await desk.claim(files.listed(b"12345"))
        files.exchanges.folders.despool(ticket.id)

        with pytest.raises(NotSpooledError):
            await desk.deliver(ticket)


async def test_a_panel_that_somebody_loads_meanwhile_is_staged_anew(folder, tmp_path):
    async with opened(folder) as files:
        await files.take(text("full", "a,1"))
        rows = _rows(600)
        key = await files.deliver(text("full", *rows))
        write, file = files.exchanges._applier._write, tmp_path / "list.csv"
        file.write_text("patient_id,assigning_authority,identifier\nM-1,PAYER,7\n")

        async def late(apply, payload):
            if apply is settling.put_in_force and file.exists():
                await files.keeper.load("payer", file, "full", "ines")
            return await write(apply, payload)

        files.exchanges._applier._write = late
        await files.done()

        assert files.shown(key).state == "applied"
        assert len(files.members()) == 600


async def test_two_feeds_are_fed_in_turns(folder):
    feeds = (source("one", **LENIENT), source("two", **LENIENT))
    async with opened(folder, *feeds) as files:
        for feed in ("one", "two"):
            await files.deliver(text("full", *_rows(100)), feed=feed)
        for _ in range(4):  # both are checked and applied
            await files.step()

        await files.drained(files.exchanges._feeder.turn())
        await files.drained(files.exchanges._feeder.turn())

        found = files.query(
            "SELECT source FROM message WHERE source IN ('one', 'two') ORDER BY seq"
        )
        assert [feed for (feed,) in found[::32]] == ["one", "two", "one", "two"]


async def test_it_works_by_itself_and_goes_on_after_a_restart(folder):
    async with opened(folder) as files:
        await files.deliver(text("full", "a,1"), "first.csv")
    async with opened(folder) as files, asyncio.TaskGroup() as tasks:
        desk = files.exchanges.desk("roster")
        running = tasks.create_task(files.exchanges.run())
        async with asyncio.timeout(20):
            while not await desk.owed():
                await desk.wait(1)
            await files.deliver(text("delta", "b,2"), "second.csv")
            while len(await desk.owed()) < 2:
                await desk.wait(1)
            while len(files.messages()) < 2:  # noqa: ASYNC110 - nobody waits for it
                await asyncio.sleep(0.01)
        running.cancel()

        assert files.held() == {"a": "1", "b": "2"}
