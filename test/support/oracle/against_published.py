"""Tells whether the implementations of this folder reproduce published vectors: `python3 against_published.py FOLDER`."""

import json
import pathlib
import sys

import curves
import mlkem
import noise
import symmetric

FOLDER = pathlib.Path(sys.argv[1])
unhex = bytes.fromhex


def cases(name):
    return [(group, case) for group in json.loads((FOLDER / f"{name}.json").read_text())["testGroups"] for case in group["tests"]]


def primitives():
    for _, case in cases("prim/wycheproof-x25519"):
        yield curves.x25519(unhex(case["private"]), unhex(case["public"])).hex() == case["shared"]
    for group, case in cases("prim/wycheproof-ed25519"):
        is_valid = curves.ed25519_verify(unhex(group["publicKey"]["pk"]), unhex(case["msg"]), unhex(case["sig"]))
        yield is_valid == (case["result"] == "valid")
    for group, case in cases("prim/wycheproof-chacha20-poly1305"):
        if group["ivSize"] == 96 and case["result"] == "valid":
            sealed = symmetric.seal(*(unhex(case[name]) for name in ("key", "iv", "aad", "msg")))
            yield sealed.hex() == case["ct"] + case["tag"]
    for _, case in cases("prim/wycheproof-hkdf-sha256"):
        if case["result"] == "valid":
            okm = symmetric.hkdf("sha256", *(unhex(case[name]) for name in ("salt", "ikm", "info")), case["size"])
            yield okm.hex() == case["okm"]


def kem():
    for _, case in cases("kem/wycheproof-mlkem768-keygen"):
        yield tuple(part.hex() for part in mlkem.keygen(unhex(case["seed"]))) == (case["ek"], case["dk"])
    for _, case in cases("kem/wycheproof-mlkem768-encaps"):
        ek = unhex(case["ek"])
        is_sound = mlkem.is_sound(ek)
        yield is_sound == (case["result"] == "valid")
        if is_sound:
            yield tuple(part.hex() for part in mlkem.encapsulate(ek, unhex(case["m"]))) == (case["c"], case["K"])
    for _, case in cases("kem/wycheproof-mlkem768-decaps"):
        if len(case["seed"]) == 128 and case["result"] == "valid":
            yield mlkem.decapsulate(mlkem.keygen(unhex(case["seed"]))[1], unhex(case["c"])).hex() == case["K"]


def handshakes():
    for name in ("snow-hfs-25519+mlkem768", "cacophony-25519-chachapoly", "cacophony-25519-other-suites", "snow-25519-chachapoly-sha256"):
        for vector in json.loads((FOLDER / "noise" / f"{name}.json").read_text())["vectors"]:
            protocol = vector.get("protocol_name") or vector.get("name")
            _, pattern, _, cipher, _ = protocol.split("_")
            if pattern in noise.PATTERNS and cipher == "ChaChaPoly":
                yield replays(protocol, pattern, vector)


def replays(protocol, pattern, vector) -> bool:
    key = lambda name: unhex(vector.get(name) or "00" * 32)
    keys = {side: {"s": key(f"{side}_static"), "e": key(f"{side}_ephemeral")} for side in ("init", "resp")}
    count = len(noise.PATTERNS[pattern]) - 1
    payloads = [unhex(message["payload"]) for message in vector["messages"]]
    psks = [unhex(psk) for psk in vector.get("init_psks", [])]
    seed, drawn = unhex(vector.get("init_kem_seed_d_z", "")), unhex(vector.get("resp_kem_m", ""))
    prologue = unhex(vector["init_prologue"])
    written, transcript, first, second = noise.handshake(protocol, keys, prologue, psks, seed, drawn, payloads[:count])
    for at, message in enumerate(vector["messages"][count:], count):
        if message.get("rekey_both_before"):
            first.rekey()
            second.rekey()
        is_first = message["from"] == "init" if "from" in message else at % 2 == 0 or pattern in ("N", "K", "X")
        written.append((first if is_first else second).seal(b"", payloads[at]))
    is_same = [out.hex() for out in written] == [message["ciphertext"] for message in vector["messages"]]
    return is_same and vector.get("handshake_hash", transcript.hex()) == transcript.hex()


def main() -> int:
    failed = 0
    for part in (primitives, kem, handshakes):
        results = list(part())
        failed += results.count(False)
        print(f"{part.__name__}: {results.count(True)} of {len(results)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
