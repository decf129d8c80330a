"""Whole numbers of two and three words, and the one rounding at the end.

A pair `(high, low)` of uint64 is a signed whole number of 128 bits in two's complement. Running sums
may wrap around; their differences are right as long as the difference itself fits. With values of at
most 2**53 in size that holds for windows of up to 2**20 events.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from .kernel_cache import compiled, inlined, lean

__all__ = [
    "U", "deviation", "fraction", "minus", "pair_at", "plus", "put_pair", "quotient", "ratios", "scaled", "single",
    "squared",
]  # fmt: skip

Ints = npt.NDArray[np.int64]

U = np.uint64
"""Also makes an index of a number: of others the compiler asks whether they count from the end, which takes time."""
ZERO, ONE, HALF_WORD, LOW_HALF = U(0), U(1), U(32), U(0xFFFFFFFF)
SIGN = U(63)
EXACT_FLOAT = 2**53


@inlined
def pair_at(words: Ints, at: Any) -> Any:
    """Two words as a whole number of 128 bits."""
    place = U(at)
    return U(words[place]), U(words[place + ONE])


@inlined
def put_pair(words: Ints, at: Any, number: Any) -> Any:
    """Put a whole number of 128 bits into two words."""
    place = U(at)
    words[place] = np.int64(number[0])
    words[place + ONE] = np.int64(number[1])


@inlined
def single(value: Any) -> Any:
    """An int64 as a pair."""
    return U(np.int64(value) >> 63), U(value)


@inlined
def plus(a: Any, b: Any) -> Any:
    """a + b."""
    low = a[1] + b[1]
    return a[0] + b[0] + U(low < a[1]), low


@inlined
def minus(a: Any, b: Any) -> Any:
    """a - b."""
    return a[0] - b[0] - U(a[1] < b[1]), a[1] - b[1]


@inlined
def product(a: Any, b: Any) -> Any:
    """The product of two uint64, all 128 bits of it."""
    a_high, a_low, b_high, b_low = a >> HALF_WORD, a & LOW_HALF, b >> HALF_WORD, b & LOW_HALF
    low = a_low * b_low
    middle = a_high * b_low + (low >> HALF_WORD)
    other = a_low * b_high + (middle & LOW_HALF)
    return a_high * b_high + (middle >> HALF_WORD) + (other >> HALF_WORD), (other << HALF_WORD) | (low & LOW_HALF)


@inlined
def squared(value: Any) -> Any:
    """The square of an int64 as a pair."""
    magnitude = U(abs(value))
    return product(magnitude, magnitude)


@inlined
def scaled(a: Any, factor: Any) -> Any:
    """The pair a times a factor below 2**63."""
    high, low = product(a[1], U(factor))
    return high + a[0] * U(factor), low


@inlined
def size(a: Any) -> Any:
    """The pair without its sign."""
    return minus((ZERO, ZERO), a) if is_negative(a) else a


@inlined
def is_zero(a: Any) -> Any:
    """Whether the pair is 0."""
    return a[0] == ZERO and a[1] == ZERO


@inlined
def is_negative(a: Any) -> Any:
    """Whether the pair is below 0."""
    return (a[0] >> SIGN) == ONE


@inlined
def quotient(a: Any, b: Any) -> Any:
    """The float32 nearest to a / b, two pairs; NaN when b is 0. Long numbers are divided digit by digit."""
    if is_zero(b):
        return np.float32(np.nan)
    if is_zero(a):
        return np.float32(0.0)
    if fits_float(a) and fits_float(b):
        nearest, is_sure = by_float(np.int64(a[1]), np.int64(b[1]))
        if is_sure:
            return nearest
    ratio = long_division(size(a), size(b))
    return -ratio if is_negative(a) != is_negative(b) else ratio


@inlined
def fraction(whole: Any, divisor: Any) -> Any:
    """The float32 nearest to an int64 over one that is not below 0; NaN when that is 0."""
    if divisor == 1:
        return np.float32(whole)
    if divisor > 0 and -EXACT_FLOAT <= whole <= EXACT_FLOAT and divisor <= EXACT_FLOAT:
        nearest, is_sure = by_float(whole, divisor)
        if is_sure:
            return nearest
    return quotient(single(whole), single(divisor))


@inlined
def by_float(whole: Any, divisor: Any) -> Any:
    """The float32 nearest to a quotient of two exact floats, and whether that is sure.

    The float64 quotient rounds on to the same float32 as the exact one, unless it lies just between two float32.
    """
    double = float(whole) / float(divisor)
    nearest = np.float32(double)
    mirrored = 2.0 * double - nearest
    return nearest, nearest == double or np.float32(mirrored) != mirrored


@compiled
def ratios(values: Ints, divisor: int) -> npt.NDArray[np.float32]:
    """The float32 nearest to each value over the divisor, `(n,)`."""
    found = np.empty(len(values), np.float32)
    for i in range(len(values)):
        found[i] = quotient(single(values[i]), single(divisor))
    return found


@inlined
def fits_float(a: Any) -> Any:
    """Whether the pair is a whole number that float64 holds exactly."""
    value = np.int64(a[1])
    return a[0] == U(value >> 63) and -EXACT_FLOAT <= value <= EXACT_FLOAT


@lean
def long_division(a: Any, b: Any) -> Any:
    """The float32 nearest to a / b for pairs from 0 and from 1 on: 26 binary digits, and whether anything follows."""
    digits, exponent, follows = 0, 0, False
    rest = (ZERO, ZERO)
    for place in range(127, -160, -1):
        rest = (rest[0] << ONE) | (rest[1] >> SIGN), (rest[1] << ONE) | digit(a, place)
        is_one = rest[0] > b[0] or (rest[0] == b[0] and rest[1] >= b[1])
        if is_one:
            rest = minus(rest, b)
        if digits < 2**25:
            digits, exponent = 2 * digits + is_one, place
        else:
            follows |= is_one
    follows |= rest[0] != ZERO or rest[1] != ZERO
    return np.float32(math.ldexp(float(2 * digits + follows), exponent - 1))


@inlined
def digit(a: Any, place: int) -> Any:
    """The binary digit of the pair at a place; 0 behind the point."""
    if place < 0:
        return ZERO
    return (a[1] >> U(place)) & ONE if place < 64 else (a[0] >> U(place - 64)) & ONE


@lean
def deviation(n: int, total: Any, squares: Any, unit: int) -> Any:
    """The sample standard deviation, in float32, of n values in the given fraction of a unit; NaN of fewer than two.

    The root of float64(n * squares - total**2) / float64(n * (n - 1) * unit**2); both whole numbers are exact
    before they are rounded.
    """
    if n < 2:
        return np.float32(np.nan)
    high, low = product(squares[1], U(n))
    higher, middle = product(squares[0], U(n))
    dividend = minus_square((higher + carry(middle, high), middle + high, low), size(total))
    divisor = product(U(n) * U(n - 1), U(unit) * U(unit))
    return np.float32(math.sqrt(nearest_float(dividend) / nearest_float((ZERO, divisor[0], divisor[1]))))


@inlined
def carry(a: Any, b: Any) -> Any:
    """What the sum of two words carries over."""
    return U(a + b < a)


@inlined
def minus_square(words: Any, a: Any) -> Any:
    """Three words less the square of a pair from 0 on."""
    low_high, low = product(a[1], a[1])
    cross_high, cross = product(a[0], a[1])
    high = a[0] * a[0] + U(2) * cross_high + (cross >> SIGN)
    doubled = cross << ONE
    middle = low_high + doubled
    high += carry(low_high, doubled)
    borrow = U(words[2] < low)
    middle_left = words[1] - middle
    high_left = words[0] - high - U(words[1] < middle) - U(middle_left < borrow)
    return high_left, middle_left - borrow, words[2] - low


@inlined
def nearest_float(words: Any) -> Any:
    """The float64 nearest to a whole number of three words, ties to even."""
    high, middle, low = words
    exponent = 0
    while high != ZERO or middle != ZERO:
        dropped = low & U(0xFF)
        low = (low >> U(8)) | (middle << U(56)) | U(dropped != ZERO)
        middle = (middle >> U(8)) | (high << U(56))
        high = high >> U(8)
        exponent += 8
    return math.ldexp(float(low), exponent)
