"""A real browser, driven by keys as somebody without a mouse drives it.

Speaks the DevTools protocol of Chromium over its own web socket.
"""

import asyncio
import base64
import json
import shutil
import subprocess
import time
from contextlib import asynccontextmanager, contextmanager

import aiohttp

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
_KEYS = {
    "Tab": {"key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9},
    "Enter": {
        "key": "Enter",
        "code": "Enter",
        "windowsVirtualKeyCode": 13,
        "text": "\r",
    },
    "Space": {"key": " ", "code": "Space", "windowsVirtualKeyCode": 32, "text": " "},
    "ArrowDown": {"key": "ArrowDown", "code": "ArrowDown", "windowsVirtualKeyCode": 40},
}
_FOCUSED = """(() => {
  const it = document.activeElement, style = getComputedStyle(it);
  const box = it.getBoundingClientRect();
  return {tag: it.tagName, id: it.id, name: it.name || "", type: it.type || "",
    text: (it.innerText || "").trim(), href: it.getAttribute("href") || "",
    outline: parseFloat(style.outlineWidth) || 0, style: style.outlineStyle,
    label: it.labels ? Array.from(it.labels).map(l => l.innerText).join(" ") : "",
    visible: box.width > 0 && box.right > 0};
})()"""


class Browser:
    """One tab."""

    def __init__(self, socket):
        self._socket = socket
        self._number = 0
        self._answers = {}
        self._loaded = asyncio.Event()
        self.violations = []

    async def listen(self):
        async for message in self._socket:
            said = json.loads(message.data)
            if "id" in said:
                self._answers.pop(said["id"]).set_result(said)
            elif said["method"] == "Page.loadEventFired":
                self._loaded.set()
            elif said["method"] in {"Log.entryAdded", "Runtime.exceptionThrown"}:
                self._note(said["params"])

    def _note(self, said):
        # A status of 4xx is noted too, and is what a fault is meant to have.
        if said.get("entry", {}).get("source") != "network":
            self.violations.append(said)

    async def ask(self, method, **params):
        self._number += 1
        answer = asyncio.get_running_loop().create_future()
        self._answers[self._number] = answer
        await self._socket.send_json(
            {"id": self._number, "method": method, "params": params}
        )
        said = await asyncio.wait_for(answer, 20)
        assert "error" not in said, said
        return said["result"]

    async def open(self, url):
        self._loaded.clear()
        await self.ask("Page.navigate", url=url)
        await asyncio.wait_for(self._loaded.wait(), 20)

    async def value(self, expression):
        said = await self.ask(
            "Runtime.evaluate", expression=expression, returnByValue=True
        )
        assert "exceptionDetails" not in said, said
        return said["result"].get("value")

    async def press(self, key, *, leads_on=False):
        self._loaded.clear()
        for kind in ("keyDown", "keyUp"):
            await self.ask("Input.dispatchKeyEvent", type=kind, **_KEYS[key])
        if leads_on:
            await asyncio.wait_for(self._loaded.wait(), 20)

    async def type(self, text):
        await self.ask("Input.insertText", text=text)

    async def focused(self):
        return await self.value(_FOCUSED)

    async def tab_to(self, found):
        """Press Tab until `found` says that this is it; return all on the way."""
        way = []
        for _ in range(60):
            await self.press("Tab")
            way.append(await self.focused())
            if found(way[-1]):
                return way
        raise AssertionError(f"not reached by Tab: {[each['text'] for each in way]}")

    async def screenshot(self, path):
        said = await self.ask("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(said["data"]))


@contextmanager
def chromium(folder):
    """Start a browser; give the port at which it is told what to do."""
    process = subprocess.Popen(
        [
            CHROMIUM,
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--remote-debugging-port=0",
            f"--user-data-dir={folder}",
            "about:blank",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield _port(folder)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        # Its children let go of the folder a moment later.
        shutil.rmtree(folder, ignore_errors=True)


@asynccontextmanager
async def window(port, *, width=320, height=900, scripts=False):
    """Open a window as narrow as an old phone, which runs no scripts of pages.

    It shares nothing with other windows of the browser, not even cookies.
    """
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http:
        async with http.get("/json/version") as response:
            url = (await response.json(content_type=None))["webSocketDebuggerUrl"]
        async with _told(http, url) as whole:
            context = await whole.ask("Target.createBrowserContext")
            tab = await whole.ask("Target.createTarget", url="about:blank", **context)
            async with _told(http, f"/devtools/page/{tab['targetId']}") as browser:
                await _prepare(browser, width, height, scripts=scripts)
                yield browser
            await whole.ask("Target.disposeBrowserContext", **context)


@asynccontextmanager
async def browsing(folder, **more):
    """Open a `window` of a browser of its own."""
    own = chromium(folder)
    port = await asyncio.to_thread(own.__enter__)
    try:
        async with window(port, **more) as browser:
            yield browser
    finally:
        await asyncio.to_thread(own.__exit__, None, None, None)


@asynccontextmanager
async def _told(http, url):
    async with http.ws_connect(url, max_msg_size=0) as socket:
        browser = Browser(socket)
        listening = asyncio.create_task(browser.listen())
        try:
            yield browser
        finally:
            await socket.close()
            await listening


async def _prepare(browser, width, height, *, scripts):
    for domain in ("Page", "Runtime", "Log"):
        await browser.ask(f"{domain}.enable")
    await browser.ask("Emulation.setScriptExecutionDisabled", value=not scripts)
    await browser.ask(
        "Emulation.setDeviceMetricsOverride",
        width=width,
        height=height,
        deviceScaleFactor=1,
        mobile=True,
    )


def _port(folder):
    path, end = folder / "DevToolsActivePort", time.monotonic() + 30
    while not (path.exists() and path.read_text().count("\n")):
        assert time.monotonic() < end, "the browser did not start"
        time.sleep(0.02)
    return int(path.read_text().split("\n")[0])
