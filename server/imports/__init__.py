"""Customers and open items from an ERP's files: bytes → `reading` → `mapping` → `customers` / `items` → entries' rows.

Nothing here writes: what comes out is rows for entries, and a list of every line that did not become one.
"""
