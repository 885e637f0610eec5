"""Who is who: passwords, sessions, enrolment codes, and what a role may do."""
