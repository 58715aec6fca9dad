"""Measurements that are made on demand, see docs/benchmarks.md."""
