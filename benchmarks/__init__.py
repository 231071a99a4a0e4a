"""How fast, against what else there is: `python -m benchmarks` measures and prints it."""
