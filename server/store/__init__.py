"""Where the journal and its projections are kept. `port` says what a store must do; `sql` does it in SQL that both
engines know; `sqlite` keeps a company in one file, `postgres` in one schema of a database; `opening` chooses."""
