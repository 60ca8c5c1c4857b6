#!/usr/bin/env python3
"""Writes `python.cases`: expressions with the values that Python gives them.

    python3 tests/oracles/python.py > tests/oracles/python.cases

The values come from Python's `int`, `decimal`, `fractions`, `float`, `datetime` and `str`. Where OData
URL Conventions (the numbers are its sections) or `ARCHITECTURE.md` define something else than Python,
the rule is written out here and marked `ODATA`. Nothing here runs the library.
"""

import json
import math
import random
from datetime import date, datetime, time, timedelta, timezone
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal, localcontext
from fractions import Fraction
from operator import add, eq, ge, gt, le, lt, mul, ne, sub

rng = random.Random(20210815)
pick = rng.choice

ERROR = "error"
PICO = 10**12
DAY = 86400 * PICO


def section(template, count, draw):
    """Writes rows of operands and result; `draw` gives none where it has to try again."""
    print(f"== {template}")
    rows = set()
    for _ in range(50 * count):
        row = draw()
        if row is not None:
            rows.add("\t".join(map(literal, row)))
        if len(rows) == count:
            break
    print("\n".join(sorted(rows)))


def literal(value):
    """How OData writes a value; strings stand as JSON, `error` is what fails the request."""
    match value:
        case "error":
            return value
        case None | bool() | str():
            return json.dumps(value)
        case float() if math.isinf(value):
            return "INF" if value > 0 else "-INF"
        case Decimal():
            return f"{value:f}"
        case _:
            return str(value)


# Numbers


def integer():
    small, bits = rng.randint(-20, 20), rng.randint(1, 64)
    edge = pick([-(2**63), -(2**53), -(2**31), 2**31, 2**32, 2**53, 2**63, 2**64])
    return clamp(pick([small, edge + small, rng.randint(-(2**bits), 2**bits)]))


def clamp(number):
    return min(max(number, -(2**63)), 2**64 - 1)


def decimal(most=28):
    """A decimal with a point, so that it is not read as an integer."""
    digits = rng.randint(1, most)
    scale = rng.randint(1, digits)
    return Decimal(rng.randint(-(10**digits) + 1, 10**digits - 1)).scaleb(-scale, Context(prec=60))


def short_decimal():
    return decimal(12)


def number():
    return pick([integer, decimal, short_decimal])()


def double():
    """Out of the range of a decimal, so that it is one."""
    exponent = pick([rng.randint(-300, -40), rng.randint(40, 290)])
    return float(f"{rng.randint(-(10**9), 10**9)}e{exponent}")


def exact(fraction):
    """The fraction as a decimal, if 28 digits hold it."""
    with localcontext(Context(prec=200)):
        value = Decimal(fraction.numerator) / Decimal(fraction.denominator)
        fits = Fraction(value) == fraction and is_held(value)
        return value.normalize() if fits else None


def is_held(value):
    _, digits, exponent = value.normalize(Context(prec=200)).as_tuple()
    return exponent >= -28 and len(digits) + max(exponent, 0) <= 28


def truncated(left, right):
    """ODATA 5.1.1.2.5: the whole number of times that right fits into left; Python's `//` is floor."""
    return math.trunc(Fraction(left) / Fraction(right))


def remainder(left, right):
    """ODATA 5.1.1.2.6: the sign is that of left; Python's `%` has that of right."""
    return Fraction(left) - truncated(left, right) * Fraction(right)


def in_range(number):
    """ODATA: integers are those of Edm.Int64 and of unsigned 64 bits; beyond, the request fails."""
    return number if -(2**63) <= number < 2**64 else ERROR


def integers(template, operation, count=120, left=integer, right=integer):
    def draw():
        a, b = left(), right()
        return a, b, in_range(int(operation(a, b)))

    section(template, count, draw)


def fractions(template, operation, left, right, count=150):
    """Exact results only; what has to be rounded is held between bounds below."""

    def draw():
        a, b = left(), right()
        if b == 0:
            return None
        result = exact(Fraction(operation(Fraction(a), Fraction(b))))
        return None if result is None else (a, b, result)

    section(template, count, draw)


