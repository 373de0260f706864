"""A bridge between two interfaces that impairs what passes, for kernels without netem.

Usage: bridge.py LEFT RIGHT SETTINGS SEED. SETTINGS is a file of JSON that is read again when it changes:
loss, duplicate, reorder (shares of frames from 0 to 1), delayMs, jitterMs, and `cut`: "", "left", "right" or "both",
the sides whose frames are dropped; frameBytesMax: longer frames are dropped.
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
