"""The judgement of a stored run: what happened, what it means, and the page that shows it."""