def rounded(template, operation, left, right, count=150):
    """Results of more than 28 digits: any rounding of them at the 26th digit or behind is right."""

    def draw():
        a, b = left(), right()
        if b == 0 or a == 0:
            return None
        result = Fraction(operation(Fraction(a), Fraction(b)))
        places = 26 - max(0, len(str(int(abs(result)))))
        low = Decimal(math.floor(result * 10**places)).scaleb(-places, Context(prec=60))
        high = low + Decimal(1).scaleb(-places)
        if exact(result) is not None or places < 1 or not is_held(low) or not is_held(high):
            return None
        return a, b, low, high, True

    section(template, count, draw)


def doubles(template, operation, left, right, count=60):
    """ODATA 5.1.1.18: if either operand is a double, both are."""

    def draw():
        a, b = left(), right()
        result = operation(float(a), float(b))
        return None if math.isnan(result) else (a, b, result)

    section(template, count, draw)


def nonzero(draw):
    return lambda: next(value for value in iter(draw, None) if value != 0)


def numbers():
    for template, operation in [("A add B", add), ("A sub B", sub)]:
        integers(template, operation)
    integers("A mul B", mul, left=lambda: rng.randint(-(2**33), 2**33))
    integers("A div B", truncated, right=nonzero(integer))
    integers("A mod B", remainder, right=nonzero(integer))
    section("-(A)", 60, lambda: (a := integer(), in_range(-a)))
    for template in ["A div B", "A mod B"]:
        section(template, 10, lambda: (number(), pick([0, Decimal("0.0")]), ERROR))
    # ODATA 5.1.1.2.5: `divby` zero has the sign of the left operand, and is never an error.
    section("A divby B", 20, lambda: (a := nonzero(number)(), 0, math.copysign(math.inf, a)))

    tenths = lambda: Decimal(rng.randint(-999, 999)).scaleb(-1)
    pairs = [(short_decimal, short_decimal), (decimal, decimal), (integer, short_decimal)]
    for left, right in pairs:
        for name, operation in [("add", add), ("sub", sub), ("mul", mul), ("mod", remainder)]:
            fractions(f"A {name} B", operation, left, right)
    for left, right in [(integer, integer), (short_decimal, tenths), (number, tenths)]:
        fractions("A divby B", Fraction, left, nonzero(right), 60)
    fractions("A div B", Fraction, short_decimal, nonzero(tenths), 60)
    between = "A {0} B ge C and A {0} B le D"
    rounded(between.format("divby"), Fraction, number, number)
    rounded(between.format("div"), Fraction, decimal, decimal)
    for name, operation in [("add", add), ("sub", sub), ("mul", mul)]:
        rounded(between.format(name), operation, decimal, decimal, 100)
    for template, operation in [("A add B", add), ("A mul B", mul)]:
        doubles(template, operation, double, double)
        doubles(template, operation, double, integer)
    doubles("A divby B", lambda a, b: a / b, double, double)
    doubles("A div B", lambda a, b: a / b, double, nonzero(integer))

    section("-(A)", 40, lambda: (a := decimal(), a.copy_negate()))
    half = lambda: Decimal(rng.randint(-(10**12), 10**12) * 10 + 5).scaleb(-1)
    # ODATA 5.1.1.9.3: the midpoint is rounded away from zero; Python's `round` goes to the even one.
    for name, rounding in [
        ("round", ROUND_HALF_UP),
        ("floor", ROUND_FLOOR),
        ("ceiling", ROUND_CEILING),
    ]:

        def draw():
            a = pick([number, half, tenths, short_decimal])()
            return a, int(Decimal(a).to_integral_value(rounding))

        section(f"{name}(A)", 100, draw)

        def draw_double():
            a = double()
            return a, float(Decimal(a).to_integral_value(rounding))

        section(f"{name}(A)", 20, draw_double)


