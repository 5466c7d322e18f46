"""How a service calls another one: a stack of httpx transports, each with one task."""
