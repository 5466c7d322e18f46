"""A verdict over HTTP, read-only, for tools that deploy."""
