"""A local server that behaves as the documentation of the source systems says."""
