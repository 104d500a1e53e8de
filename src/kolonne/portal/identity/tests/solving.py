"""What a visitor's browser does with the challenge."""

import altcha

from kolonne.portal.identity import challenge


def solved() -> str:
    """The answer to a fresh challenge, as the form sends it."""
    return answer_to(challenge.issue())


def answer_to(issued: altcha.Challenge) -> str:
    found = altcha.solve_challenge(
        challenge=issued.challenge, salt=issued.salt, algorithm=issued.algorithm, max_number=issued.max_number, start=0
    )
    assert found is not None
    payload = altcha.Payload(issued.algorithm, issued.challenge, found.number, issued.salt, issued.signature)
    return payload.to_base64()
