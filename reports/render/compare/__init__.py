"""The page and the words of a comparison."""
