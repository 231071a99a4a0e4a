"""Invented people's names in the scripts a worldwide company meets."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from sandbox.chance import happens, pick


class Script(NamedTuple):
    """Given and family names of one writing system, and the language tag they go with."""

    language: str
    given: tuple[str, ...]
    family: tuple[str, ...]


SCRIPTS = (
    Script(
        "en",
        ("Wrenna", "Tobin", "Maribel", "Orrin", "Delphie", "Casper", "Isolde", "Rufus"),
        ("Quillfeather", "Ashgrove", "Pennywhistle", "O'Marrow", "Thistlewood", "Van der Brook"),
    ),
    Script(
        "fr",
        ("Zoë", "Éloïse", "Théodule", "Anaïs", "Françoise", "Gaël"),
        ("Beaupré-Lérin", "Châtelmoux", "d'Orvanne", "Noëllan"),
    ),
    Script(
        "de",
        ("Jörn", "Käthe", "Günel", "Lüder", "Sören"),
        ("Großmüllner", "Weißenklee", "Übelhör", "Schärfling"),
    ),
    Script(
        "pl",
        ("Łucjan", "Żaneta", "Świętomir", "Grażka", "Stanimíra"),
        ("Brzęczkowiak", "Źdźbłowski", "Dvořánek", "Křivánková"),
    ),
    Script(
        "is", ("Þórdísa", "Ævarr", "Øyvinda", "Åsmara"), ("Hrafnþórsson", "Lækjarø", "Ångbrink")
    ),
    Script("tr", ("Çağrün", "Gökşen", "Ömürhan", "Şebnur"), ("Gülçiçekli", "Yağmurşen")),
    Script("vi", ("Ngọc Ẩn", "Thủy Dươn", "Đặngh"), ("Nguyễnh", "Trầnou", "Phạmel")),
    Script("ru", ("Светлозара", "Ярополк", "Евпраксия", "Добрынь"), ("Щеглова-Нижняя", "Ёлкинец")),
    Script("el", ("Θεανώρα", "Ξάνθιππος", "Ευδοκίμη"), ("Καλλιμάρης", "Ψαλτηρίου")),
    Script("ar", ("نورهان", "زيدون", "ليلاف"), ("الرمليّ", "بن صفوانة")),
    Script("he", ("תמרית", "אביגדן", "נועמי"), ("בן־גפני", "הרשקול")),
    Script("hi", ("अनुरीका", "ऋषिकान्त", "ज्योत्स्निका"), ("चन्द्रवाटिक", "मेघदूती")),
    Script("zh", ("雨墨", "思远岚", "𠮷宁"), ("竹林", "云海", "欧阳溪")),
    Script("ja", ("さくら葉", "ハルミツ", "葵之介"), ("霧ヶ丘", "髙﨑野", "渡邉沢")),
    Script("ko", ("하늘별", "도담솔", "새론빛"), ("은하", "달빛")),
)

EMOJI_SHARE = 0.02


def invent_name(chance: Random) -> tuple[str, str, str]:
    """Draw a first name, a last name and a language tag.

    About every second name is Latin without marks; a few carry an emoji.
    """
    script = SCRIPTS[0] if happens(chance, 0.4) else pick(chance, SCRIPTS)
    first, last = pick(chance, script.given), pick(chance, script.family)
    if happens(chance, EMOJI_SHARE):
        first += " 🌱"
    return first, last, script.language
