"""Telling customers of their vouchers: what is said, how it leaves the house, and the worker that sees to it."""
