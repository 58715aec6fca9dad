"""The same ten notebooks through this grader, nbgrader and otter-grader: `python -m benchmarks.peers`."""