COMPARISONS = {"eq": eq, "ne": ne, "lt": lt, "le": le, "gt": gt, "ge": ge}


def comparisons(count, draw, key=lambda value: value):
    """The six comparisons of pairs, of which many are equal or nearly so."""
    for name, compare in COMPARISONS.items():

        def row():
            a, b = draw()
            return a, b, compare(key(a), key(b))

        section(f"A {name} B", count, row)


def near(draw, step):
    """Two values: some alike, some one step apart, some apart."""

    def pair():
        a = draw()
        return a, pick([lambda: a, lambda: step(a), draw])()

    return pair


def numeric_comparisons():
    """Numbers compare by their value whatever their types are (5.1.1.18)."""

    def step(number):
        if isinstance(number, int):
            return pick([clamp(number + 1), number + Decimal("0.5"), number + Decimal("0.0")])
        changed = number + pick([1, -1]) * Decimal(1).scaleb(number.as_tuple().exponent)
        return changed if is_held(changed) else -number

    comparisons(60, near(number, step), Fraction)
    comparisons(20, lambda: rng.sample([double(), pick([double, number])()], 2), Fraction)
    # ODATA 5.1.1.1: equal to null is only null, and no value is less or greater.
    values = [1, Decimal("0.5"), "a", True, None]
    section("A eq null", 5, lambda: (a := pick(values), a is None))
    section("null ne A", 5, lambda: (a := pick(values), a is not None))
    for name in ["lt", "le", "gt", "ge"]:
        section(f"A {name} null", 5, lambda: (pick(values), False))
    for name in ["add", "sub", "mul", "div", "divby", "mod"]:
        section(f"A {name} B", 3, lambda: (*rng.sample([None, pick([0, 7, Decimal("0.5")])], 2), None))


# Strings

LETTERS = "aAbBzZ0 _'%&+ßéÉжЖяЯΣσςİıŉﬁǆ中😀𝔸\u0301"
# ODATA 5.1.1.7.4: whitespace according to Unicode, which is the property White_Space; Python's `strip`
# also takes the separators U+001C to U+001F.
BLANKS = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2007\u200a\u2028\u2029\u202f\u205f\u3000"
NO_BLANKS = "\x1c\x1f\u180e\u200b\u2060\ufeff"


def text(most=8, letters=LETTERS):
    return "".join(rng.choices(letters, k=rng.randint(0, most)))


def text_and_part():
    whole = text()
    start = rng.randint(0, len(whole))
    return whole, pick([whole[start : start + rng.randint(0, 3)], text(2), whole + text(1)])


def strings():
    """Lengths and positions count characters, as those of `str` do."""
    section("length(A)", 60, lambda: (a := text(20), len(a)))
    section("concat(A,B)", 60, lambda: (a := text(), b := text(), a + b))
    for name, function in [
        ("contains", lambda a, b: b in a),
        ("startswith", str.startswith),
        ("endswith", str.endswith),
        ("indexof", str.find),
    ]:
        section(f"{name}(A,B)", 120, lambda: (*(pair := text_and_part()), function(*pair)))
        section(f"{name}(A,B)", 2, lambda: (*rng.sample([None, "a"], 2), None))

    start = lambda: rng.randint(-10, 10)
    section("substring(A,B)", 120, lambda: (a := text(), n := start(), a[n:]))
    length = lambda: rng.randint(0, 10)
    section("substring(A,B,C)", 150, lambda: (a := text(), n := start(), m := length(), a[n:][:m]))
    # ODATA 5.1.1.5.7: a negative length is a bad request; in Python it counts from the end.
    section("substring(A,B,C)", 10, lambda: (text(), start(), rng.randint(-5, -1), ERROR))
    section("tolower(A)", 120, lambda: (a := text(), a.lower()))
    section("toupper(A)", 120, lambda: (a := text(), a.upper()))

    def trim():
        blank = lambda: text(2, BLANKS + NO_BLANKS)
        a = blank() + text(3, LETTERS + BLANKS) + blank()
        return a, a.strip(BLANKS)

    section("trim(A)", 150, trim)
    comparisons(50, near(text, lambda a: a + pick(["", "a", "\u0301"])))


