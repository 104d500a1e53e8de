"""Words in one line, as they stand in lists, mails and the audit."""


def in_line(text: str) -> str:
    """Breaks and odd spaces become one space."""
    return " ".join(text.split())


def is_visible(text: str) -> bool:
    """Whether people see every sign of it: nothing that turns the direction of the words around it, nothing hidden."""
    return text.isprintable()
