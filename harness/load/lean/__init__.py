"""The lean engine: pure payers on an event loop of our own, without Locust in the process."""
