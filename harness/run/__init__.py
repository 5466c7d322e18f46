"""One run, from the request to the sealed folder, and the commands around it."""
