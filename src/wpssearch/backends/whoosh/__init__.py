"""Records in a Whoosh index: its schema, segments, locks and commits."""
