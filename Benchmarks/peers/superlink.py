"""Puts Flower's SuperLink under the load of a crowd of nodes, and says what it holds.

Usage: superlink.py NODES BYTES REGISTRATION_SECONDS PUSH_SECONDS AT_ONCE... Prints a JSON object, with the figures
of that number of nodes pushing at a time with which the SuperLink stored most replies a second.

The SuperLink is Flower's own HTTP application in a process of its own, with its default state, which is in memory.
A thread of that process stands in for the ServerApp. Every node keeps a connection alive and answers one message
with BYTES bytes in one record: PushMessages, then PushObject for each of the reply's objects. All of that is
encoded and signed before. Nodes do not pull their message, for which the SuperLink would look through those of all
nodes, and they may be silent for as long as they like, where uvicorn would close a connection after 5 s.
"""

import asyncio
import base64
import json
import multiprocessing
import os
import pathlib
import resource
import socket
import sys
import threading
import time

from flwr.app import ConfigRecord, Message, Metadata, RecordDict
from flwr.app.message import make_message, remove_content_from_message
from flwr.common.constant import SUPERLINK_NODE_ID, TIMESTAMP_HEADER
from flwr.common.serde import message_to_proto
from flwr.proto import fleet_pb2, message_pb2, node_pb2
from flwr.supercore.constant import (
    FLEET_HTTP_PUBLIC_KEY_HEADER, FLEET_HTTP_SIGNATURE_HEADER, NOOP_FEDERATION_ID, TaskType,
)
from flwr.supercore.date import now
from flwr.supercore.inflatable.inflatable_object import get_all_nested_objects, get_object_tree
from flwr.supercore.primitives.asymmetric import generate_key_pairs, public_key_to_bytes, sign_message

HOST = "127.0.0.1"
SERVER_APP_HEARTBEAT_SECONDS = 5
NODE_HEARTBEAT_SECONDS = 1_800.0
KEEP_ALIVE_SECONDS = 600
MESSAGE_SECONDS = 3_600.0
CONNECT_SECONDS = 30


def message(run_id, sender, recipient, content, reply_to=""):
    """A message whose identifier is its content's."""
    made = make_message(
        Metadata(
            run_id=run_id, message_id="", src_node_id=sender, dst_node_id=recipient, reply_to_message_id=reply_to,
            group_id="", created_at=time.time(), ttl=MESSAGE_SECONDS / (2 if reply_to else 1), message_type="train"),
        RecordDict({"record": ConfigRecord(content)}))
    made.metadata.__dict__["_message_id"] = made.object_id
    return made


def serve(port, pipe):
    """Runs a SuperLink with one run, and has a message wait for each node that the pipe names."""
    import uvicorn
    from flwr.superlink.main import create_app

    app = create_app()
    state = app.state.linkstate_factory.state()
    run_id = state.create_run(None, None, None, {}, NOOP_FEDERATION_ID, None, None, TaskType.SERVER_APP)
    task_id = state.get_run_info(run_ids=[run_id])[0].primary_task_id
    state.claim_task(task_id)
    state.activate_task(task_id)

    def beat():
        while state.acknowledge_task_heartbeat(task_id):
            time.sleep(SERVER_APP_HEARTBEAT_SECONDS)

    def send():
        pipe.send(run_id)
        while True:
            messages = [message(run_id, SUPERLINK_NODE_ID, node, {"node": node}) for node in pipe.recv()]
            pipe.send([state.store_message_ins(made) for made in messages])

    for work in (beat, send):
        threading.Thread(target=work, daemon=True).start()
    uvicorn.run(app, host=HOST, port=port, log_level="warning", timeout_keep_alive=KEEP_ALIVE_SECONDS)


