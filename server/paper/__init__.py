"""Paper: vouchers, deposit slips and statements, from documents to HTML to PDF.

It reads no database and no clock: what is printed is told. It decides nothing about money; it writes what the
documents say, in Arabic and English on one sheet.
"""
