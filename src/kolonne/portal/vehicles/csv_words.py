"""The words that people write over columns of vans, and for drives: English, German, Norwegian. Pure."""

HEADINGS: dict[str, tuple[str, ...]] = {
    "vin": (
        "vin", "vin number", "chassis number", "vehicle identification number", "FIN", "Fahrgestellnummer",
        "Fahrgestellnr", "Fahrzeug-Identifizierungsnummer", "Fahrzeugidentifikationsnummer", "Fahrzeug-Ident-Nr",
        "understellsnummer", "understellsnr", "chassisnummer", "rammenummer", "VIN-nummer",
    ),
    "plate": (
        "plate", "number plate", "license plate", "licence plate", "registration", "registration number",
        "Kennzeichen", "amtliches Kennzeichen", "Kfz-Kennzeichen", "kjennemerke", "registreringsnummer", "regnr",
        "reg.nr.", "skilt", "skiltnummer", "bilskilt",
    ),
    "name": ("name", "van", "vehicle", "Bezeichnung", "Fahrzeug", "Fahrzeugname", "navn", "bil", "kjøretøy"),
    "make": ("make", "maker", "brand", "manufacturer", "Marke", "Hersteller", "merke", "bilmerke", "produsent"),
    "model": ("model", "Modell", "Typ", "bilmodell"),
    "model_year": ("model year", "year", "Modelljahr", "Baujahr", "modellår", "årsmodell", "årgang"),
    "drive": ("drive", "fuel", "fuel type", "Antrieb", "Antriebsart", "Kraftstoff", "drivlinje", "drivstoff"),
}  # fmt: skip
"""Our name of a column, and everything that means it. The first one of each language stands in the template."""

TEMPLATE = {
    "en": ("VIN", "Number plate", "Name", "Make", "Model", "Model year", "Drive"),
    "de": ("FIN", "Kennzeichen", "Bezeichnung", "Marke", "Modell", "Modelljahr", "Antrieb"),
    "nb": ("VIN", "Kjennemerke", "Navn", "Merke", "Modell", "Modellår", "Drivlinje"),
}
EXAMPLE = {
    "en": ("WV1ZZZSYZM9000000", "AB 12345", "Van 7", "Volkswagen", "Crafter", "2021", "diesel"),
    "de": ("WV1ZZZSYZM9000000", "B-AB 1234", "Wagen 7", "Volkswagen", "Crafter", "2021", "Diesel"),
    "nb": ("WV1ZZZSYZM9000000", "AB 12345", "Bil 7", "Volkswagen", "Crafter", "2021", "diesel"),
}
EXAMPLE_VIN = "WV1ZZZSYZM9000000"
"""Of nobody: whoever leaves the line of the example in is told so."""

_DRIVES = {
    "electric": ("electric", "battery electric", "ev", "bev", "elektro", "elektrisch", "strom", "elektrisk", "el",
                 "elbil", "elvarebil"),
    "diesel": ("diesel",),
    "petrol": ("petrol", "gasoline", "benzin", "otto", "bensin"),
    "hybrid": ("plug-in hybrid", "hybrid", "phev", "hev", "ladbar hybrid", "hybrid elektro"),
}  # fmt: skip


def plain(text: str) -> str:
    """For comparing: small letters and digits only."""
    return "".join(sign for sign in text.casefold() if sign.isalnum())


_COLUMNS = {plain(word): name for name, words in HEADINGS.items() for word in words}
DRIVES = {"": ""} | {plain(word): drive for drive, words in _DRIVES.items() for word in words}
"""What may stand in the column of drives; an empty one says nothing."""


def heading(text: str) -> str:
    """Our name for a heading, or nothing."""
    return _COLUMNS.get(plain(text), "")
