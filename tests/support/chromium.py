"""A headless Chromium, spoken to over two pipes: no port, no driver, nothing beside it."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

LIMIT_S = 60.0
NAMES = ("chromium", "chromium-browser", "google-chrome")


def chromium() -> str | None:
    """The program, where one is installed."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def axe_file() -> Path | None:
    """axe-core's script, where `npm install axe-core` or AXE_JS has put one."""
    named = os.environ.get("AXE_JS", "node_modules/axe-core/axe.min.js")
    return Path(named) if Path(named).is_file() else None


class Browser:
    """One page at a time."""

    def __init__(self, program: str) -> None:
        # Its processes may still write there when they are told to end.
        self._folder = tempfile.TemporaryDirectory(
            prefix="squall-browser-", ignore_cleanup_errors=True
        )
        to_child, ours_out = os.pipe()
        ours_in, from_child = os.pipe()
        words = [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run"]
        words += [f"--user-data-dir={self._folder.name}", "--remote-debugging-pipe", "about:blank"]
        redirected = f'exec "$@" 3<&{to_child} 4>&{from_child}'
        self._process = subprocess.Popen(
            ["bash", "-c", redirected, "bash", *words],
            pass_fds=(to_child, from_child),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(to_child)
        os.close(from_child)
        self._in, self._out, self._rest, self._number = ours_in, ours_out, b"", 0
        pages = self._send("Target.getTargets")["targetInfos"]
        page = next(each["targetId"] for each in pages if each["type"] == "page")
        attached = self._send("Target.attachToTarget", targetId=page, flatten=True)
        self._session: str | None = attached["sessionId"]
        self.call("Page.enable")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._process.terminate()
        self._process.wait(timeout=LIMIT_S)
        with suppress(ProcessLookupError):  # its first process does not wait for the others
            os.killpg(self._process.pid, signal.SIGKILL)
        os.close(self._in)
        os.close(self._out)
        self._folder.cleanup()

    def show(self, page: Path, width: int, scheme: str) -> None:
        """Open a page in a window of that width, in light or dark."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=800,
            deviceScaleFactor=1,
            mobile=False,
        )
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self.call("Emulation.setEmulatedMedia", features=[feature])
        self.call("Page.navigate", url=page.absolute().as_uri())
        deadline = time.monotonic() + LIMIT_S
        while self.ask("document.readyState") != "complete" and time.monotonic() < deadline:
            select.select([], [], [], 0.05)

    def ask(self, script: str) -> Any:  # noqa: ANN401  # any value of JSON
        """The value of an expression, awaited if it is a promise."""
        answer = self.call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in answer:
            raise AssertionError(str(answer["exceptionDetails"])[:500])
        return answer["result"].get("value")

    def picture(self, width: int, height: int | None = None) -> bytes:
        """The page as PNG: all of it, or its first `height` pixels."""
        high = height or int(self.ask("document.documentElement.scrollHeight"))
        clip = {"x": 0, "y": 0, "width": width, "height": high, "scale": 1}
        shot = self.call("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)
        return base64.b64decode(shot["data"])

    def axe(self, script: Path) -> list[str]:
        """What axe-core finds wrong on the page that is shown."""
        self.ask(f"{script.read_text()};0")
        found = self.ask(
            "axe.run().then(r => r.violations.map(v => v.id + ': ' + v.nodes[0].html))"
        )
        return [str(each) for each in found]

    def call(self, method: str, **values: object) -> dict[str, Any]:
        """One command of the DevTools protocol to the page."""
        return self._send(method, self._session, **values)

    def _send(self, method: str, session: str | None = None, **values: object) -> dict[str, Any]:
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": values}
        message |= {"sessionId": session} if session else {}
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise AssertionError(f"{method}: {answer['error']}")
                found: dict[str, Any] = answer["result"]
                return found

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._in], [], [], LIMIT_S)
            part = os.read(self._in, 1 << 20) if ready else b""
            if not part:
                raise AssertionError("the browser does not answer")
            self._rest += part
        line, _, self._rest = self._rest.partition(b"\0")
        found: dict[str, Any] = json.loads(line)
        return found
