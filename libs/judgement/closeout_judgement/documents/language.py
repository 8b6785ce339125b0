"""Which language a text is in, by its commonest words. Judgements of wording are made for English only."""

from __future__ import annotations

import re
from collections import Counter

# The commonest words that are rare in each other's languages.
STOP_WORDS = {
    "en": "the of and to was is in that were for with this it we be on our not by had have from as which are when",
    "de": "der die das und ist nicht von mit den dem ein eine wurde zu auf für sich auch nach bei werden wir durch",
    "fr": "le la les des et est une un dans pour que qui sur pas avec nous par été aux ce cette ont sont du au",
    "es": "el los las una del que por con para se fue no es en como más este esta pero ha al lo y su",
    "pt": "o os uma do da que não em para com foi por mais como mas dos das ao às foram são e um na no",
    "it": "il che di non è per una sono con del della stato gli dei nel alla i anche questo più e le si",
    "nl": "de het een van en niet dat is op te zijn voor met aan door er werd naar ook bij om we hebben",
    "da": "og det af til er som en på for med ikke den vi har ved der blev efter fra kunne et var at",
    "sv": "och det att som en på är av för med den till inte har vi ett om blev från efter när var",
    "no": "og det av til er som en på for med ikke den vi har ved ble etter fra kunne et var at noen",
    "pl": "i w na nie się z do jest że to przez od po był była dla oraz został które przy",
    "cs": "a v na se je že to s do z byl byla bylo pro nebo jsme po od při který jako",
}
SETS = {language: frozenset(words.split()) for language, words in STOP_WORDS.items()}
SCRIPTS = (
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("ko", re.compile(r"[\uac00-\ud7af]")),
    ("zh", re.compile(r"[\u4e00-\u9fff]")),
    ("ru", re.compile(r"[\u0400-\u04ff]")),
    ("el", re.compile(r"[\u0370-\u03ff]")),
    ("ar", re.compile(r"[\u0600-\u06ff]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
)
NAMES = {
    "en": "English", "de": "German", "fr": "French", "es": "Spanish", "pt": "Portuguese", "it": "Italian",
    "nl": "Dutch", "da": "Danish", "sv": "Swedish", "no": "Norwegian", "pl": "Polish", "cs": "Czech",
    "ja": "Japanese", "ko": "Korean", "zh": "Chinese", "ru": "Russian", "el": "Greek", "ar": "Arabic", "he": "Hebrew",
}  # fmt: skip
WORD = re.compile(r"[^\W\d_]+")
LOOKED_AT = 20_000
FEWEST_WORDS = 12
# Of all words. English prose has .25 to .45; lists of commands and names have less.
LOWEST_SHARE = 0.08
SCRIPT_SHARE = 0.2


def language_of(text: str) -> str:
    """ISO 639-1, or "" where there is too little prose to say.

    >>> language_of("The deploy was rolled back and the queue drained when the workers had been restarted by us.")
    'en'
    >>> language_of("kubectl get pods")
    ''
    """
    sample = text[:LOOKED_AT]
    letters = sum(map(str.isalpha, sample)) or 1
    for language, script in SCRIPTS:
        if len(script.findall(sample)) / letters > SCRIPT_SHARE:
            return language
    words = Counter(WORD.findall(sample.lower()))
    if words.total() < FEWEST_WORDS:
        return ""
    scores = {language: sum(words[word] for word in wanted) for language, wanted in SETS.items()}
    best = max(scores, key=lambda one: scores[one])
    return best if scores[best] >= LOWEST_SHARE * words.total() else ""