# Dates, times and durations: whole seconds by `datetime`, their fractions in picoseconds


class Point:
    """A point in time with its offset: a `datetime` in seconds, and picoseconds."""

    def __init__(self, seconds, picoseconds):
        self.seconds, self.picoseconds = seconds, picoseconds
        self.key = seconds, picoseconds

    @property
    def time(self):
        return TimeOfDay(self.seconds.time(), self.picoseconds)

    @property
    def offset(self):
        return self.seconds.utcoffset() // timedelta(minutes=1)

    def plus(self, duration):
        carry, picoseconds = divmod(self.picoseconds + duration.key, PICO)
        return Point(self.seconds + timedelta(seconds=carry), picoseconds)

    def since(self, other):
        seconds = (self.seconds - other.seconds) // timedelta(seconds=1)
        return Duration(seconds * PICO + self.picoseconds - other.picoseconds)

    def __str__(self):
        sign, (hours, minutes) = "-" if self.offset < 0 else "+", divmod(abs(self.offset), 60)
        zone = "Z" if self.offset == 0 else f"{sign}{hours:02}:{minutes:02}"
        return f"{self.seconds.date()}T{self.time}{zone}"


class TimeOfDay:
    """A `time` in seconds, and picoseconds."""

    def __init__(self, seconds, picoseconds):
        self.seconds, self.picoseconds = seconds, picoseconds
        self.key = seconds, picoseconds

    def __str__(self):
        return str(self.seconds) + fraction(self.picoseconds)


class Duration:
    """A number of picoseconds, written in days, hours, minutes and seconds of any size."""

    def __init__(self, picoseconds):
        self.key = picoseconds

    def __str__(self):
        rest, parts = abs(self.key), []
        for name, unit in [("D", 86400), ("H", 3600), ("M", 60)]:
            count = rest // (unit * PICO) if rng.random() < 0.7 else 0
            rest -= count * unit * PICO
            parts.append(f"{count}{name}" if count else "")
        seconds = f"{rest // PICO}{fraction(rest % PICO)}S" if rest or not any(parts) else ""
        days, *times = [*parts, seconds]
        time = "T" + "".join(times) if any(times) else ""
        return f"duration'{'-' if self.key < 0 else ''}P{days}{time}'"


def seconds(picoseconds):
    return Decimal(picoseconds).scaleb(-12, Context(prec=40))


def fraction(picoseconds):
    digits = f"{picoseconds:012}".rstrip("0")
    return f".{digits}" if digits else pick(["", ".0"])


def day():
    special = ["2000-02-29", "2020-02-28", "2020-02-29", "1900-02-28", "2021-12-31", "2024-03-01"]
    years = pick([lambda: rng.randint(1, 9999), lambda: rng.randint(1900, 2100)])
    ordinary = lambda: date(years(), 1, 1) + timedelta(days=rng.randint(0, 364))
    return pick([ordinary, lambda: date.fromisoformat(pick(special))])()


def picoseconds():
    digits = rng.randint(0, 12)
    return rng.randint(0, 10**digits - 1) * 10 ** (12 - digits)


def clock():
    ends = [time(0), time(23, 59, 59), time(12)]
    second = lambda: time(rng.randint(0, 23), rng.randint(0, 59), rng.randint(0, 59))
    return TimeOfDay(pick([second(), pick(ends)]), picoseconds())


def point():
    minutes = pick([0, 0, rng.randint(-14 * 60, 14 * 60), pick([-330, 345, 840, -720])])
    at = clock()
    zone = timezone(timedelta(minutes=minutes))
    return Point(datetime.combine(day(), at.seconds, zone), at.picoseconds)


def duration():
    unit = pick([1, 60, 3600, 86400, 86400 * 31])
    seconds = rng.randint(-60 * unit, 60 * unit)
    return Duration(seconds * PICO + pick([0, picoseconds()]))


