"""Names of languages, and which language a text is in, by its commonest words."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.analysis.questions import normalised

# Words that carry grammar: each language's own, left out where a neighbour in this table has the same.
_COMMON: Mapping[str, frozenset[str]] = {
    code: frozenset(words.split())
    for code, words in {
        "en": "the and you that is it of to what are we this have do with not they there was be can how your",
        "es": "el los las que y es una por para con muy pero qué cómo está son tiene vamos hay más ustedes porque",
        "fr": "le les des est que et vous nous je pas une dans pour qui avec sur mais c'est alors très oui fait",
        "de": "der die und das ist ich nicht wir ihr ein eine mit auf was wie auch noch haben kann dann aber zu",
        "pt": "os que uma não você isso para com mais então está muito vocês eu ele ela mas também fazer são",
        "it": "il che di è non una per sono ma con cosa questo anche più della perché allora fare siamo hai",
        "nl": "het een van en ik dat niet we wat zijn op met voor maar ook hoe naar dan jullie heeft deze",
        "pl": "nie to się że na jest co jak tak czy ale dla już tylko może mamy jeszcze bardzo ty",
        "tr": "bir ve bu ne için çok var değil ama mi daha sonra şimdi nasıl evet hayır olan biz",
        "sv": "och att det är som en på inte för med har jag vi vad hur så kan ska om",
    }.items()
}
_NAMES: Mapping[str, str] = {
    "ar": "Arabic",
    "de": "German",
    "el": "Greek",
    "en": "English",
    "es": "Spanish",
    "fr": "French",
    "hi": "Hindi",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "nl": "Dutch",
    "pl": "Polish",
    "pt": "Portuguese",
    "ru": "Russian",
    "so": "Somali",
    "sv": "Swedish",
    "tl": "Tagalog",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "vi": "Vietnamese",
    "zh": "Chinese",
}
# Scripts that belong to one language, or to one that stands for its neighbours.
_SCRIPTS = (
    ("ja", 0x3040, 0x30FF),
    ("zh", 0x4E00, 0x9FFF),
    ("ko", 0xAC00, 0xD7AF),
    ("ar", 0x0600, 0x06FF),
    ("ru", 0x0400, 0x04FF),
    ("el", 0x0370, 0x03FF),
    ("hi", 0x0900, 0x097F),
)
MIN_COMMON_WORDS = 2  # one common word may be a name, or a word that is quoted


def language_name(code: str) -> str:
    """The English name of an ISO 639-1 code, or the code itself."""
    return _NAMES.get(code, code)


def language_of_name(name: str) -> str | None:
    """The code of a language that is called by its English name, in any case; None for any other word."""
    return next((code for code, known in _NAMES.items() if known.casefold() == name.casefold()), None)


def guess_language(text: str, usual: str | None = "en") -> str | None:
    """The language of a text, by its script or its commonest words; ``usual`` where these do not tell."""
    letters = [ord(char) for char in text if char.isalpha()]
    for code, first, last in _SCRIPTS:
        if letters and sum(first <= letter <= last for letter in letters) > 0.5 * len(letters):
            return code
    words = normalised(text).split()
    counts = {code: sum(word in common for word in words) for code, common in _COMMON.items()}
    best = max(counts, key=lambda code: (counts[code], code == usual))
    if counts[best] < MIN_COMMON_WORDS or (usual in counts and counts[best] <= counts[usual or ""]):
        return usual
    return best
