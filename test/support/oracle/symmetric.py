"""ChaCha20-Poly1305 (RFC 8439) and HKDF (RFC 5869), written from the RFCs. HMAC and the hashes are Python's."""

import hashlib
import hmac
import struct


def quarter(state, a, b, c, d):
    for x, y, z, turn in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
        state[x] = (state[x] + state[y]) & 0xFFFFFFFF
        mixed = state[z] ^ state[x]
        state[z] = ((mixed << turn) | (mixed >> (32 - turn))) & 0xFFFFFFFF


def chacha20_block(key: bytes, counter: int, nonce: bytes) -> bytes:
    start = [*struct.unpack("<4I", b"expand 32-byte k"), *struct.unpack("<8I", key), counter, *struct.unpack("<3I", nonce)]
    state = list(start)
    for _ in range(10):
        for column in range(4):
            quarter(state, column, 4 + column, 8 + column, 12 + column)
        for column in range(4):
            quarter(state, column, 4 + (column + 1) % 4, 8 + (column + 2) % 4, 12 + (column + 3) % 4)
    return struct.pack("<16I", *((x + y) & 0xFFFFFFFF for x, y in zip(state, start)))


def chacha20(key: bytes, counter: int, nonce: bytes, data: bytes) -> bytes:
    out = bytearray()
    for at in range(0, len(data), 64):
        stream = chacha20_block(key, counter + at // 64, nonce)
        out += bytes(x ^ y for x, y in zip(data[at : at + 64], stream))
    return bytes(out)


def poly1305(key: bytes, message: bytes) -> bytes:
    r = int.from_bytes(key[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    total = 0
    for at in range(0, len(message), 16):
        total = (total + int.from_bytes(message[at : at + 16] + b"\1", "little")) * r % (2**130 - 5)
    return ((total + int.from_bytes(key[16:], "little")) % 2**128).to_bytes(16, "little")


def padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 16)


def seal(key: bytes, nonce: bytes, ad: bytes, plaintext: bytes) -> bytes:
    """The ciphertext, with its tag at the end."""
    ciphertext = chacha20(key, 1, nonce, plaintext)
    lengths = struct.pack("<QQ", len(ad), len(ciphertext))
    one_time = chacha20_block(key, 0, nonce)[:32]
    return ciphertext + poly1305(one_time, padded(ad) + padded(ciphertext) + lengths)


def mac(name: str, key: bytes, data: bytes) -> bytes:
    return hmac.new(key, data, lambda part=b"": hashlib.new(name, part)).digest()


def hkdf(name: str, salt: bytes, ikm: bytes, info: bytes, size: int) -> bytes:
    extracted = mac(name, salt, ikm)
    out, block = b"", b""
    for number in range(1, 256):
        if len(out) >= size:
            break
        block = mac(name, extracted, block + info + bytes([number]))
        out += block
    return out[:size]
