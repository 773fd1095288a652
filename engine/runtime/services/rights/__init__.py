"""Who may do and see what, and why."""
