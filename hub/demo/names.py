"""The names of the synthetic people and streets, by country, parted by commas.

Made up to look wrong to a human and difficult to a computer: umlauts, hyphens,
apostrophes, blanks, and the delimiters of HL7.
"""

GIVEN = {
    "DE": (
        "Änne,Jürgen,Zoë,Björn,Käthe,Günther,Özlem,Jörg-Peter,Renée,Søren,Noël,"
        "Mehmet,Yüksel,Hans-Joachim,Françoise,Bärbel,José"
    ),
    "US": (
        "Amara,D'Andre,Siobhán,José,Mei-Ling,Noah,Ayşe,Olívia,Kwame,Zoë,Đặng,"
        "Ruth-Ann,Iñigo,Saoirse,LaToya,Björk,Thầnh,Łukasz"
    ),
}
FAMILY = {
    "DE": (
        "Muster,Beispiel,Probe,Muster-Weiß,Exempel,Mästerle,Prüfling,von Beispiel,"
        "Füllfeld,Größtest,Übungsfall,Platzhalter,D'Exempel,Måltest"
    ),
    "US": (
        "Sample,Specimen,O'Sample,Placeholder,Testa-Muñoz,Mockington,Fauxley,"
        "St. Sample,Demo-Nguyễn,Notreal,D'Example,Dummy,Exampleson,Tesťák"
    ),
}
STREETS = {
    "DE": "Beispielstraße,Musterweg,Prüfgasse,Übungsallee,Am Testgraben & Markt",
    "US": "Sample St,Example Ave,Placeholder Blvd,Fiction & Fable Rd,N Test^Dr",
}
CITIES = {
    "DE": (("Köln", "", "50667"), ("Lübeck", "", "23552"), ("Görlitz", "", "02826")),
    "US": (
        ("Springfield", "NY", "00501"),
        ("Coeur d'Alene", "ID", "83814"),
        ("Cañon City", "CO", "81212"),
    ),
}
