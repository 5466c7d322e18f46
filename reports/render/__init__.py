"""A scorecard for people: words, pictures, one page."""