class Node:
    """A node with its key and its connection."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer
        private, public = generate_key_pairs()
        self.key = public_key_to_bytes(public)
        # A signature over the time is taken for five minutes.
        timestamp = now().isoformat()
        fields = {
            FLEET_HTTP_PUBLIC_KEY_HEADER: base64.b64encode(self.key).decode(), TIMESTAMP_HEADER: timestamp,
            FLEET_HTTP_SIGNATURE_HEADER: base64.b64encode(sign_message(private, timestamp.encode())).decode(),
            "host": HOST, "content-type": "application/protobuf", "accept": "application/protobuf",
        }
        self.head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())

    async def call(self, name, body, answer):
        head = f"POST /v1/fleet/{name} HTTP/1.1\r\n{self.head}content-length: {len(body)}\r\n\r\n"
        self.writer.write(head.encode() + body)
        lines = (await self.reader.readuntil(b"\r\n\r\n")).decode().lower().split("\r\n")
        length = next(int(line.split(":")[1]) for line in lines if line.startswith("content-length:"))
        content = await self.reader.readexactly(length)
        if " 200 " not in lines[0]:
            raise RuntimeError(f"{name}: {lines[0]}: {content[:200]}")
        return answer.FromString(content)

    async def register(self):
        request = fleet_pb2.RegisterNodeFleetRequest(public_key=self.key)
        answer = await self.call("register-node", request.SerializeToString(), fleet_pb2.RegisterNodeFleetResponse)
        self.id = answer.node_id
        request = fleet_pb2.ActivateNodeRequest(public_key=self.key, heartbeat_interval=NODE_HEARTBEAT_SECONDS)
        await self.call("activate-node", request.SerializeToString(), fleet_pb2.ActivateNodeResponse)

    def prepare(self, run_id, reply_to, content):
        """Encodes a reply, all but its session's name, which the SuperLink gives."""
        reply = message(run_id, self.id, SUPERLINK_NODE_ID, {"packet": content}, reply_to)
        node = node_pb2.Node(node_id=self.id)
        self.reply = fleet_pb2.PushMessagesRequest(
            node=node, messages_list=[message_to_proto(remove_content_from_message(reply))],
            message_object_trees=[get_object_tree(reply)]).SerializeToString()
        self.objects = {
            name: message_pb2.PushObjectRequest(
                node=node, run_id=run_id, object_id=name, object_content=value.deflate()).SerializeToString()
            for name, value in get_all_nested_objects(reply).items()
        }

    async def push(self):
        """Pushes the reply, and returns how long that took, in seconds."""
        start = time.perf_counter()
        answer = await self.call("push-messages", self.reply, fleet_pb2.PushMessagesResponse)
        session = message_pb2.PushObjectRequest(session_id=answer.session_id).SerializeToString()
        if not answer.objects_to_push:
            raise RuntimeError("the SuperLink did not take a reply")
        for name in answer.objects_to_push:
            stored = await self.call("push-object", self.objects[name] + session, message_pb2.PushObjectResponse)
            if not stored.stored:
                raise RuntimeError("the SuperLink did not store an object")
        return time.perf_counter() - start


async def each(items, at_once, seconds, work):
    """Does work on items, so many at a time, until the time is over; returns what came of it."""
    results, remaining, end = [], iter(items), time.perf_counter() + seconds

    async def worker():
        for item in remaining:
            if time.perf_counter() > end:
                return
            results.append(await work(item))

    await asyncio.gather(*(worker() for _ in range(at_once)))
    return results


def resident_bytes(pid):
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS:"))


def core_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def connect(port):
    end = time.perf_counter() + CONNECT_SECONDS
    while True:
        try:
            return await asyncio.open_connection(HOST, port)
        except OSError:
            if time.perf_counter() > end:
                raise
            await asyncio.sleep(0.2)


async def push(process, nodes, at_once, seconds):
    start, core_start = time.perf_counter(), core_seconds(process.pid)
    latencies = await each(nodes, at_once, seconds, Node.push)
    return {
        "atOnce": at_once, "accepted": len(latencies), "seconds": time.perf_counter() - start,
        "coreSeconds": core_seconds(process.pid) - core_start, "latencySeconds": latencies,
    }


async def measure(port, process, pipe, count, size, registration_seconds, push_seconds, *at_once):
    _, writer = await connect(port)
    writer.close()
    run_id, before = pipe.recv(), resident_bytes(process.pid)

    async def join(_):
        node = Node(*await asyncio.open_connection(HOST, port))
        await node.register()
        return node

    nodes = await each(range(count), min(at_once), registration_seconds, join)
    held = resident_bytes(process.pid)
    pipe.send([node.id for node in nodes])
    filler = os.urandom(size)
    for number, (node, reply_to) in enumerate(zip(nodes, await asyncio.to_thread(pipe.recv), strict=True)):
        node.prepare(run_id, reply_to, number.to_bytes(8, "little") + filler[8:])
    remaining = iter(nodes)
    tries = [await push(process, remaining, number, push_seconds / len(at_once)) for number in at_once]
    result = max(tries, key=lambda figures: figures["accepted"] / figures["seconds"])
    result |= {"nodes": len(nodes), "bytesPerConnection": (held - before) / len(nodes)}
    if len(nodes) < count:
        result["limitedBy"] = f"no more nodes registered within {registration_seconds} s"
    print(json.dumps(result))


def main():
    numbers = [int(text) for text in sys.argv[1:]]
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with socket.create_server((HOST, 0)) as free:
        port = free.getsockname()[1]
    pipe, far = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(port, far), daemon=True)
    process.start()
    try:
        asyncio.run(measure(port, process, pipe, *numbers))
    finally:
        process.kill()


if __name__ == "__main__":
    main()
