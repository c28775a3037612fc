"""Records in a Whoosh index: its schema, lock and commits; its segments are columns of our own."""

import warnings

# Whoosh 2.7.4 has escapes that newer Pythons warn of when they compile it for the first time.
warnings.filterwarnings("ignore", category=SyntaxWarning, module=r".*[/\\]whoosh[/\\]")
