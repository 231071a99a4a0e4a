"""What is run by hand on the project's own files."""
