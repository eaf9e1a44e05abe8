"""Which customer message after a resolution asks for nothing ("thanks!", an emoji).

Such a one neither reopens nor starts a clock.
The rule is visible here and deliberately narrow: a few whole phrases and symbols. When in doubt the ticket reopens;
an agent corrects the other mistake with one click on Reopen.
"""

import re
import unicodedata

_LONGEST = 60

_PHRASES = frozenset(
    """
    thanks, thank you, thank u, thx, ty, tysm, many thanks, thanks a lot, thank you so much, thank you very much,
    thanks so much, cheers, great, great thanks, great thank you, perfect, perfect thanks, perfect thank you, awesome,
    awesome thanks, brilliant, brilliant thanks, lovely, lovely thanks, ok, okay, ok thanks, okay thanks, ok thank you,
    all good, all good thanks, got it, got it thanks, will do, sorted, sorted thanks, that works, that works thanks,
    danke, vielen dank, danke schön, merci, merci beaucoup, gracias, muchas gracias, grazie, grazie mille, obrigado,
    obrigada, bedankt, dank je, dziękuję, tack, takk, tak, kiitos, teşekkürler, شكرا, شكراً, شكرا جزيلا, תודה, תודה רבה,
    ありがとう, ありがとうございます, 谢谢, 감사합니다, спасибо, дякую
    """.replace("\n", " ").split(",")
)
_KNOWN = frozenset(" ".join(phrase.split()) for phrase in _PHRASES)


def is_closing_message(text: str) -> bool:
    """True for words that only say thanks, and for emoji or punctuation alone; False for no words at all."""
    stripped = text.strip()
    if not stripped or len(stripped) > _LONGEST or "?" in stripped:
        return False
    words = " ".join(re.findall(r"[^\W_]+", stripped.casefold()))
    return words in _KNOWN or (not words and _has_emoji(stripped))


def _has_emoji(text: str) -> bool:
    return any(unicodedata.category(character) == "So" for character in text)
