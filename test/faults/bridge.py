"""A bridge between two interfaces that impairs what passes, for kernels without netem.

Usage: bridge.py LEFT RIGHT SETTINGS SEED. SETTINGS is a file of JSON that is read again when it changes:
loss, duplicate, reorder (shares of frames from 0 to 1), delayMs, jitterMs, and `cut`: "", "left", "right" or "both",
the sides whose frames are dropped; frameBytesMax: longer frames are dropped. `block`: protocols ("udp", "tcp") that
are dropped. `broadcast`: false drops IPv4 frames to more than one host. `admit`: first and last port by protocol that
host firewalls admit; other frames of that protocol are dropped.
"""
import heapq
import json
import os
import random
import select
import socket
import sys
import time

left, right, settings_file, seed = sys.argv[1:5]
dice = random.Random(int(seed))
sockets = []
for name in (left, right):
    raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    raw.bind((name, 0))
    sockets.append(raw)


def passes(frame, settings):
    if frame[12:14] != b"\x08\x00":
        return True
    if frame[0] & 1 and not settings.get("broadcast", True):
        return False
    name = {6: "tcp", 17: "udp"}.get(frame[23])
    if name in settings.get("block", []):
        return False
    admitted = settings.get("admit", {}).get(name)
    if admitted is None:
        return True
    start = 14 + (frame[14] & 15) * 4
    ports = [int.from_bytes(frame[at:at + 2], "big") for at in (start, start + 2)]
    # A firewall follows connections: what comes from an admitted port is a reply. Announcements are no connections.
    return any(admitted[0] <= port <= admitted[1] for port in (ports if name == "tcp" else ports[1:]))


waiting, serial, read_at, settings = [], 0, 0.0, {}
print("ready", flush=True)
while True:
    due = max(0.0, waiting[0][0] - time.monotonic()) if waiting else 0.2
    readable, _, _ = select.select(sockets, [], [], min(due, 0.2))
    if os.stat(settings_file).st_mtime != read_at:
        read_at = os.stat(settings_file).st_mtime
        with open(settings_file) as text:
            settings = json.load(text)
    for raw in readable:
        frame, origin = raw.recvfrom(65535)
        # The kernel shows outgoing frames as well.
        if origin[2] == socket.PACKET_OUTGOING:
            continue
        side = sockets.index(raw)
        if settings.get("cut", "") in ("both", ("left", "right")[side]):
            continue
        if len(frame) > settings.get("frameBytesMax", 65535):
            continue
        if not passes(frame, settings):
            continue
        for _ in range(2 if dice.random() < settings.get("duplicate", 0) else 1):
            if dice.random() < settings.get("loss", 0):
                continue
            delay = settings.get("delayMs", 0) + dice.random() * settings.get("jitterMs", 0)
            if dice.random() < settings.get("reorder", 0):
                delay = 0
            serial += 1
            heapq.heappush(waiting, (time.monotonic() + delay / 1000, serial, 1 - side, frame))
    while waiting and waiting[0][0] <= time.monotonic():
        _, _, side, frame = heapq.heappop(waiting)
        try:
            sockets[side].send(frame)
        except OSError:
            pass
