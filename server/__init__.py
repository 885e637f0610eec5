"""The doors and shelves of Sanad: web application, stores, identity, paper, reports, imports, command line."""
