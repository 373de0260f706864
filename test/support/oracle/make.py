"""
Makes the vectors of test/vectors with the implementations of this folder: `python3 make.py` writes them, `python3
make.py --check` tells whether they are what it would write. Inputs are drawn from labels by SHAKE256.
"""

import base64
import hashlib
import hmac
import json
import pathlib
import sys

import curves
import mlkem
import noise
import symmetric

TARGET = pathlib.Path(__file__).resolve().parents[2] / "vectors"


def draw(label: str, size: int = 32) -> bytes:
    return hashlib.shake_256(f"parlance oracle {label}".encode()).digest(size)


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def numbered(cases):
    """In the schema of Wycheproof, which the published vectors have."""
    return {"testGroups": [{"tests": [{"tcId": at + 1, **case} for at, case in enumerate(cases)]}]}


def x25519():
    points = [(draw(f"x25519 point {n}"), []) for n in range(8)]
    # What is not reduced modulo p is taken modulo p, and the highest bit is ignored (RFC 7748, section 5).
    points += [((curves.P + n).to_bytes(32, "little"), []) for n in (2, 9, 18)]
    points += [((9 + 2**255).to_bytes(32, "little"), [])]
    orders = [325606250916557431795983626356110631294008115727848805560023387167927233504,
              39382357235489614581723060781553021112529911719440698176882885853963445705823]
    points += [(u.to_bytes(32, "little"), ["ZeroSharedSecret"]) for u in (0, 1, curves.P - 1, curves.P, curves.P + 1, *orders)]
    cases = []
    for at, (point, flags) in enumerate(points):
        private = draw(f"x25519 private {at}")
        shared = curves.x25519(private, point)
        assert (shared == bytes(32)) == (flags != [])
        cases.append({"public": point.hex(), "private": private.hex(), "shared": shared.hex(), "flags": flags, "result": "valid"})
    return numbered(cases)


def ed25519():
    groups = []
    for at, size in enumerate((0, 1, 32, 200)):
        seed, message = draw(f"ed25519 seed {at}"), draw(f"ed25519 message {at}", size)
        public, signature = curves.ed25519_public(seed), curves.ed25519_sign(seed, message)
        above = int.from_bytes(signature[32:], "little") + curves.ORDER
        tries = [(message, signature), (message + b"x", signature), (message, signature[:63]), (message, signature + b"\0"), (message, b"")]
        tries += [(message, flipped(signature, place)) for place in (0, 31, 32, 63)]
        tries += [(message, signature[:32] + above.to_bytes(32, "little")), (message, bytes(64)), (message, signature[32:] + signature[:32])]
        tests = [
            {"tcId": number, "msg": text.hex(), "sig": sig.hex(), "result": "valid" if curves.ed25519_verify(public, text, sig) else "invalid"}
            for number, (text, sig) in enumerate(tries)
        ]
        assert [case["result"] for case in tests].count("valid") == 1
        groups.append({"publicKey": {"pk": public.hex()}, "tests": tests})
    return {"testGroups": groups}


