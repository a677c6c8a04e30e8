"""Months by their names in the languages of ticket systems."""

import unicodedata
from functools import lru_cache

# Names by language, without accents: an abbreviation is the beginning of a name.
NAMES = tuple(
    line.split()
    for line in """
january february march april may june july august september october november december
januar februar marz april mai juni juli august september oktober november dezember
janner feber maerz april mai juni juli august september oktober november dezember
janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre
enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre
janeiro fevereiro marco abril maio junho julho agosto setembro outubro novembro dezembro
januari februari maart april mei juni juli augustus september oktober november december
januari februari mars april maj juni juli augusti september oktober november december
januar februar mars april mai juni juli august september oktober november desember
januar februar marts april maj juni juli august september oktober november december
styczen luty marzec kwiecien maj czerwiec lipiec sierpien wrzesien pazdziernik listopad grudzien
stycznia lutego marca kwietnia maja czerwca lipca sierpnia wrzesnia pazdziernika listopada grudnia
leden unor brezen duben kveten cerven cervenec srpen zari rijen listopad prosinec
ledna unora brezna dubna kvetna cervna cervence srpna zari rijna listopadu prosince
tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesakuuta heinakuuta elokuuta syyskuuta lokakuuta marraskuuta joulukuuta
ocak subat mart nisan mayıs haziran temmuz agustos eylul ekim kasım aralık
январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь
января февраля марта апреля мая июня июля августа сентября октября ноября декабря
jan feb mar apr may jun jul aug sep oct nov dec
jan feb mrz apr mai jun jul aug sep okt nov dez
jan feb mrt apr mei jun jul aug sep okt nov dec
janv fevr mars avr mai jun juil aout sept oct nov dec
led uno bre dub kve cvn cvc srp zar rij lis pro
""".strip().splitlines()  # noqa: E501 - one language a line
)
SHORTEST = 3


@lru_cache(maxsize=1024)
def month_of(word: str) -> int | None:
    """Return the number of a month by its name, or by a beginning of at least three letters that names no other one."""
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", word.casefold()) if not unicodedata.combining(sign))
    plain = plain.strip(".").replace("ß", "ss").replace("ł", "l")
    exact = {number for names in NAMES for number, name in enumerate(names, 1) if name == plain}
    if not exact and len(plain) >= SHORTEST:
        exact = {number for names in NAMES for number, name in enumerate(names, 1) if name.startswith(plain)}
    return exact.pop() if len(exact) == 1 else None