def within_years(operation):
    """The result, unless it is out of the years of `datetime`, 1 to 9999."""
    try:
        return operation()
    except OverflowError:
        return None


def plus(moment, duration):
    if isinstance(moment, Point):
        return within_years(lambda: moment.plus(duration))
    # ODATA 5.1.1.2.1: a date is its midnight, and the time of the result is dropped.
    return within_years(lambda: moment + timedelta(days=duration.key // DAY))


def moments():
    def moved(template, draw, sign=1, part=lambda value: value, count=120):
        def row():
            a, b = draw(), duration()
            value = plus(a, Duration(sign * b.key))
            return value and (a, b, part(value))

        section(template, count, row)

    for draw in [day, point]:
        moved("A add B", draw)
        moved("A sub B", draw, sign=-1)
    # The result keeps the offset of the point.
    moved("date(A add B)", point, part=lambda value: value.seconds.date(), count=60)
    moved("time(A sub B)", point, sign=-1, part=lambda value: value.time, count=60)
    section("A sub B", 100, lambda: (a := day(), b := day(), Duration((a - b).days * DAY)))
    section("A sub B", 100, lambda: (a := point(), b := point(), a.since(b)))


def parts():
    """Parts are those in the value's own offset."""
    for name in ["year", "month", "day"]:
        section(f"{name}(A)", 40, lambda: (a := day(), getattr(a, name)))
        section(f"{name}(A)", 40, lambda: (a := point(), getattr(a.seconds, name)))
    for draw in [point, clock]:
        for name in ["hour", "minute", "second"]:
            section(f"{name}(A)", 30, lambda: (a := draw(), getattr(a.seconds, name)))
        section("fractionalseconds(A)", 30, lambda: (a := draw(), seconds(a.picoseconds)))
    section("date(A)", 60, lambda: (a := point(), a.seconds.date()))
    section("time(A)", 60, lambda: (a := point(), a.time))
    section("totaloffsetminutes(A)", 40, lambda: (a := point(), a.offset))


def durations():
    for template, operation in [("A add B", add), ("A sub B", sub)]:
        result = lambda a, b: Duration(operation(a.key, b.key))
        section(template, 80, lambda: (a := duration(), b := duration(), result(a, b)))
    section("-(A)", 40, lambda: (a := duration(), Duration(-a.key)))
    section("totalseconds(A)", 100, lambda: (a := duration(), seconds(a.key)))

    factor = lambda: pick([rng.randint(-1000, 1000), Decimal(rng.randint(-9999, 9999)).scaleb(-3)])

    def scaled(template, operation, order=lambda a, b: (a, b)):
        """Whole picoseconds only."""

        def row():
            a, b = duration(), nonzero(factor)()
            result = operation(Fraction(a.key), Fraction(b))
            return (*order(a, b), Duration(int(result))) if result.denominator == 1 else None

        section(template, 60, row)

    scaled("A mul B", mul)
    scaled("A mul B", mul, lambda a, b: (b, a))
    scaled("A div B", Fraction)
    scaled("A divby B", Fraction)


def temporal_comparisons():
    def elsewhere(point):
        """The same instant, or nearly so, in another offset."""
        zone = timezone(timedelta(minutes=rng.randint(-14 * 60, 14 * 60)))
        shift = Duration(pick([0, 0, 1, -1, PICO]))
        moved = lambda: Point(point.seconds.astimezone(zone), point.picoseconds).plus(shift)
        return within_years(moved) or point

    key = lambda value: value.key
    comparisons(30, near(day, lambda a: plus(a, Duration(DAY)) or a))
    comparisons(60, near(point, elsewhere), key)
    comparisons(30, near(clock, lambda a: TimeOfDay(a.seconds, (a.picoseconds + 1) % PICO)), key)
    comparisons(30, near(duration, lambda a: Duration(a.key + pick([0, 1, -PICO]))), key)


numbers()
numeric_comparisons()
strings()
moments()
parts()
durations()
temporal_comparisons()
