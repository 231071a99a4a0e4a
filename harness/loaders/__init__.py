"""Other loaders than the one of ``meltano.yml``: what each keeps of what the tap writes."""
