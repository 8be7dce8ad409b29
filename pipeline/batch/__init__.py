"""Many recordings at once: a durable queue, workers that may die, hours in which to work, and a report."""
