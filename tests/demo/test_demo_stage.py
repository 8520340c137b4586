import asyncio

from hub.demo.scenario import Scenario
from hub.demo.stage import set_stage


async def test_starts_the_peers_and_tells_the_hub_where_they_are(tmp_path):
    scenario = Scenario.make(20, 3)
    async with set_stage(tmp_path / "demo", scenario) as stage:
        config = stage.config.read_text(encoding="utf-8")
        _, writer = await asyncio.open_connection("127.0.0.1", stage.peers.payer.port)
        writer.close()
        await writer.wait_closed()

    assert f"port = {stage.peers.payer.port}" in config
    assert stage.peers.receiver.url in config
    assert (tmp_path / "demo" / "panel-payer-b.csv").exists()
