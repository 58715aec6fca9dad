"""What is known of English here: the small words that hold a sentence together, turn it round, or divide it.

Closed lists, lower case, no inflection beyond what stands there. Nothing of it is about any subject.
"""

__all__ = [
    "ABBREVIATIONS",
    "BLOCKED_BY_SUBJECT",
    "CONNECTORS",
    "CONTRASTS",
    "DISARMING",
    "FILLERS",
    "FIRM_CONNECTORS",
    "FUNCTION_WORDS",
    "GLUE",
    "JOINED_PREFIXES",
    "NEGATORS",
    "NO_CONNECTION",
    "NO_NEGATION",
    "NUMBERS",
    "OPENING",
    "OTHER_LANGUAGES",
    "SUBJECTS",
    "VERBS",
    "WRITTEN_TOGETHER",
    "words_of",
]


def words_of(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


SUBJECTS = words_of("i you u we they he she it there one someone somebody everyone everybody people nobody")
VERBS = words_of(
    """
    is are was were am be been being isnt has have had having do does did can could will would shall should may might
    must need needs needed require requires required take takes took learn learns know knows knew start starts begin
    begins use uses used train trains get gets got give gives gave make makes made help helps want wants wanted work
    works let lets keep keeps kept reuse reuses reach reaches reached cost costs save saves saved find finds found see
    sees saw seen say says said think thinks guess go goes went come comes came become becomes mean means contain
    contains show shows recognise recognises recognize recognizes detect detects understand understands understood
    remember remembers adapt adapts freeze freezes replace replaces converge converges avoid avoids remain remains stay
    stays suffice suffices exist exists carry carries transfer transfers apply applies perform performs happen happens
    allow allows lead leads end ends fine overfits overfit memorises memorizes generalises generalizes exists lacks
    lack own owns owned beats beat fails fail worked lasts lasted produces depends imagine suppose put puts hold holds
    """
)
NOT = words_of("not no never neither nor without hardly barely cannot nothing none")
CONNECTORS = words_of(
    """
    but because since so therefore hence thus while whereas although though which who whose if when where until unless
    however instead nor cause cuz consequently
    """
)
FIRM_CONNECTORS = words_of(
    "but because since so therefore hence thus while whereas although though however instead cause cuz consequently"
)
"""Those after which another thing is said, or the reason: no phrasing reaches across."""
OPENING = words_of("when if while because since as although though unless with without instead for after before until")
"""Words with which a clause begins that ends at its comma."""
DEGREES = words_of(
    "many much few little long far well good quick quickly fast large big huge small high hard often early"
)
NO_CONNECTION: dict[str, frozenset[str]] = {"so": DEGREES | words_of("on"), "instead": words_of("of")}
"""Connecting words that connect nothing before these."""
CONTRASTS = words_of("but whereas while however although though instead")
PREPOSITIONS = words_of(
    """
    of in on at to for with from by as into onto over under about after before between through during than like off up
    down out per via within among against around behind beyond upon
    """
)
PRONOUNS = words_of(
    """
    i you u we they he she it me him her us them my your ur our their his its this that these those there what who whom
    which one someone somebody anyone everyone nobody itself yourself ourselves themselves myself mine yours
    """
)
SMALL = words_of(
    """
    a an the and or either both any some all each every much many more most few less fewer little own same such other
    another only just also too very even still already then again here now how why almost not so well enough yet
    """
)
AUXILIARIES = words_of(
    "is are was were am be been being has have had do does did can could will would shall should may might must need"
)
QUANTITIES = words_of(
    "all some any each every much many more most few less fewer little own same such other another only just enough no"
)
FUNCTION_WORDS = NOT | CONNECTORS | PREPOSITIONS | PRONOUNS | SMALL | AUXILIARIES
GLUE = FUNCTION_WORDS - QUANTITIES
"""What holds a sentence together, and a list of expressions has none of."""
FILLERS = words_of(
    """
    a an the of my your ur our its their his her this that these those very really quite rather also too just then some
    any so such in on to for with by at as is are be it was were been have has had do does did will would can could and
    or own even still
    """
)
"""Words that aren't counted between two places of a phrasing."""

NEGATORS: tuple[tuple[str, ...], ...] = (
    ("not",), ("no",), ("never",), ("neither",), ("nor",), ("without",), ("hardly",), ("barely",), ("none",),
    ("nothing",), ("nobody",), ("instead", "of"), ("rather", "than"),
)  # fmt: skip
NO_NEGATION: tuple[tuple[str, ...], ...] = (
    ("not", "only"), ("not", "just"), ("not", "merely"), ("not", "simply"), ("nothing", "but"), ("no", "doubt"),
    ("no", "wonder"), ("no", "matter"), ("no", "more", "than"), ("not", "more", "than"), ("not", "sure"),
    ("why", "not"),
)  # fmt: skip
BLOCKED_BY_SUBJECT = words_of("instead rather without")
"""Negators that reach no further than the next subject: "instead of training all of it we train one layer"."""

DISARMING = words_of("than unlike rather instead versus vs against beats beat compared comparison contrast contrary")
"""Before what an answer is compared with: it then is no subject of what follows."""

ABBREVIATIONS = words_of("e g i vs approx ca cf fig no resp incl dr mr mrs")
JOINED_PREFIXES = words_of("pre re un over")
NUMBERS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60,
    "seventy": 70, "eighty": 80, "ninety": 90, "hundred": 100,
}  # fmt: skip

NEGATED = words_of("do does did is are was were would could should need has have had must")
WRITTEN_TOGETHER: dict[str, tuple[str, ...]] = {
    **{f"{verb}nt": (verb, "not") for verb in NEGATED},
    "dosnt": ("does", "not"),
    "dosent": ("does", "not"),
    "doesent": ("does", "not"),
    "cannot": ("can", "not"),
    "cant": ("can", "not"),
    "wont": ("will", "not"),
    "thats": ("that", "is"),
    "theres": ("there", "is"),
}
"""Contractions, also without their apostrophe."""

OTHER_LANGUAGES: dict[str, frozenset[str]] = {
    "German": words_of(
        """
        der die das und ist nicht ein eine einen einem einer es sie wir ich man mit von auf für fur dass weil wenn auch
        nur schon hat haben wird werden kann muss den dem zu im sich als aus bei oder aber mehr weniger deshalb
        """
    ),
    "French": words_of(
        """
        le la les un une des de du et est pas ne que qui pour dans sur avec il elle on nous vous ce cette car donc plus
        moins deja déjà a été etre être sont par au aux se son sa ses ont parce mais
        """
    ),
    "Spanish": words_of(
        """
        el la los las un una unos de del y es no que en para con por se su sus lo como más mas menos ya porque pero son
        esta este eso puede necesita hay al o muy sin sobre ha han
        """
    ),
    "Italian": words_of(
        """
        il lo la i gli le un una di del della dei e è non che per con si da in sono ha hanno più piu meno già gia
        perché perche ma anche quindi solo come questo questa nel alla
        """
    ),
    "Portuguese": words_of(
        """
        o a os as um uma de do da dos das e é não nao que em para com por se seu sua mais menos já ja porque mas são sao
        tem no na pode como
        """
    ),
    "Dutch": words_of(
        """
        de het een en is niet dat die in van op te met voor zijn er wordt worden kan moet ook maar omdat als al heeft
        hebben meer minder dus je we ze
        """
    ),
}
