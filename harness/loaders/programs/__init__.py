"""What runs in the environment of a loader, not in the project's own."""
