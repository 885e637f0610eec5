"""The doors, one file per concern. They decode, ask who calls, read or hand to the inbox, and answer."""
