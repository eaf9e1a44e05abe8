"""How X's conversations are named here."""


def conversation_key(one: str, other: str) -> str:
    """X names no conversation on its webhooks: it is the two ids, the smaller number first."""
    smaller, larger = sorted((one, other), key=lambda id_: (len(id_), id_))
    return f"dm:{smaller}-{larger}"
