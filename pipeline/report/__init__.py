"""Writers of every export format; none of them computes a number."""
