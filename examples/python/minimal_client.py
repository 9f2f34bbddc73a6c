"""A conversation with Octavo over a WebSocket, with the `websockets` package, version 10 or later (Debian: python3-websockets).

    python3 minimal_client.py ["first question" "second question" ...]

OCTAVO_URL names the server, OCTAVO_API_KEY the key where one is needed.
"""

import asyncio
import json
import os
import sys

import websockets

BASE = os.environ.get("OCTAVO_URL", "http://127.0.0.1:8000").rstrip("/")
KEY = os.environ.get("OCTAVO_API_KEY")
QUESTIONS = ["Tell me a story about a fox named Pip and a lantern.", "Where was the lantern?"]


async def ask(socket, question, previous):
    """Prints the answer as it comes; returns the final response, whose id the next question continues."""
    await socket.send(json.dumps({"type": "response.create", "input": question, "previous_response_id": previous}))
    async for frame in socket:
        event = json.loads(frame)
        if event["type"] == "response.output_text.delta":
            print(event["delta"], end="", flush=True)
        elif event["type"] == "error":
            raise SystemExit(event["error"]["message"])
        elif event["type"] == "response.failed":
            raise SystemExit(event["response"]["error"]["message"])
        elif event["type"] in ("response.completed", "response.incomplete"):
            return event["response"]
    raise SystemExit("the connection closed")


async def main():
    url = BASE.replace("http", "ws", 1) + "/v1/responses"
    protocols = ["octavo.v1"] + ([f"openai-insecure-api-key.{KEY}"] if KEY else [])
    async with websockets.connect(url, subprotocols=protocols, max_size=None) as socket:
        previous = None
        for question in sys.argv[1:] or QUESTIONS:
            print(f"> {question}")
            response = await ask(socket, question, previous)
            previous = response["id"]
            usage = response["usage"]
            print(f"\n({usage['input_tokens']} tokens read, {usage['output_tokens']} written)")


asyncio.run(main())
