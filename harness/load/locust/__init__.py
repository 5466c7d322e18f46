"""The Locust driver: the only place that imports Locust and gevent."""
