"""The Noise protocol framework, revision 34, with `psk` and `hfs`, written from its text: for 25519 and ChaChaPoly."""

import hashlib

import curves
import mlkem
import symmetric

# One line a message; what both know beforehand stands first. `e1` and `ekem1` are those of the extension `hfs`.
PATTERNS = {
    "N": ("<s", "e es"),
    "K": (">s <s", "e es ss"),
    "X": ("<s", "e es s ss"),
    "NN": ("", "e", "e ee"),
    "NK": ("<s", "e es", "e ee"),
    "NX": ("", "e", "e ee s es"),
    "KN": (">s", "e", "e ee se"),
    "KK": (">s <s", "e es ss", "e ee se"),
    "KX": (">s", "e", "e ee se s es"),
    "XN": ("", "e", "e ee", "s se"),
    "XK": ("<s", "e es", "e ee", "s se"),
    "XX": ("", "e", "e ee s es", "s se"),
    "IN": ("", "e s", "e ee se"),
    "IK": ("<s", "e es s ss", "e ee se"),
    "IX": ("", "e s", "e ee se s es"),
    "X1X1": ("", "e", "e ee s", "es s", "se"),
    "I1K1": ("<s", "e s", "e ee es", "se"),
    "NNpsk0": ("", "psk e", "e ee"),
    "XXpsk3": ("", "e", "e ee s es", "s se psk"),
    "KKpsk0": (">s <s", "psk e es ss", "e ee se"),
    "KKpsk2": (">s <s", "e es ss", "e ee se psk"),
    "IKpsk2": ("<s", "e es s ss", "e ee se psk"),
    "NNhfs": ("", "e e1", "e ee ekem1"),
    "XXhfs": ("", "e e1", "e ee ekem1 s es", "s se"),
    "IKhfs": ("<s", "e es e1 s ss", "e ee ekem1 se"),
    "XXhfs+psk0": ("", "psk e e1", "e ee ekem1 s es", "s se"),
    "XXhfs+psk3": ("", "e e1", "e ee ekem1 s es", "s se psk"),
}
REKEY_NONCE = 2**64 - 1


class Cipher:
    def __init__(self, key):
        self.key, self.nonce = key, 0

    def seal(self, ad: bytes, plaintext: bytes) -> bytes:
        nonce = bytes(4) + self.nonce.to_bytes(8, "little")
        self.nonce += 1
        return symmetric.seal(self.key, nonce, ad, plaintext)

    def rekey(self):
        self.key = symmetric.seal(self.key, bytes(4) + REKEY_NONCE.to_bytes(8, "little"), b"", bytes(32))[:32]


class Symmetric:
    def __init__(self, protocol: str, hash_name: str):
        self.hash_name = {"SHA256": "sha256", "BLAKE2s": "blake2s", "SHA512": "sha512", "BLAKE2b": "blake2b"}[hash_name]
        self.bytes = hashlib.new(self.hash_name).digest_size
        name = protocol.encode()
        self.h = name.ljust(self.bytes, b"\0") if len(name) <= self.bytes else self.hash(name)
        self.ck, self.cipher = self.h, None

    def hash(self, data: bytes) -> bytes:
        return hashlib.new(self.hash_name, data).digest()

    def mix_hash(self, data: bytes):
        self.h = self.hash(self.h + data)

    def derive(self, secret: bytes, count: int):
        out = symmetric.hkdf(self.hash_name, self.ck, secret, b"", count * self.bytes)
        return [out[at * self.bytes : (at + 1) * self.bytes] for at in range(count)]

    def mix_key(self, secret: bytes):
        self.ck, key = self.derive(secret, 2)
        self.cipher = Cipher(key[:32])

    def mix_key_and_hash(self, secret: bytes):
        self.ck, mixed, key = self.derive(secret, 3)
        self.mix_hash(mixed)
        self.cipher = Cipher(key[:32])

    def encrypt_and_hash(self, plaintext: bytes) -> bytes:
        out = plaintext if self.cipher is None else self.cipher.seal(self.h, plaintext)
        self.mix_hash(out)
        return out


def handshake(protocol: str, keys, prologue: bytes, psks, kem_seed: bytes, kem_message: bytes, payloads):
    """
    The messages of a handshake, its hash and both ciphers. `keys`: private keys by "init" and "resp", then "s" or "e".
    One state does for both sides: they agree, or nothing works.
    """
    _, pattern, _, _, hash_name = protocol.split("_")
    known, *lines = PATTERNS[pattern]
    state = Symmetric(protocol, hash_name)
    state.mix_hash(prologue)
    private = lambda side, which: keys[side][which]
    public = lambda side, which: curves.x25519_public(private(side, which))
    for token in known.split():
        state.mix_hash(public("init" if token[0] == ">" else "resp", token[1]))
    waiting, messages, kem_pair = list(psks), [], None
    for number, line in enumerate(lines):
        side = "init" if number % 2 == 0 else "resp"
        out = b""
        for token in line.split():
            if token == "e":
                out += public(side, "e")
                state.mix_hash(public(side, "e"))
                if psks:
                    state.mix_key(public(side, "e"))
            elif token == "s":
                out += state.encrypt_and_hash(public(side, "s"))
            elif token == "psk":
                state.mix_key_and_hash(waiting.pop(0))
            elif token == "e1":
                kem_pair = mlkem.keygen(kem_seed)
                out += state.encrypt_and_hash(kem_pair[0])
            elif token == "ekem1":
                ciphertext, secret = mlkem.encapsulate(kem_pair[0], kem_message)
                assert mlkem.decapsulate(kem_pair[1], ciphertext) == secret
                out += state.encrypt_and_hash(ciphertext)
                state.mix_key(secret)
            else:
                state.mix_key(curves.x25519(private("init", token[0]), public("resp", token[1])))
        out += state.encrypt_and_hash(payloads[number])
        messages.append(out)
    first, second = state.derive(b"", 2)
    return messages, state.h, Cipher(first[:32]), Cipher(second[:32])
