"""Where the journal and its projections are kept. `port` says what a store must do; `sqlite` does it in one file."""
