"""The five older programs on one host of the lab, each on its own port, with users that a test drives.

Usage: older.py OWN NODE BROADCAST. Reads commands as lines of JSON and prints as such lines what the users see:
{"say": PROGRAM, "text": TEXT}, {"raw": PORT, "hex": BYTES}, {"announce": NAME}, {"end": PROGRAM}.
"""
import json
import socket
import sys
import threading

own, node, broadcast = sys.argv[1:4]
ports = {"cmp2204": 6001, "synergy": 7000, "netech": 7070, "chatbuddy": 9090, "cse310": 65500}
talks = {}


def shows(program, text):
    print(json.dumps({"program": program, "text": text}), flush=True)


def listen(program, serve):
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("", ports[program]))
    server.listen(5)

    def accept():
        while True:
            client, _ = server.accept()
            threading.Thread(target=serve, args=(client,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()


def respond(client):
    """Chat_Responder: reads objects until the other side closes."""
    with client:
        while words := client.recv(1024):
            shows("cmp2204", json.loads(words.decode())["unencrypted message"])


def synergy(client):
    """Reads once and closes."""
    with client:
        words = client.recv(1024).decode()
        if words:
            shows("synergy", words.split(" ", 2)[2])


def netech(client):
    with client:
        while words := client.recv(1024):
            shows("netech", words.decode().split("|", 2)[2])


def chat(client):
    """MessageBuddy: one read is one message, until EOM."""
    talks["chatbuddy"] = client
    with client:
        while (words := client.recv(1024)) and words != b"EOM":
            shows("chatbuddy", words.decode())
    talks.pop("chatbuddy", None)
    shows("chatbuddy", None)


def turn(client):
    """wait / connect: one read, and then it is the turn of this user."""
    talks["cse310"] = client
    words = client.recv(1024).decode()
    if words and not words.startswith("/disconnect"):
        shows("cse310", words)
        return
    client.close()
    talks.pop("cse310", None)
    shows("cse310", None)


def discover():
    """Peer_Discovery: prints each name that announces itself."""
    heard = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    heard.bind(("", 6000))
    while True:
        shows("discovery", json.loads(heard.recvfrom(1024)[0].decode())["username"])


def dial(port, words):
    client = socket.create_connection((node, port))
    client.sendall(words)
    return client


def say(program, text):
    if program == "cmp2204":
        dial(6001, json.dumps({"unencrypted message": text}).encode()).close()
    elif program == "synergy":
        dial(6001, f"{own}:7000 sue {text}".encode()).close()
    elif program == "netech":
        dial(6001, f"LISTENING_PORT:7070|TEAM_NAME:blue|{text}".encode()).close()
    else:
        words = text if program == "chatbuddy" else f"Pat: {text}"
        client = talks.get(program)
        if client is None:
            client = socket.create_connection((node, ports[program]))
            if program == "chatbuddy":
                threading.Thread(target=chat, args=(client,), daemon=True).start()
        client.sendall(words.encode())
        if program == "cse310":
            threading.Thread(target=turn, args=(client,), daemon=True).start()


def end(program):
    farewell = b"EOM" if program == "chatbuddy" else b"/disconnectPat disconnected from the chat."
    client = talks.pop(program)
    client.sendall(farewell)
    client.shutdown(socket.SHUT_RDWR)
    client.close()


def raw(port, words):
    client = dial(port, words)
    client.settimeout(5)
    try:
        client.recv(1)
    except OSError:
        pass
    client.close()
    shows("raw", port)


for program, serve in (("cmp2204", respond), ("synergy", synergy), ("netech", netech), ("chatbuddy", chat)):
    listen(program, serve)
listen("cse310", turn)
threading.Thread(target=discover, daemon=True).start()
shows("ready", None)
for line in sys.stdin:
    command = json.loads(line)
    if "say" in command:
        say(command["say"], command["text"])
    elif "raw" in command:
        raw(command["raw"], bytes.fromhex(command["hex"]))
    elif "announce" in command:
        beacon = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        beacon.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        words = json.dumps({"username": command["announce"], "ip_address": own})
        beacon.sendto(words.encode(), (broadcast, 6000))
    else:
        end(command["end"])
