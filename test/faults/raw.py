"""Datagrams with forged source addresses, by hand. Needs root, and a network of its own (see lab.ts).

    python3 test/faults/raw.py DESTINATION PORT [--from 10.99.0.0/24] [--rate 1000] [--seconds 10] [--text FILE] [--seed S]

Each datagram comes from another address of the range. Without --text each is 200 bytes of noise.
"""
import argparse
import ipaddress
import random
import socket
import struct
import time


def checksum(data: bytes) -> int:
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def packet(source: str, destination: str, port: int, payload: bytes, sender_port: int) -> bytes:
    # A checksum of 0 means none in UDP over IPv4.
    udp = struct.pack("!HHHH", sender_port, port, 8 + len(payload), 0) + payload
    fields = (0x45, 0, 20 + len(udp), 0, 0, 1, socket.IPPROTO_UDP)
    addresses = socket.inet_aton(source) + socket.inet_aton(destination)
    head = struct.pack("!BBHHHBBH", *fields, 0) + addresses
    return struct.pack("!BBHHHBBH", *fields, checksum(head)) + addresses + udp


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("destination")
    parser.add_argument("port", type=int)
    parser.add_argument("--from", dest="sources", default="10.99.0.0/24")
    parser.add_argument("--rate", type=float, default=1000)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--text")
    parser.add_argument("--seed", type=int, default=random.randrange(2**31))
    given = parser.parse_args()
    dice = random.Random(given.seed)
    hosts = [str(host) for host in ipaddress.ip_network(given.sources).hosts()]
    text = open(given.text, "rb").read() if given.text else None
    raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    print(f"seed {given.seed}", flush=True)
    started, sent = time.monotonic(), 0
    while time.monotonic() - started < given.seconds:
        for _ in range(int((time.monotonic() - started) * given.rate) - sent):
            payload = text if text is not None else dice.randbytes(200)
            whole = packet(dice.choice(hosts), given.destination, given.port, payload, dice.randrange(1024, 65536))
            raw.sendto(whole, (given.destination, 0))
            sent += 1
        time.sleep(0.005)
    print(f"{sent} datagrams from {len(hosts)} addresses")


main()