def chacha():
    cases = []
    for at, (size, ad_size) in enumerate(((0, 0), (0, 16), (1, 0), (15, 3), (16, 16), (17, 0), (63, 5), (64, 0), (65, 17), (200, 33))):
        key, nonce, ad, text = (draw(f"chacha {what} {at}", n) for what, n in (("key", 32), ("nonce", 12), ("ad", ad_size), ("text", size)))
        sealed = symmetric.seal(key, nonce, ad, text)
        given = {"key": key.hex(), "iv": nonce.hex(), "aad": ad.hex(), "msg": text.hex()}
        bent = [flipped(sealed, place) for place in sorted({0, size // 2, size, size + 15})]
        for result, out in [("valid", sealed)] + [("invalid", one) for one in bent]:
            cases.append({**given, "ct": out[:size].hex(), "tag": out[size:].hex(), "result": result})
    return {"testGroups": [{"ivSize": 96, **numbered(cases)["testGroups"][0]}]}


def hkdf():
    cases = []
    for at, (salt_size, size) in enumerate(((0, 32), (32, 32), (13, 64), (32, 96), (64, 96), (100, 40))):
        salt, ikm = draw(f"hkdf salt {at}", salt_size), draw(f"hkdf ikm {at}", 20 + at)
        okm = symmetric.hkdf("sha256", salt, ikm, b"", size)
        cases.append({"ikm": ikm.hex(), "salt": salt.hex(), "info": "", "size": size, "okm": okm.hex(), "result": "valid"})
    return numbered(cases)


def with_coefficient(ek: bytes, at: int, value: int) -> bytes:
    values = [(int.from_bytes(ek[3 * i : 3 * i + 3], "little") >> shift) & 4095 for i in range(384) for shift in (0, 12)]
    values[at] = value
    pairs = zip(values[::2], values[1::2])
    return b"".join((low | high << 12).to_bytes(3, "little") for low, high in pairs) + ek[1152:]


def kem_files():
    keys = [(seed, *mlkem.keygen(seed)) for seed in (draw(f"kem seed {n}", 64) for n in range(3))]
    keygen = [{"seed": seed.hex(), "ek": ek.hex(), "dk": dk.hex(), "result": "valid"} for seed, ek, dk in keys]
    encaps, decaps = [], []
    for at, (seed, ek, dk) in enumerate(keys):
        message = draw(f"kem message {at}")
        ciphertext, secret = mlkem.encapsulate(ek, message)
        encaps.append({"m": message.hex(), "ek": ek.hex(), "c": ciphertext.hex(), "K": secret.hex(), "result": "valid"})
        # A ciphertext that nobody made gives a secret that nobody else has (implicit rejection).
        for one in (ciphertext, flipped(ciphertext, 0), flipped(ciphertext, 1087), draw(f"kem noise {at}", 1088)):
            shared = mlkem.decapsulate(dk, one)
            assert (shared == secret) == (one == ciphertext)
            decaps.append({"seed": seed.hex(), "ek": ek.hex(), "c": one.hex(), "K": shared.hex(), "result": "valid"})
    seed, ek, dk = keys[0]
    for bad in (ek[:-1], ek + b"\0", b"", with_coefficient(ek, 0, mlkem.Q), with_coefficient(ek, 767, 4095)):
        assert not mlkem.is_sound(bad)
        encaps.append({"m": draw("kem message 0").hex(), "ek": bad.hex(), "c": "", "K": "", "result": "invalid"})
    for bad in (b"", bytes(1087), bytes(1089)):
        decaps.append({"seed": seed.hex(), "ek": ek.hex(), "c": bad.hex(), "K": "", "result": "invalid"})
    sealed = bytes.fromhex(encaps[0]["c"])
    expanded = [(dk, sealed, True), (dk, flipped(sealed, 500), True), (flipped(dk, 2400 - 64), sealed, False), (dk[:-1], sealed, False), (dk, sealed[:-1], False)]
    semi = [
        {"dk": key.hex(), "c": c.hex(), "K": mlkem.decapsulate(key, c).hex() if good else "", "result": "valid" if good else "invalid"}
        for key, c, good in expanded
    ]
    return {"kem/keygen": numbered(keygen), "kem/encaps": numbered(encaps), "kem/decaps": numbered(decaps), "kem/semi-expanded-decaps": numbered(semi)}


def accumulated():
    """A hundred rounds on one stream, hashed: the value that Go's tests publish."""
    rounds = 100
    stream, at, absorbed = hashlib.shake_128().digest(rounds * (96 + 1088)), 0, hashlib.shake_128()
    for _ in range(rounds):
        seed, message, noise_bytes = stream[at : at + 64], stream[at + 64 : at + 96], stream[at + 96 : at + 1184]
        at += 1184
        ek, dk = mlkem.keygen(seed)
        ciphertext, secret = mlkem.encapsulate(ek, message)
        for part in (ek, ciphertext, secret, mlkem.decapsulate(dk, noise_bytes)):
            absorbed.update(part)
    return {"go_100": absorbed.digest(32).hex()}


def noise_vector(protocol: str):
    _, pattern, _, _, _ = protocol.split("_")
    known, *lines = noise.PATTERNS[pattern]
    has = lambda side, which: f"{'>' if side == 'init' else '<'}{which}" in known.split() or any(
        which in line.split() for line in lines[0 if side == "init" else 1 :: 2]
    )
    keys = {side: {which: draw(f"{protocol} {side} {which}") for which in "se"} for side in ("init", "resp")}
    prologue, psks = draw(f"{protocol} prologue", 11), [draw(f"{protocol} psk")] if "psk" in pattern else []
    seed, message = draw(f"{protocol} kem seed", 64), draw(f"{protocol} kem message")
    payloads = [draw(f"{protocol} payload {at}", 13 * at) for at in range(len(lines) + 4)]
    written, transcript, first, second = noise.handshake(protocol, keys, prologue, psks, seed, message, payloads)
    vector = {"protocol_name": protocol, "handshake_hash": transcript.hex()}
    for side, other in (("init", "resp"), ("resp", "init")):
        vector[f"{side}_prologue"] = prologue.hex()
        if has(side, "s"):
            vector[f"{side}_static"] = keys[side]["s"].hex()
        if has(side, "e"):
            vector[f"{side}_ephemeral"] = keys[side]["e"].hex()
        if f"{'>' if other == 'init' else '<'}s" in known.split():
            vector[f"{side}_remote_static"] = curves.x25519_public(keys[other]["s"]).hex()
        if psks:
            vector[f"{side}_psks"] = [psk.hex() for psk in psks]
    if "hfs" in pattern:
        vector |= {"init_kem_seed_d_z": seed.hex(), "resp_kem_m": message.hex()}
    messages = [{"payload": payload.hex(), "ciphertext": out.hex()} for payload, out in zip(payloads, written)]
    for at, payload in enumerate(payloads[len(lines) :]):
        sender = "init" if at % 2 == 0 or len(lines) == 1 else "resp"
        one = {"payload": payload.hex(), "from": sender}
        if at == 2:
            one["rekey_both_before"] = True
            first.rekey()
            second.rekey()
        one["ciphertext"] = (first if sender == "init" else second).seal(b"", payload).hex()
        messages.append(one)
    return {**vector, "messages": messages}


def noise_file():
    suites = lambda pattern: "25519+MLKEM768" if "hfs" in pattern else "25519"
    protocols = [f"Noise_{pattern}_{suites(pattern)}_ChaChaPoly_SHA256" for pattern in noise.PATTERNS]
    protocols += [f"Noise_{pattern}_25519_ChaChaPoly_{hash_name}" for pattern in ("XX", "KKpsk0") for hash_name in ("BLAKE2s", "SHA512", "BLAKE2b")]
    return {"vectors": [noise_vector(protocol) for protocol in protocols]}


def schedule():
    """Exporter and tickets, section 4 of the session protocol: one HMAC for each output."""
    mac = lambda key, data: hmac.new(key, data, hashlib.sha256).digest()
    cases = []
    for at in range(8):
        chaining_key, transcript = draw(f"schedule ck {at}"), draw(f"schedule h {at}")
        exporter = mac(chaining_key, b"parlance/1 exporter\0" + transcript)
        exported = {name: mac(exporter, name.encode() + b"\1") for name in ("resumption", "group-wrap", "sas")}
        rms = exported["resumption"]
        tickets = {
            way: {"id": mac(rms, b"ticket id " + way.encode() + b"\1")[:16].hex(), "psk": mac(rms, b"ticket psk " + way.encode() + b"\1").hex()}
            for way in ("lo>hi", "hi>lo")
        }
        cases.append({"chainingKey": chaining_key.hex(), "transcriptHash": transcript.hex(), "exporter": exporter.hex(),
                      "exported": {name: value.hex() for name, value in exported.items()}, "tickets": tickets})
    return {"cases": cases}


ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def check_character(chars: str) -> str:
    """As Syncthing reckons it: every other digit twice, from the first on, its own two digits added up."""
    total = 0
    for at, char in enumerate(chars):
        value = ALPHABET.index(char) * (1 + at % 2)
        total += value // 32 + value % 32
    return ALPHABET[-total % 32]


def device_id():
    bare = base64.b32encode(draw("device id")).decode().rstrip("=")
    parts = [bare[at : at + 13] for at in range(0, 52, 13)]
    checked = "".join(part + check_character(part) for part in parts)
    grouped = lambda chars, size: "-".join(chars[at : at + size] for at in range(0, len(chars), size))
    mistyped = checked.replace("O", "0").replace("I", "1").replace("B", "8")
    other = ALPHABET[(ALPHABET.index(checked[13]) + 1) % 32]
    return {
        "formatted": grouped(checked, 7),
        "accept_as_same": [grouped(bare, 6), bare, checked.lower(), mistyped],
        "reject": ["a", checked[:13] + other + checked[14:], bare[:-1] + "Z", checked + "A"],
    }


def safety_number():
    parties = [{"identity_key": draw(f"identity key {n}").hex(), "stable_id": f"party {n}"} for n in range(2)]
    halves = []
    for party in parties:
        key = bytes.fromhex(party["identity_key"])
        digest = hashlib.sha512(bytes(2) + key + party["stable_id"].encode() + key).digest()
        for _ in range(5199):
            digest = hashlib.sha512(digest + key).digest()
        halves.append("".join(f"{int.from_bytes(digest[at : at + 5], 'big') % 100_000:05}" for at in range(0, 30, 5)))
    return {"iterations": 5200, "version_bytes": "0000", "parties": parties, "displayable": "".join(sorted(halves))}


def main() -> int:
    files = {
        "prim/x25519": x25519(), "prim/ed25519": ed25519(), "prim/chacha20-poly1305": chacha(), "prim/hkdf-sha256": hkdf(),
        **kem_files(), "kem/accumulated": accumulated(), "noise/own": noise_file(), "session/schedule": schedule(),
        "identity/device-id": device_id(), "identity/safety-number": safety_number(),
    }
    stale = []
    for name, content in files.items():
        path, text = TARGET / f"{name}.json", json.dumps(content, indent=1) + "\n"
        if path.exists() and path.read_text() == text:
            continue
        stale.append(name)
        if "--check" not in sys.argv:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    print(f"{len(files)} files, {'stale' if '--check' in sys.argv else 'written'}: {', '.join(stale) or 'none'}")
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
