"""In which country a position lies, by the outlines that the map draws (world-atlas, 1:50 million)."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import shapely

OUTLINES = Path(__file__).parents[4] / "node_modules" / "world-atlas" / "countries-50m.json"
REACH_DEG = 0.3
"""Off the coarse coast: a van on a quay or a ferry belongs to the nearest country within about 30 km."""

_CODES = """
    004AF 008AL 010AQ 012DZ 016AS 020AD 024AO 028AG 031AZ 032AR 036AU 040AT 044BS 048BH 050BD 051AM
    052BB 056BE 060BM 064BT 068BO 070BA 072BW 076BR 084BZ 086IO 090SB 092VG 096BN 100BG 104MM 108BI
    112BY 116KH 120CM 124CA 132CV 136KY 140CF 144LK 148TD 152CL 156CN 158TW 170CO 174KM 178CG 180CD
    184CK 188CR 191HR 192CU 196CY 203CZ 204BJ 208DK 212DM 214DO 218EC 222SV 226GQ 231ET 232ER 233EE
    234FO 238FK 239GS 242FJ 246FI 248AX 250FR 258PF 260TF 262DJ 266GA 268GE 270GM 275PS 276DE 288GH
    296KI 300GR 304GL 308GD 316GU 320GT 324GN 328GY 332HT 334HM 336VA 340HN 344HK 348HU 352IS 356IN
    360ID 364IR 368IQ 372IE 376IL 380IT 384CI 388JM 392JP 398KZ 400JO 404KE 408KP 410KR 414KW 417KG
    418LA 422LB 426LS 428LV 430LR 434LY 438LI 440LT 442LU 446MO 450MG 454MW 458MY 462MV 466ML 470MT
    478MR 480MU 484MX 492MC 496MN 498MD 499ME 500MS 504MA 508MZ 512OM 516NA 520NR 524NP 528NL 531CW
    533AW 534SX 540NC 548VU 554NZ 558NI 562NE 566NG 570NU 574NF 578NO 580MP 583FM 584MH 585PW 586PK
    591PA 598PG 600PY 604PE 608PH 612PN 616PL 620PT 624GW 626TL 630PR 634QA 642RO 643RU 646RW 652BL
    654SH 659KN 660AI 662LC 663MF 666PM 670VC 674SM 678ST 682SA 686SN 688RS 690SC 694SL 702SG 703SK
    704VN 705SI 706SO 710ZA 716ZW 724ES 728SS 729SD 732EH 740SR 748SZ 752SE 756CH 760SY 762TJ 764TH
    768TG 776TO 780TT 784AE 788TN 792TR 795TM 796TC 800UG 804UA 807MK 818EG 826GB 831GG 832JE 833IM
    834TZ 840US 850VI 854BF 858UY 860UZ 862VE 876WF 882WS 887YE 894ZM
"""
"""ISO 3166-1, each numeric code, by which the outlines are named, followed by its two letters."""


class Atlas:
    """Outlines of countries, with an index."""

    def __init__(self, topology: dict[str, Any]) -> None:
        """From a quantised TopoJSON. Raises KeyError, ValueError, TypeError when it is none."""
        letters = {word[:3]: word[3:] for word in _CODES.split()}
        arcs = list(_arcs(topology))
        self._codes: list[str] = []
        shapes = []
        for geometry in topology["objects"]["countries"]["geometries"]:
            code = letters.get(str(geometry.get("id", "")))
            if code is not None:
                self._codes.append(code)
                shapes.append(_shape(geometry, arcs))
        self._tree = shapely.STRtree(shapes)

    def country(self, lat: float, lon: float) -> str:
        """Two letters of ISO 3166-1; empty on the high seas, in disputed places without a code, and for nonsense."""
        if not (-90 <= lat <= 90 and -180 <= lon <= 180):
            return ""
        point = shapely.Point(lon, lat)
        found = self._tree.query(point, predicate="intersects")
        if len(found) == 0:
            found = self._tree.query_nearest(point, max_distance=REACH_DEG)
        return self._codes[int(found[0])] if len(found) else ""


@cache
def atlas() -> Atlas | None:
    """The installed outlines, read once; None where the map's packages are not installed."""
    try:
        return Atlas(json.loads(OUTLINES.read_bytes()))
    except FileNotFoundError:
        return None


def _arcs(topology: dict[str, Any]) -> Iterator[list[tuple[float, float]]]:
    """Lines as longitude and latitude: in the file they are sums of small steps on a grid."""
    (scale_x, scale_y), (left, bottom) = topology["transform"]["scale"], topology["transform"]["translate"]
    for steps in topology["arcs"]:
        x = y = 0
        line = []
        for step_x, step_y in steps:
            x, y = x + step_x, y + step_y
            line.append((x * scale_x + left, y * scale_y + bottom))
        yield line


def _shape(geometry: dict[str, Any], arcs: list[list[tuple[float, float]]]) -> Any:
    parts = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
    polygons = [shapely.Polygon(_ring(rings[0], arcs), [_ring(ring, arcs) for ring in rings[1:]]) for rings in parts]
    return shapely.make_valid(shapely.MultiPolygon(polygons))


def _ring(numbers: list[int], arcs: list[list[tuple[float, float]]]) -> list[tuple[float, float]]:
    """Arcs end to end; a negative number means that arc backwards."""
    ring: list[tuple[float, float]] = []
    for number in numbers:
        line = arcs[number] if number >= 0 else arcs[~number][::-1]
        ring += line if not ring else line[1:]
    return ring
