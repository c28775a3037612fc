"""What those who write columns and those who read them agree on."""

from wpssearch.analysis import CAPITALS, PLAIN, SHOUTED

__all__ = ["ABBREVIATION", "APART", "CASES", "LONG_FORM", "POSTING_BLOCK"]

#: With which the words of the column ``acronyms`` begin: ``<wpa TAB WPA TAB women's protection
#: adviser``, and the same long form by the stem of its first word.
ABBREVIATION, LONG_FORM = "<", ">"
#: Between a stem and a form that is kept apart from it.
APART = b"\0"
#: How a form was written, by number.
CASES = (PLAIN, CAPITALS, SHOUTED)
#: Of each so manieth posting it is kept how many occurrences are before it.
POSTING_BLOCK = 256
