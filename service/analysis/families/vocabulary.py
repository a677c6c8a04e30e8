"""Vocabulary with special treatment, in English, German, French and Spanish."""

_STOP = """
a about after again all also always am an and any are as at be because been before being but by can cannot cant could
did do does doesnt done dont during each ever every for from get gets getting got had has have he her here him his how
i if in into is isnt it its just like made make may me more most much must my need needs never no nobody none nor not
now of off on once one only or other our out over please same see seen she should since so some still such than thank
thanks that the their them then there these they this those through to too two under until up us use used user users
using very want was wasnt way we well were what when where which while who why will with within without wont would yet
you your aren couldn didn doesn don hadn hasn haven isn shouldn wasn won wouldn aber alle als am an auch auf aus bei
beim bin bis bitte da damit dann das dass dem den der des die dies diese dieser doch durch ein eine einem einen einer
es fur geht hat haben ich ihr im immer in ist ja kann kein keine konnen man mehr mein meine mich mir mit nach nicht
nichts noch nur oder ohne schon sehr sein seit sich sie sind so uber um und uns unser unter vom von vor war warum was
weil wenn wer werden wie wieder wird wir wo wurde zu zum zur au aux avec ce ces cette chez comme dans de depuis des du
elle en est et etre fait ici il ils je la le les leur lors mais mes moi mon ne ni nous on ont ou par pas peut plus
pour qu quand que qui sa sans se ses si son sont sur tous tout toute tres un une vous al como con cuando del desde
donde el ella ellos entre era eres es esta este esto fue ha hay la las le les lo los me mi mis muy nada ni no nos para
pero por porque puede que se ser si sin sobre solo son su sus tambien te tiene todo todos tu un una uno unos y ya
"""
_COMMON = """
error issue problem work down able unable help new show start stop open fehler funktioniert geht problem erreur marche
fonctionne problema funciona bug fix exception request java lang null pointer nullpointerexception npe
trunk branch backport revert merge
"""
_DAYS = """
monday mondays tuesday tuesdays wednesday wednesdays thursday thursdays friday fridays saturday saturdays sunday
sundays montag montags dienstag dienstags mittwoch mittwochs donnerstag donnerstags freitag freitags samstag samstags
sonntag sonntags lundi mardi mercredi jeudi vendredi samedi dimanche lunes martes miércoles jueves viernes sábado
domingo
"""
_MONTHS = """
jan january januar janvier janv feb february februar febrero fév février mar march mars marzo mär märz apr april avr
avril abr abril may mai mayo jun june juni juin junio jul july juli juillet julio aug august août ago agosto sep sept
september septembre septiembre oct october oktober okt octobre octubre nov november novembre noviembre dec december
dez dezember déc décembre dic diciembre ene enero
"""

STOP = frozenset(_STOP.split())
"""Words that say nothing, without accents."""

COMMON = frozenset(_COMMON.split())
"""Words that tickets of every kind hold."""

DAYS = frozenset(_DAYS.split())
"""Days of the week."""

MONTHS = frozenset(_MONTHS.split())
"""Months, also shortened; they are masked beside a number only."""
