"""What the demo and the end-to-end tests share: a warehouse, the pipeline, the comparison."""
