"""What the harness and a keeper say to each other: JSON over HTTP.

```
GET  /edges                                  200 Told
POST /fault  Ask(edge, fault, lease_s)       200 Told (that edge)
POST /renew  Ask(edge (`edge#slot`), lease_s) 200 Told ()
GET  /reach?edge=NAME                        200 Reached
POST /clear  Ask(edge (`edge#slot`))         200 Told (that edge)
```

400: the request is wrong. 404: no such edge. 409: the fault cannot be set, or there is none (any
more). 503: Envoy or the TCP proxy does not answer. `message` says which.
"""

from __future__ import annotations

import msgspec

from harness.targets.records import EdgeFault, EdgeStatus


class Ask(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One request; `edge` is an edge's name or `edge#slot`."""

    edge: str
    fault: EdgeFault | None = None
    lease_s: float = 0.0


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """The answer. `message` says what is wrong, "" if nothing is."""

    edges: tuple[EdgeStatus, ...] = ()
    message: str = ""


class Reached(msgspec.Struct, frozen=True, kw_only=True):
    """How many addresses behind an edge took a new connection, or why none was tried."""

    tried: int = 0
    reached: int = 0
    message: str = ""
