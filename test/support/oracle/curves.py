"""X25519 (RFC 7748) and Ed25519 (RFC 8032), written from the RFCs with plain integers. Slow, and not for secrets."""

import hashlib

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
SQRT_MINUS_ONE = pow(2, (P - 1) // 4, P)


def x25519(scalar: bytes, point: bytes) -> bytes:
    """The u coordinate of scalar times point, by the ladder of RFC 7748, section 5."""
    k = int.from_bytes(scalar, "little")
    k = (k & ~7 & (2**255 - 1)) | 2**254
    x1 = int.from_bytes(point, "little") % 2**255 % P
    x2, z2, x3, z3, swap = 1, 0, x1, 1, 0
    for t in reversed(range(255)):
        bit = (k >> t) & 1
        if swap ^ bit:
            x2, x3, z2, z3 = x3, x2, z3, z2
        swap = bit
        a, b = (x2 + z2) % P, (x2 - z2) % P
        aa, bb = a * a % P, b * b % P
        e = (aa - bb) % P
        c, d = (x3 + z3) % P, (x3 - z3) % P
        da, cb = d * a % P, c * b % P
        x3, z3 = (da + cb) ** 2 % P, x1 * (da - cb) ** 2 % P
        x2, z2 = aa * bb % P, e * (aa + 121665 * e) % P
    if swap:
        x2, z2 = x3, z3
    return (x2 * pow(z2, P - 2, P) % P).to_bytes(32, "little")


def x25519_public(scalar: bytes) -> bytes:
    return x25519(scalar, (9).to_bytes(32, "little"))


def add(one, other):
    """Adds two points of the Edwards curve, in extended coordinates (RFC 8032, section 5.1.4)."""
    a = (one[1] - one[0]) * (other[1] - other[0]) % P
    b = (one[1] + one[0]) * (other[1] + other[0]) % P
    c = 2 * one[3] * other[3] * D % P
    d = 2 * one[2] * other[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def times(scalar: int, point):
    result = (0, 1, 1, 0)
    while scalar > 0:
        if scalar & 1:
            result = add(result, point)
        point = add(point, point)
        scalar >>= 1
    return result


def is_same(one, other) -> bool:
    return (one[0] * other[2] - other[0] * one[2]) % P == 0 and (one[1] * other[2] - other[1] * one[2]) % P == 0


def recover_x(y: int, sign: int):
    """The x of a point with this y, or None."""
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P != 0:
        x = x * SQRT_MINUS_ONE % P
    if (x * x - square) % P != 0 or (x == 0 and sign == 1):
        return None
    return P - x if (x & 1) != sign else x


def encode(point) -> bytes:
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | ((x & 1) << 255)).to_bytes(32, "little")


def decode(data: bytes):
    if len(data) != 32:
        return None
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    x = recover_x(y, sign)
    return None if x is None else (x, y, 1, x * y % P)


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE = decode(BASE_Y.to_bytes(32, "little"))


def number_of(*parts: bytes) -> int:
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little")


def ed25519_secret(seed: bytes):
    digest = hashlib.sha512(seed).digest()
    a = (int.from_bytes(digest[:32], "little") & ~7 & (2**254 - 1)) | 2**254
    return a, digest[32:]


def ed25519_public(seed: bytes) -> bytes:
    return encode(times(ed25519_secret(seed)[0], BASE))


def ed25519_sign(seed: bytes, message: bytes) -> bytes:
    a, prefix = ed25519_secret(seed)
    public = encode(times(a, BASE))
    r = number_of(prefix, message) % ORDER
    commitment = encode(times(r, BASE))
    s = (r + number_of(commitment, public, message) * a) % ORDER
    return commitment + s.to_bytes(32, "little")


def ed25519_verify(public: bytes, message: bytes, signature: bytes) -> bool:
    if len(signature) != 64:
        return False
    key, commitment = decode(public), decode(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if key is None or commitment is None or s >= ORDER:
        return False
    challenge = number_of(signature[:32], public, message) % ORDER
    return is_same(times(s, BASE), add(commitment, times(challenge, key)))
