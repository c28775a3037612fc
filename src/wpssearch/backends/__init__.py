"""What stores records and matches them: a plan of the query, a score, and one store today."""
