"""ML-KEM-768, written from FIPS 203 with its names. Slow, not constant in time, and not for secrets."""

import hashlib

Q, N, K = 3329, 256, 3
DU, DV = 10, 4


def reversed_bits(value: int) -> int:
    return int(f"{value:07b}"[::-1], 2)


ZETAS = [pow(17, reversed_bits(i), Q) for i in range(128)]
GAMMAS = [pow(17, 2 * reversed_bits(i) + 1, Q) for i in range(128)]


def byte_encode(width: int, values) -> bytes:
    bits = 0
    for at, value in enumerate(values):
        bits |= value << (at * width)
    return bits.to_bytes(32 * width, "little")


def byte_decode(width: int, data: bytes):
    bits = int.from_bytes(data, "little")
    values = [(bits >> (at * width)) & (2**width - 1) for at in range(N)]
    return [value % Q for value in values] if width == 12 else values


def compress(width: int, values):
    return [((value * 2**width + Q // 2) // Q) % 2**width for value in values]


def decompress(width: int, values):
    return [(value * Q + 2 ** (width - 1)) >> width for value in values]


def ntt(values):
    f, at, length = list(values), 1, 128
    while length >= 2:
        for start in range(0, N, 2 * length):
            zeta = ZETAS[at]
            at += 1
            for j in range(start, start + length):
                t = zeta * f[j + length] % Q
                f[j + length], f[j] = (f[j] - t) % Q, (f[j] + t) % Q
        length //= 2
    return f


def inverse_ntt(values):
    f, at, length = list(values), 127, 2
    while length <= 128:
        for start in range(0, N, 2 * length):
            zeta = ZETAS[at]
            at -= 1
            for j in range(start, start + length):
                t = f[j]
                f[j], f[j + length] = (t + f[j + length]) % Q, zeta * (f[j + length] - t) % Q
        length *= 2
    return [value * 3303 % Q for value in f]


def product(f, g):
    h = [0] * N
    for i in range(128):
        a0, a1, b0, b1 = f[2 * i], f[2 * i + 1], g[2 * i], g[2 * i + 1]
        h[2 * i] = (a0 * b0 + a1 * b1 * GAMMAS[i]) % Q
        h[2 * i + 1] = (a0 * b1 + a1 * b0) % Q
    return h


def plus(*polynomials):
    return [sum(values) % Q for values in zip(*polynomials)]


def sample_ntt(seed: bytes):
    stream = hashlib.shake_128(seed).digest(3 * 1024)
    values = []
    for at in range(0, len(stream), 3):
        a, b, c = stream[at : at + 3]
        values += [d for d in (a + 256 * (b % 16), b // 16 + 16 * c) if d < Q]
        if len(values) >= N:
            return values[:N]
    raise ValueError("the stream is too short")


def sample_cbd(sigma: bytes, number: int):
    bits = int.from_bytes(hashlib.shake_256(sigma + bytes([number])).digest(64 * 2), "little")
    bit = lambda at: (bits >> at) & 1
    return [(bit(4 * i) + bit(4 * i + 1) - bit(4 * i + 2) - bit(4 * i + 3)) % Q for i in range(N)]


def matrix(rho: bytes):
    return [[sample_ntt(rho + bytes([j, i])) for j in range(K)] for i in range(K)]


def sha3(data: bytes) -> bytes:
    return hashlib.sha3_256(data).digest()


def keygen(seed: bytes):
    """From 64 bytes, d then z: the encapsulation key and the expanded decapsulation key."""
    d, z = seed[:32], seed[32:]
    g = hashlib.sha3_512(d + bytes([K])).digest()
    rho, sigma = g[:32], g[32:]
    a = matrix(rho)
    s = [ntt(sample_cbd(sigma, i)) for i in range(K)]
    e = [ntt(sample_cbd(sigma, K + i)) for i in range(K)]
    t = [plus(e[i], *(product(a[i][j], s[j]) for j in range(K))) for i in range(K)]
    ek = b"".join(byte_encode(12, row) for row in t) + rho
    return ek, b"".join(byte_encode(12, row) for row in s) + ek + sha3(ek) + z


def encrypt(ek: bytes, message: bytes, r: bytes) -> bytes:
    t = [byte_decode(12, ek[384 * i : 384 * (i + 1)]) for i in range(K)]
    a = matrix(ek[384 * K :])
    y = [ntt(sample_cbd(r, i)) for i in range(K)]
    e1 = [sample_cbd(r, K + i) for i in range(K)]
    e2 = sample_cbd(r, 2 * K)
    u = [plus(e1[i], inverse_ntt(plus(*(product(a[j][i], y[j]) for j in range(K))))) for i in range(K)]
    mu = decompress(1, byte_decode(1, message))
    v = plus(e2, mu, inverse_ntt(plus(*(product(t[j], y[j]) for j in range(K)))))
    return b"".join(byte_encode(DU, compress(DU, row)) for row in u) + byte_encode(DV, compress(DV, v))


def is_sound(ek: bytes) -> bool:
    """The check of FIPS 203, section 7.2: the length, and every coefficient below q."""
    if len(ek) != 384 * K + 32:
        return False
    return all(byte_encode(12, byte_decode(12, ek[384 * i : 384 * (i + 1)])) == ek[384 * i : 384 * (i + 1)] for i in range(K))


def encapsulate(ek: bytes, message: bytes):
    """The ciphertext and the shared secret."""
    g = hashlib.sha3_512(message + sha3(ek)).digest()
    return encrypt(ek, message, g[32:]), g[:32]


def decapsulate(dk: bytes, ciphertext: bytes) -> bytes:
    s = [byte_decode(12, dk[384 * i : 384 * (i + 1)]) for i in range(K)]
    ek, h, z = dk[384 * K : 768 * K + 32], dk[768 * K + 32 : 768 * K + 64], dk[768 * K + 64 :]
    rows = [ciphertext[32 * DU * i : 32 * DU * (i + 1)] for i in range(K)]
    u = [decompress(DU, byte_decode(DU, row)) for row in rows]
    v = decompress(DV, byte_decode(DV, ciphertext[32 * DU * K :]))
    masked = inverse_ntt(plus(*(product(s[i], ntt(u[i])) for i in range(K))))
    message = byte_encode(1, compress(1, [(x - y) % Q for x, y in zip(v, masked)]))
    g = hashlib.sha3_512(message + h).digest()
    if encrypt(ek, message, g[32:]) == ciphertext:
        return g[:32]
    return hashlib.shake_256(z + ciphertext).digest(32)
