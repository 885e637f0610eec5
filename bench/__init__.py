"""Benchmarks that a person can run. They print ratios taken in one run on one machine; nothing here is a test."""
