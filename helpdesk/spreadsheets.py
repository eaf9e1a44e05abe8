"""What a CSV must not say to the spreadsheet that opens it."""


def harmless(words: str) -> str:
    """A name that begins like a formula would be run."""
    return f"'{words}" if words.startswith(("=", "+", "-", "@", "\t", "\r")) else words
