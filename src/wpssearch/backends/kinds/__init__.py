"""The kinds of plan that only the query language asks for, each in a file; loaded with it."""
