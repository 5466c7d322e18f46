"""How a service calls what may fail: a stack of httpx transports, and a bounded database pool."""
